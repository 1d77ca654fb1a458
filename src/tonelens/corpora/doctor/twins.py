"""The same thing twice: one sound under two ids, and one clip under two labels.

Sound     two clips are twins where their decoded samples are the same (mono, 16 kHz), whatever their names
          or formats. Twins that contradict one another are errors: one of the labels, or speakers, is wrong.
Name      the same file name in two folders is usual where each folder is a label, and then only noted.
Take      a list may have a column `take` (a word or number that tells repetitions apart): one speaker, text
          and take is one recording, so it can have one label only.
Part      two parts of one file that share more than half of the shorter one are one recording as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from tonelens.corpora.clips import Clip
from tonelens.corpora.doctor.findings import ERROR, NOTE, WARNING, Case, Finding, counted
from tonelens.corpora.doctor.hearing import Heard
from tonelens.corpora.lists import read_rows

K = TypeVar("K", bound=Hashable)


def twin_findings(heard: Sequence[Heard]) -> Iterator[Finding]:
    """The same sound under two ids, parted by what the twins disagree in."""
    groups = [
        group for group in _grouped((one.content, one.clip) for one in heard).values() if len(group) > 1
    ]
    by_label = [group for group in groups if len({clip.emotion for clip in group}) > 1]
    by_speaker = [group for group in groups if group not in by_label and _speakers_differ(group)]
    by_fold = [group for group in groups if _folds_differ(group)]
    plain = [group for group in groups if group not in by_label and group not in by_speaker]
    told = (
        (ERROR, "twin-labels", by_label, "the same sound under two labels", "Listen, and keep one of each."),
        (
            ERROR,
            "twin-speakers",
            by_speaker,
            "the same sound under two speakers",
            "Keep the right one of each.",
        ),
        (WARNING, "twin-folds", by_fold, "the same sound in two folds", "Give twins one fold, or keep one."),
        (WARNING, "twin", plain, "the same sound under two ids", "Keep one of each."),
    )
    for severity, reason, alike, meaning, do in told:
        if alike:
            yield Finding(
                severity=severity,
                reason=reason,
                found=f"{counted(len(alike), 'time')} {meaning}.",
                do=f"{do} Splits of Tonelens never part twins." if severity == WARNING else do,
                cases=tuple(_case(group) for group in alike),
            )


def name_findings(clips: Sequence[Clip]) -> Iterator[Finding]:
    """The same file name in several folders with several labels."""
    labels_of_folder = _grouped((clip.path.parent, clip.emotion) for clip in clips)
    folder_is_label = all(len(set(labels)) == 1 for labels in labels_of_folder.values())
    by_name = _grouped((clip.path.stem.casefold(), clip) for clip in clips)
    groups = [
        group
        for group in by_name.values()
        if len({clip.path for clip in group}) > 1 and len({clip.emotion for clip in group}) > 1
    ]
    if groups:
        yield Finding(
            severity=NOTE if folder_is_label else WARNING,
            reason="name-labels",
            found=f"{counted(len(groups), 'file name')} with two labels"
            + (" (each folder holds one label, so this may be meant)." if folder_is_label else "."),
            do="Make sure that the list names the file that was meant.",
            cases=tuple(_case(group) for group in groups),
        )


def part_findings(heard: Sequence[Heard]) -> Iterator[Finding]:
    """Parts of one file that overlap and have two labels."""
    cases = []
    for group in _grouped((one.clip.path, one) for one in heard).values():
        for one, other in combinations(group, 2):
            shared_s = min(_end_s(one), _end_s(other)) - max(one.clip.start_s, other.clip.start_s)
            if (
                one.clip.emotion != other.clip.emotion
                and shared_s > min(one.duration_s, other.duration_s) / 2
            ):
                cases.append(_case([one.clip, other.clip]))
    if cases:
        yield Finding(
            severity=ERROR,
            reason="part-labels",
            found=f"{counted(len(cases), 'time')} the same part of a file under two labels.",
            do="Correct start and end, or keep one label.",
            cases=tuple(cases),
        )


def take_findings(clips: Sequence[Clip], takes: Mapping[str, str]) -> Iterator[Finding]:
    """The same speaker, text and take under two labels; `takes` is id -> take."""
    keyed = (
        ((clip.speaker, clip.text, takes[clip.id]), clip)
        for clip in clips
        if clip.id in takes and clip.speaker and clip.text
    )
    groups = [group for group in _grouped(keyed).values() if len({clip.emotion for clip in group}) > 1]
    if groups:
        yield Finding(
            severity=ERROR,
            reason="take-labels",
            found=f"{counted(len(groups), 'time')} one speaker, text and take under two labels.",
            do="Correct the label or the take in the list.",
            cases=tuple(_case(group) for group in groups),
        )


def takes_of(listed: Path, clips: Sequence[Clip]) -> dict[str, str]:
    """Clip id -> the `take` column of a list that was already read without a complaint, so row by row."""
    rows = [row for _, row in read_rows(listed)]
    return {
        clip.id: row["take"] for row, clip in zip(rows, clips, strict=True) if row.get("take") is not None
    }


V = TypeVar("V")


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _speakers_differ(group: Sequence[Clip]) -> bool:
    return len({clip.speaker for clip in group if clip.speaker is not None}) > 1


def _folds_differ(group: Sequence[Clip]) -> bool:
    return len({clip.test_fold for clip in group}) > 1


def _end_s(one: Heard) -> float:
    return one.clip.start_s + one.duration_s


def _case(group: Sequence[Clip]) -> Case:
    """`a (anger) = b (fear)`: what tells the clips apart stands in brackets."""
    told = []
    for clip in group:
        apart = [clip.emotion] if len({one.emotion for one in group}) > 1 else []
        apart += [f"speaker {clip.speaker}"] if _speakers_differ(group) else []
        apart += [f"fold {clip.test_fold or 'none'}"] if _folds_differ(group) else []
        told.append(f"{clip.id} ({', '.join(apart)})" if apart else clip.id)
    return Case(" = ".join(told), tuple(clip.id for clip in group))
