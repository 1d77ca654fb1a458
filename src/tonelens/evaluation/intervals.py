"""Bootstrap 95 % intervals, clustered by speaker, for every score that is a function of summed counts.

Shapes    N clips, S counts of a clip (its cell of a confusion matrix, its word errors ...),
          C clusters, R bootstrap replicates.
Method    speakers are drawn, or clips (`evidence.clusters`); percentiles 2.5 and 97.5.
Source    Efron and Tibshirani 1993, chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tonelens.evidence.clusters import REPLICATES, SEED, Counts, Unit, clusters_of, drawn_sums


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
