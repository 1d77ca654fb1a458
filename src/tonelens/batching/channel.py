"""What lies between a mouth and a file: room, microphone, band and codec, made up from named seeds.

Signal    16 kHz mono samples of shape (N,); N stays, nothing is delayed, and the level (RMS) stays too: pace,
          pitch and volume that are told of the clean clip stay true. Order: room, equaliser, band, codec.
Room      an impulse, then Gaussian noise that decays by 60 dB within RT60 (after Polack 1988).
Equaliser zero-phase, smooth over log frequency: a random tilt and random gains an octave apart.
Telephone 300 to 3400 Hz, 40 dB down at 150 and 4000 Hz (the band of ITU-T G.712, our slopes).
Codec     `g711` is mu-law at 8 kHz (ITU-T G.711), `opus` is Opus (RFC 6716); libsndfile codes both.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy import fft, interpolate, signal

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.errors import StorageError

Sound: TypeAlias = NDArray[np.floating[Any]]

OCTAVES_HZ = (62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
TELEPHONE_HZ = (75.0, 150.0, 300.0, 340.0, 3300.0, 3400.0, 4000.0, 8000.0)
TELEPHONE_DB = (-60.0, -40.0, -3.0, 0.0, 0.0, -3.0, -40.0, -60.0)
G711_RATE_HZ = 8000
OPUS_KBIT_S = (6.0, 256.0)
"""The bit rates of a mono file that libsndfile's compression levels 1 and 0 stand for, linear between."""
MARGIN_S = 0.25
"""Silence behind a clip while it is filtered, so that its end does not ring into its beginning."""

LARGEST_EQUALISER_DB = 12.0
RT60_S = (0.15, 0.8)
DIRECT_DB = (-3.0, 12.0)
DRAWN_KBIT_S = (8.0, 32.0)
ROOM_SHARE, TELEPHONE_SHARE, OPUS_SHARE = 0.5, 0.2, 0.4
"""Shares of the drawn channels; the equaliser is in all of them."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way into a file. The default is a perfect one."""

    equaliser_db: float = 0.0
    """Largest gain or loss at any frequency; the curve is drawn."""
    rt60_s: float = 0.0
    """Seconds until the room's echo has fallen by 60 dB; 0 is no room."""
    direct_db: float = 0.0
    """Energy of the direct sound over that of the echo."""
    band: Literal["full", "telephone"] = "full"
    codec: Literal["none", "g711", "opus"] = "none"
    kbit_s: float = 0.0
    """Of Opus."""
    seed: int = 0
    """Of the room and of the equaliser's curve."""

    def key(self) -> str:
        """A stable name, for caches."""
        return (
            f"eq={self.equaliser_db:.1f},rt60={self.rt60_s:.2f},direct={self.direct_db:.1f},"
            f"{self.band},{self.codec}={self.kbit_s:.0f},seed={self.seed}"
        )


PERFECT = Channel()


def draw_channel(rng: np.random.Generator) -> Channel:
    """Some channel: always an equaliser, often a room, at times a telephone or a low bit rate."""
    equaliser_db = round(rng.uniform(0, LARGEST_EQUALISER_DB), 1)
    has_room = rng.uniform() < ROOM_SHARE
    rt60_s, direct_db = round(rng.uniform(*RT60_S), 2), round(rng.uniform(*DIRECT_DB), 1)
    is_telephone, is_opus = rng.uniform() < TELEPHONE_SHARE, rng.uniform() < OPUS_SHARE
    kbit_s = round(rng.uniform(*DRAWN_KBIT_S))
    return Channel(
        equaliser_db=equaliser_db,
        rt60_s=rt60_s if has_room else 0.0,
        direct_db=direct_db if has_room else 0.0,
        band="telephone" if is_telephone else "full",
        codec="opus" if is_opus else "g711" if is_telephone else "none",
        kbit_s=kbit_s if is_opus else 0.0,
        seed=int(rng.integers(2**32)),
    )


def through(samples: Samples, channel: Channel) -> Samples:
    """The samples after the channel: as many, as loud, not delayed.

    Raises:
        StorageError: the codec is Opus, and libsndfile here cannot write it.
    """
    if channel == PERFECT:
        return samples
    sound: Sound = np.asarray(samples, dtype=np.float64)
    if channel.rt60_s:
        response = room_response(channel.rt60_s, channel.direct_db, channel.seed)
        sound = signal.fftconvolve(sound, response)[: len(sound)]
    if channel.equaliser_db:
        sound = filtered(sound, OCTAVES_HZ, equaliser_gains(channel.equaliser_db, channel.seed))
    if channel.band == "telephone":
        sound = filtered(sound, TELEPHONE_HZ, TELEPHONE_DB)
    sound = _as_loud_as(samples, sound)
    if channel.codec == "g711":
        sound = through_g711(sound)
    if channel.codec == "opus":
        sound = through_opus(sound, channel.kbit_s)
    return _as_loud_as(samples, sound).astype(np.float32)


def room_response(rt60_s: float, direct_db: float, seed: int) -> Sound:
    """Impulse response of a room, shape (rt60_s * 16000 + 1,): the direct sound is 1 at sample 0."""
    length = round(rt60_s * SAMPLE_RATE)
    decay = 10 ** (-3 * np.arange(1, length + 1) / length)  # amplitude: 60 dB over the whole length
    echo = np.random.default_rng(seed).standard_normal(length) * decay
    echo *= np.sqrt(10 ** (-direct_db / 10) / np.sum(echo**2))
    return np.concatenate([[1.0], echo])


def equaliser_gains(largest_db: float, seed: int) -> Sound:
    """Gains in dB at `OCTAVES_HZ`, none beyond `largest_db`: half of it tilt, half of it free."""
    rng = np.random.default_rng([seed, 1])  # not the room's numbers
    tilt = rng.uniform(-1, 1) * np.linspace(-1, 1, len(OCTAVES_HZ))
    return np.asarray(largest_db * (tilt + rng.uniform(-1, 1, len(OCTAVES_HZ))) / 2)


def filtered(samples: Sound, points_hz: Sequence[float], gains_db: Sequence[float] | Sound) -> Sound:
    """Zero-phase filter whose gain goes smoothly, never beyond them, through points over log frequency.

    Below the first and above the last point the gain is theirs.
    """
    size = fft.next_fast_len(len(samples) + round(MARGIN_S * SAMPLE_RATE), real=True)
    at_hz = np.clip(fft.rfftfreq(size, 1 / SAMPLE_RATE), points_hz[0], points_hz[-1])
    curve = interpolate.PchipInterpolator(np.log2(points_hz), gains_db)
    gain = 10 ** (curve(np.log2(at_hz)) / 20)
    return np.asarray(fft.irfft(fft.rfft(samples, size) * gain, size)[: len(samples)])


def through_g711(samples: Sound) -> Sound:
    """Mu-law at 8 kHz and back; samples beyond full scale are clipped, as a telephone would."""
    narrow = soxr.resample(samples, SAMPLE_RATE, G711_RATE_HZ, quality="HQ")
    file = io.BytesIO()
    soundfile.write(file, narrow, G711_RATE_HZ, format="WAV", subtype="ULAW")
    file.seek(0)
    wide = soxr.resample(soundfile.read(file)[0], G711_RATE_HZ, SAMPLE_RATE, quality="HQ")
    return np.pad(wide, (0, max(0, len(samples) - len(wide))))[: len(samples)]


def through_opus(samples: Sound, kbit_s: float) -> Sound:
    """Opus at a bit rate and back.

    Raises:
        StorageError: libsndfile here cannot write it.
    """
    decoded: Sound = soundfile.read(io.BytesIO(opus_file(samples, kbit_s)))[0]
    return decoded


def opus_file(samples: Sound, kbit_s: float) -> bytes:
    """An OGG file with Opus of about this bit rate.

    Raises:
        StorageError: libsndfile here cannot write it.
    """
    if "OPUS" not in soundfile.available_subtypes("OGG"):
        raise StorageError(
            f"libsndfile {soundfile.__libsndfile_version__} cannot write Opus; 1.0.29 or newer is needed. "
            f"Install soundfile from its wheel, which brings one."
        )
    lowest, highest = OPUS_KBIT_S
    level = min(1.0, max(0.0, (highest - kbit_s) / (highest - lowest)))
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=level)
    return file.getvalue()


def _as_loud_as(reference: Sound, samples: Sound) -> Sound:
    """Scaled to the reference's RMS; silence stays as it is."""
    wanted, found = (float(np.mean(np.square(one, dtype=np.float64))) for one in (reference, samples))
    return samples * np.sqrt(wanted / found) if found > 0 else samples
