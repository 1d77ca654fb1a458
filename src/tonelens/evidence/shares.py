"""A share of yes and no answers with its Wilson interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of `n` with its interval."""

    count: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.count / self.n

    def __str__(self) -> str:
        return f"{100 * self.value:.0f} % ({100 * self.low:.0f} to {100 * self.high:.0f})"


def share(hits: Iterable[bool]) -> Share:
    """The share of hits among one or more, with its Wilson interval."""
    known = list(hits)
    ends = stats.binomtest(sum(known), len(known)).proportion_ci(CONFIDENCE, method="wilson")
    return Share(sum(known), len(known), float(ends.low), float(ends.high))
