"""What a bootstrap draws with replacement: speakers, as the clips of one speaker are alike.

Shapes    N rows (clips or frames), S values of a row that add up, C clusters.
Fallback  with a speaker unknown, or fewer than MIN_SPEAKERS, clips are drawn instead and `unit` says "clip".
          Such an interval describes these speakers only, not new ones.
Source    Field and Welsh 2007, J. R. Stat. Soc. B 69.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Unit: TypeAlias = Literal["speaker", "clip"]
"""What is drawn with replacement."""

MIN_SPEAKERS = 5
"""With 4 speakers there are 35 different draws and half of the extreme ones repeat one voice; our choice."""
REPLICATES = 2000


@dataclass(frozen=True, slots=True)
class Clusters:
    """N rows in C clusters."""

    of_row_N: NDArray[np.intp]
    unit: Unit
    count: int
    """C."""

    def sums(self, values_NS: NDArray[np.float64]) -> NDArray[np.float64]:
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
