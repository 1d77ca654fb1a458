"""Whether a readable recording holds a voice that anything can be said of, and if not, why.

`audio.load` refuses what cannot be read or trusted; this judges what was read, by measures that are made
anyway. Every limit lies where real speech is not: of the 12 130 clips of six corpora 7 are refused, at most
1 in 400 of any corpus, and noise is refused from where an emotion classifier fails. Figures, and what is not
caught (music, other people's voices): docs/decisions/0011-when-no-answer-is-given.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tonelens.descriptors.measure import Measures

MIN_VOICED_S = 0.1
"""Voiced time that a voice has at least; white and pink noise have none."""
MIN_VOICED_SHARE = 0.1
"""The same as a share of the time that is loud enough to be speech: wind has 0.05."""
MIN_F0_RANGE_SEMITONES = 0.1
"""F0 from its 5th to its 95th percentile; dial tones, hum and chords stay within 0.09."""
MIN_STEADY_RANGE_DB = 3.0
"""Level from quietest to loudest; sirens, sweeps and hum in noise stay within 1, real clips reach 10."""
MIN_SPEECH_S = 0.3
"""One or two syllables; the shortest real clip has 0.53 s."""
MIN_LEVEL_RANGE_DB = 9.0
"""Speech in white noise at 10, 5, 0 and -5 dB reaches 16, 11, 7 and 4 (medians)."""
CLEAN_HNR_DB = 6.0
"""From here on a small range of levels means an even voice, not noise: at 0 dB HNR stays below 5.3."""


@dataclass(frozen=True, slots=True)
class Inaudible:
    """Why no answer can be given."""

    reason: Literal["no-speech", "too-short", "too-noisy"]
    """A stable word for programs."""
    message: str
    """What was found, the rule and the way out, without a full stop."""


def why_inaudible(measures: Measures) -> Inaudible | None:
    """The reason why nothing should be said of a recording; None for a voice that can be heard."""
    if not_a_voice := _not_a_voice(measures):
        return Inaudible("no-speech", f"{not_a_voice}. Use a recording of a voice")
    if measures.speech_s < MIN_SPEECH_S:
        return Inaudible(
            "too-short",
            f"{measures.speech_s:.2f} s of speech was found, but at least {MIN_SPEECH_S:g} s is needed. "
            f"Use a longer clip",
        )
    is_clean = measures.hnr_db is not None and measures.hnr_db >= CLEAN_HNR_DB
    level_range = measures.clip_range_db
    if level_range is not None and level_range < MIN_LEVEL_RANGE_DB and not is_clean:
        return Inaudible(
            "too-noisy",
            f"the voice stands {level_range:.1f} dB above the noise, but at least {MIN_LEVEL_RANGE_DB:g} dB "
            f"is needed. Record closer to the mouth, or in a quieter place",
        )
    return None


def _not_a_voice(measures: Measures) -> str | None:
    """What shows that a recording holds no voice, beside the rule."""
    voiced_s = measures.voiced_share * measures.speech_s
    if voiced_s < max(MIN_VOICED_S, MIN_VOICED_SHARE * measures.speech_s):
        return (
            f"{voiced_s:.2f} s of voice was found in {measures.speech_s:.2f} s of sound, but at least "
            f"{MIN_VOICED_S:g} s and {MIN_VOICED_SHARE:.0%} is needed (whispering cannot be told from noise)"
        )
    pitch_range = measures.f0_range_semitones
    if pitch_range is not None and pitch_range < MIN_F0_RANGE_SEMITONES:
        return (
            f"the pitch stays within {pitch_range:.2f} semitones, but any voice moves by at least "
            f"{MIN_F0_RANGE_SEMITONES:g}"
        )
    level_range = measures.clip_range_db
    if level_range is not None and level_range < MIN_STEADY_RANGE_DB:
        return (
            f"the level stays within {level_range:.1f} dB, but that of speech moves by at least "
            f"{MIN_STEADY_RANGE_DB:g} dB"
        )
    return None
