"""A recording as a picture of its frequencies: grey levels, and the PNG that holds them.

Shapes     N samples, W window samples, C columns of time, B frequency bins, R rows of frequency (row 0 is the
           highest).
Frequency  logarithmic from LOW_HZ to HIGH_HZ, so that an F0 contour drawn on the same axis lies on the lowest
           harmonic: whoever looks can check it.
Grey       0 is the loudest, 255 is RANGE_DB below or quieter. High frequencies are lifted by 6 dB an octave,
           as is usual for speech, whose own spectrum falls by about that.
PNG        8-bit grey; W3C Portable Network Graphics (Third Edition), sections 5 and 11.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Samples

Greys: TypeAlias = NDArray[np.uint8]

LOW_HZ, HIGH_HZ = 60.0, 8_000.0
ROWS = 240
MOST_COLUMNS = 1_000
HOP_S = 0.005
"""Seconds a column, of a recording so short that MOST_COLUMNS suffice."""
WINDOW_S = 0.04
"""Tells the harmonics of a low voice (100 Hz) apart."""
FFT_SIZE = 2_048
RANGE_DB = 55.0
SHADES = 24
"""Grey levels: more cannot be told apart, and fewer make a smaller file."""


def height_of(frequency_hz: float) -> float:
    """Where a frequency lies: 0 is the top (HIGH_HZ), 1 the bottom (LOW_HZ)."""
    return math.log(HIGH_HZ / frequency_hz) / math.log(HIGH_HZ / LOW_HZ)


def spectrogram(samples: Samples) -> Greys:
    """Grey levels (R, C) of mono 16 kHz `samples` of shape (N,)."""
    columns = min(MOST_COLUMNS, max(1, round(len(samples) / SAMPLE_RATE / HOP_S)))
    window = round(WINDOW_S * SAMPLE_RATE)
    centres_C = np.round((np.arange(columns) + 0.5) * len(samples) / columns).astype(np.intp)
    padded_N = np.pad(samples.astype(np.float64), window)
    frames_CW = padded_N[(centres_C + window // 2)[:, None] + np.arange(window)]
    power_CB = np.abs(np.fft.rfft(frames_CW * np.hanning(window), FFT_SIZE)) ** 2
    bins_hz = np.fft.rfftfreq(FFT_SIZE, 1 / SAMPLE_RATE)
    level_CB = 10 * np.log10(power_CB + 1e-12) + 20 * np.log10(np.maximum(bins_hz, LOW_HZ) / 1_000)
    rows_hz = np.geomspace(HIGH_HZ, LOW_HZ, ROWS)
    place_R = rows_hz * FFT_SIZE / SAMPLE_RATE
    below_R = np.minimum(place_R.astype(np.intp), len(bins_hz) - 2)
    part_R = place_R - below_R
    level_CR = (1 - part_R) * level_CB[:, below_R] + part_R * level_CB[:, below_R + 1]
    quiet_CR = np.clip((level_CR.max() - level_CR) / RANGE_DB, 0.0, 1.0)
    shade_CR = np.round(quiet_CR * (SHADES - 1)) * (255 / (SHADES - 1))
    return np.ascontiguousarray(np.round(shade_CR).astype(np.uint8).T)


def png(greys_RC: Greys) -> bytes:
    """A PNG file of grey levels; the same bytes for the same levels."""
    rows, columns = greys_RC.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    unfiltered = np.hstack([np.zeros((rows, 1), np.uint8), greys_RC]).tobytes()
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(unfiltered, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
