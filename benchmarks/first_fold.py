"""RAVDESS, EmoBox fold 1: the `tiny` recipe on the frozen Whisper-tiny encoder, beside the SVM baselines.

Protocol  emobox-1: trained on 20 actors, tested on 4 others (240 clips). No clip of the test part is used for
          training, for the levels' edges or for choosing anything: the recipe trains for a fixed time.
          Every output is generated text, read back by the grammar; intervals are drawn over clips, because
          four speakers are too few to draw from. With several seeds: means over seeds, and the interval
          of the clips of all seeds together is the mean of the seeds' intervals.
Metrics   ua, wa, macro_f1, parse_rate, wer, pitch/volume/speed_macro_f1 (generated against measured);
          seconds: a whole training of seed 0, measuring and encoding included (quiet machine, empty cache);
          ratio, protocol step-time-outside-model: step time outside encoder/LLM forward and backward.
Run       python benchmarks/first_fold.py [--seeds 3] [--work DIR]      -> docs/results/first_fold.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from baselines import CACHE, fold_baselines
from figures import Figure, over_seeds, shared_folder, write_figures
from prepared import prepared
from tonelens.config import load_recipe
from tonelens.corpora.cuts import read_cuts
from tonelens.evaluation.predict import held_out_cuts, predict
from tonelens.evaluation.report import evaluate
from tonelens.explain import Explainer
from tonelens.progress import Quiet
from tonelens.storage import read_jsonl, write_json
from tonelens.training.run import train_on

SYSTEM, CORPUS, PROTOCOL, FOLD = "tonelens-frozen", "ravdess", "emobox-1", 1
SETTINGS = ("data.protocol=emobox", f"data.fold={FOLD}", "data.hold_out_dev=false")


def trained_run(seed: int, cuts: Path, work: Path) -> Path:
    """Train one seed into `work`, with an empty cache, unless that was done before; the run folder."""
    run, cache, timed = work / f"run-{seed}", work / f"cache-{seed}", work / f"seconds-{seed}.json"
    if not timed.is_file():
        encoder = shared_folder() / "weights" / "whisper-tiny-en-encoder"
        recipe = load_recipe("tiny", [*SETTINGS, f"encoder.source={encoder}", f"seed={seed}"])
        start = time.perf_counter()
        train_on(recipe, [cuts], run, resume=(run / "run.json").is_file(), cache=cache, reporter=Quiet())
        write_json(timed, {"seconds": time.perf_counter() - start})
        shutil.rmtree(cache)
    return run


def measured_run(seed: int, run: Path, cuts: Path) -> list[Figure]:
    """Test one trained seed."""
    explainer = Explainer.from_pretrained(run)
    chosen, sentence = held_out_cuts(list(read_cuts(cuts)), explainer.loaded.card)
    predicted = predict(explainer, chosen)
    assert not predicted.refused, predicted.refused
    report = evaluate(predicted.predictions, protocol=sentence, system=SYSTEM, corpus=CORPUS)
    figures = [replace(figure, protocol=PROTOCOL) for figure in report.figures()]
    if seed == 0:  # the others may have been trained beside each other
        steps = [row for row in read_jsonl(run / "metrics.jsonl") if row["kind"] == "step"]
        outside = 1 - sum(row["seconds_model"] for row in steps) / sum(row["seconds"] for row in steps)
        seconds = json.loads((run.parent / f"seconds-{seed}.json").read_text("utf-8"))["seconds"]
        figures.append(_plain(PROTOCOL, "seconds", seconds, 1))
        figures.append(_plain("step-time-outside-model", "ratio", outside, len(steps)))
    return figures


def _plain(protocol: str, metric: str, value: float, n: int) -> Figure:
    return Figure(system=SYSTEM, corpus=CORPUS, protocol=protocol, metric=metric, value=value, n=n)


def main() -> None:
    """Run baselines and seeds, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", type=int, default=None, help="train this seed and write no figures")
    parser.add_argument("--work", type=Path, default=None, help="keep the runs here, to go on later")
    options = parser.parse_args()
    corpus = shared_folder() / "corpora" / CORPUS
    work = options.work or Path(tempfile.mkdtemp(prefix="first-fold-"))
    cuts = prepared(CORPUS, work)
    if options.only is not None:
        print(trained_run(options.only, cuts, work))
        return
    runs = []
    for seed in range(options.seeds):
        runs.append(measured_run(seed, trained_run(seed, cuts, work), cuts))
        print(seed, {figure.metric: round(figure.value, 4) for figure in runs[-1]}, flush=True)
    figures = over_seeds(runs) + fold_baselines(corpus, FOLD, cache=CACHE)
    print(write_figures("first_fold", figures))


if __name__ == "__main__":
    main()
