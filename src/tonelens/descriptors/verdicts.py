"""A claim about a voice against its measurement: supported, contradicted, or not measurable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tonelens.descriptors.levels import DESCRIPTORS, Level
from tonelens.errors import LabelError

Outcome: TypeAlias = Literal["supported", "contradicted", "not measurable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the measurement says about a claim."""

    outcome: Outcome
    reason: str | None = None
    """Why it was contradicted or could not be measured, in words for a person."""


def judge(descriptor: str, claimed: str, level: Level) -> Verdict:
    """The verdict on saying the word `claimed` of a clip whose measured `level` is given.

    >>> judge("pitch", "high", Level("low", 92.0, "Hz", "group")).outcome
    'contradicted'

    Raises:
        LabelError: the descriptor or the word does not exist.
    """
    words = DESCRIPTORS[descriptor].words if descriptor in DESCRIPTORS else ()
    if claimed not in words:
        known = f"its words are {', '.join(words)}" if words else f"known are {', '.join(DESCRIPTORS)}"
        raise LabelError(f"{descriptor} {claimed!r}: no such claim; {known}. Correct the word.")
    if level.word is None:
        return Verdict("not measurable", level.reason)
    if level.word == claimed:
        return Verdict("supported")
    measured = f"{level.measured:.4g} {level.unit}"
    return Verdict("contradicted", f"{measured} is {level.word} for the {level.reference}, not {claimed}")
