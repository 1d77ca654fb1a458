"""Tests of one question: do two systems differ on the same clips?

Shapes      N clips, R bootstrap replicates, C clusters drawn (speakers or clips).
Order       every difference is second minus first: positive where the second scores higher.
McNemar     exact, two-sided: of the clips that one system alone answers right, is the share of either
            other than a half? Binomial(discordant, 1/2). Clips count as independent.
t-test      paired and one-sided, the alternative being that the second is better, over the clips: each has
            the share of the seeds that answer it right. Chen et al. 2025 (arXiv:2505.23236)
            state a paired single-tailed t-test at p = 0.05 and do not say over what (clips, folds or runs);
            clips are our reading. Clips count as independent.
Bootstrap   value +- t * se on C - 1 degrees of freedom, where se is the standard deviation of the replicates
            times sqrt(C / (C - 1)). With few clusters the percentiles of the replicates are too narrow: their
            variance lacks that factor and the normal's tails (benchmarks/compare_calibration.py measures it).
Detectable  (t(0.975) + t(0.80)) * se: the true difference that a two-sided test at 5 % finds 8 times in 10.
Source      McNemar 1947, Psychometrika 12; Holm 1979, Scand. J. Stat. 6; Cameron, Gelbach and Miller 2008,
            Rev. Econ. Stat. 90 (few clusters: t on C - 1); Bloom 1995, Eval. Rev. 19 (detectable effect).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from tonelens.evidence.clusters import Counts

ALPHA = 0.05
"""Level of every test; intervals cover 1 - ALPHA."""
POWER = 0.80
"""Chance to find the minimal detectable difference."""
NOTHING = 1e-12
"""Below it a spread is rounding: scores are fractions of counts."""


@dataclass(frozen=True, slots=True)
class McNemar:
    """The clips that one of two systems alone answers right."""

    only_first: int
    only_second: int
    odds_ratio: float | None
    """only_second / only_first; None where the first is never right alone."""
    p: float
    """Two-sided."""


@dataclass(frozen=True, slots=True)
class TTest:
    """A paired t-test over clips; its alternative is that the second system is better."""

    t: float
    degrees: int
    d_z: float
    """Mean difference in units of the standard deviation of the differences."""
    p: float
    """One-sided."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of one score, with what a bootstrap says of it."""

    value: float
    low: float | None
    """Ends of the 95 % interval; None where nothing varies between the clusters, and so for `p`."""
    high: float | None
    se: float
    p: float | None
    """Two-sided."""
    minimal_detectable: float | None


def mcnemar(is_right_first_N: Counts, is_right_second_N: Counts) -> McNemar:
    """McNemar's exact test; N values of 0 or 1 a system."""
    only_first = int(((is_right_first_N == 1) & (is_right_second_N == 0)).sum())
    only_second = int(((is_right_first_N == 0) & (is_right_second_N == 1)).sum())
    tail = special.bdtr(min(only_first, only_second), only_first + only_second, 0.5)
    odds_ratio = only_second / only_first if only_first else None
    return McNemar(only_first, only_second, odds_ratio, min(1.0, 2 * float(tail)))


def t_test(right_first_N: Counts, right_second_N: Counts) -> TTest | None:
    """The paired one-sided t-test of N shares of right answers; None where all clips differ alike."""
    gain_N = right_second_N - right_first_N
    degrees = len(gain_N) - 1
    if degrees < 1 or np.ptp(gain_N) < NOTHING:
        return None
    d_z = float(gain_N.mean() / gain_N.std(ddof=1))
    t = d_z * math.sqrt(len(gain_N))
    return TTest(t, degrees, d_z, float(special.stdtr(degrees, -t)))


def difference(value: float, drawn_R: Counts, clusters: int) -> Difference:
    """Interval, p and detectable difference of `value`, from its R bootstrap replicates over C clusters."""
    degrees = clusters - 1
    se = float(drawn_R.std(ddof=1)) * math.sqrt(clusters / degrees) if degrees else 0.0
    if se < NOTHING:
        if abs(value) < NOTHING:
            return Difference(0.0, 0.0, 0.0, 0.0, 1.0, None)
        return Difference(value, None, None, 0.0, None, None)
    ends = float(special.stdtrit(degrees, 1 - ALPHA / 2))
    return Difference(
        value=value,
        low=value - ends * se,
        high=value + ends * se,
        se=se,
        p=2 * float(special.stdtr(degrees, -abs(value) / se)),
        minimal_detectable=(ends + float(special.stdtrit(degrees, POWER))) * se,
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's adjusted p of every test of a family: the chance of any false finding stays below the level."""
    adjusted, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted
