"""What a bootstrap draws with replacement: speakers, as the clips of one speaker are alike.

Shapes    N rows (clips or frames), S values of a row that add up, C clusters, U different ones, R replicates.
Method    the values are summed per cluster once, and a replicate is a weighted sum of these rows, equal rows
          drawn as one; the order of the rows is nothing to the result.
Fallback  with a speaker unknown, or fewer than MIN_SPEAKERS, clips are drawn instead and `unit` says "clip".
          Such an interval describes these speakers only, not new ones.
Source    Field and Welsh 2007, J. R. Stat. Soc. B 69.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.float64]
Unit: TypeAlias = Literal["speaker", "clip"]
"""What is drawn with replacement."""

MIN_SPEAKERS = 5
"""With 4 speakers there are 35 different draws and half of the extreme ones repeat one voice; our choice."""
REPLICATES = 2000
SEED = 20250523
BLOCK = 100
"""Replicates drawn at a time, so that 14 000 clips stay within some 10 MB."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """N rows in C clusters."""

    of_row_N: NDArray[np.intp]
    unit: Unit
    count: int
    """C."""

    def sums(self, values_NS: Counts) -> Counts:
        """The rows of every cluster added up: (C, S)."""
        sums_CS = np.zeros((self.count, values_NS.shape[1]))
        np.add.at(sums_CS, self.of_row_N, values_NS)
        return sums_CS


def clusters_of(speakers: Sequence[str | None], clips: Sequence[str] | None = None) -> Clusters:
    """Speakers where all are known and enough, else clips.

    Args:
        speakers: N names; None is unknown.
        clips: N names; without them every row is a clip of its own.
    """
    known = [speaker for speaker in speakers if speaker is not None]
    has_speakers = len(known) == len(speakers) and len(set(known)) >= MIN_SPEAKERS
    unit: Unit = "speaker" if has_speakers else "clip"
    drawn = known if has_speakers else clips or [str(row) for row in range(len(speakers))]
    names, of_row_N = np.unique(np.array(drawn), return_inverse=True)
    return Clusters(of_row_N, unit, len(names))


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
