"""Samples as the bytes of a WAV file: mono, 16 kHz, 16-bit PCM, as any system can read them.

Units     full scale (1.0) is 32768; what exceeds it, as a resynthesised recording may, is cut off:
          `is_clipped` tells beforehand.
"""

from __future__ import annotations

import io
import wave

import numpy as np

from tonelens.audio import SAMPLE_RATE, Samples

FULL_SCALE = 32768


def wav_bytes(samples: Samples) -> bytes:
    """The file; what `audio.load` reads back differs by at most half a step of 16 bits, unless clipped."""
    integers = np.clip(np.rint(samples.astype(np.float64) * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(integers.astype("<i2").tobytes())
    return content.getvalue()


def is_clipped(samples: Samples) -> bool:
    """Whether the file cannot hold the peaks."""
    return bool(np.abs(samples).max(initial=0.0) > 1.0)
