"""A recording with one property of the voice changed and, as far as a vocoder can, nothing else.

    samples -> F0, envelope, aperiodicity every 5 ms (WORLD) -> one of them moved, or time stretched
    -> samples -> level of the speech as before

Kinds     pitch      all F0 up or down, `amount` semitones
          variation  distance of F0 from its median times `amount` (0 flattens, 2 doubles)
          speed      `amount` times as fast, F0 and envelope as they are (time between frames changes)
          volume     `amount` dB, without the vocoder
          tilt       `amount` dB an octave more (or less) above 1 kHz, below as much the other way
          pauses     every pause `amount` s longer (or shorter; `pauses`), without the vocoder
          none       through the vocoder unchanged: what every comparison has to start from
Shapes    F frames, B frequency bins, N samples: `tonelens.descriptors.vocoder`.
Measured  benchmarks/resynthesis.py: how often the changed property meets its target and the others stay.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Audio, Samples
from tonelens.descriptors.loudness import mean_level_dbfs, track_loudness
from tonelens.descriptors.vocoder import F0_RANGE_HZ, Floats, Voice, analyse, moved, synthesise
from tonelens.errors import InputError
from tonelens.evidence.pauses import with_longer_pauses

Kind: TypeAlias = Literal["none", "pitch", "variation", "speed", "volume", "tilt", "pauses"]

KINDS: tuple[Kind, ...] = ("none", "pitch", "variation", "speed", "volume", "tilt", "pauses")
LIMITS: dict[Kind, tuple[float, float]] = {
    "none": (0.0, 0.0),
    "pitch": (-12.0, 12.0),
    "variation": (0.0, 3.0),
    "speed": (0.5, 2.0),
    "volume": (-30.0, 30.0),
    "tilt": (-12.0, 12.0),
    "pauses": (-5.0, 5.0),
}
"""What `amount` may be; beyond, the result is no voice any more."""
UNITS: dict[Kind, str] = {
    "none": "", "pitch": "semitones", "variation": "times", "speed": "times", "volume": "dB",
    "tilt": "dB/octave", "pauses": "s",
}  # fmt: skip
TILT_HINGE_HZ = 1000.0


@dataclass(frozen=True, slots=True)
class Change:
    """One property, and by how much."""

    kind: Kind
    amount: float = 0.0

    def __post_init__(self) -> None:
        low, high = LIMITS[self.kind]
        if not low <= self.amount <= high:
            raise InputError(
                f"{self.kind} by {self.amount:g} {UNITS[self.kind]}: between {low:g} and {high:g} a voice "
                f"stays a voice. Ask for less."
            )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+g} {UNITS[self.kind]}" if self.kind != "none" else "none"


def resynthesised(audio: Audio, change: Change, voice: Voice | None = None) -> Audio:
    """The recording with one change; its speech is as loud as before unless that is the change.

    Samples may exceed full scale (1.0), as a changed wave form has other peaks: keep them as floats.

    Args:
        audio: the recording.
        change: what to change.
        voice: what `analyse` made of it, so that several changes analyse once.

    Raises:
        ModelError: the extra `evidence` is not installed.
    """
    if change.kind == "volume":
        louder_N = (audio.samples * 10 ** (change.amount / 20)).astype(np.float32)
        return _as_audio(louder_N, audio, change)
    if change.kind == "pauses":
        return _as_audio(with_longer_pauses(audio.samples, change.amount), audio, change)
    samples = synthesise(changed(voice or analyse(audio.samples), change))
    if change.kind != "speed":
        samples = _of_length(samples, len(audio.samples))
    return _as_audio(_as_loud(samples, audio), audio, change)


def with_melody_of(audio: Audio, donor: Audio) -> Audio:
    """The words of one recording with the melody of another: its F0 in relative time, nothing else of it.

    Where either has no voice at all, the recording goes through the vocoder as it is.

    Raises:
        ModelError: the extra `evidence` is not installed.
    """
    voice, other = analyse(audio.samples), analyse(donor.samples)
    sung_F, given_F = np.flatnonzero(voice.f0_F > 0), np.flatnonzero(other.f0_F > 0)
    if len(sung_F) and len(given_F):
        here, there = (_spread(frames_F) for frames_F in (sung_F, given_F))
        f0_F = voice.f0_F.copy()
        f0_F[sung_F] = np.exp(np.interp(here, there, np.log(other.f0_F[given_F])))
        voice = replace(voice, f0_F=f0_F)
    samples = _of_length(synthesise(voice), len(audio.samples))
    return _as_audio(_as_loud(samples, audio), audio, f"melody of {donor.source}")


def _spread(frames_F: NDArray[np.intp]) -> Floats:
    """The frames' places between the first (0) and the last (1)."""
    places_F: Floats = (frames_F - frames_F[0]) / max(1, int(frames_F[-1] - frames_F[0]))
    return places_F


def changed(voice: Voice, change: Change) -> Voice:
    """The parameters with one change; volume and pauses are none of them."""
    f0_F, is_voiced_F = voice.f0_F, voice.f0_F > 0
    match change.kind:
        case "pitch":
            return moved(voice, semitones=change.amount)
        case "variation" if is_voiced_F.any():
            median = float(np.median(f0_F[is_voiced_F]))
            shifted_F = np.where(is_voiced_F, median * (np.maximum(f0_F, 1.0) / median) ** change.amount, 0.0)
            low, high = F0_RANGE_HZ
            return replace(voice, f0_F=np.where(is_voiced_F, np.clip(shifted_F, low / 2, 2 * high), 0.0))
        case "speed":
            return moved(voice, pace=change.amount)
        case "tilt":
            bins = voice.envelope_FB.shape[1]
            hz_B = np.linspace(0, SAMPLE_RATE / 2, bins)
            octaves_B = np.log2(np.clip(hz_B, 100.0, None) / TILT_HINGE_HZ)
            return replace(voice, envelope_FB=voice.envelope_FB * 10 ** (change.amount * octaves_B / 10))
        case _:
            return voice


def _as_loud(samples: Samples, like: Audio) -> Samples:
    """With the speech level of `like`, where both have one."""
    target, level = _speech_level(like.samples), _speech_level(samples)
    if target is None or level is None:
        return samples
    return np.asarray(samples * 10 ** ((target - level) / 20), dtype=np.float32)


def _speech_level(samples: Samples) -> float | None:
    loudness = track_loudness(samples)
    return mean_level_dbfs(loudness.level_dbfs[loudness.is_speech]) if loudness.is_speech.any() else None


def _of_length(samples: Samples, length: int) -> Samples:
    return np.pad(samples, (0, max(0, length - len(samples))))[:length]


def _as_audio(samples: Samples, audio: Audio, change: Change | str) -> Audio:
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    return Audio(samples, f"{audio.source} ({change})", digest)
