"""From a corpus folder or a list to a folder of cuts that was counted and checked.

Written   cuts.jsonl.gz (the clips), summary.json (counts, hours, labels, licence), skipped.jsonl
          (every finding: left out, or kept and to be known). All three or none; no clock in them, so
          two runs give the same bytes.
Rule      a published corpus must be complete: fewer trusted clips than its authors counted is an
          error, unless `allow_incomplete`, and then the summary says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tonelens.corpora.checks import Checked, Progress, check_clips
from tonelens.corpora.clips import Corpus, Found, Skipped, few_of
from tonelens.corpora.cuts import cut_of, cuts_bytes
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError
from tonelens.storage import written_aside

SCHEMA = "tonelens/corpus@1"
NO_SPEAKERS = "speakers unknown: speaker-disjoint splits impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was gathered; summary.json in Python."""

    corpus: str
    title: str
    clips: int
    expected: int
    complete: bool
    hours: float
    labels: tuple[str, ...]
    emotions: dict[str, int]
    speakers: dict[str, int]
    genders: dict[str, int]
    folds: dict[str, int]
    languages: tuple[str, ...]
    licence: str
    left_out: dict[str, int]
    """Reason -> clips or files left out."""
    kept_with_findings: dict[str, int]
    """Reason -> clips kept but listed."""
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {"schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What `gather` needs to know of where clips come from: a published corpus or somebody's list."""

    name: str
    title: str
    licence: str
    emotion_counts: dict[str, int] | None = None
    """Of a published corpus; None for a list, which is its own count."""
    missing: Callable[[set[str]], list[str]] | None = None

    @classmethod
    def of(cls, corpus: Corpus) -> Source:
        """A published corpus."""
        return cls(
            name=corpus.name,
            title=corpus.title,
            licence=corpus.licence,
            emotion_counts=dict(corpus.emotion_counts),
            missing=corpus.missing,
        )


def gather(
    source: Source,
    found: Found,
    out: Path,
    *,
    labels: LabelSet | None = None,
    allow_incomplete: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Check every clip found and write the folder `out`.

    Args:
        source: what the clips are part of.
        found: the clips and what reading already skipped.
        out: the folder to write; files of the same names are replaced.
        labels: keep only clips with these labels; the others are listed as `other-label`.
        allow_incomplete: go on although clips are missing, and say so in the summary.
        progress: called with (done, all) while files are opened.

    Raises:
        CorpusError: the corpus is short, or nothing is left.
        StorageError: `out` cannot be written.
    """
    checked, findings = check_clips(found.clips, progress)
    skipped = [*found.skipped, *findings]
    expected = sum(source.emotion_counts.values()) if source.emotion_counts else len(found.clips)
    notes = []
    if source.emotion_counts and len(checked) < expected:
        short = _shortage(source, checked, skipped, expected)
        if not allow_incomplete:
            raise CorpusError(f"{short} Complete the folder, or go on with --allow-incomplete.")
        notes.append(f"incomplete: {short}")
    if labels is not None:
        checked, others = _with_labels(checked, labels)
        skipped += others
    if not checked:
        raise CorpusError(
            f"{source.title}: no clip can be used ({_first_reasons(skipped)}). Check the source."
        )
    if any(item.clip.speaker is None for item in checked):
        notes.append(NO_SPEAKERS)
    summary = _summarise(source, checked, skipped, expected, labels, notes)
    _write(out, checked, summary, skipped)
    return summary


def _shortage(source: Source, checked: Sequence[Checked], skipped: Sequence[Skipped], expected: int) -> str:
    """`RAVDESS: 1438 usable clips of 1440; short: anger 190 of 192; missing: ...; left out: ...`."""
    counts = Counter(item.clip.emotion for item in checked)
    wanted = source.emotion_counts or {}
    parts = [f"{name} {counts[name]} of {count}" for name, count in wanted.items() if counts[name] < count]
    text = f"{source.title}: {len(checked)} usable clips of {expected}; short: {', '.join(parts)}"
    reported = {item.id for item in skipped}
    usable = {item.clip.id for item in checked}
    missing = [name for name in (source.missing(usable) if source.missing else []) if name not in reported]
    if missing:
        text += f"; missing: {few_of(missing)}"
    left_out = [item for item in skipped if not item.kept]
    if left_out:
        text += "; left out: " + few_of(f"{Path(item.path).name} ({item.reason})" for item in left_out)
    return text + "."


def _with_labels(checked: Sequence[Checked], labels: LabelSet) -> tuple[list[Checked], list[Skipped]]:
    wanted = set(labels)
    others = [
        Skipped(
            id=item.clip.id,
            path=str(item.clip.path),
            reason="other-label",
            found=f"label {item.clip.emotion!r} is not in the label set asked for. Add it there.",
        )
        for item in checked
        if item.clip.emotion not in wanted
    ]
    return [item for item in checked if item.clip.emotion in wanted], others


def _first_reasons(skipped: Sequence[Skipped]) -> str:
    return few_of((f"{Path(item.path).name}: {item.reason}" for item in skipped), 3) or "no audio file found"


def _summarise(
    source: Source,
    checked: Sequence[Checked],
    skipped: Sequence[Skipped],
    expected: int,
    labels: LabelSet | None,
    notes: Sequence[str],
) -> Summary:
    def count(values: Sequence[str | int | None]) -> dict[str, int]:
        return {str(value): number for value, number in sorted(Counter(map(_word, values)).items())}

    clips = [item.clip for item in checked]
    label_set = labels or LabelSet.of(clip.emotion for clip in clips)
    emotions = Counter(clip.emotion for clip in clips)
    return Summary(
        corpus=source.name,
        title=source.title,
        clips=len(clips),
        expected=expected,
        complete=not any(note.startswith("incomplete") for note in notes),
        hours=round(sum(item.duration_s for item in checked) / 3600, 4),
        labels=label_set.labels,
        emotions={label: emotions[label] for label in label_set},
        speakers=count([clip.speaker for clip in clips]),
        genders=count([clip.gender for clip in clips]),
        folds=count([clip.test_fold for clip in clips]),
        languages=tuple(sorted({_word(clip.language) for clip in clips})),
        licence=source.licence,
        left_out=count([item.reason for item in skipped if not item.kept]),
        kept_with_findings=count([item.reason for item in skipped if item.kept]),
        notes=tuple(notes),
    )


def _word(value: str | int | None) -> str:
    return "unknown" if value is None else str(value)


def _write(out: Path, checked: Sequence[Checked], summary: Summary, skipped: Sequence[Skipped]) -> None:
    """Write the three files aside, then rename all; the cuts last, because readers go by them."""
    contents = {
        "cuts.jsonl.gz": cuts_bytes(cut_of(item) for item in checked),
        "summary.json": (json.dumps(summary.to_dict(), ensure_ascii=False, indent=2) + "\n").encode(),
        "skipped.jsonl": "".join(
            json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in skipped
        ).encode(),
    }
    with ExitStack() as renames:
        for name, content in contents.items():
            renames.enter_context(written_aside(out / name)).write_bytes(content)
