"""Who is asked for evidence: whatever hears a recording and says how likely each emotion is.

Every score of `tonelens.evidence` is computed from a `Backend`, so that it means the same for Tonelens and
for anybody's system. A backend that also claims levels ("a high pitch") has its claims tested, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tonelens.audio import Audio
from tonelens.descriptors.measure import Measures
from tonelens.explain import Explainer
from tonelens.results import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a system says of one recording."""

    probabilities: Mapping[str, float]
    """Of every label; they sum to 1."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """A word of `descriptors.levels.DESCRIPTORS` for each descriptor that the system speaks of."""
    text: str = ""
    """Its explanation in words, as it gave it; empty where it gives none."""

    @property
    def label(self) -> str:
        """The likeliest; the first of equals."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


class Backend(Protocol):
    """Anything that can be asked."""

    @property
    def name(self) -> str:
        """For tables."""
        ...

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """One answer a clip, in order; the same for the same samples.

        Raises:
            ModelError: the system cannot be reached, or its answer cannot be understood.
        """
        ...


@dataclass(frozen=True, slots=True)
class OwnBackend:
    """A Tonelens model, asked as `tonelens explain` asks it."""

    explainer: Explainer

    @property
    def name(self) -> str:
        """The model's name."""
        return self.explainer.loaded.card.name

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """What `explain` says; recordings without a voice get equal probabilities and no claims."""
        return self.hear_measured(clips)

    def hear_measured(
        self, clips: Sequence[Audio], measures: Sequence[Measures] | None = None
    ) -> list[Heard]:
        """The same of clips that somebody has measured already, by `descriptors.measure`."""
        return [heard_of(found) for found in self.explainer.explain_clips(clips, measures=measures)]


def heard_of(explanation: Explanation) -> Heard:
    """Probabilities and the claims that the model (not the measurement) made."""
    claims = {
        name: value.level
        for name, value in explanation.descriptors.items()
        if value.said_by == "model" and value.level is not None
    }
    return Heard(probabilities=explanation.emotion.probabilities, claims=claims, text=explanation.explanation)
