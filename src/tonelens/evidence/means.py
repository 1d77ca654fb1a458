"""A mean over clips with its bootstrap interval, clustered by speaker.

Method    speakers are drawn with replacement, each with all of its clips, as clips of one speaker are alike;
          percentiles 2.5 and 97.5 of REPLICATES draws. With fewer than MIN_SPEAKERS, or where one is unknown,
          clips are drawn: such an interval describes these speakers only.
Source    Field and Welsh 2007, J. R. Stat. Soc. B 69.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

MIN_SPEAKERS = 5
REPLICATES = 2000


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Clips."""
    unit: Literal["speaker", "clip"]
    """What was drawn."""


def clustered_mean(values: Sequence[float], speakers: Sequence[str | None], seed: int = 0) -> Mean:
    """The mean of one value or more."""
    is_known = None not in speakers and len(set(speakers)) >= MIN_SPEAKERS
    names = [str(name) for name in speakers] if is_known else [str(row) for row in range(len(values))]
    _, of_clip_N = np.unique(names, return_inverse=True)
    sums_C = np.bincount(of_clip_N, weights=np.asarray(values, dtype=np.float64))
    counts_C = np.bincount(of_clip_N).astype(np.float64)
    value = float(sums_C.sum() / counts_C.sum())
    unit: Literal["speaker", "clip"] = "speaker" if is_known else "clip"
    if np.ptp(values) == 0:
        return Mean(value, value, value, len(values), unit)
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
    return Mean(value, float(low), float(high), len(values), unit)
