"""From a corpus folder or a list to a folder of cuts that was counted and checked.

Written   cuts.jsonl.gz (the clips), summary.json (counts, hours, labels, licence), skipped.jsonl
          (every finding: left out, or kept and to be known). All three or none; no clock in them, so
          two runs give the same bytes.
Rule      a published corpus must be complete: other counts than its authors' is an error, unless
          `allow_incomplete`, and then the summary says so. A list is its own count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tonelens.corpora.checks import Checked, Progress, check_clips
from tonelens.corpora.clips import Found, Skipped, few_of
from tonelens.corpora.cuts import cut_of, cuts_bytes
from tonelens.corpora.summary import Source, Summary, summarise
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError
from tonelens.storage import written_aside

NO_SPEAKERS = "speakers unknown: speaker-disjoint splits impossible"


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
    skipped += _missing(source, checked, skipped)
    wanted = Counter(source.emotion_counts or (clip.emotion for clip in found.clips))
    expected = sum(wanted.values())
    notes = list(found.notes)
    unusable = sorted(source.unusable.keys() - {item.clip.id for item in checked})
    if unusable:
        notes.append(f"as published, no copy has these whole: {few_of(unusable)}; left out, and no shortage")
        wanted.subtract(source.unusable[name] for name in unusable)
    shortage = _shortage(source, wanted, checked, skipped)
    if shortage is not None:
        if source.emotion_counts and not allow_incomplete:
            raise CorpusError(f"{shortage} Complete the folder, or go on with --allow-incomplete.")
        notes.append(f"incomplete: {shortage}")
    if labels is not None:
        checked, others = _with_labels(checked, labels)
        skipped += others
    if not checked:
        raise CorpusError(
            f"{source.title}: no clip can be used ({_first_reasons(skipped)}). Check the source."
        )
    if any(item.clip.speaker is None for item in checked):
        notes.append(NO_SPEAKERS)
    summary = summarise(source, expected, checked, skipped, labels, notes)
    _write(out, checked, summary, skipped)
    return summary


def _missing(source: Source, checked: Sequence[Checked], skipped: Sequence[Skipped]) -> list[Skipped]:
    """Clips that the corpus is known to have, but that nothing on disk gave."""
    given = {item.clip.id for item in checked} | {item.id for item in skipped if item.id is not None}
    return [
        Skipped(
            id=name,
            path=name.removeprefix(f"{source.name}-"),
            reason="missing",
            found=f"{name} belongs to {source.title}, but no file gives it. Download it again.",
        )
        for name in (source.missing(given) if source.missing else ())
    ]


def _shortage(
    source: Source, wanted: Mapping[str, int], checked: Sequence[Checked], skipped: Sequence[Skipped]
) -> str | None:
    """`RAVDESS: 1438 usable clips of 1440; anger 190, not 192; left out: ...`, or None."""
    counts = Counter(item.clip.emotion for item in checked)
    wrong = [
        f"{name} {counts[name]}, not {wanted.get(name, 0)}"
        for name in sorted({*counts, *wanted})
        if counts[name] != wanted.get(name, 0)
    ]
    if not wrong:
        return None
    text = f"{source.title}: {len(checked)} usable clips of {sum(wanted.values())}; {', '.join(wrong)}"
    left_out = [item for item in skipped if not item.kept and item.reason != "other-label"]
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
