"""What is asked: one recording, and what is known of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """One recording to explain, and what is known of it beforehand."""

    source: str | Path | bytes
    start_s: float = 0.0
    end_s: float | None = None
    transcript: str | None = None
    """The words, where they are known: the model then does not have to hear them."""
    spoken: str | None = None
    """The words, for measuring the pace only; the model is not told. For evaluations."""
    language: str | None = None
    """Of the words, as an ISO code; the pace is measured by words of a known language."""
    gender: str | None = None
    """`male` or `female`: the group that levels refer to; None takes the one the model hears."""
    previous: tuple[str, ...] = ()
    """What was said before in the dialogue, oldest first: `Ross: What?`, or the words alone. Only for models
    that were trained with earlier turns (`answer.dialogue_turns`)."""
    name: str | None = None
    """What to call it; by default the path."""

    def printable_name(self) -> str:
        """The name as text; bytes of a path that are no UTF-8 appear as escapes."""
        name = self.name or ("bytes" if isinstance(self.source, bytes) else str(self.source))
        return name.encode("utf-8", "backslashreplace").decode("utf-8")
