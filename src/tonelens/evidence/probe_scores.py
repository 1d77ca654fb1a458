"""How well a probe reads a target, with intervals over speakers.

Scores    numbers    r2         1 - squared error / squared distance from the mean of the tested clips; 0 is
                                the constant guess, below it the probe is worse than that
                     spearman   correlation of the ranks; a constant guess has 0
          classes    recall     mean recall over the classes among the tested clips; chance 1 / classes
          presence   auc        how often a clip with the word ranks above one without, mean over the words
                                that some tested clips have and some have not; chance 1/2
Interval  value +- t sd sqrt(C / (C - 1)) on C - 1 degrees of freedom, sd over REPLICATES draws of C clusters
          with replacement, as in `evaluation.paired`. Clusters are speakers; clips where fewer than
          MIN_SPEAKERS speakers are tested (then nothing is said about new voices), and never frames,
          since those of a clip are alike. The same seed draws the same, so differences are paired.
Shapes    M rows (clips or frames), W words, C clusters, R replicates.
Source    Cameron, Gelbach and Miller 2008, Rev. Econ. Stat. 90 (few clusters: t on C - 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from tonelens.evidence.probes import Kind

Values: TypeAlias = NDArray[Any]
Unit: TypeAlias = Literal["speaker", "clip"]

MIN_SPEAKERS = 5
REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class Spread:
    """A value with its 95 % interval."""

    value: float
    low: float | None
    """None where nothing varies between the clusters."""
    high: float | None
    unit: Unit
    clusters: int

    @property
    def is_above(self) -> bool:
        """Whether the interval lies above 0."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A score of all rows, and of every replicate."""

    value: float
    replicates_R: NDArray[np.float64]
    unit: Unit
    clusters: int

    def spread(self) -> Spread:
        """With the interval."""
        ends = _half_width(self.replicates_R, self.clusters)
        if ends is None:
            return Spread(self.value, None, None, self.unit, self.clusters)
        return Spread(self.value, self.value - ends, self.value + ends, self.unit, self.clusters)

    def less(self, other: Drawn) -> Drawn:
        """This score minus another on the same rows, replicate by replicate."""
        gain_R = self.replicates_R - other.replicates_R
        return Drawn(self.value - other.value, gain_R, self.unit, self.clusters)


def r2(truth_M: Values, guess_M: Values) -> float:
    """Share of the variance that the guesses explain; NaN where nothing varies."""
    around = float(np.square(truth_M - truth_M.mean()).sum())
    return 1 - float(np.square(truth_M - guess_M).sum()) / around if around > 0 else math.nan


def spearman(truth_M: Values, guess_M: Values) -> float:
    """Correlation of ranks; 0 where the guess is constant, NaN where the truth is."""
    if np.ptp(truth_M) == 0:
        return math.nan
    if np.ptp(guess_M) == 0:
        return 0.0
    ranks = stats.rankdata(np.column_stack([truth_M, guess_M]), axis=0)
    return float(np.corrcoef(ranks.T)[0, 1])


def macro_recall(truth_M: Values, guess_M: Values) -> float:
    """Mean recall over the classes among `truth_M`."""
    classes, of_row = np.unique(truth_M, return_inverse=True)
    right = np.bincount(of_row, weights=truth_M == guess_M, minlength=len(classes))
    return float((right / np.bincount(of_row, minlength=len(classes))).mean())


def macro_auc(truth_MW: Values, guess_MW: Values) -> float:
    """Mean area under the ROC curve over the words that are there and not there; NaN without any."""
    positives_W = truth_MW.sum(axis=0)
    negatives_W = len(truth_MW) - positives_W
    ranked_W = (stats.rankdata(guess_MW, axis=0) * truth_MW).sum(axis=0) - positives_W * (positives_W + 1) / 2
    is_scored_W = (positives_W > 0) & (negatives_W > 0)
    if not is_scored_W.any():
        return math.nan
    return float((ranked_W[is_scored_W] / (positives_W * negatives_W)[is_scored_W]).mean())


METRICS: Mapping[Kind, Mapping[str, Callable[[Values, Values], float]]] = {
    "number": {"r2": r2, "spearman": spearman},
    "class": {"recall": macro_recall},
    "presence": {"auc": macro_auc},
}
"""The first of each kind is the one that is compared."""


def chance(kind: Kind, truth_M: Values) -> float:
    """What knowing nothing scores."""
    return {"number": 0.0, "class": 1 / len(np.unique(truth_M)), "presence": 0.5}[kind]


def draw(
    score: Callable[[Values, Values], float],
    truth_M: Values,
    guess_M: Values,
    speakers: Sequence[str],
    clips: Sequence[str],
    *,
    seed: int = 0,
) -> Drawn:
    """Score all rows, and REPLICATES draws of whole speakers (or clips).

    Args:
        score: one of METRICS.
        truth_M: what is there; (M, W) for presence.
        guess_M: what the probe says, alike.
        speakers: M names.
        clips: M names.
        seed: the same seed, speakers and clips draw the same.
    """
    unit: Unit = "speaker" if len(set(speakers)) >= MIN_SPEAKERS else "clip"
    names, of_row = np.unique(np.array(speakers if unit == "speaker" else clips), return_inverse=True)
    rows_of = np.split(np.argsort(of_row, kind="stable"), np.cumsum(np.bincount(of_row))[:-1])
    random = np.random.default_rng(seed)
    scores = np.empty(REPLICATES)
    for replicate, chosen in enumerate(random.integers(len(names), size=(REPLICATES, len(names)))):
        rows = np.concatenate([rows_of[number] for number in chosen])
        scores[replicate] = score(truth_M[rows], guess_M[rows])
    return Drawn(score(truth_M, guess_M), scores, unit, len(names))


def _half_width(replicates_R: NDArray[np.float64], clusters: int) -> float | None:
    valid = replicates_R[np.isfinite(replicates_R)]
    if clusters < 2 or len(valid) < 2:
        return None
    sd = float(valid.std(ddof=1))
    return float(special.stdtrit(clusters - 1, 0.975)) * sd * math.sqrt(clusters / (clusters - 1)) or None
