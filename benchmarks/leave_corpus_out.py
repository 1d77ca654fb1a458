"""Strangers' recordings: train on five corpora, test on the sixth, with and without listening to it first.

Protocol  leave-corpus-out: the classes that all six corpora have (anger, happiness, neutral, sadness; calm
          counts as neutral); at most PER_CORPUS clips of each other corpus train, chosen by a hash of
          their ids; at most TESTED of the sixth, chosen alike, are tested. Nobody is heard in both.
          leave-corpus-out-adapted: the same models after `--adapt` on the sixth corpus's clips, without
          labels. No dev part, nothing is chosen on a test clip.
Systems   tonelens-frozen, tonelens-tiny   the `tiny` recipe, labels from generated text; as in folds.py
          probe     SVM on mean and std over frames of the frozen encoder, one layer or layers 1-4: which
                    one is decided by the mean over the **test** corpora, in its favour. Adapted: every
                    corpus, the tested one too, is standardised by its own clips' statistics.
Values    UA, WA, macro-F1: one row a corpus, and `all`, their mean; the interval of `all` is that of all
          clips pooled. Intervals are drawn over speakers.
Resume    every (system, corpus, seed) leaves its predictions in --work, as in folds.py.
Run       python benchmarks/leave_corpus_out.py --work DIR [--seeds 1] [--student DIR]
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from lhotse import CutSet, MonoCut, SupervisionSegment

from baseline_features import encoder_statistics
from baselines import CACHE, classifier, emotion_figures
from drawn import in_drawn_order
from figures import Figure, over_seeds, shared_folder, write_figures
from folds import CORPORA, PROBES, others, trained_explainer, write_answers
from tonelens.config import load_recipe
from tonelens.corpora.cuts import emotion_of, path_of, read_cuts
from tonelens.evaluation.predict import answered
from tonelens.evaluation.prediction import Prediction, read_predictions

CLASSES = ("anger", "happiness", "neutral", "sadness")
SAME = {"calm": "neutral"}
PER_CORPUS, TESTED = 500, 500
MODES = ("leave-corpus-out", "leave-corpus-out-adapted")
SETTINGS = (
    "data.protocol=none", "data.hold_out_dev=false", "answer.transcript=false",
    "schedule.asr_epochs=0", "schedule.ser_epochs=2", "utterance.epochs=24", "utterance.copies=2",
)  # fmt: skip


def common(cuts: Sequence[MonoCut]) -> list[MonoCut]:
    """The clips of the common classes, relabelled, in the order of a hash of their ids."""
    kept = []
    for cut in cuts:
        emotion = SAME.get(emotion_of(cut), emotion_of(cut))
        if emotion in CLASSES:
            said: SupervisionSegment = cut.supervisions[0]
            custom = {**(said.custom or {}), "emotion": emotion}
            kept.append(replace(cut, supervisions=[replace(said, custom=custom)]))
    return in_drawn_order(kept)


def trained_answers(
    target: str, system: str, encoder: Path, seed: int, work: Path, by_corpus: Mapping[str, list[MonoCut]]
) -> dict[str, list[Prediction]]:
    """Predictions of both modes for one corpus, of a model that never met it; trained now or earlier."""
    done = {mode: work / "predictions" / f"{system}-{mode}-{target}-{seed}.jsonl" for mode in MODES}
    if not all(path.is_file() for path in done.values()):
        run = work / "runs" / f"{system}-loco-{target}-{seed}"
        listed = []
        for corpus in others(target):
            listed.append(work / "common" / corpus / "cuts.jsonl.gz")
            listed[-1].parent.mkdir(parents=True, exist_ok=True)
            CutSet.from_cuts(by_corpus[corpus][:PER_CORPUS]).to_file(listed[-1])
        recipe = load_recipe("tiny", [*SETTINGS, f"encoder.source={encoder}", f"seed={seed}"])
        explainer = trained_explainer(recipe, listed, run, work / "cache")
        for mode, path in done.items():
            write_answers(explainer, by_corpus[target], path, adapt=mode.endswith("adapted"))
        shutil.rmtree(run)
    return {mode: list(read_predictions(path)) for mode, path in done.items()}


def probe_answers(
    target: str, by_corpus: Mapping[str, list[MonoCut]], encoder: Path
) -> dict[str, dict[str, list[Prediction]]]:
    """Predictions of every probe in both modes: {mode: {probe: predictions}}."""

    def heard(corpus: str) -> np.ndarray:
        cuts = sorted(by_corpus[corpus], key=lambda cut: cut.id)
        states = encoder_statistics([path_of(cut) for cut in cuts], encoder, cache=CACHE)
        row = {cut.id: states[number] for number, cut in enumerate(cuts)}
        return np.stack([row[cut.id] for cut in by_corpus[corpus]])

    train = [heard(corpus)[:PER_CORPUS] for corpus in others(target)]
    emotions = [emotion_of(cut) for corpus in others(target) for cut in by_corpus[corpus][:PER_CORPUS]]
    test = heard(target)
    found: dict[str, dict[str, list[Prediction]]] = {mode: {} for mode in MODES}
    for name, layers in PROBES.items():
        parts = [part[:, layers].reshape(len(part), -1) for part in train]
        unknown = test[:, layers].reshape(len(test), -1)
        pooled = np.concatenate(parts)
        each = np.concatenate([standardised(part, part) for part in parts])
        heard_by_mode = (
            (standardised(pooled, pooled), standardised(unknown, pooled)),
            (each, standardised(unknown, unknown)),
        )
        for mode, (rows, asked) in zip(MODES, heard_by_mode, strict=True):
            guesses = classifier().fit(rows, emotions).predict(asked)
            found[mode][name] = [
                answered(cut, str(guess)) for cut, guess in zip(by_corpus[target], guesses, strict=True)
            ]
    return found


def standardised(rows: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """By mean and deviation of other rows."""
    deviation: np.ndarray = np.maximum(reference.std(axis=0), 1e-6)
    found: np.ndarray = (rows - reference.mean(axis=0)) / deviation
    return found


def table(answers: Mapping[str, list[Prediction]], system: str, mode: str) -> list[Figure]:
    """Figures of every corpus, and their mean."""
    figures: list[Figure] = []
    for corpus, predictions in answers.items():
        figures += emotion_figures(predictions, system=system, corpus=corpus, protocol=mode)
    pooled = [prediction for predictions in answers.values() for prediction in predictions]
    for row in emotion_figures(pooled, system=system, corpus="all", protocol=mode):
        each = [figure.value for figure in figures if figure.metric == row.metric]
        figures.append(replace(row, value=float(np.mean(each))))
    return figures


def main() -> None:
    """Train what is missing, then write every complete system."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--work", type=Path, required=True, help="cuts/CORPUS lie here; predictions stay here"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--student", type=Path, default=None, help="encoder of tonelens-tiny")
    options = parser.parse_args()
    encoder = shared_folder() / "weights" / "whisper-tiny-en-encoder"
    systems = {"tonelens-frozen": encoder} | ({"tonelens-tiny": options.student} if options.student else {})
    by_corpus = {
        corpus: common(list(read_cuts(options.work / "cuts" / corpus / "cuts.jsonl.gz")))[:TESTED]
        for corpus in CORPORA
    }
    probes = {target: probe_answers(target, by_corpus, encoder) for target in CORPORA}
    figures: list[Figure] = []
    for mode in MODES:
        tables = [
            table({target: probes[target][mode][name] for target in CORPORA}, "probe", mode)
            for name in PROBES
        ]
        figures += max(tables, key=ua_of)
    for system, source in systems.items():
        runs: dict[str, list[list[Figure]]] = {mode: [] for mode in MODES}
        for seed in range(options.seeds):
            answers = {
                target: trained_answers(target, system, source, seed, options.work, by_corpus)
                for target in CORPORA
            }
            for mode in MODES:
                by_target = {target: answers[target][mode] for target in CORPORA}
                runs[mode].append(table(by_target, system, mode))
        figures += [figure for mode in MODES for figure in over_seeds(runs[mode])]
    for figure in figures:
        if figure.metric == "ua" and figure.corpus == "all":
            print(f"{figure.system:16} {figure.protocol:25} UA {figure.value:.3f}")
    print(write_figures("leave_corpus_out", figures))


def ua_of(rows: Iterable[Figure]) -> float:
    """Mean UA over the corpora."""
    return next(row.value for row in rows if row.metric == "ua" and row.corpus == "all")


if __name__ == "__main__":
    main()
