"""Sounds whose measures are known beforehand."""

import numpy as np

from tonelens.audio import Audio

RATE = 16_000


def times(seconds):
    return np.arange(round(seconds * RATE)) / RATE


def voice(f0_hz, *, harmonics=12, rolloff_db_per_octave=-6.0):
    """Harmonics of the instantaneous `f0_hz` (N,), each octave `rolloff_db_per_octave` weaker."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    numbers = np.arange(1, harmonics + 1)
    weights = 10 ** (rolloff_db_per_octave * np.log2(numbers) / 20)
    return sum(weight * np.sin(number * phase) for number, weight in zip(numbers, weights, strict=True))


def at_dbfs(samples, level):
    return samples * 10 ** (level / 20) / np.sqrt(np.mean(samples**2))


def syllables(per_s, seconds, *, f0_hz=150.0):
    """A voice whose amplitude rises and falls `per_s` times a second: that many syllables."""
    t = times(seconds)
    envelope = 0.02 + 0.98 * np.sin(np.pi * per_s * t) ** 2
    return voice(np.full(len(t), f0_hz)) * envelope


def silence(seconds):
    return np.zeros(round(seconds * RATE))


def audio(samples):
    return Audio(samples=np.asarray(samples, dtype=np.float32), source="made", sha256="0" * 64)
