"""Baselines that every model has to beat, on a corpus's folds: eGeMAPS + SVM, and a probe of the encoder.

Systems   egemaps            88 openSMILE functionals
          probe-layer-0..4   mean and std over frames of one hidden state of frozen Whisper-tiny.en
          probe-layers-1-4   the four layers side by side
          probe              whichever of these six is best on held-out speakers of the training part
Learner   standardised features, RBF SVM, C = 10, balanced classes; fitted on the training part only.
Protocol  emobox-K is fold K of the manifest's test_fold, emobox the mean over all folds. The 95 % interval is
          drawn over speakers, over clips where a fold has fewer than five of them (as in RAVDESS).
Run       python benchmarks/baselines.py [--corpus ravdess] [--fold K]    -> docs/results/baselines.json
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from baseline_features import Features, egemaps, encoder_statistics
from figures import Figure, shared_folder, write_figures
from tonelens.evaluation.confusion import score_classes
from tonelens.evaluation.emotion import score_emotions
from tonelens.evaluation.prediction import Prediction

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tonelens" / "baselines"
ENCODER = "whisper-tiny-en-encoder"
DEV_PARTS = 5
"""Groups of training speakers held out in turn to choose the probe's layer."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of a corpus's manifest."""

    path: Path
    speaker: str
    emotion: str
    fold: int


def fold_baselines(
    corpus: Path, fold: int, *, weights: Path | None = None, cache: Path = CACHE
) -> list[Figure]:
    """UA, WA and macro-F1 of every baseline on one fold.

    Args:
        corpus: folder with manifest.csv and audio; its name is the corpus's name.
        fold: the test fold; all other folds are trained on.
        weights: folder of the Whisper encoder; by default the one in the shared folder.
        cache: where features are kept between runs.
    """
    answers = fold_predictions(corpus, fold, weights=weights, cache=cache)
    return [
        figure
        for system, predictions in answers.items()
        for figure in emotion_figures(
            predictions, system=system, corpus=corpus.name, protocol=f"emobox-{fold}"
        )
    ]


def fold_predictions(
    corpus: Path, fold: int, *, weights: Path | None = None, cache: Path = CACHE
) -> dict[str, list[Prediction]]:
    """System -> its answers for the clips of one fold."""
    clips = read_clips(corpus)
    paths = [clip.path for clip in clips]
    states = encoder_statistics(paths, weights or shared_folder() / "weights" / ENCODER, cache=cache)
    probes = {f"probe-layer-{layer}": states[:, layer] for layer in range(states.shape[1])}
    probes["probe-layers-1-4"] = states[:, 1:].reshape(len(states), -1)
    train = [clip for clip in clips if clip.fold != fold]
    is_test = np.array([clip.fold == fold for clip in clips])
    chosen = choose_probe({name: features[~is_test] for name, features in probes.items()}, train)
    systems = {"egemaps": egemaps(paths, cache=cache), **probes}
    answers = {name: _answers(features, clips, fold) for name, features in systems.items()}
    return {**answers, "probe": answers[chosen]}


def choose_probe(probes: dict[str, Features], train: Sequence[Clip]) -> str:
    """The probe with the best UA over held-out speakers of the training part; no test clip is seen."""
    emotions = [clip.emotion for clip in train]
    speakers = [clip.speaker for clip in train]

    def held_out_ua(name: str) -> float:
        guesses = cross_val_predict(
            classifier(), probes[name], emotions, groups=speakers, cv=GroupKFold(DEV_PARTS)
        )
        return score_classes(emotions, guesses.tolist(), speakers).ua.value

    return max(probes, key=held_out_ua)


def classifier() -> Pipeline:
    """Standardised features and an RBF support vector machine."""
    return make_pipeline(StandardScaler(), SVC(C=10, class_weight="balanced"))


def mean_over_folds(folds: Sequence[dict[str, list[Prediction]]], *, corpus: str) -> list[Figure]:
    """Mean score over the folds; the interval is that of all folds' clips pooled."""
    figures = []
    for system in folds[0]:
        pooled = [prediction for fold in folds for prediction in fold[system]]
        named = {"system": system, "corpus": corpus, "protocol": "emobox"}
        by_fold = [emotion_figures(fold[system], **named) for fold in folds]
        for index, figure in enumerate(emotion_figures(pooled, **named)):
            figures.append(replace(figure, value=float(np.mean([fold[index].value for fold in by_fold]))))
    return figures


def emotion_figures(
    predictions: Sequence[Prediction], *, system: str, corpus: str, protocol: str
) -> list[Figure]:
    """UA, WA and macro-F1 with their intervals."""
    classes = score_emotions(predictions).classes
    return [
        Figure.of(interval, system=system, corpus=corpus, protocol=protocol, metric=metric)
        for metric, interval in (("ua", classes.ua), ("wa", classes.wa), ("macro_f1", classes.macro_f1))
    ]


def read_clips(corpus: Path) -> list[Clip]:
    """The clips of `corpus`/manifest.csv that belong to a fold."""
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["test_fold"]]
    return [Clip(corpus / row["path"], row["speaker"], row["emotion"], int(row["test_fold"])) for row in rows]


def _answers(features: Features, clips: Sequence[Clip], fold: int) -> list[Prediction]:
    is_test = np.array([clip.fold == fold for clip in clips])
    emotions = np.array([clip.emotion for clip in clips])
    guesses = classifier().fit(features[~is_test], emotions[~is_test]).predict(features[is_test])
    tested = [clip for clip in clips if clip.fold == fold]
    return [
        Prediction(
            id=clip.path.stem,
            speaker=clip.speaker,
            reference_emotion=clip.emotion,
            predicted_emotion=str(guess),
        )
        for clip, guess in zip(tested, guesses, strict=True)
    ]


def main() -> None:
    """Measure one fold, or all folds and their mean, and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--corpus", default="ravdess", help="a folder of the shared corpora that has folds")
    parser.add_argument("--fold", type=int, default=None, help="one fold; all of them by default")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where features are kept")
    arguments = parser.parse_args()
    corpus = shared_folder() / "corpora" / arguments.corpus
    numbers = (
        sorted({clip.fold for clip in read_clips(corpus)}) if arguments.fold is None else [arguments.fold]
    )
    folds = [fold_predictions(corpus, number, cache=arguments.cache) for number in numbers]
    figures = [
        figure
        for number, answers in zip(numbers, folds, strict=True)
        for system, predictions in answers.items()
        for figure in emotion_figures(
            predictions, system=system, corpus=corpus.name, protocol=f"emobox-{number}"
        )
    ]
    if arguments.fold is None:
        figures += mean_over_folds(folds, corpus=corpus.name)
    for figure in figures:
        if figure.metric == "ua":
            print(f"{figure.protocol:10} {figure.system:18} UA {figure.value:.3f}")
    print(write_figures("baselines", figures))


if __name__ == "__main__":
    main()
