"""Whether a readable recording holds a voice that anything can be said of, and if not, why.

`audio.load` refuses what cannot be read or trusted; this judges what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tonelens.audio import Audio
from tonelens.descriptors.loudness import track_loudness
from tonelens.descriptors.measure import Measures

MIN_VOICED_S = 0.1
MIN_SPEECH_S = 0.3
MIN_F0_RANGE_SEMITONES = 0.1
MIN_LEVEL_RANGE_DB = 9.0
CLEAN_HNR_DB = 6.0


@dataclass(frozen=True, slots=True)
class Inaudible:
    """Why no answer can be given."""

    reason: Literal["no-speech", "too-short", "too-noisy"]
    """A stable word for programs."""
    message: str
    """What was found, the rule and the way out, without a full stop."""


def why_inaudible(audio: Audio, measures: Measures) -> Inaudible | None:
    """The reason why nothing should be said of a recording; None for a voice that can be heard."""
    voiced_s = measures.voiced_share * measures.speech_s
    if voiced_s < MIN_VOICED_S:
        return Inaudible(
            "no-speech",
            f"{voiced_s:.2f} s of voice was found, but at least {MIN_VOICED_S:g} s is needed (whispering "
            f"cannot be told from noise). Use a recording of a voice",
        )
    pitch_range = measures.f0_range_semitones
    if pitch_range is not None and pitch_range < MIN_F0_RANGE_SEMITONES:
        return Inaudible(
            "no-speech",
            f"the pitch stays within {pitch_range:.2f} semitones, which no voice does (at least "
            f"{MIN_F0_RANGE_SEMITONES:g}). Use a recording of a voice",
        )
    if measures.speech_s < MIN_SPEECH_S:
        return Inaudible(
            "too-short",
            f"{measures.speech_s:.2f} s of speech was found, but at least {MIN_SPEECH_S:g} s is needed. "
            f"Use a longer clip",
        )
    level_range = level_range_db(audio)
    is_clean = measures.hnr_db is not None and measures.hnr_db >= CLEAN_HNR_DB
    if level_range < MIN_LEVEL_RANGE_DB and not is_clean:
        return Inaudible(
            "too-noisy",
            f"the voice stands {level_range:.1f} dB above the noise, but at least {MIN_LEVEL_RANGE_DB:g} dB "
            f"is needed. Record closer to the mouth, or remove the noise",
        )
    return None


def level_range_db(audio: Audio) -> float:
    """How far the loudest 5 % of a recording stand above its quietest 5 %."""
    low, high = np.percentile(track_loudness(audio.samples).level_dbfs, [5, 95])
    return float(high - low)
