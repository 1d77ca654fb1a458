"""How a clip is changed before the student hears it: level, room tone of other voices, noise, equaliser.

Nothing moves in time, so that the teacher's frames of the clean clip stay the targets. Gains are mild:
the level of a recording is itself a cue of arousal, and is not to be unlearnt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from tonelens.audio import SAMPLE_RATE, Samples

GAIN_DB = 3.0
"""Largest change of level."""
TILT_DB = 1.5
"""Standard deviation of the equaliser's slope, dB per octave around 1 kHz."""
BAND_DB = 2.0
"""Standard deviation of the equaliser's bands, one an octave."""
NOISE_SHARE, BABBLE_SHARE, TELEPHONE_SHARE = 0.4, 0.2, 0.1
"""Shares of the changed clips with coloured noise, other voices, a telephone's band."""
SNR_DB = (5.0, 35.0)
FLOOR_DB = -50.0
"""What a telephone lets through outside its band."""


def changed(clip: Samples, others: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """A changed copy of a clip (N,) of 16 kHz samples, of the same length; `others` become its babble."""
    kind = rng.uniform()
    level = float(np.sqrt(np.mean(np.square(clip))))
    noise_level = level * 10 ** (-rng.uniform(*SNR_DB) / 20)
    size = fft.next_fast_len(len(clip), real=True)
    spectrum = fft.rfft(clip, size)
    frequencies_hz = np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE), 20.0)
    if kind < NOISE_SHARE:
        spectrum = spectrum + _coloured(rng, frequencies_hz, noise_level * size / np.sqrt(2 * len(spectrum)))
    elif kind < NOISE_SHARE + BABBLE_SHARE and others:
        spectrum = spectrum + fft.rfft(_babble(rng, others, len(clip), noise_level), size)
    gains_db = _equaliser_db(rng, frequencies_hz) + rng.uniform(-GAIN_DB, GAIN_DB)
    samples = fft.irfft(spectrum * (10 ** (gains_db / 20)).astype(np.float32), size)[: len(clip)]
    return np.ascontiguousarray(samples, dtype=np.float32)


def _coloured(rng: np.random.Generator, frequencies_hz: np.ndarray, scale: float) -> np.ndarray:
    """The spectrum of noise between white and brown; root mean square of its bins is `scale`."""
    slope = rng.uniform(0, 1)
    values = rng.standard_normal((2, len(frequencies_hz)), dtype=np.float32)
    noise = (values[0] + 1j * values[1]) * frequencies_hz**-slope
    scaled: np.ndarray = noise * (scale / np.sqrt(np.mean(np.abs(noise) ** 2)))
    return scaled.astype(np.complex64)


def _babble(rng: np.random.Generator, others: Sequence[Samples], length: int, level: float) -> Samples:
    """The other clips at once, each from a moment of its own."""
    total = np.zeros(length, dtype=np.float32)
    for other in others:
        total += np.resize(np.roll(other, int(rng.integers(len(other)))), length)
    return total * np.float32(level / max(float(np.sqrt(np.mean(np.square(total)))), 1e-9))


def _equaliser_db(rng: np.random.Generator, frequencies_hz: np.ndarray) -> np.ndarray:
    octaves = np.log2(frequencies_hz / 1_000)
    bands_db = rng.normal(0, BAND_DB, 8) + rng.normal(0, TILT_DB) * np.arange(-4, 4)
    gains_db = np.interp(octaves, np.arange(-4, 4), bands_db)
    if rng.uniform() < TELEPHONE_SHARE:
        is_outside = (frequencies_hz < 300) | (frequencies_hz > 3_400)
        gains_db = np.where(is_outside, FLOOR_DB, gains_db)
    return gains_db
