"""EmoBox's test folds (Ma et al. 2024, arXiv:2406.07162), from its list; the list is not ours to ship.

List      CSV, gzipped or not, with columns corpus, wav (path in the corpus as distributed), test_folds
          (the fold that tests the clip; empty: it is trained on in every fold).
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found
from tonelens.errors import CorpusError

COLUMNS = ("corpus", "wav", "test_folds")


def with_folds(found: Found, corpus: Corpus, fold_list: Path) -> Found:
    """Give every clip the fold that the list says, whatever it had before.

    Raises:
        CorpusError: the list cannot be read, or does not know the corpus.
    """
    folds = _read_folds(corpus, fold_list)
    clips = tuple(replace(clip, test_fold=folds.get(clip.id)) for clip in found.clips)
    return replace(found, clips=clips)


def _read_folds(corpus: Corpus, fold_list: Path) -> dict[str, int | None]:
    """Clip id -> test fold; a path of the list is read by the corpus's own naming rule."""
    folds: dict[str, int | None] = {}
    for row in _rows(fold_list):
        if row["corpus"] != corpus.name:
            continue
        clip: Clip | None = corpus.clip_of(Path(row["wav"]))
        fold = row["test_folds"].strip()
        if clip is None or not (fold == "" or fold.isdigit()):
            raise CorpusError(
                f"{fold_list}: {row['wav']} with test fold {fold!r} does not follow {corpus.name_rule}. "
                f"Use EmoBox's own list."
            )
        folds[clip.id] = int(fold) if fold else None
    if not folds:
        raise CorpusError(
            f"{fold_list}: EmoBox has no folds for {corpus.title}. Leave the list out and part by speakers."
        )
    return folds


def _rows(fold_list: Path) -> list[dict[str, str]]:
    try:
        content = fold_list.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CorpusError(f"{fold_list}: cannot be read ({error}). Check the path.") from None
    rows = csv.DictReader(io.StringIO(text))
    lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if lacking:
        raise CorpusError(
            f"{fold_list}: column {', '.join(lacking)} missing; needed are {', '.join(COLUMNS)}."
        )
    return list(rows)
