"""How well a probe reads a target, with intervals over speakers.

Scores    numbers    r2         1 - squared error / squared distance from the mean of the tested clips; 0 is
                                the constant guess, below it the probe is worse than that
                     spearman   correlation of the ranks; a constant guess has 0; without an interval
          classes    recall     mean recall over the classes among the tested clips; chance 1 / classes
          presence   auc        how often a clip with the word ranks above one without, mean over the words
                                that some tested clips have and some have not; chance 1/2
Interval  value +- t sd sqrt(C / (C - 1)) on C - 1 degrees of freedom, sd over REPLICATES draws of C clusters
          with replacement, as in `evaluation.paired`. Clusters are speakers or clips (`clusters`), never
          frames, since those of a clip are alike. The same seed draws the same, so differences are paired.
Shapes    M rows (clips or frames), W words, C clusters, R replicates, S sums that a score is made of.
Source    Cameron, Gelbach and Miller 2008, Rev. Econ. Stat. 90 (few clusters: t on C - 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from tonelens.evidence.clusters import Clusters, Unit
from tonelens.evidence.probes import Floats, Kind

Values: TypeAlias = NDArray[Any]

REPLICATES = 1000
"""Fewer than elsewhere: each ranks every word anew."""
METRICS: dict[Kind, str] = {"number": "r2", "class": "recall", "presence": "auc"}
"""What is compared between views."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A value with its 95 % interval."""

    value: float
    low: float | None
    """None where nothing varies between the clusters, or no interval is made."""
    high: float | None
    unit: Unit
    clusters: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A score of all rows, and of every replicate."""

    value: float
    replicates_R: Floats
    unit: Unit
    clusters: int

    def spread(self) -> Spread:
        """With the interval."""
        valid = self.replicates_R[np.isfinite(self.replicates_R)]
        sd = float(valid.std(ddof=1)) if len(valid) > 1 else 0.0
        if self.clusters < 2 or sd == 0.0:
            return Spread(self.value, None, None, self.unit, self.clusters)
        degrees = self.clusters - 1
        ends = float(special.stdtrit(degrees, 0.975)) * sd * math.sqrt(self.clusters / degrees)
        return Spread(self.value, self.value - ends, self.value + ends, self.unit, self.clusters)

    def less(self, other: Drawn) -> Drawn:
        """This score minus another on the same rows, replicate by replicate."""
        gain_R = self.replicates_R - other.replicates_R
        return Drawn(self.value - other.value, gain_R, self.unit, self.clusters)


def score(kind: Kind, truth_M: Values, guess_M: Values) -> float:
    """The metric of METRICS; NaN where the truth does not vary.

    Args:
        kind: of target.
        truth_M: numbers, class numbers, or presence (M, W).
        guess_M: alike.
    """
    if kind == "presence":
        return _auc(truth_M, guess_M)
    return float(_of_sums(kind, _summands(kind, truth_M, guess_M).sum(axis=0, keepdims=True))[0])


def drawn_score(kind: Kind, truth_M: Values, guess_M: Values, clusters: Clusters, *, seed: int = 0) -> Drawn:
    """`score` of all rows and of REPLICATES draws; the same seed and clusters draw the same."""
    times_RC = times_drawn(clusters, seed)
    if kind == "presence":
        rows_of = [np.flatnonzero(clusters.of_row_N == number) for number in range(clusters.count)]
        replicates = np.empty(REPLICATES)
        for replicate, times_C in enumerate(times_RC):
            rows = np.concatenate([np.tile(rows_of[one], times_C[one]) for one in np.flatnonzero(times_C)])
            replicates[replicate] = _auc(truth_M[rows], guess_M[rows])
    else:
        replicates = _of_sums(kind, times_RC @ clusters.sums(_summands(kind, truth_M, guess_M)))
    return Drawn(score(kind, truth_M, guess_M), replicates, clusters.unit, clusters.count)


def times_drawn(clusters: Clusters, seed: int) -> NDArray[np.int64]:
    """How often each cluster is drawn: (R, C)."""
    shares = np.full(clusters.count, 1 / clusters.count)
    return np.random.default_rng(seed).multinomial(clusters.count, shares, size=REPLICATES)


def spearman(truth_M: Values, guess_M: Values) -> float:
    """Correlation of ranks; 0 where the guess is constant, NaN where the truth is."""
    if np.ptp(truth_M) == 0:
        return math.nan
    if np.ptp(guess_M) == 0:
        return 0.0
    return float(stats.spearmanr(truth_M, guess_M).statistic)


def chance(kind: Kind, truth_M: Values) -> float:
    """What knowing nothing scores."""
    return {"number": 0.0, "class": 1 / len(np.unique(truth_M)), "presence": 0.5}[kind]


def _summands(kind: Kind, truth_M: Values, guess_M: Values) -> Floats:
    """What each row adds to the sums that its score is made of."""
    if kind == "number":
        off_M = truth_M - truth_M.mean()
        return np.column_stack([np.ones(len(off_M)), off_M, off_M**2, (truth_M - guess_M) ** 2])
    is_of_MC = (truth_M[:, None] == np.unique(truth_M)).astype(np.float64)
    return np.hstack([is_of_MC, is_of_MC * (truth_M == guess_M)[:, None]])


def _of_sums(kind: Kind, sums_RS: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "number":
            count_R, off_R, square_R, error_R = sums_RS.T
            around_R = square_R - off_R**2 / count_R
            return np.where(around_R > 1e-12 * square_R, 1 - error_R / around_R, np.nan)
        count_RC, right_RC = np.split(sums_RS, 2, axis=1)
        return np.asarray(np.nanmean(np.where(count_RC > 0, right_RC / count_RC, np.nan), axis=1))


def _auc(truth_MW: Values, guess_MW: Values) -> float:
    """Mean area under the ROC curve over the words that are there and not there; NaN without any."""
    positives_W = truth_MW.sum(axis=0)
    negatives_W = len(truth_MW) - positives_W
    above_W = (stats.rankdata(guess_MW, axis=0) * truth_MW).sum(axis=0) - positives_W * (positives_W + 1) / 2
    is_scored_W = (positives_W > 0) & (negatives_W > 0)
    if not is_scored_W.any():
        return math.nan
    return float((above_W[is_scored_W] / (positives_W * negatives_W)[is_scored_W]).mean())
