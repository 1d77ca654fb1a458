"""Speaking rate and pauses, without knowing the words or the language.

Shapes     F frames of the loudness track, B bins of the spectrum, P humps.
Syllables  one nucleus per voiced hump of the sonority contour: the smoothed level of the band where vowels
           are strong (SONORITY_HZ). How far a hump stands above the valleys beside it says how sure it is:
           up to SURE_DIP_DB it counts in part, which halves the jumps of a count that can only be whole.
Units      syllables per second of speech without pauses (articulation rate).
Source     after N. de Jong, T. Wempe 2009, "Praat script to detect syllable nuclei and measure speech
           rate automatically"; the band, the smoothing and counting in part are ours, chosen against
           counts from texts (benchmarks/praat_agreement.py).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.loudness import HOP_S, LoudnessTrack
from tonelens.descriptors.pitch import Flags, Floats, Ints, PitchTrack

SONORITY_HZ = (300.0, 1500.0)
SMOOTHING_S = 0.03
"""Half-width of the smoothing window: shorter than the shortest syllable."""
DOUBTFUL_DIP_DB = 1.0
"""A hump that stands out by less is a ripple."""
SURE_DIP_DB = 6.0
"""A hump that stands out by this much is a syllable without doubt."""
NUCLEUS_DIP_DB = 2.0
"""Humps from here on have a place in time: `nuclei_s`."""
MAX_BELOW_PEAK_DB = 28.0
MIN_PAUSE_S = 0.2

_WINDOW_S = 0.032
_LOUDEST_PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Syllables and pauses of one recording."""

    syllables: float
    """How many, doubtful ones counted in part."""
    nuclei_s: Floats
    """Times of the nuclei that stand out by NUCLEUS_DIP_DB, shape (S,)."""
    sonority_db: Floats
    """The contour they were found on, shape (F,): one per frame of the loudness track."""
    pauses_s: tuple[tuple[float, float], ...]
    """Start and end of every silence of MIN_PAUSE_S or more between two stretches of speech."""


def find_rhythm(samples: Samples, loudness: LoudnessTrack, pitch: PitchTrack) -> Rhythm:
    """Syllables and pauses of mono 16 kHz `samples` of shape (N,)."""
    sonority_F = _sonority_db(samples, loudness.times_s)
    is_vowel_F = loudness.is_speech & _voiced_at(loudness.times_s, pitch)
    humps_P, prominence_P = _humps(sonority_F, is_vowel_F)
    sureness_P = np.clip((prominence_P - DOUBTFUL_DIP_DB) / (SURE_DIP_DB - DOUBTFUL_DIP_DB), 0, 1)
    gaps = ((before[1], after[0]) for before, after in itertools.pairwise(loudness.spans_s))
    return Rhythm(
        syllables=float(sureness_P.sum()),
        nuclei_s=loudness.times_s[humps_P[prominence_P >= NUCLEUS_DIP_DB]],
        sonority_db=sonority_F,
        pauses_s=tuple(gap for gap in gaps if gap[1] - gap[0] >= MIN_PAUSE_S),
    )


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
    reach = round(SMOOTHING_S / HOP_S)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    smooth_F = np.convolve(np.pad(power_F, reach, mode="edge"), kernel / kernel.sum(), mode="valid")
    return 10 * np.log10(np.maximum(smooth_F, 1e-20))


def _voiced_at(times_s: Floats, pitch: PitchTrack) -> Flags:
    if len(pitch.times_s) == 0:
        return np.zeros(len(times_s), dtype=bool)
    voicing = np.interp(times_s, pitch.times_s, pitch.is_voiced.astype(float), left=0.0, right=0.0)
    is_voiced: Flags = voicing >= 0.5
    return is_voiced


def _humps(level_F: Floats, is_vowel_F: Flags) -> tuple[Ints, Floats]:
    """Frames of the local maxima within the clip's range, and how far each stands out, (P,) both.

    A hump stands out by its height over the higher of its two valleys, where a valley is the lowest point
    on the way to the next higher hump, or to the end.
    """
    padded_F = np.concatenate([[-np.inf], level_F, [-np.inf]])
    is_summit_F = (level_F > padded_F[:-2]) & (level_F >= padded_F[2:])
    summits = np.flatnonzero(is_summit_F)
    if not is_vowel_F.any():
        return summits[:0], np.zeros(0)
    prominence_P = np.array([_prominence(level_F, int(summit)) for summit in summits])
    lowest = np.percentile(level_F[is_vowel_F], _LOUDEST_PERCENTILE) - MAX_BELOW_PEAK_DB
    is_kept_P = is_vowel_F[summits] & (level_F[summits] >= lowest) & (prominence_P > DOUBTFUL_DIP_DB)
    return summits[is_kept_P], prominence_P[is_kept_P]


def _prominence(level_F: Floats, summit: int) -> float:
    height = level_F[summit]
    higher = np.flatnonzero(level_F > height)
    split = np.searchsorted(higher, summit)
    left = higher[split - 1] if split > 0 else 0
    right = higher[split] if split < len(higher) else len(level_F) - 1
    return float(height - max(level_F[left : summit + 1].min(), level_F[summit : right + 1].min()))
