"""Recordings inside a page: 16-bit FLAC, so that every browser plays what the model was given.

Samples beyond full scale cannot be stored: where there are any, all recordings of a page are made quieter by
the same factor, so that they still compare, and the page says so.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import soundfile

from tonelens.audio import SAMPLE_RATE, Audio, Samples
from tonelens.evidence.page_frame import data_uri

FULL_SCALE = 32_768
"""Of 16-bit integers: what the largest sample, 1.0, is multiplied by."""


def common_gain(clips: Sequence[Audio]) -> float:
    """The largest factor, at most 1, by which no sample exceeds full scale."""
    peak = max(float(np.abs(clip.samples).max(initial=0.0)) for clip in clips)
    return 1.0 if peak <= 1.0 else 1.0 / peak


def quieter_note(gain: float) -> str:
    """Says by how much the sound was made quieter; empty where it was not."""
    if gain == 1.0:
        return ""
    return f"The sound of this page is {-20 * math.log10(gain):.1f} dB quieter: it would exceed full scale."


def flac(samples: Samples, gain: float = 1.0) -> bytes:
    """A FLAC file of mono 16 kHz `samples` of shape (N,)."""
    whole_N = np.round(samples.astype(np.float64) * gain * FULL_SCALE)
    file = io.BytesIO()
    stored_N = np.clip(whole_N, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    soundfile.write(file, stored_N, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def player(clip: Audio, name: str, label: str, gain: float) -> str:
    """An audio element with the browser's own controls.

    Args:
        clip: what it plays.
        name: its id.
        label: plain text for those who cannot see what stands around it.
        gain: as `common_gain` gives it.
    """
    return (
        f'<audio controls preload="auto" id="{name}" aria-label="{escape(label)}" '
        f'src="{data_uri("audio/flac", flac(clip.samples, gain))}"></audio>'
    )
