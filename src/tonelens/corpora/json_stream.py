"""The objects of one long list in a JSON file, one by one: GigaSpeech.json is larger than most memories.

Read      `{..., "audios": [{...}, {...}], ...}`: text is read in blocks, and each object is given as soon as
          it is whole. Only the list asked for is looked at; it must hold objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tonelens.errors import CorpusError

BLOCK = 1 << 22
"""Characters; an object that is not whole yet is parsed again after every block."""
BETWEEN = frozenset(" \t\r\n,")
"""What stands between two objects."""


def objects_of(path: Path, key: str, *, block: int = BLOCK) -> Iterator[dict[str, Any]]:
    """The objects of the list that stands under `key`.

    Raises:
        CorpusError: the file cannot be read, has no such list, or breaks off.
    """
    try:
        with path.open(encoding="utf-8") as file:
            yield from _objects(file, path, key, block)
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}). Download it again.") from None


def _objects(file: TextIO, path: Path, key: str, block: int) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    text, place = _after_opening(file, path, key, block), 0
    while True:
        while text[place : place + 1] in BETWEEN:
            place += 1
        if text[place : place + 1] == "]":
            return
        try:
            found, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            more = file.read(block)
            if not more:
                raise CorpusError(
                    f"{path}: the list {key!r} breaks off or is damaged ({error.msg}). Download it again."
                ) from None
            text, place = text[place:] + more, 0
            continue
        if not isinstance(found, dict):
            raise CorpusError(f"{path}: {key!r} holds {str(found)[:20]!r}, not objects. Download it again.")
        yield found
        place = end


def _after_opening(file: TextIO, path: Path, key: str, block: int) -> str:
    """What follows `"key": [`."""
    text = ""
    while more := file.read(block):
        text += more
        _, name, rest = text.partition(f'"{key}"')
        before, bracket, rest = rest.partition("[")
        if name and bracket and before.strip() == ":":
            return rest
    raise CorpusError(f"{path}: no list {key!r} in it. Give the file that the corpus's authors publish.")
