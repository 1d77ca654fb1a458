"""Loading a recording: any file, bytes or array in, mono float32 at 16 kHz out, or a clear refusal.

Units     samples are float32 in [-1, 1] where 1 is full scale; levels are dBFS (RMS, full-scale
          sine = -3 dB); times are seconds.
Refused   what cannot be trusted: unreadable, not finite, under MIN_DURATION_S, over MAX_DURATION_S,
          silent, or a pure tone. 8-bit, 96 kHz or stereo recordings are converted.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tonelens.errors import AudioError

SAMPLE_RATE = 16_000
"""Hz; what every supported speech encoder was trained on."""
MIN_DURATION_S = 0.4
"""20 encoder frames; below this neither pitch nor pace can be measured."""
MAX_DURATION_S = 60.0
"""The longest recording explained as one; self-attention over more does not fit small machines."""
SILENCE_DBFS = -75.0
"""A recording whose RMS lies below is silence (RAVDESS, a quiet corpus, has a median of -40)."""
TONE_SHARE = 0.98
"""A recording with this share of its energy within TONE_HALF_WIDTH_HZ of one frequency is a tone."""
TONE_HALF_WIDTH_HZ = 4.0

Samples: TypeAlias = NDArray[np.float32]


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
        AudioError: with the reason `missing`, `unreadable`, `empty`, `not-finite`, `too-short`,
            `too-long`, `silent` or `tone`.
    """
    label = name or (str(source) if not isinstance(source, bytes) else "bytes")
    content = source if isinstance(source, bytes) else _read(Path(source), label)
    samples, rate = _decode(content, label)
    first = round(start_s * rate)
    last = len(samples) if end_s is None else round(end_s * rate)
    if not 0 <= first < last <= len(samples) + rate // 100:
        raise AudioError(
            f"{label}: the part {start_s:g} to {end_s if end_s is not None else 'end'} s lies outside "
            f"the recording of {len(samples) / rate:.2f} s. Correct start and end.",
            reason="empty",
        )
    return checked(samples[first:last], rate, label, hashlib.sha256(content).hexdigest())


def from_array(samples: NDArray[Any], sample_rate: int, *, name: str = "array") -> Audio:
    """Take samples of shape (N,) or (N, channels): floats in [-1, 1], or integers of any width.

    Raises:
        AudioError: as `load`.
    """
    array = np.asarray(samples)
    if np.issubdtype(array.dtype, np.integer):
        limits = np.iinfo(array.dtype)
        offset = 0 if limits.min < 0 else (limits.max + 1) / 2
        array = (array.astype(np.float64) - offset) / (limits.max + 1 - offset)
    array = array.astype(np.float32)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    mono = array if array.ndim == 1 else array.mean(axis=1, dtype=np.float32)
    return checked(mono, sample_rate, name, digest)


def checked(samples: Samples, rate: int, label: str, sha256: str) -> Audio:
    """Resample mono `samples` to 16 kHz and refuse what cannot be trusted."""
    duration_s = len(samples) / rate
    if not np.isfinite(samples).all():
        count = int((~np.isfinite(samples)).sum())
        raise AudioError(
            f"{label}: {count} samples are not finite numbers (NaN or infinity). Export it again.",
            reason="not-finite",
        )
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"{label}: {duration_s:.2f} s of audio, but at least {MIN_DURATION_S:.1f} s is needed to "
            f"measure pitch and pace. Use a longer clip.",
            reason="too-short",
        )
    if duration_s > MAX_DURATION_S:
        raise AudioError(
            f"{label}: {duration_s:.0f} s of audio, but at most {MAX_DURATION_S:.0f} s is explained at "
            f"once. Cut it into utterances, or name a part in a CSV list with columns path,start,end.",
            reason="too-long",
        )
    level = level_dbfs(samples)
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
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    peak = int(power.argmax())
    width_hz = SAMPLE_RATE / len(samples)
    reach = max(2, round(TONE_HALF_WIDTH_HZ / width_hz))
    share = power[max(0, peak - reach) : peak + reach + 1].sum() / max(power.sum(), 1e-30)
    return peak * width_hz if share >= TONE_SHARE else None


def _read(path: Path, label: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise AudioError(f"{label}: no such file. Check the path.", reason="missing") from None
    except OSError as error:
        raise AudioError(
            f"{label}: cannot be read ({error.strerror}). Check its permissions.", reason="unreadable"
        ) from None
    if not content:
        raise AudioError(f"{label}: the file is empty (0 bytes). Record or copy it again.", reason="empty")
    return content


def _decode(content: bytes, label: str) -> tuple[Samples, int]:
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate: int = file.samplerate
            limit = int(rate * (MAX_DURATION_S + 86_400))
            samples = file.read(min(file.frames, limit) if file.frames > 0 else -1, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        raise AudioError(
            f"{label}: not a readable recording ({str(error).rstrip('.')}). "
            f"Give a WAV, FLAC, OGG, Opus or MP3 file.",
            reason="unreadable",
        ) from None
    if len(samples) == 0:
        raise AudioError(f"{label}: the recording holds no samples. Record or copy it again.", reason="empty")
    return samples.mean(axis=1, dtype=np.float32), rate
