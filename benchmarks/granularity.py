"""The granularity curve: what a tighter, narrower or coarser bottleneck costs in accuracy, and what it stops.

Trains    the `tiny` recipe on RAVDESS, EmoBox fold 1 (20 actors train, 4 others test), one setting at a time
          from the recipe's own: beta 0, 1e-4, 1e-3, 1e-2, 1e-1; latent width 16, 64, 256 (of both streams and
          the utterance latent); stack 5, 10, 20 frames a token (100, 200, 400 ms). One seed.
Accuracy  ua of the test part, read from generated text, as in `folds.py`.
Leakage   linear probes of `tonelens.evidence.leakage`, clips as in `leakage.py`, tested on the test actors:
          what the content stream tells of the voice, the descriptor stream of the words; nats a frame. Four
          actors are too few to be drawn: intervals are over clips.
Resume    every setting leaves its figures in --work/rows; a training goes on where it was stopped.
Run       python benchmarks/granularity.py --work DIR [--only beta=1e-1]      -> docs/results/granularity.json
          python benchmarks/granularity.py --work DIR --run FOLDER [--run ...]     measures finished runs
          (nine trainings of some three minutes on one free core, then half a minute each)
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lhotse import MonoCut

import leakage
from figures import Figure, read_figures, shared_folder, write_figures
from folds import Fold, trained_explainer
from prepared import prepared
from tonelens.config import load_recipe
from tonelens.corpora.cuts import read_cuts
from tonelens.evaluation.predict import held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.evidence.latents import CONTENT, DESCRIPTOR, latents_of
from tonelens.evidence.leakage import leakage_of
from tonelens.explain import Explainer

SETTINGS = {
    "tiny": (),
    **{f"beta={beta}": (f"objective.beta={beta}",) for beta in ("0", "1e-4", "1e-2", "1e-1")},
    **{f"width={width}": (f"streams.latent_width={width}",) for width in (16, 256)},
    **{f"stack={stack}": (f"streams.stack={stack}",) for stack in (5, 20)},
}
"""Name -> what differs from `tiny`, which has beta 1e-3, width 64 and stack 10."""
FOLD = Fold("ravdess", "emobox", 1)
TARGETS = {"f0", "f0 within speaker", "level", "rate", "emotion", "speaker", "sentence", "frame f0"}
STREAMS = (CONTENT, DESCRIPTOR)


def measured(explainer: Explainer, cuts: Sequence[MonoCut], name: str) -> list[Figure]:
    """Accuracy and leakage of one trained model, as system `name`."""
    tested, _ = held_out_cuts(cuts, explainer.loaded.card)
    protocol = f"{FOLD.protocol} fold {FOLD.number}"
    report = evaluate(
        predict(explainer, tested).predictions, protocol=protocol, system=name, corpus=FOLD.corpus
    )
    accuracy = [replace(row, protocol=protocol) for row in report.figures() if row.metric in ("ua", "wer")]
    held_out = leakage.held_out_speakers(cuts, explainer)
    heard = latents_of(explainer, leakage.chosen(cuts, held_out))
    found = leakage_of(heard, held_out=held_out, probes=["linear"], targets=TARGETS)
    kept = replace(
        found,
        scores=tuple(row for row in found.scores if row.view in STREAMS and not row.is_shuffled),
        contrasts=tuple(row for row in found.contrasts if (row.first in STREAMS and row.second in STREAMS)),
    )
    return accuracy + leakage.figures_of(kept, name, FOLD.corpus, protocol)


def trained_and_measured(
    name: str, changes: Sequence[str], cuts: Path, encoder: Path, work: Path
) -> list[Figure]:
    """The figures of one setting, made now or earlier."""
    done = work / "rows" / f"{name}.json"
    if not done.is_file():
        run = work / "runs" / name
        recipe = load_recipe("tiny", [*FOLD.settings(), f"encoder.source={encoder}", *changes])
        explainer = trained_explainer(recipe, [cuts], run, work / "cache" / FOLD.corpus)
        write_figures(name, measured(explainer, list(read_cuts(cuts)), name), folder=done.parent)
        shutil.rmtree(run)
    return read_figures(done)


def main() -> None:
    """Train what is missing, or measure given runs; write what is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="cuts/ravdess, runs and rows lie here")
    parser.add_argument("--only", choices=list(SETTINGS), action="append", default=None)
    parser.add_argument("--run", type=Path, action="append", default=None, help="a finished run on the fold")
    parser.add_argument("--encoder", type=Path, default=None, help="by default the shared Whisper-tiny.en")
    parser.add_argument("--out", type=Path, default=None, help="a folder in place of docs/results")
    options = parser.parse_args()
    file = prepared(FOLD.corpus, options.work)
    figures: list[Figure] = []
    if options.run:
        cuts = list(read_cuts(file))
        for run in options.run:
            figures += measured(Explainer.from_pretrained(run), cuts, run.name)
    else:
        encoder = options.encoder or shared_folder() / "weights" / "whisper-tiny-en-encoder"
        for name in options.only or SETTINGS:
            figures += trained_and_measured(name, SETTINGS[name], file, encoder, options.work)
            print(name, "done", flush=True)
    folder = {} if options.out is None else {"folder": options.out}
    print(write_figures("granularity", figures, **folder))


if __name__ == "__main__":
    main()
