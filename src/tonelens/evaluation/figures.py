"""One number of a report or benchmark, in the one form that every results file uses.

Row       {"system", "corpus", "protocol", "metric", "value", "low", "high", "seeds", "n"}; scores are
          fractions, not percent; low and high are the 95 % interval, null where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tonelens.evaluation.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    system: str
    corpus: str
    protocol: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    seeds: int = 1
    """Runs with different seeds behind the value."""
    n: int
    """Clips (or repetitions) behind the value."""

    def __post_init__(self) -> None:
        """Refuse what JSON cannot hold."""
        for number in (self.value, self.low, self.high):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{'/'.join(self.key)}: {number} is not finite. Leave the figure out.")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the number is about; one number a key."""
        return (self.system, self.corpus, self.protocol, self.metric)

    def to_row(self) -> dict[str, Any]:
        """The JSON object of a results file."""
        return asdict(self)

    @classmethod
    def of(cls, interval: Interval, *, system: str, corpus: str, protocol: str, metric: str) -> Figure:
        """A score with its interval, from one run."""
        return cls(
            system=system,
            corpus=corpus,
            protocol=protocol,
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=interval.n,
        )


def merge(old: Iterable[Figure], new: Iterable[Figure]) -> list[Figure]:
    """Old figures with the new ones in place of those with the same key; others keep their place."""
    return list({**{figure.key: figure for figure in old}, **{figure.key: figure for figure in new}}.values())
