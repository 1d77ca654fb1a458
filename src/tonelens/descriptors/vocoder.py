"""WORLD: a voice as F0, spectral envelope and aperiodicity every 5 ms, and back to samples.

    samples -> `analyse` -> Voice -> (anything moved) -> `synthesise` -> samples

The F0 is that of `track_pitch`, on which every measure of F0 rests.

Shapes    F frames, B frequency bins, N samples.
Source    Morise, Yokomori, Ozawa 2016, "WORLD: a vocoder-based high-quality speech synthesis system",
          IEICE Trans. Inf. Syst. E99-D(7). Needs the extra `evidence`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.pitch import PitchTrack, track_pitch
from tonelens.errors import ModelError

Floats: TypeAlias = NDArray[np.float64]

F0_RANGE_HZ = (60.0, 600.0)
FRAME_MS = 5.0


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


def moved(voice: Voice, *, semitones: float = 0.0, pace: float = 1.0) -> Voice:
    """With another F0 or pace, each for itself; the envelope stays."""
    return replace(voice, f0_F=voice.f0_F * 2 ** (semitones / 12), frame_ms=voice.frame_ms / pace)


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
