"""What a page can show beside the explanation itself; each part is left out where it is not given.

Units     times are seconds from the start of the recording (of the part that was explained); shares,
          probabilities and importances are fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tonelens.audio import Audio
from tonelens.model.confidence import Calibration

InterventionVerdict = Literal["as expected", "not as expected"]


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """A stretch that the decision rests on."""

    start_s: float
    end_s: float
    importance: float
    """Drop of the decided emotion's probability when the span is left out; negative where it rises."""


@dataclass(frozen=True, slots=True)
class WordsOrVoice:
    """How much of the decision each stream carries."""

    words: float
    voice: float
    note: str = ""
    """How it was measured, in a sentence."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The smallest change found that another emotion follows from."""

    sentence: str
    """`2.5 semitones lower and it would be heard as sadness (41 %, now 12 %).`"""
    before: Mapping[str, float]
    """Probability of every label for the recording ..."""
    after: Mapping[str, float]
    """... and for the changed one."""
    changed: Audio


@dataclass(frozen=True, slots=True)
class InterventionRow:
    """One change of the recording, and what became of the claim about it."""

    change: str
    before: str
    """The claim about the recording ..."""
    after: str
    """... and about the changed one."""
    expected: str
    verdict: InterventionVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParts:
    """Everything optional that one page may show."""

    calibration: Calibration | None = None
    """Of the model: says how far its percentages can be believed."""
    cited: tuple[CitedSpan, ...] = ()
    share: WordsOrVoice | None = None
    counterfactual: Counterfactual | None = None
    interventions: tuple[InterventionRow, ...] = ()


NO_PARTS = PageParts()
