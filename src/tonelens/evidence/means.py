"""A mean over clips with its bootstrap interval, clustered by speaker.

Method    percentiles 2.5 and 97.5 of draws of speakers, or of clips, as `clusters` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from tonelens.evidence.clusters import SEED, Unit, clusters_of, drawn_sums


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Clips."""
    unit: Unit


def clustered_mean(values: Sequence[float], speakers: Sequence[str | None], seed: int = SEED) -> Mean:
    """The mean of one value or more."""
    clusters = clusters_of(speakers)
    sums_C2 = clusters.sums(np.column_stack([values, np.ones(len(values))]))
    drawn_R2 = np.concatenate(list(drawn_sums(sums_C2, seed=seed)))
    low, high = np.percentile(drawn_R2[:, 0] / drawn_R2[:, 1], [2.5, 97.5])
    return Mean(fmean(values), float(low), float(high), len(values), clusters.unit)
