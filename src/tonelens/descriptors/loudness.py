"""Short-time level, and which frames of a recording are speech.

Shapes    F frames, one per HOP_S, centred on their windows of WINDOW_S.
Units     dBFS: RMS relative to full scale, so a full-scale sine has -3 dB.
Speech    frames within RANGE_DB of the clip's own loudest part and MARGIN_DB above its own noise floor; gaps
          up to MAX_GAP_S inside a word are filled, bursts under MIN_BURST_S left out. Both limits are
          relative to the clip: amplifying it changes no decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.pitch import Flags, Floats

HOP_S = 0.01
WINDOW_S = 0.03
RANGE_DB = 30.0
"""Weak consonants lie up to this far below the loudest vowels."""
MARGIN_DB = 8.0
"""Speech stands out of the noise floor by at least this much."""
RUMBLE_HZ = (30.0, 50.0)
"""Nothing below the first counts, everything above the second does."""
MIN_BURST_S = 0.05
MAX_GAP_S = 0.15
"""Closures of plosives are shorter; a longer gap is a pause."""

_LOUDEST_PERCENTILE = 95
_FLOOR_PERCENTILE = 5
_EMPTY_DBFS = -200.0


@dataclass(frozen=True, slots=True)
class LoudnessTrack:
    """The level contour of one recording; all arrays have shape (F,)."""

    times_s: Floats
    level_dbfs: Floats
    is_speech: Flags

    @property
    def speech_s(self) -> float:
        """Time spent speaking, without the pauses."""
        return float(self.is_speech.sum()) * HOP_S

    @property
    def spans_s(self) -> list[tuple[float, float]]:
        """Start and end of every stretch of speech."""
        half = HOP_S / 2
        return [
            (max(0.0, float(self.times_s[first]) - half), float(self.times_s[last - 1]) + half)
            for first, last in runs(self.is_speech)
        ]


def track_loudness(samples: Samples) -> LoudnessTrack:
    """The level contour of mono 16 kHz `samples` of shape (N,)."""
    hop, window = round(HOP_S * SAMPLE_RATE), round(WINDOW_S * SAMPLE_RATE)
    power = np.square(without_rumble(samples))
    energy = np.concatenate([[0.0], np.cumsum(power)])
    centres = np.arange(hop // 2, len(samples), hop)
    first = np.maximum(centres - window // 2, 0)
    last = np.minimum(centres + window // 2, len(samples))
    mean_square_F = (energy[last] - energy[first]) / (last - first)
    level_F = 10 * np.log10(np.maximum(mean_square_F, 10 ** (_EMPTY_DBFS / 10)))
    return LoudnessTrack(centres / SAMPLE_RATE, level_F, _speech_frames(level_F))


def without_rumble(samples: Samples) -> Floats:
    """`samples` without what lies below RUMBLE_HZ, where there is wind and handling but no voice."""
    spectrum = np.fft.rfft(samples.astype(np.float64))
    frequency = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    low, high = RUMBLE_HZ
    share = np.clip((frequency - low) / (high - low), 0, 1)
    return np.fft.irfft(spectrum * np.sin(np.pi / 2 * share), len(samples))


def mean_level_dbfs(level_F: Floats) -> float:
    """Level of the mean power of some frames."""
    return 10 * float(np.log10(np.mean(10 ** (level_F / 10))))


def runs(is_on_F: Flags) -> list[tuple[int, int]]:
    """First and one-past-last frame of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_on_F, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _speech_frames(level_F: Floats) -> Flags:
    heard_F = level_F[level_F > _EMPTY_DBFS]
    if len(heard_F) == 0:
        return np.zeros(len(level_F), dtype=bool)
    loudest = np.percentile(heard_F, _LOUDEST_PERCENTILE)
    floor = np.percentile(level_F, _FLOOR_PERCENTILE)  # digital silence counts: then there is no noise
    quietest_speech = max(loudest - RANGE_DB, min(floor + MARGIN_DB, loudest - MARGIN_DB))
    is_speech_F: Flags = level_F >= quietest_speech
    for first, last in runs(~is_speech_F):
        is_inside = first > 0 and last < len(is_speech_F)
        if is_inside and (last - first) * HOP_S <= MAX_GAP_S:
            is_speech_F[first:last] = True
    for first, last in runs(is_speech_F):
        if (last - first) * HOP_S < MIN_BURST_S:
            is_speech_F[first:last] = False
    return is_speech_F
