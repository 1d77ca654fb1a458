"""SpeechCraft's labels of GigaSpeech segments (Jin et al. 2024, arXiv:2408.13608), from JSON or a table.

Labels    gender; age group; pitch, volume and speed in three levels; one of seven emotions ("tone"); where
          given emphasised words, a topic, a transcript; and the sentence that a language model wrote of them:
          a description, or an instruction, which also quotes the words.
Forms     its published pipeline writes an object of segments, each {"labels": "age:Elderly\\tgender:.."},
          and beside it "llama-instruction", the sentence. The files themselves could not be looked into, so
          `NAMES` also holds the words of its README and paper; a name outside of it is refused. Also read:
          the same names as keys of an object or columns of a CSV or TSV, a list of objects, a bare sentence.
Ids       a GigaSpeech segment (POD1000000004_S0000017) anywhere in the key; other keys (LibriTTS-R) are
          counted.
Doubt     people agreed with gender 97.7, age 87.7 and emotion 84 % of the time: these are machine labels.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tonelens.emotions import canonical
from tonelens.errors import CorpusError

SEGMENT = re.compile(r"(?:AUD|POD|YOU)\d{10}_S\d{7}")
RECORDINGS = "GigaSpeech.json"
METADATA = "_metadata.csv"
"""How the tables of GigaSpeech's release in chunks end; these and RECORDINGS hold no labels."""
NAMES = {
    "gender": "gender",
    "age": "age",
    "pitch": "pitch",
    "volume": "volume",
    "energy": "volume",
    "speed": "speed",
    "emotion": "emotion",
    "tone": "emotion",
    "emotion tone": "emotion",
    "emphasis": "emphasis",
    "topic": "topic",
    "category": "topic",
    "transcription": "text",
    "transcript": "text",
    "text": "text",
    "description": "description",
    "llama-description": "description",
    "instruction": "instruction",
    "llama-instruction": "instruction",
}
"""Name in a file -> what it is here."""
IDS = ("sid", "segment_id", "id", "key")
"""What names the segment in a list or a table."""
WORDS = {
    "gender": {"male", "female"},
    "age": {"child", "teenager", "young adult", "middle-aged", "elderly"},
    "pitch": {"low", "normal", "high"},
    "volume": {"low", "normal", "high"},
    "speed": {"slow", "normal", "fast"},
}
"""The words that a label may be."""
SPELLINGS = {"youth adult": "young adult", "youth": "young adult"}
EMOTIONS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
SPELLED_OUT = (
    f"Known are {', '.join(NAMES)}; the published files could not be looked into (docs/data.md), so "
    "rename it to the one that it means, or take it out."
)


@dataclass(slots=True)
class Label:
    """What is said of one segment; filled from every file that names it."""

    words: dict[str, str] = field(default_factory=dict)
    """By the values of `NAMES`, where given."""
    doubtful: list[str] = field(default_factory=list)
    """Labels that were left out because their word is none of `WORDS`, as `pitch 'deep'`."""
    emotions: set[str] = field(default_factory=set)
    """Every emotion given; more than one is a contradiction."""

    @property
    def emotion(self) -> str | None:
        """In our words; None where no file gives one."""
        return self.words.get("emotion")

    @property
    def sentence(self) -> str | None:
        """The description; where only that was given the instruction, which quotes the words, too."""
        return self.words.get("description") or self.words.get("instruction")

    def add(self, name: str, value: str) -> None:
        """Take one word or sentence; the first of several counts."""
        value = value.strip()
        if name in ("gender", "age", "pitch", "volume", "speed"):
            value = SPELLINGS.get(value.lower(), value.lower())
            if value and value not in WORDS[name]:
                self.doubtful.append(f"{name} {value!r}")
                return
        elif name == "emotion" and value:
            value = canonical(value)
            self.emotions.add(value)
        if value:
            self.words.setdefault(name, value)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of GigaSpeech segments, and how many belong to other corpora."""

    of_segment: Mapping[str, Label]
    others: int


def read_labels(source: Path) -> Labels:
    """Read every label file below `source`: *.json but GigaSpeech.json, *.csv and *.tsv but *_metadata.csv.

    Raises:
        CorpusError: there is none, one cannot be read, or a name is none of `NAMES`.
    """
    files = [path for path in sorted(source.rglob("*")) if _holds_labels(path)]
    if not files:
        raise CorpusError(
            f"{source}: no label file. Unpack SpeechCraft's English labels and descriptions there, as .json "
            f"or .csv (https://github.com/thuhcsi/SpeechCraft)."
        )
    labels: dict[str, Label] = {}
    others = set()
    for path in files:
        for key, values in _json_rows(path) if path.suffix.lower() == ".json" else _table_rows(path):
            match = SEGMENT.search(key)
            if match is None:
                others.add(key)
                continue
            label = labels.setdefault(match[0], Label())
            for name, value in _named(values, f"{path}, {key}"):
                label.add(name, value)
    if not labels:
        raise CorpusError(
            f"{', '.join(path.name for path in files)}: no GigaSpeech segment among {len(others)} keys; one "
            f"is named as POD1000000004_S0000017. Give SpeechCraft's English files."
        )
    return Labels(labels, len(others))


def _holds_labels(path: Path) -> bool:
    if path.name in (RECORDINGS, "manifest.csv") or path.name.startswith("."):
        return False
    return path.suffix.lower() in (".json", ".csv", ".tsv") and not path.name.endswith(METADATA)


def _json_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Key and values of every entry of an object, or of a list of objects that name their segment."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: not readable as JSON ({error}). Download it again.") from None
    if isinstance(found, dict):
        for key, value in found.items():
            yield key, _values(value, f"{path}, {key}")
    elif isinstance(found, list):
        for number, value in enumerate(found, start=1):
            values = dict(_values(value, f"{path}, entry {number}"))
            yield _taken_id(values, f"{path}, entry {number}"), values
    else:
        raise CorpusError(f"{path}: holds {type(found).__name__}, but an object or a list is needed.")


def _values(value: object, place: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        return {"labels": value} if "\t" in value else {"description": value}
    if not isinstance(value, dict):
        raise CorpusError(f"{place}: {str(value)[:30]!r} is no set of labels. Take SpeechCraft's own file.")
    return value


def _table_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", restval="")
            for row in rows:
                values = {name: value for name, value in row.items() if name is not None}
                yield _taken_id(values, f"{path}, line {rows.line_num}"), values
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path}: not readable as a table ({error}). Download it again.") from None


def _taken_id(values: dict[str, Any], place: str) -> str:
    """What names the segment, taken out of its values."""
    for name in IDS:
        if name in values:
            return str(values.pop(name))
    raise CorpusError(f"{place}: nothing names the segment; needed is one of {', '.join(IDS)}. Add it.")


def _named(values: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Our names and the words, of one entry."""
    for name, value in values.items():
        if name == "labels" and isinstance(value, str):
            yield from _named(dict(_pairs(value, place)), place)
        elif name.strip().lower() in NAMES:
            words = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
            yield NAMES[name.strip().lower()], words
        else:
            raise CorpusError(f"{place}: a label named {name!r}. {SPELLED_OUT}")


def _pairs(text: str, place: str) -> Iterable[tuple[str, str]]:
    """`age:Elderly`, tab, `gender:male` ... as pairs."""
    for piece in text.split("\t"):
        name, colon, value = piece.partition(":")
        if not colon:
            raise CorpusError(f"{place}: {piece[:30]!r} is no `name:word`. Take SpeechCraft's own file.")
        yield name, value
