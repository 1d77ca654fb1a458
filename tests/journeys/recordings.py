"""Recordings that nobody should trust, each with what its refusal must say, and some that only look odd."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
HALF_AN_HOUR_S = 1800


@dataclass(frozen=True, slots=True)
class Bad:
    """A recording that must be refused."""

    reason: str
    says: tuple[str, ...]
    """Words of the message: what was found, the rule, the way out."""
    write: Callable[[Path], object]


def _noise(seconds: float) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(int(seconds * RATE)).clip(-3, 3)


def _with_nan(path: Path) -> None:
    samples = _noise(1.0)
    samples[100:103] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")


def _cut_within_header(path: Path) -> None:
    soundfile.write(path, _noise(1.0), RATE)
    path.write_bytes(path.read_bytes()[:30])


def _half_an_hour(path: Path) -> None:
    """A WAV of 57.6 MB that takes no room: behind the header lies a hole."""
    size = HALF_AN_HOUR_S * RATE * 2
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    header = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)


def _tone(path: Path) -> None:
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE), RATE)


BAD = {
    "empty.wav": Bad("empty", ("0 bytes", "Record or copy it again"), lambda path: path.write_bytes(b"")),
    "text.wav": Bad(
        "unreadable",
        ("not a readable recording", "Give a WAV, FLAC"),
        lambda path: path.write_text("Dear diary,\n" * 50, "utf-8"),
    ),
    "torn.wav": Bad("unreadable", ("not a readable recording", "Give a WAV"), _cut_within_header),
    "nan.wav": Bad("not-finite", ("3 samples are not finite", "Export it again"), _with_nan),
    "short.wav": Bad(
        "too-short",
        ("0.10 s of audio", "at least 0.4 s is needed", "Use a longer clip"),
        lambda path: soundfile.write(path, _noise(0.1), RATE),
    ),
    "silent.wav": Bad(
        "silent",
        ("silent", "speech lies above -75", "Check the microphone"),
        lambda path: soundfile.write(path, np.zeros(RATE), RATE),
    ),
    "tone.wav": Bad("tone", ("a pure tone of 440 Hz", "Use a recording of a voice"), _tone),
    "lecture.wav": Bad("too-long", ("1800 s", "at most 60 s", "Cut it into utterances"), _half_an_hour),
    "nowhere.wav": Bad("missing", ("no such file", "Check the path"), lambda path: None),
    "folder.wav": Bad("unreadable", ("Is a directory", "Name a file"), lambda path: path.mkdir()),
    "no recordings here": Bad("unreadable", ("Is a directory", "Name a file"), lambda path: path.mkdir()),
    "none-*.wav": Bad("missing", ("no such file", "Check the path"), lambda path: None),
}


def write_odd_ones(speech: Path, folder: Path) -> list[Path]:
    """The same speech in 8 bits, at 96 kHz, in stereo, and under names of many scripts."""
    samples, rate = soundfile.read(speech)
    samples = samples * (0.7 / np.abs(samples).max())
    stereo = np.stack([samples, 0.5 * samples], axis=1)
    paths = [folder / name for name in ("8 bit.wav", "96k.wav", "stereo.flac", "größer 声 $x^2$ [1].ogg")]
    soundfile.write(paths[0], samples, rate, subtype="PCM_U8")
    soundfile.write(paths[1], np.repeat(samples, 96_000 // rate), 96_000)
    soundfile.write(paths[2], stereo, rate)
    soundfile.write(paths[3], samples, rate)
    return paths
