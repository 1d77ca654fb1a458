"""Hearing every clip: the checks of `prepare`, then what only the file as it lies there can tell.

Level     RMS of the mono mix in dBFS, without its constant offset; full-scale sine = -3 dB.
Clipped   the share of samples at full scale, in the worst channel, at the file's own rate: resampling and
          mixing hide it. Full scale is the largest value that the format can hold (`FULL_SCALE`).
Usable    what `checks` accepts and what is not cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tonelens import audio
from tonelens.corpora.checks import WORKERS, Checked, check_clips
from tonelens.corpora.clips import Clip, Skipped
from tonelens.corpora.doctor.truncation import lacks, truncation_of
from tonelens.progress import Reporter

FULL_SCALE = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32_124 / 32_768, "ALAW": 32_256 / 32_768}
"""The largest positive value of formats that stay well under 1; all others reach `FULL_SCALE_ELSE`."""
FULL_SCALE_ELSE = 0.999
"""-0.009 dB: 33 steps of 16 bits, because some clippers stop a little early."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip that can be used, and how it sounds."""

    clip: Clip
    content: str
    """SHA-256 of the decoded part."""
    duration_s: float
    sample_rate: int
    """Hz, of the file."""
    channels: int
    format: str
    """Container and coding, as `WAV PCM_16`."""
    level_dbfs: float
    clipped_share: float
    """0 to 1."""


def hear(clips: Sequence[Clip], reporter: Reporter) -> tuple[list[Heard], list[Skipped]]:
    """Open every clip twice: the usable ones in the order of their ids, and the others with the reason."""
    reporter.begin("checking", len(clips))
    good, findings = check_clips(clips, lambda done, _: reporter.advance(done))
    unusable = [item for item in findings if not item.kept]
    heard = []
    reporter.begin("measuring", len(good))
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, result in enumerate(pool.map(_measure, good), start=1):
            if isinstance(result, Heard):
                heard.append(result)
            else:
                unusable.append(result)
            reporter.advance(done)
    return heard, sorted(map(_named_truncated, unusable), key=lambda item: item.id or "")


def _measure(checked: Checked) -> Heard | Skipped:
    clip = checked.clip
    try:
        cut_off = truncation_of(clip.path) if clip.end_s is None else None
        with soundfile.SoundFile(clip.path) as file:
            first = round(clip.start_s * file.samplerate)
            last = file.frames if clip.end_s is None else round(clip.end_s * file.samplerate)
            coding = f"{file.format} {file.subtype}"
            full_scale = FULL_SCALE.get(file.subtype, FULL_SCALE_ELSE)
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True)
            cut_off = cut_off or lacks((last - first) / file.samplerate, len(samples) / file.samplerate)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        return _skipped(clip, "unreadable", f"cannot be opened again ({error})")
    if cut_off is not None:
        return _skipped(clip, "truncated", cut_off)
    mono = samples.mean(axis=1, dtype=np.float32)
    return Heard(
        clip=clip,
        content=checked.content,
        duration_s=checked.duration_s,
        sample_rate=checked.sample_rate,
        channels=checked.channels,
        format=coding,
        level_dbfs=audio.level_dbfs(mono - mono.mean()),
        clipped_share=float((np.abs(samples) >= full_scale).mean(axis=0).max()),
    )


def _named_truncated(item: Skipped) -> Skipped:
    """A file that cannot be decoded because its end lacks is truncated, which says more than unreadable."""
    if item.reason not in ("unreadable", "empty", "too-short"):
        return item
    try:
        cut_off = truncation_of(Path(item.path))
    except OSError:
        return item
    if cut_off is None:
        return item
    return Skipped(id=item.id, path=item.path, reason="truncated", found=f"{item.path}: {cut_off}")


def _skipped(clip: Clip, reason: str, what: str) -> Skipped:
    return Skipped(id=clip.id, path=str(clip.path), reason=reason, found=f"{clip.path}: {what}")
