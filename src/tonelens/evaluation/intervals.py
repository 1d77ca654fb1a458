"""Bootstrap 95 % intervals, clustered by speaker, for every score that is a function of summed counts.

Shapes    N clips, S counts of a clip (its cell of a confusion matrix, its word errors ...),
          C clusters, U different clusters, R bootstrap replicates.
Method    speakers are drawn, or clips (`evidence.clusters`): the counts are summed per cluster once, and a
          replicate is a weighted sum of their rows, equal rows drawn as one. Percentiles 2.5 and 97.5; the
          order of the clips is nothing to the result.
Source    Efron and Tibshirani 1993, chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.evidence.clusters import REPLICATES, Unit, clusters_of

Counts: TypeAlias = NDArray[np.float64]

SEED = 20250523
BLOCK = 100
"""Replicates drawn at a time, so that 14 000 clips stay within some 10 MB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95 % interval."""

    value: float
    low: float
    high: float
    unit: Unit
    n: int
    """Clips behind the score."""
    clusters: int
    """Units drawn: speakers, or clips."""


def bootstrap(
    counts_NS: Counts,
    speakers: Sequence[str | None],
    statistic: Callable[[Counts], Counts],
    *,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Interval:
    """The score of all clips, with its interval.

    Args:
        counts_NS: shape (N, S), one row a clip; rows add up.
        speakers: N names; None is unknown.
        statistic: summed counts (R, S) -> scores (R,); NaN where a replicate allows no score.
        replicates: R.
        seed: the same seed gives the same interval.
    """
    clusters = clusters_of(speakers)
    drawn = drawn_sums(clusters.sums(counts_NS), replicates=replicates, seed=seed)
    valid = np.concatenate([statistic(sums_RS) for sums_RS in drawn])
    valid = valid[np.isfinite(valid)]
    value = float(statistic(counts_NS.sum(axis=0, keepdims=True))[0])
    low, high = np.percentile(valid, [2.5, 97.5]) if len(valid) else (value, value)
    return Interval(value, float(low), float(high), clusters.unit, len(counts_NS), clusters.count)


def drawn_sums(clusters_CS: Counts, *, replicates: int = REPLICATES, seed: int = SEED) -> Iterator[Counts]:
    """Summed counts of C clusters drawn with replacement, in blocks of shape (BLOCK or fewer, S).

    Every column is summed over the same draw, so the columns of two systems make a paired bootstrap.
    """
    clusters = len(clusters_CS)
    different_US, times_U = np.unique(clusters_CS, axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    for start in range(0, replicates, BLOCK):
        size = min(BLOCK, replicates - start)
        drawn_RU = random.multinomial(clusters, times_U / clusters, size=size)
        yield drawn_RU.astype(np.float64) @ different_US
