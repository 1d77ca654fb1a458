"""Pauses made longer, shorter or put in, in the wave form itself: between them every sample is as it was.

    samples -> gaps between stretches of speech -> each filled up, or cut, in its middle -> joined by fades

Room      what fills a gap is the gap's own middle, forwards and backwards in turn; a pause put into speech
          without any is filled with the quietest stretch of the clip.
Shortest  SHORTEST_S stays of every gap, which is no pause any more (`rhythm.MIN_PAUSE_S`).
"""

from __future__ import annotations

import itertools

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.descriptors.loudness import HOP_S, LoudnessTrack, track_loudness
from tonelens.descriptors.pitch import track_pitch
from tonelens.descriptors.rhythm import find_rhythm

SHORTEST_S = 0.1
FADE_S = 0.01
ROOM_S = 0.1
"""Of the quietest stretch."""


def with_longer_pauses(samples: Samples, longer_s: float) -> Samples:
    """Every pause `longer_s` longer (shorter, where negative); one is put in where there is none.

    Without speech, and without a pause to shorten, the samples come back as they are.
    """
    loudness = track_loudness(samples)
    if not loudness.is_speech.any():
        return samples
    gaps = list(find_rhythm(samples, loudness, track_pitch(samples)).pauses_s)
    room = None
    if not gaps and longer_s > 0:
        place = _quietest_place(loudness)
        gaps, room = [(place, place)], _quietest_stretch(samples, loudness)
    parts, done = [], 0
    for start_s, end_s in gaps:
        start, end = round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)
        gap = samples[start:end] if room is None else room
        length = round(max(end_s - start_s + longer_s, SHORTEST_S) * SAMPLE_RATE)
        parts += [samples[done:start], _of_length(gap, length)]
        done = end
    return _joined([*parts, samples[done:]])


def _quietest_place(loudness: LoudnessTrack) -> float:
    """Between two syllables in the middle half of the speech: the softest frame there."""
    first, last = np.flatnonzero(loudness.is_speech)[[0, -1]]
    quarter = (last - first) // 4
    inside_F = loudness.level_dbfs[first + quarter : last - quarter + 1]
    return float(loudness.times_s[first + quarter + int(inside_F.argmin())])


def _quietest_stretch(samples: Samples, loudness: LoudnessTrack) -> Samples:
    frames = max(1, round(ROOM_S / HOP_S))
    power_F = 10 ** (loudness.level_dbfs / 10)
    mean_F = (
        np.convolve(power_F, np.ones(frames) / frames, mode="valid") if len(power_F) >= frames else power_F
    )
    start = round(int(mean_F.argmin()) * HOP_S * SAMPLE_RATE)
    return samples[start : start + round(ROOM_S * SAMPLE_RATE)]


def _of_length(gap: Samples, length: int) -> Samples:
    """The gap's two ends with its middle cut out, or repeated forwards and backwards."""
    if length <= len(gap):
        return _joined([gap[: length // 2], gap[len(gap) - (length - length // 2) :]])
    half = len(gap) // 2
    there_and_back = np.concatenate([gap, gap[::-1]])
    filling = np.resize(there_and_back[half:], length - len(gap) + half)
    return _joined([gap[:half], filling[: length - len(gap)], gap[half:]])


def _joined(parts: list[Samples]) -> Samples:
    """One after the other; the last FADE_S of each runs straight into the first sample of the next."""
    made = np.concatenate(parts).astype(np.float32)
    fade = round(FADE_S * SAMPLE_RATE)
    place = 0
    for before, after in itertools.pairwise(parts):
        place += len(before)
        reach = min(fade, len(before))
        if reach and len(after):
            step = after[0] - made[place - 1]
            made[place - reach : place] += step * np.linspace(0, 1, reach, dtype=np.float32)
    return made
