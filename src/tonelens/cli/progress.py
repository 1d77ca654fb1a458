"""Progress bars with time left, on stderr, for everything that takes long."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def hide_loading_bars() -> None:
    """No bar for weights that are read from the disk, which takes moments; downloads keep theirs."""
    from huggingface_hub.utils.tqdm import enable_progress_bars
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    enable_progress_bars()


class Bars:
    """A `tonelens.progress.Reporter` that draws one bar a phase; use it in a `with` block.

    Where stderr is no terminal, one line is written for every tenth of a phase instead.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._what, self._total, self._told = "", 0, 0

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int) -> None:
        """A new bar."""
        self._what, self._total, self._told = what, total, 0
        self._task = self._progress.add_task(what, total=total, note="")

    def advance(self, done: int, note: str = "") -> None:
        """Move the newest bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, note=note)
        tenth = 10 * done // max(self._total, 1)
        if not self._console.is_terminal and tenth > self._told:
            self._told = tenth
            self._console.print(f"{self._what} {done}/{self._total} {note}".rstrip(), highlight=False)
