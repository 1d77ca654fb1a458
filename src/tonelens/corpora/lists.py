"""Lists of clips that anybody can write: CSV or JSON lines.

Columns   `path` and `emotion`; optional `speaker`, `text`, `gender`, `language`, `start`, `end`
          (seconds), `corpus`, `intensity`, `test_fold`; `dialogue` and `turn` (a number) where clips are
          turns of dialogues. Further columns are left alone. A relative path starts at the list's own
          folder. An empty cell is the same as no cell.
Labels    with a label set every emotion must be in it (as written, or by the usual synonym: Angry ->
          anger); without one, every word is a label.
Refusal   everything wrong with a list is said in one error, a line each.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tonelens.corpora.clips import Clip
from tonelens.corpora.dialogues import Placed, Turn, with_turns_before
from tonelens.emotions import LabelSet, canonical
from tonelens.errors import CorpusError

GENDERS = {"male": "male", "m": "male", "female": "female", "f": "female"}
PROBLEMS_SHOWN = 10


def read_list(
    path: Path, *, corpus: str | None = None, labels: LabelSet | None = None, may_miss: bool = False
) -> tuple[Clip, ...]:
    """Read a list of clips and check it as a whole; the audio itself is not opened.

    Args:
        path: a .csv (comma, semicolon or tab) or .jsonl file in UTF-8.
        corpus: its name in ids and reports; by default its `corpus` column, else the file's stem.
        labels: the only labels allowed; None allows any word.
        may_miss: do not check that the files exist; whoever opens them finds that out.

    Raises:
        CorpusError: with all that is wrong, a line each.
    """
    rows = read_rows(path)
    problems: list[str] = []
    clips = []
    for line, row in rows:
        clip = _clip_of(row, path, corpus, labels, problems, line)
        if clip is not None:
            clips.append((line, clip))
    first_line: dict[tuple[str, float, float | None], int] = {}
    for line, clip in clips:
        key = (str(clip.path), clip.start_s, clip.end_s)
        if key in first_line:
            problems.append(f"line {line}: {clip.path.name} is already on line {first_line[key]}; keep one")
        first_line.setdefault(key, line)
        if not may_miss and not clip.path.is_file():
            problems.append(f"line {line}: no such file: {clip.path}; correct the path")
    refuse(path, problems)
    named = _with_ids([clip for _, clip in clips], path.parent)
    return with_turns_before(named, _placed(named))


def refuse(path: Path, problems: list[str]) -> None:
    """Raise one CorpusError that shows the first problems, a line each, and counts the rest."""
    if not problems:
        return
    shown = "\n".join(f"  {problem}" for problem in problems[:PROBLEMS_SHOWN])
    rest = len(problems) - PROBLEMS_SHOWN
    more = f"\n  and {rest} more" if rest > 0 else ""
    raise CorpusError(
        f"{path}: {len(problems)} problem{'s' * (len(problems) > 1)} in the list:\n{shown}{more}"
    )


def read_rows(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """Every row with its line number (from 1), cells as trimmed text, empty cells left out.

    Raises:
        CorpusError: the list cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save the list as UTF-8.") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    rows = _jsonl_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(path, text)
    if not rows:
        raise CorpusError(f"{path}: the list has no rows. Give a row for every clip.")
    return rows


def _csv_rows(path: Path, text: str) -> list[tuple[int, Mapping[str, str]]]:
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    rows, problems = [], []
    try:
        columns = [name.strip() for name in next(reader, [])]
        refuse(path, _missing_columns(columns))
        for cells in reader:
            if len(cells) > len(columns):
                problems.append(
                    f"line {reader.line_num}: {len(cells)} cells for {len(columns)} columns; "
                    f"put quotes around a text that holds the separator"
                )
            elif any(cell.strip() for cell in cells):
                rows.append((reader.line_num, _cells(dict(zip(columns, cells, strict=False)))))
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: not CSV ({error}); save the list as CSV")
    refuse(path, problems)
    return rows


def _jsonl_rows(path: Path, text: str) -> list[tuple[int, Mapping[str, str]]]:
    rows, problems = [], []
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except json.JSONDecodeError as error:
            problems.append(f"line {line}: not JSON ({error.msg}); write one object a line")
            continue
        if not isinstance(row, dict):
            problems.append(f"line {line}: not an object; write one object a line")
            continue
        rows.append((line, _cells(row)))
    columns = {name for _, row in rows for name in row}
    refuse(path, problems + (_missing_columns(columns) if rows else []))
    return rows


def _missing_columns(columns: Iterable[str]) -> list[str]:
    found = ", ".join(sorted(columns)) or "none"
    return [
        f"column {name!r} is missing (columns found: {found}); a list needs path and emotion"
        for name in ("path", "emotion")
        if name not in columns
    ]


def _cells(row: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        name: str(value).strip()
        for name, value in row.items()
        if isinstance(name, str) and value is not None and str(value).strip()
    }


def _clip_of(
    row: Mapping[str, str],
    path: Path,
    corpus: str | None,
    labels: LabelSet | None,
    problems: list[str],
    line: int,
) -> Clip | None:
    """The clip of one row, or None with its problems added to `problems`."""
    wrong = [f"line {line}: no {name}; fill the cell" for name in ("path", "emotion") if name not in row]
    emotion = label_of(row.get("emotion", ""), labels)
    if "emotion" in row and emotion is None:
        wrong.append(f"line {line}: unknown label {row['emotion']!r}; allowed are {', '.join(labels or ())}")
    gender = GENDERS.get(row.get("gender", "").lower())
    if "gender" in row and gender is None:
        wrong.append(f"line {line}: gender {row['gender']!r} must be male, female or empty")
    start_s = _number(row, "start", line, wrong)
    end_s = _number(row, "end", line, wrong)
    if not 0 <= (start_s or 0.0) < (end_s if end_s is not None else float("inf")):
        wrong.append(f"line {line}: start {start_s} and end {end_s} must be 0 <= start < end seconds")
    fold = _number(row, "test_fold", line, wrong)
    turn = _number(row, "turn", line, wrong)
    if ("dialogue" in row) != ("turn" in row):
        wrong.append(f"line {line}: dialogue and turn must both be given, or neither")
    problems.extend(wrong)
    if wrong:
        return None
    return Clip(
        id="",
        path=Path(os.path.normpath((path.parent / row["path"]).absolute())),
        corpus=corpus or row.get("corpus") or path.stem,
        emotion=str(emotion),
        speaker=row.get("speaker"),
        gender=gender,
        language=row.get("language"),
        text=row.get("text"),
        intensity=row.get("intensity"),
        test_fold=None if fold is None else int(fold),
        facts=None if turn is None else {"dialogue": row["dialogue"], "turn": turn},
        start_s=start_s or 0.0,
        end_s=end_s,
    )


def _placed(clips: Iterable[Clip]) -> Iterator[Placed]:
    """The words of every clip that is a turn of a dialogue."""
    for clip in clips:
        match clip.facts:
            case {"dialogue": dialogue, "turn": float(place)}:
                turn = Turn(clip.id, clip.speaker, clip.text or "")
                yield Placed(f"{clip.corpus}-{dialogue}", place, turn)


def label_of(word: str, labels: LabelSet | None) -> str | None:
    """The label that `word` means: itself where the set has it, else its canonical form."""
    if labels is None:
        return canonical(word)
    allowed = [form for form in (word.strip(), word.strip().lower(), canonical(word)) if form in set(labels)]
    return allowed[0] if allowed else None


def _number(row: Mapping[str, str], name: str, line: int, wrong: list[str]) -> float | None:
    if name not in row:
        return None
    try:
        return float(row[name])
    except ValueError:
        wrong.append(f"line {line}: {name} {row[name]!r} is not a number")
        return None


def _with_ids(clips: list[Clip], folder: Path) -> tuple[Clip, ...]:
    """Give ids: corpus and stem; the whole path where stems repeat; times (ms) where a part is meant."""
    files = {(clip.corpus, clip.path.stem, clip.path) for clip in clips}
    files_of_stem = Counter((corpus, stem) for corpus, stem, _ in files)
    root = Path(os.path.normpath(folder.absolute()))
    taken: Counter[str] = Counter()
    named = []
    for clip in clips:
        stem = clip.path.stem
        if files_of_stem[clip.corpus, stem] > 1:
            inside = clip.path.relative_to(root) if clip.path.is_relative_to(root) else clip.path
            stem = "_".join(part.strip("/\\:") for part in inside.with_suffix("").parts)
        times = (
            (clip.start_s, clip.end_s) if clip.end_s is not None else (clip.start_s,) if clip.start_s else ()
        )
        name = "-".join([clip.corpus, stem, *(str(round(time_s * 1000)) for time_s in times)])
        taken[name] += 1
        named.append(replace(clip, id=name if taken[name] == 1 else f"{name}-{taken[name]}"))
    return tuple(named)
