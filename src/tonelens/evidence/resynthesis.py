"""A recording with one property of the voice changed and, as far as a vocoder can, nothing else.

    samples -> F0, envelope, aperiodicity every 5 ms (WORLD) -> one of them moved, or time stretched
    -> samples -> level of the speech as before

Kinds     pitch      all F0 up or down, `amount` semitones
          variation  distance of F0 from its median times `amount` (0 flattens, 2 doubles)
          speed      `amount` times as fast, F0 and envelope as they are (time between frames changes)
          volume     `amount` dB, without the vocoder
          tilt       `amount` dB an octave more (or less) above 1 kHz, below as much the other way
          none       through the vocoder unchanged: what every comparison has to start from
Shapes    F frames, B frequency bins, N samples.
Measured  benchmarks/resynthesis.py: how often the changed property meets its target and the others stay.
Source    Morise, Yokomori, Ozawa 2016, "WORLD: a vocoder-based high-quality speech synthesis system",
          IEICE Trans. Inf. Syst. E99-D(7). Needs the extra `evidence`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Audio, Samples
from tonelens.descriptors.measure import measure
from tonelens.descriptors.pitch import PitchTrack, track_pitch
from tonelens.errors import InputError, ModelError

Floats: TypeAlias = NDArray[np.float64]
Kind: TypeAlias = Literal["none", "pitch", "variation", "speed", "volume", "tilt"]

KINDS: tuple[Kind, ...] = ("none", "pitch", "variation", "speed", "volume", "tilt")
LIMITS: dict[Kind, tuple[float, float]] = {
    "none": (0.0, 0.0),
    "pitch": (-12.0, 12.0),
    "variation": (0.0, 3.0),
    "speed": (0.5, 2.0),
    "volume": (-30.0, 30.0),
    "tilt": (-12.0, 12.0),
}
"""What `amount` may be; beyond, the result is no voice any more."""
UNITS: dict[Kind, str] = {
    "none": "", "pitch": "semitones", "variation": "times", "speed": "times", "volume": "dB",
    "tilt": "dB/octave",
}  # fmt: skip
F0_RANGE_HZ = (60.0, 600.0)
FRAME_MS = 5.0
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


@dataclass(frozen=True, slots=True)
class Voice:
    """What WORLD makes of a recording."""

    f0_F: Floats
    """Hz; 0 where there is no voice."""
    envelope_FB: Floats
    """Power of the spectral envelope."""
    aperiodicity_FB: Floats
    """Share of noise, 0 to 1."""
    frame_ms: float = FRAME_MS
    """Time between frames; another one than the analysis' stretches time."""


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
    samples = synthesise(changed(voice or analyse(audio.samples), change))
    if change.kind != "speed":
        samples = _of_length(samples, len(audio.samples))
    return _as_audio(_as_loud(samples, audio), audio, change)


def analyse(samples: Samples) -> Voice:
    """WORLD's parameters of a recording at 16 kHz, from the F0 that every measure rests on."""
    world = _world()
    wave_N = np.asarray(samples, dtype=np.float64)
    times_F = np.arange(0, len(wave_N) / SAMPLE_RATE, FRAME_MS / 1000)
    f0_F = _f0(track_pitch(samples), times_F)
    envelope_FB = world.cheaptrick(wave_N, f0_F, times_F, SAMPLE_RATE)
    return Voice(f0_F, envelope_FB, world.d4c(wave_N, f0_F, times_F, SAMPLE_RATE))


def _f0(pitch: PitchTrack, times_F: Floats) -> Floats:
    """F0 at other times: straight lines between voiced frames, 0 where the nearest frame has no voice."""
    if not pitch.is_voiced.any():
        return np.zeros_like(times_F)
    voiced_hz = pitch.f0_hz[pitch.is_voiced]
    f0_F = np.interp(times_F, pitch.times_s[pitch.is_voiced], voiced_hz)
    is_voiced_F = np.interp(times_F, pitch.times_s, pitch.is_voiced.astype(np.float64)) >= 0.5
    return np.where(is_voiced_F, np.clip(f0_F, *F0_RANGE_HZ), 0.0)


def changed(voice: Voice, change: Change) -> Voice:
    """The parameters with one change; volume is none of them."""
    f0_F, is_voiced_F = voice.f0_F, voice.f0_F > 0
    match change.kind:
        case "pitch":
            return replace(voice, f0_F=f0_F * 2 ** (change.amount / 12))
        case "variation" if is_voiced_F.any():
            median = float(np.median(f0_F[is_voiced_F]))
            moved_F = np.where(is_voiced_F, median * (np.maximum(f0_F, 1.0) / median) ** change.amount, 0.0)
            low, high = F0_RANGE_HZ
            return replace(voice, f0_F=np.where(is_voiced_F, np.clip(moved_F, low / 2, 2 * high), 0.0))
        case "speed":
            return replace(voice, frame_ms=voice.frame_ms / change.amount)
        case "tilt":
            bins = voice.envelope_FB.shape[1]
            hz_B = np.linspace(0, SAMPLE_RATE / 2, bins)
            octaves_B = np.log2(np.clip(hz_B, 100.0, None) / TILT_HINGE_HZ)
            return replace(voice, envelope_FB=voice.envelope_FB * 10 ** (change.amount * octaves_B / 10))
        case _:
            return voice


def synthesise(voice: Voice) -> Samples:
    """Samples of WORLD's parameters."""
    wave_N = _world().synthesize(
        voice.f0_F, voice.envelope_FB, voice.aperiodicity_FB, SAMPLE_RATE, voice.frame_ms
    )
    return np.asarray(wave_N, dtype=np.float32)


def _world() -> Any:
    try:
        import pyworld
    except ImportError:
        raise ModelError(
            "changing a voice needs the extra `evidence`: pip install 'tonelens[evidence]'."
        ) from None
    return pyworld


def _as_loud(samples: Samples, like: Audio) -> Samples:
    """With the speech level of `like`, where both have one."""
    target = measure(like).level_dbfs
    level = measure(replace(like, samples=samples)).level_dbfs
    if target is None or level is None:
        return samples
    return np.asarray(samples * 10 ** ((target - level) / 20), dtype=np.float32)


def _of_length(samples: Samples, length: int) -> Samples:
    return np.pad(samples, (0, max(0, length - len(samples))))[:length]


def _as_audio(samples: Samples, audio: Audio, change: Change) -> Audio:
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    return Audio(samples, f"{audio.source} ({change})", digest)
