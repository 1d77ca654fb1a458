"""Folders as corpora are distributed: one tiny recording under as many names as a corpus has."""

import csv
import gzip
import json
import os
from pathlib import Path

import pytest

from tonelens.corpora.prepare import prepare
from tonelens.errors import CorpusError


def linked(folder: Path, recording: Path, names: list[str]) -> Path:
    """`folder` with hard links to `recording`: thousands of them in a moment."""
    for parent in {(folder / name).parent for name in names}:
        parent.mkdir(parents=True, exist_ok=True)
    for name in names:
        os.link(recording, folder / name)
    return folder


def truncated(path: Path) -> None:
    """Replace a (linked) recording by its first 100 bytes, as a broken download leaves it."""
    content = path.read_bytes()[:100]
    path.unlink()
    path.write_bytes(content)


def emobox_rows(shared: Path, corpus: str) -> list[dict[str, str]]:
    """EmoBox's rows of a corpus: wav, emo, test_folds."""
    path = shared / "protocols" / "emobox_folds.csv.gz"
    if not path.is_file():
        pytest.skip("needs protocols/emobox_folds.csv.gz in the shared folder")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["corpus"] == corpus]


def listed(out: Path) -> dict[str, str]:
    """File name -> reason, of every finding in skipped.jsonl."""
    rows = [json.loads(line) for line in (out / "skipped.jsonl").read_text("utf-8").splitlines()]
    return {Path(row["path"]).name: row["reason"] for row in rows if not row["kept"]}


def with_faults(
    corpus: str, folder: Path, out: Path, *, removed: str, cut_short: str, renamed: tuple[str, str]
) -> tuple[str, dict[str, str]]:
    """Plant three faults: the message that refuses them, and file name -> reason once let through."""
    (folder / removed).unlink()
    truncated(folder / cut_short)
    (folder / renamed[0]).rename(folder / renamed[1])
    with pytest.raises(CorpusError) as refused:
        prepare(corpus, folder, out)
    prepare(corpus, folder, out, allow_incomplete=True)
    return str(refused.value), listed(out)
