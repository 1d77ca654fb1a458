"""What a result says of one descriptor: the model's claim, if it makes one, beside the measured level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tonelens.descriptors.levels import Level
from tonelens.descriptors.sentences import UNKNOWN
from tonelens.descriptors.verdicts import judge
from tonelens.results import Descriptor, Outcome


def claim(name: str, claimed: str | None, level: Level) -> Descriptor:
    """The model's claim beside the measured level; without one the measurement speaks for itself."""
    facts: Mapping[str, Any] = {
        "measured": level.measured,
        "measured_level": level.word,
        "unit": level.unit,
        "reference": level.reference,
    }
    if claimed is None:
        outcome: Outcome = "supported" if level.word else "not measurable"
        return Descriptor(
            level=level.word, said_by="measurement", verdict=outcome, reason=level.reason, **facts
        )
    if claimed == UNKNOWN:
        reason = level.reason or "the model makes no claim"
        return Descriptor(level=None, said_by="model", verdict="not measurable", reason=reason, **facts)
    verdict = judge(name, claimed, level)
    return Descriptor(level=claimed, said_by="model", verdict=verdict.outcome, reason=verdict.reason, **facts)


def unnamed(level: Level, why: str) -> Level:
    """A level without its word: what was measured is not a voice's."""
    return replace(level, word=None, reference=None, reason=level.reason or why)
