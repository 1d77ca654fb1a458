"""Loading a recording: any file, bytes or array in, mono float32 at 16 kHz out, or a clear refusal.

Units     samples are float32 in [-1, 1] where 1 is full scale; levels are dBFS (RMS, full-scale
          sine = -3 dB); times are seconds.
Refused   what cannot be trusted: unreadable, not finite, far over full scale, under MIN_DURATION_S,
          over MAX_DURATION_S, silent, or a pure tone. 8-bit, 96 kHz or stereo recordings are converted.
Memory    only the part asked for is decoded; a recording of hours is refused by its header.
Parts     clips that are parts of one long file share its hash, which is taken once while it stays the same.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy import fft

from tonelens.errors import AudioError

SAMPLE_RATE = 16_000
"""Hz; what every supported speech encoder was trained on."""
MIN_DURATION_S = 0.4
"""20 encoder frames; below this neither pitch nor pace can be measured."""
MAX_DURATION_S = 60.0
"""The longest recording explained as one; self-attention over more does not fit small machines."""
SILENCE_DBFS = -75.0
"""A recording whose RMS lies below is silence (RAVDESS, a quiet corpus, has a median of -40)."""
TONE_SHARE = 0.9995
"""A recording with this share of its energy within TONE_HALF_WIDTH_HZ of one frequency is a tone: a sine
in 8 bits has 0.9999, a vowel sung on the note of its formant, without any vibrato, 0.9993."""
TONE_HALF_WIDTH_HZ = 4.0
MAX_PEAK = 10.0
"""Floating-point recordings may exceed full scale (1.0), but not so far."""
RATES_HZ = (4_000, 400_000)
"""Sample rates that a recording of a voice can have; a header outside of them is damaged."""

Samples: TypeAlias = NDArray[np.float32]
BinaryFile: TypeAlias = io.BufferedReader | io.BytesIO


@dataclass(frozen=True, slots=True)
class Audio:
    """One recording, ready for the encoder and for measuring."""

    samples: Samples
    """Shape (N,), float32, mono, 16 kHz."""
    source: str
    """Where it came from, as the user named it."""
    sha256: str
    """Of the bytes that were read (of the samples where an array was given)."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def load(
    source: str | Path | bytes,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    name: str | None = None,
) -> Audio:
    """Load a recording, or the part of it from `start_s` to `end_s`, and check it.

    Args:
        source: a path, or the bytes of an audio file (WAV, FLAC, OGG/Opus, MP3, AIFF ...).
        start_s: where the part begins, in seconds.
        end_s: where it ends; None is the end of the recording.
        name: what to call it in messages and results; by default the path, or "bytes".

    Raises:
        AudioError: with the reason `missing`, `unreadable`, `empty`, `not-finite`, `out-of-range`,
            `too-short`, `too-long`, `silent` or `tone`.
    """
    label = name or (str(source) if not isinstance(source, bytes) else "bytes")
    with _opened(source, label) as file:
        samples, rate = _decode(file, label, start_s, end_s)
        part = start_s > 0 or end_s is not None
        sha256 = _shared_sha256(file, source) if part and not isinstance(source, bytes) else _sha256(file)
    return checked(samples, rate, label, sha256)


def from_array(samples: NDArray[Any], sample_rate: int, *, name: str = "array") -> Audio:
    """Take samples of shape (N,) or (N, channels): floats in [-1, 1], or integers of any width.

    Raises:
        AudioError: as `load`.
    """
    array = np.asarray(samples)
    if array.ndim not in (1, 2) or 0 in array.shape or (array.ndim == 2 and array.shape[0] < array.shape[1]):
        raise AudioError(
            f"{name}: an array of shape {array.shape}, but (samples,) or (samples, channels) is needed. "
            f"Transpose or select.",
            reason="empty" if array.size == 0 else "unreadable",
        )
    if np.issubdtype(array.dtype, np.integer):
        limits = np.iinfo(array.dtype)
        offset = 0 if limits.min < 0 else (limits.max + 1) / 2
        array = (array.astype(np.float64) - offset) / (limits.max + 1 - offset)
    array = array.astype(np.float32)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return checked(_mono(array), sample_rate, name, digest)


def checked(samples: Samples, rate: int, label: str, sha256: str) -> Audio:
    """Resample mono `samples` to 16 kHz and refuse what cannot be trusted.

    Raises:
        AudioError: as `load`.
    """
    _check_rate(rate, label)
    _check_range(samples, label)
    duration_s = len(samples) / rate
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"{label}: {duration_s:.2f} s of audio, but at least {MIN_DURATION_S:.1f} s is needed to "
            f"measure pitch and pace. Use a longer clip.",
            reason="too-short",
        )
    _check_not_too_long(duration_s, label)
    level = level_dbfs(samples - samples.mean())  # a constant offset is not a sound
    if level < SILENCE_DBFS:
        raise AudioError(
            f"{label}: silent ({level:.0f} dBFS; speech lies above {SILENCE_DBFS:.0f}). "
            f"Check the microphone or the channel.",
            reason="silent",
        )
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ").astype(np.float32)
    frequency = pure_tone_hz(samples)
    if frequency is not None:
        raise AudioError(
            f"{label}: a pure tone of {frequency:.0f} Hz, not speech. Use a recording of a voice.",
            reason="tone",
        )
    return Audio(samples=np.ascontiguousarray(samples, dtype=np.float32), source=label, sha256=sha256)


def level_dbfs(samples: Samples) -> float:
    """RMS level in dB relative to full scale; -inf becomes -200."""
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * float(np.log10(max(mean_square, 1e-20)))


def pure_tone_hz(samples: Samples) -> float | None:
    """The frequency of a recording that is one steady tone, else None."""
    size = fft.next_fast_len(len(samples), real=True)
    power = np.abs(fft.rfft((samples - samples.mean()) * np.hanning(len(samples)), size)) ** 2
    peak = int(power.argmax())
    bin_hz = SAMPLE_RATE / size
    main_lobe_hz = 2 * SAMPLE_RATE / len(samples)  # half the width of the Hann window's
    reach = round(max(TONE_HALF_WIDTH_HZ, main_lobe_hz) / bin_hz)
    share = power[max(0, peak - reach) : peak + reach + 1].sum() / max(power.sum(), 1e-30)
    return peak * bin_hz if share >= TONE_SHARE else None


def _mono(samples: Samples) -> Samples:
    with np.errstate(invalid="ignore"):  # opposite infinities: refused by `checked`
        return samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)


def _check_rate(rate: int, label: str) -> None:
    if not RATES_HZ[0] <= rate <= RATES_HZ[1]:
        raise AudioError(
            f"{label}: a sample rate of {rate} Hz; it must lie in {RATES_HZ[0]} to {RATES_HZ[1]}. "
            f"Export it again, best at {SAMPLE_RATE} Hz.",
            reason="unreadable",
        )


def _check_range(samples: Samples, label: str) -> None:
    finite = np.isfinite(samples)
    if not finite.all():
        raise AudioError(
            f"{label}: {np.count_nonzero(~finite)} samples are not finite numbers (NaN or infinity). "
            f"Export it again.",
            reason="not-finite",
        )
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > MAX_PEAK:
        raise AudioError(
            f"{label}: samples reach {peak:.4g}, but full scale is 1. Divide by the largest value of the "
            f"original integers (32768 for 16 bits).",
            reason="out-of-range",
        )


def _check_not_too_long(duration_s: float, label: str) -> None:
    if duration_s > MAX_DURATION_S:
        raise AudioError(
            f"{label}: {duration_s:.0f} s of audio, but at most {MAX_DURATION_S:.0f} s is explained at "
            f"once. Cut it into utterances, or name a part in a CSV list with columns path,start,end.",
            reason="too-long",
        )


def _opened(source: str | Path | bytes, label: str) -> BinaryFile:
    try:
        return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")
    except FileNotFoundError:
        raise AudioError(f"{label}: no such file. Check the path.", reason="missing") from None
    except (OSError, ValueError) as error:
        raise AudioError(
            f"{label}: cannot be read ({getattr(error, 'strerror', None) or error}). "
            f"Name a file, and check its permissions.",
            reason="unreadable",
        ) from None


def _decode(file: BinaryFile, label: str, start_s: float, end_s: float | None) -> tuple[Samples, int]:
    """The part of a recording as mono samples of shape (N,), and their rate in Hz."""
    try:
        if not file.read(1):
            raise AudioError(
                f"{label}: the file is empty (0 bytes). Record or copy it again.", reason="empty"
            )
        file.seek(0)
        with soundfile.SoundFile(file) as recording:
            rate: int = recording.samplerate
            _check_rate(rate, label)
            total = recording.frames
            if total == 0:
                raise AudioError(
                    f"{label}: the recording holds no samples. Record or copy it again.", reason="empty"
                )
            length_s = total / rate
            stop_s = length_s if end_s is None else end_s
            if not 0 <= start_s < stop_s <= length_s + 0.01:
                raise AudioError(
                    f"{label}: the part {start_s:g} to {stop_s:g} s lies outside the recording of "
                    f"{length_s:.2f} s. Correct start and end.",
                    reason="empty",
                )
            _check_not_too_long(stop_s - start_s, label)
            first = round(start_s * rate)
            recording.seek(first)
            samples = recording.read(round(stop_s * rate) - first, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise AudioError(
            f"{label}: not a readable recording ({_why(error)}). Give a WAV, FLAC, OGG, Opus or MP3 file.",
            reason="unreadable",
        ) from None
    return _mono(samples), rate


def _sha256(file: BinaryFile) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _shared_sha256(file: BinaryFile, path: str | Path) -> str:
    """The hash of a file of which parts are read, taken again only when the file has changed."""
    about = os.fstat(file.fileno())
    return _sha256_of(str(path), about.st_ino, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=65_536)
def _sha256_of(path: str, inode: int, size: int, mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return _sha256(file)


def _why(error: Exception) -> str:
    """What libsndfile says, without the address of the object that it was reading."""
    said = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return said.strip().rstrip(".")
