"""A mean over clips with its bootstrap interval, clustered by speaker.

Method    percentiles 2.5 and 97.5 of REPLICATES draws of speakers, or of clips, as `clusters` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tonelens.evidence.clusters import REPLICATES, Unit, clusters_of


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Clips."""
    unit: Unit


def clustered_mean(values: Sequence[float], speakers: Sequence[str | None], seed: int = 0) -> Mean:
    """The mean of one value or more."""
    clusters = clusters_of(speakers)
    sums_C, counts_C = clusters.sums(np.column_stack([values, np.ones(len(values))])).T
    value = float(sums_C.sum() / counts_C.sum())
    if np.ptp(values) == 0:
        return Mean(value, value, value, len(values), clusters.unit)
    drawn = stats.bootstrap(
        (sums_C, counts_C),
        lambda sums, counts, axis: sums.sum(axis=axis) / counts.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=REPLICATES,
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    low, high = drawn.confidence_interval
    return Mean(value, float(low), float(high), len(values), clusters.unit)
