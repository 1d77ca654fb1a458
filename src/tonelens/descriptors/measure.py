"""Waveform to numbers with units: everything said about a voice rests on these.

Units     in the names: `_hz`, `_semitones`, `_db`, `_dbfs`, `_s`; shares are 0 to 1.
Level     `level_dbfs` and `level_range_db` are measured over the frames that hold speech, which lie between
          `speech_start_s` and `speech_end_s`: silence before, after and between words does not count.
F0        of the voiced frames (one each 10 ms) within speech; low, high and range are the 5th and 95th
          percentiles; the slope is that of the straight line through log F0 over time. Frames more than an
          octave from the median (creak, doubled periods) count for the median only.
None      what a clip does not carry; `not_measurable` then says why, by field name.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tonelens.audio import Audio, Samples
from tonelens.descriptors.emphasis import Emphasis, find_emphasis
from tonelens.descriptors.loudness import LoudnessTrack, mean_level_dbfs, track_loudness
from tonelens.descriptors.pitch import HOP_S, Floats, PitchTrack, track_pitch
from tonelens.descriptors.rhythm import Rhythm, find_rhythm
from tonelens.descriptors.syllables import syllables_in
from tonelens.descriptors.voice_quality import hnr_db, local_variation, match_periods, tilt_db_per_octave

MEASURE_VERSION = 3
"""Raised with every change of a number, so that stored measurements are not mixed."""
MIN_VOICED_FRAMES = 5
"""50 ms of voice: less is not an F0 that a listener hears."""
MIN_SPEECH_S = 0.1
"""Less speech than this has no rate and no level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured on one recording; None where it cannot be measured."""

    duration_s: float
    speech_s: float
    """Time spent speaking, pauses left out."""
    speech_start_s: float | None = None
    speech_end_s: float | None = None
    voiced_share: float = 0.0
    """Voiced time over speaking time."""
    f0_mean_hz: float | None = None
    f0_median_hz: float | None = None
    f0_low_hz: float | None = None
    f0_high_hz: float | None = None
    f0_range_semitones: float | None = None
    f0_std_hz: float | None = None
    f0_std_semitones: float | None = None
    f0_slope_semitones_per_s: float | None = None
    level_dbfs: float | None = None
    level_range_db: float | None = None
    """95th minus 5th percentile of the level of the speech frames."""
    clip_range_db: float | None = None
    """The same of all frames, pauses and silence too: how far the voice stands above what is around it. None
    in measurements that were stored by a Tonelens without it."""
    syllable_count: float = 0.0
    """Syllables heard; doubtful ones count in part."""
    syllables_per_s: float | None = None
    """Articulation rate: per second of speech without pauses."""
    text_syllables_per_s: float | None = None
    """The same with the syllables of the words (`with_text`), which is steadier; None without words."""
    pause_count: int = 0
    pause_s: float = 0.0
    pause_share: float | None = None
    """Time in pauses over the time from the first to the last speech."""
    hnr_db: float | None = None
    jitter_share: float | None = None
    shimmer_share: float | None = None
    tilt_db_per_octave: float | None = None
    emphasis: tuple[Emphasis, ...] = ()
    not_measurable: dict[str, str] = field(default_factory=dict)
    """Field name to the reason, for every field that is None."""

    def to_dict(self) -> dict[str, Any]:
        """As flat JSON values."""
        return dataclasses.asdict(self) | {"emphasis": [dataclasses.asdict(span) for span in self.emphasis]}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Measures:
        """The inverse of `to_dict`."""
        return cls(**(row | {"emphasis": tuple(Emphasis(**span) for span in row["emphasis"])}))

    def with_text(self, text: str | None, language: str | None) -> Measures:
        """The same measures with the rate by the words, where text and language allow to count them."""
        count = syllables_in(text, language) if text else None
        if count is None or self.speech_s < MIN_SPEECH_S:
            return self
        reasons = {name: why for name, why in self.not_measurable.items() if name != "text_syllables_per_s"}
        rate = count / self.speech_s
        return dataclasses.replace(self, text_syllables_per_s=rate, not_measurable=reasons)

    def changed(
        self, *, speed: float = 1.0, gain_db: float = 0.0, semitones: float = 0.0, pace: float = 1.0
    ) -> Measures:
        """What the measures become when a waveform is played at `speed`, amplified, or revoiced.

        Speed moves pitch and pace together, as on a tape; a vocoder moves the pitch alone (`semitones`), or
        the pace. Clipping is not foreseen; nor is what a vocoder does to the quality of a voice.
        """
        pitch, pace = speed * 2 ** (semitones / 12), speed * pace

        def scaled(names: tuple[str, ...], factor: float) -> dict[str, float | None]:
            values = {name: getattr(self, name) for name in names}
            return {name: None if value is None else value * factor for name, value in values.items()}

        changes: dict[str, Any] = scaled(_GROW_WITH_PITCH, pitch) | scaled(_GROW_WITH_PACE, pace)
        changes |= scaled(_SHRINK_WITH_PACE, 1 / pace)
        changes["level_dbfs"] = None if self.level_dbfs is None else self.level_dbfs + gain_db
        changes["emphasis"] = tuple(
            Emphasis(span.start_s / pace, span.end_s / pace, span.strength) for span in self.emphasis
        )
        return dataclasses.replace(self, **changes)


_GROW_WITH_PITCH = ("f0_mean_hz", "f0_median_hz", "f0_low_hz", "f0_high_hz", "f0_std_hz")
_GROW_WITH_PACE = ("f0_slope_semitones_per_s", "syllables_per_s", "text_syllables_per_s")
_SHRINK_WITH_PACE = ("duration_s", "speech_s", "speech_start_s", "speech_end_s", "pause_s")


def measure(audio: Audio) -> Measures:
    """Measure one recording."""
    pitch = track_pitch(audio.samples)
    loudness = track_loudness(audio.samples)
    rhythm = find_rhythm(audio.samples, loudness, pitch)
    values: dict[str, Any] = {"duration_s": audio.duration_s, "text_syllables_per_s": None}
    values |= _level(loudness) | _rhythm(loudness, rhythm)
    values |= _pitch(pitch, loudness) | _voice_quality(audio.samples, pitch)
    values["emphasis"] = find_emphasis(pitch, loudness, rhythm)
    return Measures(**_rounded(values), not_measurable=_reasons(values))


def _pitch(pitch: PitchTrack, loudness: LoudnessTrack) -> dict[str, Any]:
    is_within_F = np.interp(pitch.times_s, loudness.times_s, loudness.is_speech.astype(float)) > 0.5
    is_used_F = pitch.is_voiced & is_within_F
    times_V, f0_V = pitch.times_s[is_used_F], pitch.f0_hz[is_used_F]
    if len(f0_V) < MIN_VOICED_FRAMES:
        return dict.fromkeys(_F0_FIELDS)
    median = float(np.median(f0_V))
    is_near_V = np.abs(np.log2(f0_V / median)) <= 1
    near_V, semitones_V = f0_V[is_near_V], 12 * np.log2(f0_V[is_near_V])
    low, high = np.percentile(near_V, [5, 95])
    return {
        "voiced_share": min(1.0, len(f0_V) * HOP_S / loudness.speech_s),
        "f0_mean_hz": near_V.mean(),
        "f0_median_hz": median,
        "f0_low_hz": low,
        "f0_high_hz": high,
        "f0_range_semitones": 12 * np.log2(high / low),
        "f0_std_hz": near_V.std(),
        "f0_std_semitones": semitones_V.std(),
        "f0_slope_semitones_per_s": _slope(times_V[is_near_V], semitones_V),
    }


def _slope(times_V: Floats, values_V: Floats) -> float:
    offset_V = times_V - times_V.mean()
    return float((offset_V * values_V).sum() / (offset_V**2).sum())


def _level(loudness: LoudnessTrack) -> dict[str, Any]:
    whole = {"speech_s": loudness.speech_s, "clip_range_db": _range_db(loudness.level_dbfs)}
    if loudness.speech_s < MIN_SPEECH_S:
        return whole | dict.fromkeys(_LEVEL_FIELDS)
    spans = loudness.spans_s
    level_F = loudness.level_dbfs[loudness.is_speech]
    return whole | {
        "speech_start_s": spans[0][0],
        "speech_end_s": spans[-1][1],
        "level_dbfs": mean_level_dbfs(level_F),
        "level_range_db": _range_db(level_F),
    }


def _range_db(level_F: Floats) -> float:
    low, high = np.percentile(level_F, [5, 95])
    return float(high - low)


def _rhythm(loudness: LoudnessTrack, rhythm: Rhythm) -> dict[str, Any]:
    has_speech = loudness.speech_s >= MIN_SPEECH_S
    pause_s = sum(end_s - start_s for start_s, end_s in rhythm.pauses_s)
    return {
        "syllable_count": rhythm.syllables,
        "syllables_per_s": rhythm.syllables / loudness.speech_s if has_speech and rhythm.syllables else None,
        "pause_count": len(rhythm.pauses_s),
        "pause_s": pause_s,
        "pause_share": pause_s / (pause_s + loudness.speech_s) if has_speech else None,
    }


def _voice_quality(samples: Samples, pitch: PitchTrack) -> dict[str, Any]:
    periods = match_periods(samples, pitch)
    return {
        "hnr_db": hnr_db(pitch),
        "jitter_share": local_variation(periods.length_s),
        "shimmer_share": local_variation(periods.amplitude),
        "tilt_db_per_octave": tilt_db_per_octave(samples, pitch),
    }


_F0_FIELDS = (
    "f0_mean_hz",
    "f0_median_hz",
    "f0_low_hz",
    "f0_high_hz",
    "f0_range_semitones",
    "f0_std_hz",
    "f0_std_semitones",
    "f0_slope_semitones_per_s",
)
_LEVEL_FIELDS = ("speech_start_s", "speech_end_s", "level_dbfs", "level_range_db")
_VOICE_FIELDS = ("hnr_db", "jitter_share", "shimmer_share", "tilt_db_per_octave")


def _reasons(values: dict[str, Any]) -> dict[str, str]:
    """Why each None is None, in words for a person."""
    little_speech = f"only {values['speech_s']:.2f} s of speech, at least {MIN_SPEECH_S:g} s is needed"
    reasons = dict.fromkeys(_F0_FIELDS, f"fewer than {MIN_VOICED_FRAMES} voiced frames")
    reasons |= dict.fromkeys(_VOICE_FIELDS, "too few voiced frames or periods")
    reasons |= dict.fromkeys((*_LEVEL_FIELDS, "pause_share"), little_speech)
    reasons["text_syllables_per_s"] = "the words, or how their language spells syllables, are not known"
    reasons["syllables_per_s"] = "no syllable found" if values["speech_s"] >= MIN_SPEECH_S else little_speech
    return {name: reasons[name] for name, value in values.items() if value is None}


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Floats with six significant digits: more says nothing and makes files grow."""
    return {
        name: float(f"{value:.6g}") if isinstance(value, float | np.floating) else value
        for name, value in values.items()
    }
