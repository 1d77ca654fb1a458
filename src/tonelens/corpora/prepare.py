"""`prepare`: a corpus by name, or anybody's list, to a folder of cuts."""

from __future__ import annotations

from pathlib import Path

from tonelens.corpora import lists, ravdess
from tonelens.corpora.checks import Progress
from tonelens.corpora.clips import Corpus, Found, read_original
from tonelens.corpora.gather import Source, Summary, gather
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError

CORPORA: dict[str, Corpus] = {module.CORPUS.name: module.CORPUS for module in (ravdess,)}
LISTS = ("csv", "jsonl")


def prepare(
    corpus: str,
    source: Path,
    out: Path,
    *,
    labels: LabelSet | None = None,
    allow_incomplete: bool = False,
    emobox_folds: Path | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Read, count and check a corpus, and write its cuts to `out`."""
    if corpus not in CORPORA:
        raise CorpusError(f"{corpus}")
    spec = CORPORA[corpus]
    manifest = source / "manifest.csv"
    found = (
        Found(lists.read_list(manifest, corpus=corpus, may_miss=True))
        if manifest.is_file()
        else read_original(spec, source)
    )
    return gather(
        Source.of(spec), found, out, labels=labels, allow_incomplete=allow_incomplete, progress=progress
    )
