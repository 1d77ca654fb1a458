"""Guessing a label from a bag of tokens, cross-validated: multinomial naive Bayes in a few lines.

Model     McCallum and Nigam 1998, equations 1 to 4 (Laplace smoothing by one). Tokens that the training folds
          do not have are left out. Accuracy is scored with the labels' frequencies as prior, so that the
          largest label is what it must beat; macro recall with equal priors, so that 1 / labels is.
Folds     FOLDS groups, by clips (dealt by a fixed seed) or by whole speakers (the largest first, each to the
          smallest group).
Gain      (macro recall - chance) / (1 - chance), and 0 unless macro recall lies CERTAIN standard errors over
          chance (clips taken as independent).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FOLDS = 5
CERTAIN = 3.0
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How well tokens foretell labels; every score lies between 0 and 1."""

    grouped_by: str
    """"clips" or "speakers"."""
    clips: int
    labels: int
    folds: int
    accuracy: float
    majority: float
    """The share of the largest label: the accuracy of always saying it."""
    macro_recall: float
    gain: float

    @property
    def chance(self) -> float:
        """The macro recall of always saying the same."""
        return 1 / self.labels


def guess(
    tokens: Sequence[Sequence[str]], labels: Sequence[str], speakers: Sequence[str | None] | None = None
) -> Guess | None:
    """Cross-validate; None where there are not two labels, two groups and two clips a fold.

    Args:
        tokens: of each clip.
        labels: of each clip.
        speakers: of each clip, to keep speakers whole; None deals clips.
    """
    known = sorted(set(labels))
    if len(known) < 2 or len(labels) < 2 * FOLDS:
        return None
    if speakers is None:
        part = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    elif None in speakers or len(set(speakers)) < 2:
        return None
    else:
        part = _parts_of([str(speaker) for speaker in speakers])
    truth = np.array([known.index(label) for label in labels])
    counts = _counts(tokens)
    plain, level = np.zeros_like(truth), np.zeros_like(truth)
    for fold in range(FOLDS):
        test = part == fold
        if test.any():
            logs = _log_likelihoods(counts, truth, ~test, len(known))
            plain[test] = (logs + _log_prior(truth[~test], len(known))).argmax(axis=1)
            level[test] = logs.argmax(axis=1)
    sizes = np.bincount(truth, minlength=len(known))
    recalls = np.bincount(truth[level == truth], minlength=len(known)) / sizes
    return Guess(
        grouped_by="clips" if speakers is None else "speakers",
        clips=len(labels),
        labels=len(known),
        folds=len(np.unique(part)),
        accuracy=float((plain == truth).mean()),
        majority=float(sizes.max() / len(labels)),
        macro_recall=float(recalls.mean()),
        gain=gain_of(float(recalls.mean()), sizes),
    )


def gain_of(macro_recall: float, clips_of_label: Ints) -> float:
    """The share of the way from chance to certainty; 0 where luck explains it."""
    labels = len(clips_of_label)
    chance = 1 / labels
    error = float(np.sqrt((chance * (1 - chance) / clips_of_label).sum())) / labels
    return (macro_recall - chance) / (1 - chance) if macro_recall - chance > CERTAIN * error else 0.0


def binned(values: Sequence[float], name: str, bins: int = 8) -> list[str]:
    """A token a value, by quantiles over all clips (which know no label)."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return [f"{name} {place}" for place in np.searchsorted(edges, values, side="right")]


def _parts_of(speakers: Sequence[str]) -> Ints:
    sizes = [0] * FOLDS
    fold_of = {}
    for speaker, clips in sorted(Counter(speakers).items(), key=lambda item: (-item[1], item[0])):
        fold_of[speaker] = sizes.index(min(sizes))
        sizes[fold_of[speaker]] += clips
    return np.array([fold_of[speaker] for speaker in speakers])


def _counts(tokens: Sequence[Sequence[str]]) -> csr_array:
    """Clips x tokens."""
    place = {word: index for index, word in enumerate(sorted({word for bag in tokens for word in bag}))}
    rows = [row for row, bag in enumerate(tokens) for _ in bag]
    columns = [place[word] for bag in tokens for word in bag]
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(tokens), max(len(place), 1)))


def _log_likelihoods(
    counts: csr_array, truth: Ints, train: NDArray[np.bool_], labels: int
) -> NDArray[np.float64]:
    """log P(tokens | label) of every held-out clip, shape (held out, labels)."""
    seen = np.stack([counts[train & (truth == label)].sum(axis=0) for label in range(labels)])
    there = seen.sum(axis=0) > 0
    smoothed = np.where(there, seen + 1, 0)
    totals = smoothed.sum(axis=1, keepdims=True)
    logs = np.log(np.where(there, smoothed, 1.0) / np.where(there, totals, 1.0))
    return np.asarray(counts[~train] @ logs.T)


def _log_prior(truth: Ints, labels: int) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log(np.maximum(np.bincount(truth, minlength=labels), 1e-9))
    return logs
