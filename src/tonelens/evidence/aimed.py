"""A changed voice that measures as it was meant to: changed, measured, corrected, a few times.

    recording, change -> `resynthesised` -> `measure` -> by how much it missed -> the amount moved by as much
    -> again, until it is close -> the closest of all attempts

A vocoder asked for 3 semitones does not always give a voice that measures 3 semitones higher: frames lose
their voicing, and F0 at the ends of its range is measured with limits. What counts as evidence is what is
measured, so that is what is aimed at.

Units     of a property: semitones (pitch), logarithm of the deviation of F0 or of the pace, dB an octave.
Source    ours; benchmarks/resynthesis.py measures what it brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tonelens.audio import Audio
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.vocoder import Voice
from tonelens.evidence.resynthesis import LIMITS, Change, Kind, resynthesised

CORRECTIONS = 3
CLOSE: dict[Kind, float] = {"pitch": 0.2, "variation": 0.02, "speed": 0.02, "tilt": 0.4}
"""Not corrected any further; a fifth of a semitone is 1.2 %."""


def aimed(
    audio: Audio,
    change: Change,
    voice: Voice,
    before: Measures,
    measured: Callable[[Audio], Measures] = measure,
) -> tuple[Audio, Measures]:
    """The change that measures closest to what is asked, and its measures.

    A flattened voice, a louder one and longer pauses are not corrected: they are what they say at once, or
    cannot be had closer. Nor is a property that cannot be measured.

    Args:
        audio: the recording.
        change: what it shall measure as, against `before`.
        voice: what `analyse` made of the recording.
        before: the recording's own measures.
        measured: how the result is measured.

    Raises:
        ModelError: the extra `evidence` is not installed.
    """
    tried, best, least = change, None, math.inf
    for _ in range(1 + CORRECTIONS):
        made = resynthesised(audio, tried, voice)
        told = measured(made)
        missed = _missed(change, before, told)
        if best is None or (missed is not None and abs(missed) < least):
            best, least = (made, told), math.inf if missed is None else abs(missed)
        if missed is None or least <= CLOSE[change.kind]:
            break
        tried, last = _moved_by(tried, missed), tried
        if tried == last:
            break
    assert best is not None
    return best


def _missed(change: Change, before: Measures, after: Measures) -> float | None:
    """What is still to go, in the property's units; None where nothing is to be corrected."""
    here, there = _property(change.kind, before), _property(change.kind, after)
    if here is None or there is None or (change.kind == "variation" and change.amount == 0):
        return None
    return here + _in_units(change) - there


def _property(kind: Kind, measures: Measures) -> float | None:
    match kind:
        case "pitch":
            return 12 * math.log2(measures.f0_median_hz) if measures.f0_median_hz else None
        case "variation":
            return math.log(measures.f0_std_semitones) if measures.f0_std_semitones else None
        case "speed":
            return -math.log(measures.speech_s) if measures.speech_s else None
        case "tilt":
            return measures.tilt_db_per_octave
        case _:
            return None


def _in_units(change: Change) -> float:
    return math.log(change.amount) if change.kind in ("variation", "speed") else change.amount


def _moved_by(change: Change, missed: float) -> Change:
    """The same change by so much more, within what a voice bears."""
    amount = change.amount
    amount = amount * math.exp(missed) if change.kind in ("variation", "speed") else amount + missed
    return Change(change.kind, float(np.clip(amount, *LIMITS[change.kind])))
