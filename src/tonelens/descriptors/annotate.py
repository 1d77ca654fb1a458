"""Whole sets of cuts: measured, put into words, written as cuts that carry both.

Written to a folder, beside measures.jsonl and skipped.jsonl of `tonelens.descriptors.clips`:
    levels.json      the edges of the words, fitted on the training part (`tonelens.descriptors.levels`)
    cuts.jsonl.gz    the measured clips: their cuts with custom["measures"] and custom["levels"]
Cuts are handled as the JSON objects of their manifest, because the library of cuts alone takes longer to load
than everything here takes when nothing is new.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tonelens.descriptors.clips import Clip, Progress, Skipped, measure_clips
from tonelens.descriptors.levels import Level, LevelItem, Levels, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.errors import CorpusError
from tonelens.storage import write_bytes, write_json

if TYPE_CHECKING:
    from lhotse import MonoCut

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What came of annotating a set of cuts."""

    rows: list[Row]
    """The measured cuts as JSON objects, in the given order."""
    measures: dict[str, Measures]
    """By cut id."""
    levels: Levels | None
    """None when nothing could be measured."""
    is_fitted_on_all: bool
    """No cut named its part, so the edges saw every clip: not for scores on any of them."""
    skipped: list[Skipped]


def annotate(
    cuts: Iterable[MonoCut], out_dir: Path, *, workers: int = 2, progress: Progress | None = None
) -> list[MonoCut]:
    """Measure every cut, write the folder described above, and return the measured cuts.

    Raises:
        StorageError: `out_dir` cannot be written.
    """
    from lhotse import MonoCut as Cut

    rows = [cut.to_dict() for cut in cuts]
    found = annotate_rows(rows, out_dir, workers=workers, progress=progress)
    return [Cut.from_dict(row) for row in found.rows]


def measures_by_id(
    cuts: Iterable[MonoCut], out_dir: Path, *, workers: int = 2, progress: Progress | None = None
) -> dict[str, Measures]:
    """Measures by cut id of every cut that can be measured; no levels are fitted, no cuts written."""
    measures, _ = measure_clips([_clip(cut.to_dict()) for cut in cuts], out_dir, workers, progress)
    return measures


def measures_of(cut: MonoCut) -> Measures:
    """The measures that an annotated cut carries.

    Raises:
        CorpusError: it carries none.
    """
    row = (cut.custom or {}).get("measures")
    if row is None:
        raise CorpusError(f"cut {cut.id}: has no measures. Run `tonelens annotate` on the cuts first.")
    return Measures.from_dict(row)


def read_rows(cuts: Path) -> list[Row]:
    """The cuts of a manifest (.jsonl or .jsonl.gz) as JSON objects.

    Raises:
        CorpusError: no such file, or not a manifest of cuts.
    """
    try:
        content = cuts.read_bytes()
        text = (gzip.decompress(content) if cuts.suffix == ".gz" else content).decode("utf-8")
        rows: list[Row] = [json.loads(line) for line in text.splitlines() if line.strip()]
    except FileNotFoundError:
        raise CorpusError(f"{cuts}: no such file. Give the cuts.jsonl.gz that `prepare` wrote.") from None
    except (OSError, EOFError, ValueError) as error:
        raise CorpusError(f"{cuts}: not readable as cuts ({error}). Run `tonelens prepare` again.") from None
    if not rows or not all(isinstance(row, dict) and "recording" in row for row in rows):
        raise CorpusError(f"{cuts}: holds no cuts. Give the cuts.jsonl.gz that `prepare` wrote.")
    return rows


def annotate_rows(
    rows: Sequence[Row], out_dir: Path, *, workers: int = 2, progress: Progress | None = None
) -> Annotation:
    """`annotate` for cuts as JSON objects.

    Raises:
        StorageError: `out_dir` cannot be written.
    """
    measures, skipped = measure_clips([_clip(row) for row in rows], out_dir, workers, progress)
    kept = [row for row in rows if row["id"] in measures]
    training = [row for row in kept if _custom(row).get("part") == "train"]
    is_fitted_on_all = all(_custom(row).get("part") is None for row in kept)
    fitted_on = kept if is_fitted_on_all else training
    levels = fit_levels(_level_item(row, measures[row["id"]]) for row in fitted_on) if fitted_on else None
    annotated = [_annotated(row, measures[row["id"]], levels) for row in kept]
    if levels is not None:
        write_json(out_dir / "levels.json", levels.to_dict())
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in annotated)
    write_bytes(out_dir / "cuts.jsonl.gz", gzip.compress(lines.encode(), compresslevel=5, mtime=0))
    return Annotation(annotated, measures, levels, is_fitted_on_all, skipped)


def read_levels(path: Path) -> Levels:
    """The edges that `annotate` or a training run stored.

    Raises:
        CorpusError: not a levels file of this version.
    """
    try:
        row = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{path}: not readable as levels ({error}). Run `tonelens annotate` again."
        ) from None
    return Levels.from_dict(row)


def _annotated(row: Row, measures: Measures, levels: Levels | None) -> Row:
    custom: Row = _custom(row) | {"measures": measures.to_dict()}
    if levels is not None:
        supervision = _supervision(row)
        words: Mapping[str, Level] = levels.assign(
            measures.with_text(supervision.get("text"), supervision.get("language")),
            speaker=supervision.get("speaker"),
            gender=supervision.get("gender"),
        )
        custom["levels"] = {name: level.to_dict() for name, level in words.items()}
    return row | {"custom": custom}


def _custom(row: Row) -> Row:
    return row.get("custom") or {}


def _supervision(row: Row) -> Row:
    supervisions: list[Row] = row.get("supervisions") or [{}]
    return supervisions[0]


def _level_item(row: Row, measures: Measures) -> LevelItem:
    supervision = _supervision(row)
    with_words = measures.with_text(supervision.get("text"), supervision.get("language"))
    return LevelItem(supervision.get("speaker"), supervision.get("gender"), with_words)


def _clip(row: Row) -> Clip:
    recording = row["recording"]
    start_s = float(row.get("start", 0.0))
    duration_s = float(row.get("duration", recording["duration"]))
    is_whole = start_s == 0.0 and abs(duration_s - float(recording["duration"])) < 1e-3
    return Clip(
        id=row["id"],
        path=str(recording["sources"][0]["source"]),
        start_s=start_s,
        end_s=None if is_whole else start_s + duration_s,
        sha256=_custom(row).get("sha256"),
    )
