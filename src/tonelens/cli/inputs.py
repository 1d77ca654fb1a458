"""What `tonelens explain` may be given: files, folders, patterns, lists, and standard input."""

from __future__ import annotations

import csv
import glob
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tonelens.corpora.lists import GENDERS
from tonelens.errors import InputError

if TYPE_CHECKING:
    from tonelens.explain import Request

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".m4a")
LIST_SUFFIXES = (".csv", ".tsv", ".jsonl")
LIST_COLUMNS = ("path", "start", "end", "text", "language", "gender", "previous")
"""`previous` holds the earlier turns of a dialogue, a line each; in JSON lines also as a list."""


def requests_of(
    arguments: Sequence[str],
    transcript: str | None = None,
    language: str | None = None,
    previous: Sequence[str] = (),
) -> list[Request]:
    """Every recording that the arguments name, in order.

    A folder without recordings, or a pattern that fits none, stays in its place as a path that cannot be
    read: whoever explains the others then says so.

    Raises:
        InputError: nothing was found, or a list breaks its rule.
    """
    found = [request for argument in arguments for request in _requests(argument)]
    if not found:
        raise InputError(
            f"no recording named by {', '.join(arguments)}. Name audio files, a folder or a list."
        )
    if transcript is not None:
        if len(found) > 1:
            raise InputError(
                f"--transcript gives one text, but there are {len(found)} recordings. "
                f"Give a CSV list with the columns path,text."
            )
        found = [replace(found[0], transcript=transcript)]
    if turns := _turns(previous):
        if len(found) > 1:
            raise InputError(
                f"--previous gives the turns before one recording, but there are {len(found)}. "
                f"Give a CSV or JSONL list with the columns path,previous."
            )
        found = [replace(found[0], previous=turns)]
    return [request if request.language else replace(request, language=language) for request in found]


def _requests(argument: str) -> Iterator[Request]:
    from tonelens.explain import Request

    path = Path(argument)
    if argument == "-":
        yield from _from_stdin(sys.stdin.buffer.read())
    elif path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES)
        yield from (Request(source=file) for file in files or [path])
    elif path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        yield from _from_list(path)
    elif not path.exists() and glob.has_magic(argument):
        names = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - the pattern may be absolute
        yield from (Request(source=Path(name)) for name in names or [argument])
    else:
        yield Request(source=path)


def _from_stdin(content: bytes) -> Iterator[Request]:
    from tonelens.explain import Request

    try:
        text = content.decode("utf-8")
        is_text = "\0" not in text
    except UnicodeDecodeError:
        is_text = False
    if is_text:
        yield from (Request(source=Path(line.strip())) for line in text.splitlines() if line.strip())
    else:
        yield Request(source=content, name="stdin")


def _from_list(path: Path) -> Iterator[Request]:
    from tonelens.explain import Request

    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a list ({error}). Save it as UTF-8.") from None
    rows = list(_json_rows(path, text) if path.suffix.lower() == ".jsonl" else _csv_rows(path, text))
    if not rows:
        raise InputError(f"{path}: the list has no rows. Give a row for every recording.")
    for number, row in rows:
        name = str(row.get("path") or "").strip()
        if not name:
            raise InputError(f"{path}, row {number}: no path. A list needs {LIST_COLUMNS[0]!r}; also known: "
                             f"{', '.join(LIST_COLUMNS[1:])}.")  # fmt: skip
        yield Request(
            source=path.parent / name,
            start_s=_seconds(path, number, row, "start") or 0.0,
            end_s=_seconds(path, number, row, "end"),
            transcript=str(row.get("text") or "") or None,
            language=str(row.get("language") or "") or None,
            gender=_gender(path, number, row),
            previous=_turns(row.get("previous") or ()),
        )


def _turns(given: str | Sequence[Any]) -> tuple[str, ...]:
    """The earlier turns, one line each, without the empty ones."""
    lines = given.splitlines() if isinstance(given, str) else [str(turn) for turn in given]
    return tuple(turn for line in lines if (turn := " ".join(line.split())))


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=header.count))
    if "path" not in (reader.fieldnames or []):
        raise InputError(
            f"{path}: no column 'path' (found: {', '.join(reader.fieldnames or ['nothing'])}). "
            f"The first line names the columns; path is needed, {', '.join(LIST_COLUMNS[1:])} are optional."
        )
    yield from enumerate(reader, start=2)


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(
                    f"{path}, row {number}: not JSON ({error}). Write one object a line."
                ) from None
            if not isinstance(row, dict):
                raise InputError(f"{path}, row {number}: not a JSON object. Write one object a line.")
            yield number, row


def _gender(path: Path, number: int, row: Mapping[str, Any]) -> str | None:
    value = str(row.get("gender") or "").strip().lower()
    if value and value not in GENDERS:
        raise InputError(f"{path}, row {number}: gender is {value!r}; it must be male, female or empty.")
    return GENDERS.get(value)


def _seconds(path: Path, number: int, row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        return float(str(value))
    except ValueError:
        raise InputError(
            f"{path}, row {number}: {name} is {value!r}; it must be a number of seconds."
        ) from None
