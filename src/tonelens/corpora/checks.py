"""Opening every clip once: can it be trusted, what does it hold, does another clip hold the same?

Hashes    `sha256` is of the file's bytes; `content` is of the decoded samples (mono, 16 kHz) of the
          clip's own part, so that a copy in another format or under another name is found.
Threads   reading, decoding and hashing leave Python's lock, so two threads keep two cores busy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import soundfile

from tonelens import audio
from tonelens.corpora.clips import Clip, Skipped
from tonelens.errors import AudioError

WORKERS = 2
Progress = Callable[[int, int], None]
"""Called with (clips done, clips in all)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A clip whose audio was read and can be trusted."""

    clip: Clip
    sha256: str
    """Of the file's bytes."""
    content: str
    """SHA-256 of the decoded part."""
    sample_rate: int
    """Hz, of the file."""
    frames: int
    """Samples per channel in the whole file."""
    channels: int
    duration_s: float
    """Of the part."""
    duplicate_of: str | None = None
    """Id of the first clip with the same content."""


def check_clips(
    clips: Sequence[Clip], progress: Progress | None = None
) -> tuple[list[Checked], list[Skipped]]:
    """Open every clip; give the good ones in the order of their ids, and what was found besides.

    Duplicates are kept and listed: published protocols count them. Clips that cannot be trusted are
    listed and left out.
    """
    ordered = sorted(clips, key=lambda clip: clip.id)
    good: list[Checked] = []
    findings: list[Skipped] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, result in enumerate(pool.map(_check, ordered), start=1):
            if isinstance(result, Checked):
                good.append(result)
            else:
                findings.append(result)
            if progress is not None:
                progress(done, len(ordered))
    marked, duplicates = _mark_duplicates(good)
    return marked, findings + duplicates


def _check(clip: Clip) -> Checked | Skipped:
    try:
        sound = audio.load(clip.path, start_s=clip.start_s, end_s=clip.end_s)
        about = soundfile.info(str(clip.path))
    except AudioError as error:
        return Skipped(id=clip.id, path=str(clip.path), reason=error.reason, found=str(error))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        why = f"{clip.path}: cannot be opened again ({error}). Leave the folder alone while it is read."
        return Skipped(id=clip.id, path=str(clip.path), reason="unreadable", found=why)
    return Checked(
        clip=clip,
        sha256=sound.sha256,
        content=hashlib.sha256(sound.samples.tobytes()).hexdigest(),
        sample_rate=about.samplerate,
        frames=about.frames,
        channels=about.channels,
        duration_s=sound.duration_s,
    )


def _mark_duplicates(checked: Sequence[Checked]) -> tuple[list[Checked], list[Skipped]]:
    first_with: dict[str, Checked] = {}
    marked, duplicates = [], []
    for item in checked:
        first = first_with.setdefault(item.content, item)
        if first is item:
            marked.append(item)
            continue
        marked.append(replace(item, duplicate_of=first.clip.id))
        labels = {first.clip.emotion, item.clip.emotion}
        contradiction = f" under another label ({' and '.join(sorted(labels))})" if len(labels) > 1 else ""
        why = (
            f"the same sound as {first.clip.id}{contradiction}. Kept, because published protocols count it; "
            f"splits never let the two stand in different parts. Remove one to be rid of it."
        )
        duplicates.append(
            Skipped(id=item.clip.id, path=str(item.clip.path), reason="duplicate", found=why, kept=True)
        )
    return marked, duplicates
