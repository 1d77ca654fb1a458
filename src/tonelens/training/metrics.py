"""metrics.jsonl and TensorBoard: every loss term apart, with where the time went."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tonelens.errors import StorageError


class Metrics:
    """Appends lines to metrics.jsonl and the same numbers to TensorBoard."""

    def __init__(self, path: Path, tensorboard: Path | None, first_step: int = 0) -> None:
        self._path = path
        self._board = _summary_writer(tensorboard, first_step) if tensorboard else None

    def write(self, step: int, kind: str, values: dict[str, Any]) -> None:
        """One line; numbers also become curves named `kind/name`.

        Raises:
            StorageError: the disk is full.
        """
        rounded = {name: round(v, 6) if isinstance(v, float) else v for name, v in values.items()}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, "kind": kind, **rounded}) + "\n")
        except OSError as error:
            raise StorageError(
                f"{self._path}: cannot be written ({error.strerror or error}). Free some space and resume."
            ) from error
        if self._board:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Flush the curves; lines are on disk already."""
        if self._board:
            self._board.close()


class Clock:
    """Adds up wall seconds by purpose: model (forward and backward), update; `lap` counts everything."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lap = time.perf_counter()

    def lap(self) -> float:
        """Wall seconds since the last call, whatever they were spent on."""
        before, self._lap = self._lap, time.perf_counter()
        return self._lap - before

    @contextmanager
    def measuring(self, purpose: str) -> Iterator[None]:
        """Count the block's time."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[purpose] = self.seconds.get(purpose, 0.0) + time.perf_counter() - start

    def take(self) -> dict[str, float]:
        """`seconds_<purpose>` since the last call."""
        taken = {f"seconds_{purpose}": spent for purpose, spent in self.seconds.items()}
        self.seconds = {}
        return taken


def _summary_writer(folder: Path, first_step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_step or None)
