"""Measuring many clips: several processes, resumable, nothing dropped in silence.

Written to a folder
    measures.jsonl    one line a clip, appended as it is measured: {"key", "id", "measures"}; a run that
                      was killed goes on from there, and a torn last line is measured again
    skipped.jsonl     clips that could not be measured, with the reason: {"id", "source", "reason", "detail"};
                      every run tries them again
A key names the clip, the hash of its file, its part and MEASURE_VERSION: what changes is measured again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tonelens.audio import load
from tonelens.descriptors.measure import MEASURE_VERSION, Measures, measure
from tonelens.errors import AudioError, StorageError, TonelensError
from tonelens.storage import read_jsonl, write_jsonl

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (clips done, clips in all)."""

FEW_CLIPS = 16
"""So few are measured without starting other processes."""

_CLIPS_A_TASK = 8


@dataclass(frozen=True, slots=True)
class Clip:
    """A part of an audio file."""

    id: str
    path: str
    start_s: float = 0.0
    end_s: float | None = None
    """None is the end of the file."""
    sha256: str | None = None
    """Of the file's bytes, where known: a file that has changed since is not measured."""

    @property
    def key(self) -> str:
        """Under which its measures are stored."""
        content = self.sha256 or _content_hash(self.path)
        return json.dumps([self.id, content, self.start_s, self.end_s, MEASURE_VERSION])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A clip that could not be measured."""

    id: str
    source: str
    reason: str
    """A stable word for programs: as in `AudioError.reason`, or "changed"."""
    detail: str


def measure_clips(
    clips: Sequence[Clip], out_dir: Path, workers: int = 2, progress: Progress | None = None
) -> tuple[dict[str, Measures], list[Skipped]]:
    """Measures by clip id of all that can be measured, and the others with the reason.

    Raises:
        StorageError: `out_dir` cannot be written.
    """
    path = out_dir / "measures.jsonl"
    stored = {row["key"]: row["measures"] for row in read_jsonl(path)} if path.exists() else {}
    keys = {clip.id: clip.key for clip in clips}
    todo = [clip for clip in clips if keys[clip.id] not in stored]
    skipped: list[Skipped] = []
    with _appender(path) as append:
        for count, (clip, found) in enumerate(_measured(todo, workers), start=1):
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                stored[keys[clip.id]] = found
                append({"key": keys[clip.id], "id": clip.id, "measures": found})
            if progress is not None:
                progress(len(clips) - len(todo) + count, len(clips))
    skipped.sort(key=lambda entry: entry.id)
    write_jsonl(out_dir / "skipped.jsonl", map(dataclasses.asdict, skipped))
    return {i: Measures.from_dict(stored[key]) for i, key in keys.items() if key in stored}, skipped


def _content_hash(path: str) -> str:
    """SHA-256 of a file; empty where it cannot be read, which is told when measuring it."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _measured(clips: Sequence[Clip], workers: int) -> Iterator[tuple[Clip, dict[str, Any] | Skipped]]:
    """Every clip with its measures, as they come."""
    if workers <= 1 or len(clips) <= FEW_CLIPS:
        yield from map(_measure_one, clips)
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(1)  # a measuring process imports a script without a guard: its parent tells (below)
    spawn = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
            yield from pool.map(_measure_one, clips, chunksize=_CLIPS_A_TASK)
    except BrokenProcessPool as error:
        raise TonelensError(
            "a measuring process ended unexpectedly (out of memory, or a script without "
            'if __name__ == "__main__"). What was measured is kept; run again with workers=1.'
        ) from error


def _measure_one(clip: Clip) -> tuple[Clip, dict[str, Any] | Skipped]:
    try:
        audio = load(clip.path, start_s=clip.start_s, end_s=clip.end_s)
    except AudioError as error:
        return clip, Skipped(clip.id, clip.path, error.reason, str(error))
    if clip.sha256 not in (None, audio.sha256):
        detail = f"{clip.path}: has changed since its cut was made. Run `tonelens prepare` again."
        return clip, Skipped(clip.id, clip.path, "changed", detail)
    return clip, measure(audio).to_dict()


@contextmanager
def _appender(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function that appends one JSON line; a torn last line is cut off first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)

            def append(row: dict[str, Any]) -> None:
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                file.flush()

            yield append
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}). What is there stays valid; "
            f"free some space or choose another folder, and run the same again."
        ) from error
