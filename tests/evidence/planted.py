"""Backends with a known fault, and one without: every score of faithfulness must tell them apart.

Constant       the same answer whatever it hears: it ignores the audio.
OnlyLoudness   emotion and claims from the level alone.
PitchLiar      claims the opposite of the measured pitch, and of everything else the truth.
Truthful       claims what is measured, and draws its emotion from pitch, level and pace.

All speak of six descriptors in a sentence, and of levels by the edges of the default model's whole training
part, unless a gender is given.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tonelens.audio import Audio
from tonelens.descriptors.levels import DESCRIPTORS, Levels
from tonelens.descriptors.measure import Measures, measure
from tonelens.evidence.agreement import reference_levels
from tonelens.evidence.backend import Heard

LABELS = ("anger", "neutral", "sadness")
Gender = Literal["male", "female"]


@functools.cache
def edges() -> Levels:
    """Those of the model that ships."""
    return reference_levels()


def sentence(claims: Mapping[str, str]) -> str:
    """The claims in words that the matcher reads back."""
    parts = {
        "speed": "the pace is {}",
        "pitch": "the pitch is {}",
        "volume": "the volume is {}",
        "pitch_variation": "the intonation is {}",
        "pauses": "there are {} pauses",
        "voice_quality": "the voice quality is {}",
    }
    said = [part.format(claims[name]) for name, part in parts.items() if name in claims]
    return "; ".join(said).capitalize() + "."


def measured_words(measures: Measures, gender: Gender | None = None) -> dict[str, str]:
    """Every measurable descriptor in a word."""
    levels = edges().assign(measures, gender=gender, finest="group")
    return {name: level.word for name, level in levels.items() if level.word is not None}


def softmax(scores: Mapping[str, float]) -> dict[str, float]:
    powers = {label: math.exp(score) for label, score in scores.items()}
    return {label: power / math.fsum(powers.values()) for label, power in powers.items()}


def by_arousal(arousal: float) -> dict[str, float]:
    """Anger where much is going on, sadness where little is."""
    return softmax({"anger": arousal, "neutral": 0.0, "sadness": -arousal})


def above_middle(name: str, value: float | None) -> float:
    """How far a value lies above the middle of the normal range, in half its widths."""
    if value is None:
        return 0.0
    found = edges().edges[name]["corpus"]
    return (value - (found.low + found.high) / 2) / ((found.high - found.low) / 2)


def heard(probabilities: Mapping[str, float], claims: Mapping[str, str]) -> Heard:
    return Heard(probabilities=probabilities, claims=claims, text=sentence(claims))


@dataclass(frozen=True)
class Constant:
    """Ignores the audio."""

    name: str = "constant"

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        middle = {name: descriptor.words[1] for name, descriptor in DESCRIPTORS.items()}
        return [heard({"anger": 0.6, "neutral": 0.3, "sadness": 0.1}, middle) for _ in clips]


@dataclass(frozen=True)
class OnlyLoudness:
    """Hears how loud it is, and takes everything from that."""

    name: str = "only loudness"

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        return [self._hear(measure(clip)) for clip in clips]

    def _hear(self, measures: Measures) -> Heard:
        volume = measured_words(measures).get("volume", "normal")
        place = DESCRIPTORS["volume"].words.index(volume)
        claims = {name: descriptor.words[place] for name, descriptor in DESCRIPTORS.items()}
        return heard(by_arousal(above_middle("volume", measures.level_dbfs)), claims)


@dataclass(frozen=True)
class Truthful:
    """Claims what is measured."""

    gender: Gender | None = None
    name: str = "truthful"

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        return [self._hear(measure(clip)) for clip in clips]

    def _hear(self, measures: Measures) -> Heard:
        arousal = (
            above_middle("pitch", measures.f0_median_hz)
            + above_middle("volume", measures.level_dbfs)
            + above_middle("speed", measures.syllables_per_s)
        )
        return heard(by_arousal(arousal / 3), measured_words(measures, self.gender))


@dataclass(frozen=True)
class PitchLiar:
    """As `Truthful`, but high is called low, low high, and normal high."""

    gender: Gender | None = None
    name: str = "pitch liar"

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        lies = {"high": "low", "low": "high", "normal": "high"}
        answers = Truthful(self.gender).hear(clips)
        return [
            heard(
                answer.probabilities,
                {name: lies[word] if name == "pitch" else word for name, word in answer.claims.items()},
            )
            for answer in answers
        ]
