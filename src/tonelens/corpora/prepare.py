"""`prepare`: a published corpus by name, or anybody's list, to a folder of checked cuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tonelens.corpora import (
    ased,
    cremad,
    emodb,
    emovo,
    esd,
    gigaspeech,
    iemocap,
    meld,
    msp_podcast,
    nemo,
    ravdess,
    savee,
    tess,
    urdu,
)
from tonelens.corpora.checks import Progress
from tonelens.corpora.clips import Corpus, Found, read_original
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.gather import gather
from tonelens.corpora.lists import read_list
from tonelens.corpora.summary import Source, Summary
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError

CORPORA: dict[str, Corpus] = {
    module.CORPUS.name: module.CORPUS
    for module in (
        ravdess,
        emodb,
        nemo,
        tess,
        urdu,
        ased,
        cremad,
        esd,
        savee,
        emovo,
        msp_podcast,
        iemocap,
        meld,
        gigaspeech,
    )
}
CORPORA |= {variant.name: variant for variant in (iemocap.FIVE_CLASSES, iemocap.SIX_CLASSES)}
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
    """Read, count and check a corpus, and write its cuts to `out`.

    Args:
        corpus: a name of `CORPORA`, or "csv" or "jsonl" for a list of one's own.
        source: the corpus's folder (original layout, or manifest.csv beside audio/), or the list.
        out: the folder to write (cuts.jsonl.gz, summary.json, skipped.jsonl).
        labels: for a corpus the labels to keep; for a list the only labels allowed.
        allow_incomplete: go on although clips are missing, and say so in the summary.
        emobox_folds: EmoBox's list of test folds; wins over the folds of a manifest.
        progress: called with (clips done, clips in all).

    Raises:
        CorpusError: the name, the folder, the list or the count breaks its rule.
        StorageError: `out` cannot be written.
    """
    if corpus in LISTS:
        if emobox_folds is not None:
            raise CorpusError(
                "EmoBox has no folds for a list of one's own. Add a column test_fold to the list."
            )
        return _prepare_list(source, out, labels, allow_incomplete, progress)
    if corpus not in CORPORA:
        raise CorpusError(f"{corpus!r} is no corpus; there are {', '.join((*CORPORA, *LISTS))}. Name one.")
    spec = CORPORA[corpus]
    found = read_corpus(spec, spec.sound_of(source, out, progress))
    if emobox_folds is not None:
        found = with_folds(found, spec, emobox_folds)
    published = Source.of(spec, found.emotion_counts)
    return gather(
        replace(published, unusable={**spec.unusable, **found.unusable}),
        found,
        out,
        labels=labels,
        allow_incomplete=allow_incomplete,
        progress=progress,
    )


def read_corpus(corpus: Corpus, source: Path) -> Found:
    """Read a corpus folder in either layout; no audio is decoded.

    Raises:
        CorpusError: no such folder, no clip in it, or a manifest of another corpus.
    """
    if not source.is_dir():
        raise CorpusError(f"{source}: no such folder. Give the folder of {corpus.title} ({corpus.home}).")
    manifest = source / "manifest.csv"
    if not manifest.is_file():
        found = read_original(corpus, source)
    else:
        found = Found(read_list(manifest, may_miss=True))
        others = {clip.corpus for clip in found.clips} - {corpus.name}
        if others:
            raise CorpusError(f"{manifest}: lists {', '.join(sorted(others))}, not {corpus.name}. Name that.")
    if not found.clips:
        raise CorpusError(
            f"{source}: none of {len(found.skipped)} audio files follows {corpus.name_rule}. "
            f"Give the folder of {corpus.title} ({corpus.home})."
        )
    return found


def _prepare_list(
    source: Path,
    out: Path,
    labels: LabelSet | None,
    allow_incomplete: bool,
    progress: Progress | None,
) -> Summary:
    clips = read_list(source, labels=labels, may_miss=allow_incomplete)
    name = "+".join(sorted({clip.corpus for clip in clips}))
    return gather(
        Source(name=name, title=source.name, licence="not stated"),
        Found(clips),
        out,
        labels=labels,
        allow_incomplete=allow_incomplete,
        progress=progress,
    )
