"""Voice quality: harmonics-to-noise ratio, jitter, shimmer and spectral tilt.

Units     HNR in dB; jitter and shimmer as shares (0.01 = 1 %), "local" as in the Multi-Dimensional Voice
          Program: mean absolute difference of neighbouring periods (amplitudes) over their mean; tilt in
          dB per octave of the power density.
Source    HNR: P. Boersma 1993, section 2, 10 log10(r / (1 - r)). Periods are found by waveform matching:
          each next period is where the sound is most like the present one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.loudness import runs
from tonelens.descriptors.pitch import HOP_S, Floats, PitchTrack

MIN_PERIODS = 10
"""Fewer matched periods give no stable jitter or shimmer."""
MAX_PERIOD_RATIO = 1.3
"""Neighbouring periods further apart are a wrong match or a jump, not jitter."""
MAX_AMPLITUDE_RATIO = 1.6
"""Neighbouring amplitudes further apart are an onset, not shimmer."""
MAX_HNR_DB = 40.0
"""A cleaner voice than this is beyond what the window can tell."""
TILT_HZ = (500.0, 5000.0)
"""The band over which the tilt line is fitted: it begins above the F0 of nearly all voices."""

_REACH = 0.2
_BANDS_AN_OCTAVE = 3
_SPECTRUM_WINDOW_S = 0.064


@dataclass(frozen=True, slots=True)
class Periods:
    """Matched glottal periods: lengths and amplitudes of neighbours, shape (P, 2) each."""

    length_s: Floats
    amplitude: Floats


def hnr_db(pitch: PitchTrack) -> float | None:
    """Mean harmonics-to-noise ratio of the voiced frames; None without any."""
    r_F = pitch.voicing[pitch.is_voiced]
    if len(r_F) == 0:
        return None
    highest = 1 / (1 + 10 ** (-MAX_HNR_DB / 10))
    r_F = np.clip(r_F, 0.01, highest)
    return float(np.mean(10 * np.log10(r_F / (1 - r_F))))


def match_periods(samples: Samples, pitch: PitchTrack) -> Periods:
    """Follow the periods through every voiced stretch of mono 16 kHz `samples`."""
    signal = samples.astype(np.float64)
    lengths: list[tuple[float, float]] = []
    amplitudes: list[tuple[float, float]] = []
    for first, last in runs(pitch.is_voiced):
        period_P, amplitude_P = _follow(signal, pitch, first, last)
        lengths += _neighbours(period_P, MAX_PERIOD_RATIO)
        amplitudes += _neighbours(amplitude_P, MAX_AMPLITUDE_RATIO)
    return Periods(np.array(lengths).reshape(-1, 2), np.array(amplitudes).reshape(-1, 2))


def local_variation(pairs_P2: Floats) -> float | None:
    """Mean |difference| of neighbours over their mean; None under MIN_PERIODS pairs."""
    if len(pairs_P2) < MIN_PERIODS:
        return None
    return float(np.abs(pairs_P2[:, 1] - pairs_P2[:, 0]).mean() / pairs_P2.mean())


def tilt_db_per_octave(samples: Samples, pitch: PitchTrack) -> float | None:
    """Slope of the line through the voiced frames' mean power density in third octaves."""
    window = round(_SPECTRUM_WINDOW_S * SAMPLE_RATE)
    centres = np.round(pitch.times_s[pitch.is_voiced] * SAMPLE_RATE).astype(np.intp)
    starts = centres - window // 2
    starts = starts[(starts >= 0) & (starts + window <= len(samples))][::2]
    if len(starts) == 0:
        return None
    frames_FN = samples[starts[:, None] + np.arange(window)] * np.hanning(window)
    density_B = (np.abs(np.fft.rfft(frames_FN)) ** 2).mean(axis=0)
    frequency_B = np.fft.rfftfreq(window, 1 / SAMPLE_RATE)
    octaves = np.log2(TILT_HZ[1] / TILT_HZ[0])
    edges = TILT_HZ[0] * 2 ** np.linspace(0, octaves, round(octaves * _BANDS_AN_OCTAVE) + 1)
    bands = [
        density_B[(frequency_B >= low) & (frequency_B < high)] for low, high in itertools.pairwise(edges)
    ]
    middle = np.log2(np.sqrt(edges[1:] * edges[:-1]))
    level = np.array([10 * np.log10(max(band.mean(), 1e-20)) if len(band) else np.nan for band in bands])
    is_there = np.isfinite(level)
    return float(np.polyfit(middle[is_there], level[is_there], 1)[0])


def _follow(signal: Floats, pitch: PitchTrack, first: int, last: int) -> tuple[Floats, Floats]:
    """Lengths in s and peak-to-peak amplitudes of the periods between two frames of a track."""
    times, f0 = pitch.times_s[first:last], pitch.f0_hz[first:last]
    position = (times[0] - HOP_S / 2) * SAMPLE_RATE
    end = (times[-1] + HOP_S / 2) * SAMPLE_RATE
    lengths, amplitudes = [], []
    while position < end:
        expected = SAMPLE_RATE / float(np.interp(position / SAMPLE_RATE, times, f0))
        here, width = round(position), round(expected)
        shortest, longest = int((1 - _REACH) * expected), int((1 + _REACH) * expected) + 1
        if here < 0 or here + longest + width + 1 > len(signal):
            break
        pattern = signal[here : here + width]
        ahead = signal[here + shortest - 1 : here + longest + width + 1]
        length = shortest - 1 + _best_match(pattern, ahead)
        lengths.append(length / SAMPLE_RATE)
        amplitudes.append(float(pattern.max() - pattern.min()))
        position += length
    return np.array(lengths), np.array(amplitudes)


def _best_match(pattern: Floats, ahead: Floats) -> float:
    """Offset (refined by a parabola) in `ahead` where it is most like `pattern`."""
    width = len(pattern)
    product = np.correlate(ahead, pattern, mode="valid")
    energy = np.concatenate([[0.0], np.cumsum(ahead**2)])
    likeness = product / np.sqrt(np.maximum(energy[width:] - energy[:-width], 1e-20))
    best = 1 + int(likeness[1:-1].argmax())
    left, here, right = likeness[best - 1 : best + 2]
    is_summit = here > left and here >= right  # at the end of the reach it may be a slope
    return best + (0.5 * (left - right) / (left - 2 * here + right) if is_summit else 0.0)


def _neighbours(values: Floats, max_ratio: float) -> list[tuple[float, float]]:
    pairs = itertools.pairwise(values)
    return [(a, b) for a, b in pairs if a > 0 and b > 0 and max(a, b) <= max_ratio * min(a, b)]
