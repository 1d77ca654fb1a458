"""Fundamental frequency by normalised autocorrelation and a cheapest path through its peaks.

Shapes    F frames, one per HOP_S, centred; K candidates a frame (the last one is "unvoiced"); L lags.
Units     f0 in Hz, NaN where unvoiced; voicing is the autocorrelation at the chosen lag, 0 to 1: the share of
          the frame's energy that repeats every period.
Source    P. Boersma 1993, "Accurate short-term analysis of the fundamental frequency and the
          harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, sections 3 and 4, written from the
          paper; costs as recommended there. Why this one: docs/decisions/0002-pitch-estimator.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Samples

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.intp]

HOP_S = 0.01
"""Seconds between frames."""
FLOOR_HZ = 75.0
"""Lowest F0 looked for: below lie creak and hum."""
CEILING_HZ = 600.0
"""Highest F0 looked for: shouted speech stays below."""
PERIODS_A_WINDOW = 3
"""Window length in periods of FLOOR_HZ: the shortest that tells F0 from half of it."""
CANDIDATES = 12
"""Peaks kept a frame."""
SILENCE_SHARE = 0.03
"""Frames whose peak is below this share of the clip's peak lean to unvoiced."""
VOICING_THRESHOLD = 0.45
"""Strength that a voiced candidate must beat."""
OCTAVE_COST = 0.01
"""Strength lost per octave below the ceiling: of two equal peaks the higher F0 wins."""
OCTAVE_JUMP_COST = 0.35
"""Cost of a jump of one octave between neighbouring frames."""
VOICING_CHANGE_COST = 0.14
"""Cost of switching between voiced and unvoiced."""
OVERSAMPLING = 4
"""Autocorrelation points per sample: made by zero-padding its spectrum, so exact for band-limited sound."""

_COSTS_ARE_PER_S = 0.01
_CHUNK_FRAMES = 512


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """The F0 contour of one recording; all arrays have shape (F,)."""

    times_s: Floats
    """Centres of the frames."""
    f0_hz: Floats
    """NaN where unvoiced."""
    voicing: Floats
    """Normalised autocorrelation at the chosen period; 0 where unvoiced."""

    @property
    def is_voiced(self) -> Flags:
        """Which frames have an F0."""
        return np.isfinite(self.f0_hz)


def track_pitch(samples: Samples) -> PitchTrack:
    """The F0 contour of mono 16 kHz `samples` of shape (N,)."""
    window = round(PERIODS_A_WINDOW * SAMPLE_RATE / FLOOR_HZ)
    starts = _frame_starts(len(samples), window)
    times_s = (starts + window / 2) / SAMPLE_RATE
    signal = samples.astype(np.float64) - samples.mean(dtype=np.float64)
    clip_peak = float(np.abs(signal).max(initial=0.0))
    if len(starts) == 0 or clip_peak == 0.0:
        unvoiced = np.full(len(starts), np.nan)
        return PitchTrack(times_s, unvoiced, np.zeros(len(starts)))
    parts = [
        _candidates(signal, starts[first : first + _CHUNK_FRAMES], window, clip_peak)
        for first in range(0, len(starts), _CHUNK_FRAMES)
    ]
    f0_FK, voicing_FK, strength_FK = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    path = _cheapest_path(f0_FK, strength_FK)
    frames = np.arange(len(path))
    return PitchTrack(times_s, f0_FK[frames, path], voicing_FK[frames, path])


def _frame_starts(sample_count: int, window: int) -> Ints:
    hop = round(HOP_S * SAMPLE_RATE)
    count = 1 + (sample_count - window) // hop if sample_count >= window else 0
    slack = sample_count - window - (count - 1) * hop
    return slack // 2 + hop * np.arange(count)


def _candidates(signal: Floats, starts: Ints, window: int, clip_peak: float) -> tuple[Floats, Floats, Floats]:
    """F0, voicing and strength, each (F, K), of the frames that begin at `starts`."""
    frames_FN = signal[starts[:, None] + np.arange(window)]
    frames_FN = frames_FN - frames_FN.mean(axis=1, keepdims=True)
    peak_F = np.abs(frames_FN).max(axis=1)
    correlation_FL = _autocorrelation(frames_FN)
    lag_FK, height_FK = _highest_peaks(correlation_FL)
    with np.errstate(divide="ignore", invalid="ignore"):
        f0_FK = SAMPLE_RATE * OVERSAMPLING / lag_FK
        octaves_below = np.log2(CEILING_HZ / f0_FK)
    is_candidate = (height_FK > 0) & (f0_FK >= FLOOR_HZ) & (f0_FK <= CEILING_HZ)
    strength_FK = np.where(is_candidate, height_FK - OCTAVE_COST * octaves_below, -np.inf)
    loudness_F = peak_F / clip_peak / (SILENCE_SHARE / (1 + VOICING_THRESHOLD))
    unvoiced_F = VOICING_THRESHOLD + np.maximum(0.0, 2.0 - loudness_F)
    return (
        np.column_stack([np.where(is_candidate, f0_FK, np.nan), np.full(len(starts), np.nan)]),
        np.column_stack([np.minimum(height_FK, 1.0), np.zeros(len(starts))]),
        np.column_stack([strength_FK, unvoiced_F]),
    )


def _autocorrelation(frames_FN: Floats) -> Floats:
    """Autocorrelation of the Hann-windowed frames over that of the window (equation 9), (F, L)."""
    window = frames_FN.shape[1]
    hann = np.hanning(window + 2)[1:-1]
    length = 1 << int(np.ceil(np.log2(1.5 * window)))
    lags = OVERSAMPLING * (int(SAMPLE_RATE / FLOOR_HZ) + 2)

    def correlate(rows: Floats) -> Floats:
        power = np.abs(np.fft.rfft(rows, length)) ** 2
        whole: Floats = np.fft.irfft(power, OVERSAMPLING * length)
        return whole[..., :lags]

    own_FL = correlate(frames_FN * hann)
    of_window_L = correlate(hann)
    scale_F1 = np.maximum(own_FL[:, :1], 1e-30)
    normalised_FL: Floats = own_FL / scale_F1 / (of_window_L / of_window_L[0])
    return normalised_FL


def _highest_peaks(correlation_FL: Floats) -> tuple[Floats, Floats]:
    """Lag (in points, refined by a parabola) and height of the CANDIDATES best local maxima, (F, K-1)."""
    first = int(OVERSAMPLING * SAMPLE_RATE / CEILING_HZ) - OVERSAMPLING
    left, here, right = (correlation_FL[:, first + i : correlation_FL.shape[1] - 2 + i] for i in range(3))
    is_peak = (here > left) & (here >= right) & (here > 0.5 * VOICING_THRESHOLD)
    bonus_L = OCTAVE_COST * np.log2(first + 1 + np.arange(here.shape[1]))
    score_FL = np.where(is_peak, here - bonus_L, -np.inf)
    order_FK = np.argpartition(-score_FL, CANDIDATES, axis=1)[:, :CANDIDATES]
    is_kept = np.isfinite(np.take_along_axis(score_FL, order_FK, axis=1))
    a, b, c = (np.take_along_axis(part, order_FK, axis=1) for part in (left, here, right))
    bend = np.where(is_kept, a - 2 * b + c, -1.0)
    offset: Floats = np.where(is_kept, 0.5 * (a - c) / bend, 0.0)
    height_FK: Floats = np.where(is_kept, b - 0.25 * (a - c) * offset, 0.0)
    lag_FK: Floats = order_FK + (first + 1 + offset)
    return lag_FK, height_FK


def _cheapest_path(f0_FK: Floats, strength_FK: Floats) -> Ints:
    """Index of the candidate chosen in each frame: the Viterbi path of section 4."""
    jump_cost = OCTAVE_JUMP_COST * _COSTS_ARE_PER_S / HOP_S
    switch_cost = VOICING_CHANGE_COST * _COSTS_ARE_PER_S / HOP_S
    is_voiced_FK = np.isfinite(f0_FK)
    octave_FK = np.log2(np.where(is_voiced_FK, f0_FK, 1.0))
    frames, candidates = f0_FK.shape
    back = np.zeros((frames, candidates), dtype=np.intp)
    columns = np.arange(candidates)
    score_K = strength_FK[0]
    for frame in range(1, frames):
        now, before = is_voiced_FK[frame], is_voiced_FK[frame - 1]
        both_KK = before[:, None] & now[None, :]
        differ_KK = before[:, None] ^ now[None, :]
        leap_KK = np.abs(octave_FK[frame - 1][:, None] - octave_FK[frame][None, :])
        total_KK = score_K[:, None] - jump_cost * leap_KK * both_KK - switch_cost * differ_KK
        back[frame] = total_KK.argmax(axis=0)
        score_K = total_KK[back[frame], columns] + strength_FK[frame]
    path = np.empty(frames, dtype=np.intp)
    path[-1] = score_K.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path
