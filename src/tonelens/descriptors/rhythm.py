"""Speaking rate and pauses, without knowing the words or the language.

Syllables  one nucleus per hump of the sonority contour: the level of the band where vowels are strong
           (SONORITY_HZ), smoothed; a hump counts when it rises MIN_DIP_DB above the valleys beside it, lies
           within the clip's own range and is voiced. After N. de Jong, T. Wempe 2009, "Praat script to
           detect syllable nuclei and measure speech rate automatically"; the band and the limits are ours.
Units      syllables per second of speech without pauses (articulation rate).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.loudness import HOP_S, LoudnessTrack
from tonelens.descriptors.pitch import Flags, Floats, Ints, PitchTrack

SONORITY_HZ = (300.0, 3300.0)
SMOOTHING_S = 0.05
MIN_DIP_DB = 2.0
MAX_BELOW_PEAK_DB = 22.0
MIN_PAUSE_S = 0.2

_WINDOW_S = 0.032


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Nuclei and pauses of one recording."""

    nuclei_s: Floats
    """Times of the syllable nuclei, shape (S,)."""
    sonority_db: Floats
    """The contour they were found on, shape (F,): one per frame of the loudness track."""
    pauses_s: tuple[tuple[float, float], ...]
    """Start and end of every silence of MIN_PAUSE_S or more between two stretches of speech."""


def find_rhythm(samples: Samples, loudness: LoudnessTrack, pitch: PitchTrack) -> Rhythm:
    """Syllable nuclei and pauses of mono 16 kHz `samples` of shape (N,)."""
    sonority_F = _sonority_db(samples, loudness.times_s)
    is_vowel_F = loudness.is_speech & _voiced_at(loudness.times_s, pitch)
    nuclei = _humps(sonority_F, is_vowel_F)
    spans = loudness.spans_s
    gaps = ((left[1], right[0]) for left, right in itertools.pairwise(spans))
    pauses = tuple(gap for gap in gaps if gap[1] - gap[0] >= MIN_PAUSE_S)
    return Rhythm(loudness.times_s[nuclei], sonority_F, pauses)


def _sonority_db(samples: Samples, times_s: Floats) -> Floats:
    """Smoothed level of the vowels' band around each time, shape (F,)."""
    window = round(_WINDOW_S * SAMPLE_RATE)
    padded = np.pad(samples, window)
    starts = np.round(times_s * SAMPLE_RATE).astype(np.intp) + window // 2
    frames_FN = padded[starts[:, None] + np.arange(window)] * np.hanning(window).astype(np.float32)
    power_FB = np.abs(np.fft.rfft(frames_FN)) ** 2
    frequency_B = np.fft.rfftfreq(window, 1 / SAMPLE_RATE)
    is_inside_B = (frequency_B >= SONORITY_HZ[0]) & (frequency_B <= SONORITY_HZ[1])
    power_F = power_FB[:, is_inside_B].sum(axis=1)
    reach = 2 * round(SMOOTHING_S / HOP_S) + 1
    kernel = np.hanning(reach + 2)[1:-1]
    smooth_F = np.convolve(np.pad(power_F, reach // 2, mode="edge"), kernel / kernel.sum(), mode="valid")
    return 10 * np.log10(np.maximum(smooth_F, 1e-20))


def _voiced_at(times_s: Floats, pitch: PitchTrack) -> Flags:
    if len(pitch.times_s) == 0:
        return np.zeros(len(times_s), dtype=bool)
    voicing = np.interp(times_s, pitch.times_s, pitch.is_voiced.astype(float), left=0.0, right=0.0)
    is_voiced: Flags = voicing >= 0.5
    return is_voiced


def _humps(level_F: Floats, is_vowel_F: Flags) -> Ints:
    """Frames of the local maxima that stand out: walk through peaks and valleys, as one would by hand."""
    if not is_vowel_F.any():
        return np.zeros(0, dtype=np.intp)
    lowest = np.percentile(level_F[is_vowel_F], 95) - MAX_BELOW_PEAK_DB
    found: list[int] = []
    peak, valley = 0, 0
    is_rising = True
    for frame, level in enumerate(level_F):
        if is_rising:
            if level > level_F[peak]:
                peak = frame
            elif level < level_F[peak] - MIN_DIP_DB:
                found.append(peak)
                is_rising, valley = False, frame
        elif level < level_F[valley]:
            valley = frame
        elif level > level_F[valley] + MIN_DIP_DB:
            is_rising, peak = True, frame
    if is_rising:
        found.append(peak)
    kept = [frame for frame in found if is_vowel_F[frame] and level_F[frame] >= lowest]
    return np.array(kept, dtype=np.intp)
