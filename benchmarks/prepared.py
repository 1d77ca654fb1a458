"""The cuts of a shared corpus, prepared once for all benchmarks that share a working folder."""

from __future__ import annotations

from pathlib import Path

from figures import shared_folder
from tonelens.corpora.prepare import prepare


def prepared(corpus: str, work: Path) -> Path:
    """`work`/cuts/`corpus`/cuts.jsonl.gz, made now where it is not there yet.

    Raises:
        FileNotFoundError: there is no shared folder to make it from.
        CorpusError: the corpus is not there, or not whole.
    """
    file = work / "cuts" / corpus / "cuts.jsonl.gz"
    if not file.is_file():
        prepare(corpus, shared_folder() / "corpora" / corpus, file.parent)
    return file
