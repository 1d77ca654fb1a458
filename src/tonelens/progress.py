"""How long work tells where it stands: a small interface that the CLI draws and libraries ignore."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Told what begins and how far it is; never changes a result."""

    def begin(self, what: str, total: int) -> None:
        """A phase of `total` equal parts begins."""

    def advance(self, done: int, note: str = "") -> None:
        """`done` parts of the phase are finished."""


class Quiet:
    """Says nothing."""

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def advance(self, done: int, note: str = "") -> None:
        """Nothing."""
