"""Writing files so that a reader never sees half of one: write aside, flush, rename."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tonelens.errors import StorageError


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary sibling of `path` to write; on success it takes the name of `path`.

    On any error the temporary file is removed and `path` stays as it was. The temporary name keeps
    the suffixes of `path`, because writers choose their format by them.

    Raises:
        StorageError: the folder cannot be made or the disk is full.
    """
    aside = path.with_name(f".writing-{os.getpid()}-{threading.get_ident()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        aside.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}). Nothing was changed; "
            f"free some space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):  # gone after success, and never there where its folder cannot be
            aside.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one step, synced to disk."""
    with written_aside(path) as aside, aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any, *, indent: int | None = 2) -> None:
    """Write `value` as JSON with a final newline, in one step."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON value a line, in one step."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_jsonl(path: Path, parse: Callable[[Any], Any] = lambda row: row) -> list[Any]:
    """Read a file of one JSON value a line; a torn last line (a killed writer) is left out.

    Raises:
        StorageError: a line before the last is not JSON.
    """
    rows = []
    lines = path.read_bytes().split(b"\n")  # decoded line by line: a torn line may end within a character
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            if number == len(lines) - 1:
                break
            raise StorageError(
                f"{path}, line {number + 1}: not JSON. Delete the file to have it made anew."
            ) from None
        rows.append(parse(row))
    return rows
