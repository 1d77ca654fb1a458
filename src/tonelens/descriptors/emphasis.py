"""Emphasised spans: syllables that stand out of their own clip by pitch, level and length.

Prominence  of a syllable: how far its F0 peak (semitones), its level (dB) and length (log s) lie above the
            clip's own median, in units of the clip's own spread (1.4826 x median absolute deviation, at
            least a noticeable difference, so that a flat clip has no emphasis), averaged over the three.
Spans       syllables of MIN_PROMINENCE and more; neighbours make one span.
Strength    0 to 1: 1 - exp(-prominence / 2), of the span's strongest syllable.
Source      our own recipe; that pitch, level and length carry prominence is common knowledge.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tonelens.descriptors.loudness import HOP_S, LoudnessTrack
from tonelens.descriptors.pitch import Floats, PitchTrack
from tonelens.descriptors.rhythm import Rhythm

MIN_PROMINENCE = 1.0
MIN_SYLLABLES = 3
"""A clip of fewer has no baseline to stand out of."""
NOTICEABLE = (1.0, 1.5, 0.15)
"""Smallest spread counted: semitones of F0, dB of level, log seconds of length."""
MAX_SYLLABLE_S = 0.3
"""A syllable reaches at most this far to each side of its nucleus."""
MAX_SPREADS = 4.0
"""One cue counts for at most this much: a wild F0 value is not an emphasis."""


@dataclass(frozen=True, slots=True)
class Emphasis:
    """One emphasised span."""

    start_s: float
    end_s: float
    strength: float
    """0 to 1."""


def find_emphasis(pitch: PitchTrack, loudness: LoudnessTrack, rhythm: Rhythm) -> tuple[Emphasis, ...]:
    """The emphasised spans of one recording, in order of time."""
    if len(rhythm.nuclei_s) < MIN_SYLLABLES:
        return ()
    bounds_S2 = _syllable_bounds(loudness, rhythm)
    prominence_S = _prominence(_cues(pitch, loudness, bounds_S2))
    spans: list[Emphasis] = []
    for (start_s, end_s), prominence in zip(bounds_S2, prominence_S, strict=True):
        if prominence < MIN_PROMINENCE:
            continue
        strength = 1 - float(np.exp(-prominence / 2))
        if spans and start_s <= spans[-1].end_s + HOP_S:
            strength = max(strength, spans[-1].strength)
            spans[-1] = Emphasis(spans[-1].start_s, round(float(end_s), 3), round(strength, 3))
        else:
            spans.append(Emphasis(round(float(start_s), 3), round(float(end_s), 3), round(strength, 3)))
    return tuple(spans)


def _syllable_bounds(loudness: LoudnessTrack, rhythm: Rhythm) -> Floats:
    """Start and end of every syllable, (S, 2): the valleys between nuclei, inside speech."""
    frames = np.searchsorted(loudness.times_s, rhythm.nuclei_s)
    reach = round(MAX_SYLLABLE_S / HOP_S)
    valleys = [
        left + int(rhythm.sonority_db[left : right + 1].argmin())
        for left, right in itertools.pairwise(frames)
    ]
    lefts = np.maximum(np.array([0, *valleys]), frames - reach)
    rights = np.minimum(np.array([*valleys, len(loudness.times_s) - 1]), frames + reach)
    for i, nucleus in enumerate(frames):
        silent_before = np.flatnonzero(~loudness.is_speech[lefts[i] : nucleus])
        silent_after = np.flatnonzero(~loudness.is_speech[nucleus : rights[i] + 1])
        lefts[i] += silent_before[-1] + 1 if len(silent_before) else 0
        rights[i] = nucleus + silent_after[0] if len(silent_after) else rights[i]
    return np.column_stack([loudness.times_s[lefts], loudness.times_s[rights]])


def _cues(pitch: PitchTrack, loudness: LoudnessTrack, bounds_S2: Floats) -> Floats:
    """F0 peak in semitones (NaN where unvoiced), level in dB and log length of every syllable, (S, 3)."""
    cues_S3 = np.full((len(bounds_S2), 3), np.nan)
    for i, (start_s, end_s) in enumerate(bounds_S2):
        is_inside_F = (pitch.times_s >= start_s) & (pitch.times_s <= end_s) & pitch.is_voiced
        if is_inside_F.any():
            cues_S3[i, 0] = 12 * np.log2(np.percentile(pitch.f0_hz[is_inside_F], 90))
        first, last = np.searchsorted(loudness.times_s, [start_s, end_s])
        cues_S3[i, 1] = loudness.level_dbfs[first : last + 1].max()
        cues_S3[i, 2] = np.log(max(end_s - start_s, HOP_S))
    return cues_S3


def _prominence(cues_S3: Floats) -> Floats:
    """How far every syllable stands out, (S,); a cue that is not there says nothing either way."""
    total_S = np.zeros(len(cues_S3))
    for cue_S, noticeable in zip(cues_S3.T, NOTICEABLE, strict=True):
        is_known_S = np.isfinite(cue_S)
        if not is_known_S.any():
            continue
        above_S = np.where(is_known_S, cue_S - np.median(cue_S[is_known_S]), 0.0)
        spread = max(1.4826 * float(np.median(np.abs(above_S[is_known_S]))), noticeable)
        total_S += np.clip(above_S / spread, -MAX_SPREADS, MAX_SPREADS)
    return total_S / len(NOTICEABLE)
