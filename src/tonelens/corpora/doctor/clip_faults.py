"""Findings about single clips: missing, misnamed, unusable, clipped, of unusual length, of mixed formats.

Clipped   a recording scaled to its peak touches full scale a few times at most. CLIPPED_SHARE is one sample
          in a thousand: where amplitudes of speech are Laplace-distributed, the peaks were then cut at
          20 log10(ln(1000) / sqrt(2)) = 13.8 dB over the RMS, well inside the voice, and loudness and
          voice quality, which emotion lives on, are no longer what was said.
Outliers  Tukey's outer fences: three times the spread of the middle half below the first or above the third
          quartile, of log durations; at least FENCE_FACTOR, so that evenly cut corpora have none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.corpora.doctor.findings import ERROR, NOTE, WARNING, Case, Finding, counted
from tonelens.corpora.doctor.hearing import Heard

CLIPPED_SHARE = 0.001
FENCE_SPREADS = 3.0
FENCE_FACTOR = 2.0
FAULTS = {
    "missing": (ERROR, "no file gives these clips", "Download or copy them again."),
    "unreadable": (ERROR, "no program can decode these files", "Download or export them again."),
    "truncated": (ERROR, "these files end before they say they do", "Download or copy them again."),
    "empty": (ERROR, "no samples where these clips should be", "Copy them again, or correct start and end."),
    "not-finite": (ERROR, "samples that are no numbers", "Export these files again."),
    "out-of-range": (ERROR, "samples far over full scale", "Divide by the largest value of the integers."),
    "silent": (ERROR, "nothing is heard in these clips", "Check the channel, or leave them out."),
    "tone": (ERROR, "a pure tone, no voice", "Leave these clips out."),
    "too-short": (
        WARNING,
        "too short to measure; `prepare` leaves them out",
        "Leave them out, or cut wider.",
    ),
    "too-long": (WARNING, "too long for one clip; `prepare` leaves them out", "Cut them into utterances."),
    "wrong-name": (WARNING, "names that break the corpus's rule; not read", "Rename or remove these files."),
    "copy": (WARNING, "a second file of the same name; not read", "Remove one of each two."),
}
"""Reason -> severity, what it means, what to do; any other reason is an error."""


def fault_findings(skipped: Sequence[Skipped]) -> Iterator[Finding]:
    """One finding a reason, for clips that cannot be used and files that give none."""
    by_reason: dict[str, list[Skipped]] = defaultdict(list)
    for item in skipped:
        by_reason[item.reason].append(item)
    for reason, items in sorted(by_reason.items()):
        severity, meaning, do = FAULTS.get(reason, (ERROR, "clips that cannot be used", "See each reason."))
        yield Finding(
            severity=severity,
            reason=reason,
            found=f"{counted(len(items), 'file')}: {meaning}.",
            do=do,
            cases=tuple(_case(item) for item in items),
        )


def absent_from(corpus: Corpus, found: Found) -> list[Skipped]:
    """Clips that the corpus is known to have and that no file gives, usable or not."""
    given = {clip.id for clip in found.clips} | {item.id for item in found.skipped if item.id is not None}
    return [
        Skipped(id=name, path=name.removeprefix(f"{corpus.name}-"), reason="missing", found=name)
        for name in corpus.missing(given)
        if name not in corpus.unusable
    ]


def count_findings(
    expected: Mapping[str, int], clips: Sequence[Clip], missing: Collection[Skipped]
) -> Iterator[Finding]:
    """Other counts than the authors', unless the missing clips explain them one by one."""
    there = Counter(clip.emotion for clip in clips)
    labels = sorted({*expected, *there})
    wrong = [label for label in labels if there[label] != expected.get(label, 0)]
    more = [label for label in wrong if there[label] > expected.get(label, 0)]
    if not wrong or (not more and len(clips) + len(missing) == sum(expected.values())):
        return
    ids_of = {label: tuple(sorted(clip.id for clip in clips if clip.emotion == label)) for label in more}
    yield Finding(
        severity=ERROR,
        reason="count",
        found=f"{counted(len(clips), 'clip')} where the authors count {sum(expected.values())}.",
        do="Complete the folder, or take away what does not belong to the corpus.",
        cases=tuple(
            Case(f"{label}: {there[label]} clips, not {expected.get(label, 0)}", ids_of.get(label, ()))
            for label in wrong
        ),
    )


def sound_findings(heard: Sequence[Heard]) -> Iterator[Finding]:
    """Clipped clips, clips of unusual length, and more than one rate, channel count or format."""
    clipped = sorted((clip for clip in heard if clip.clipped_share >= CLIPPED_SHARE), key=_clipped_first)
    if clipped:
        labels = ", ".join(f"{name} {count}" for name, count in _labels(clipped).most_common())
        yield Finding(
            severity=WARNING,
            reason="clipped",
            found=f"{counted(len(clipped), 'clip')} with 0.1 % or more at full scale ({labels}).",
            do="Record with less gain, or leave them out; a label that clips more often is heard by that.",
            cases=tuple(
                Case(f"{one.clip.id}: {100 * one.clipped_share:.2f} % at full scale", (one.clip.id,))
                for one in clipped
            ),
        )
    yield from _length_findings(heard)
    yield from _mixed_findings(heard)


def _length_findings(heard: Sequence[Heard]) -> Iterator[Finding]:
    if len(heard) < 4:
        return
    first, third = (float(q) for q in np.percentile([one.duration_s for one in heard], (25, 75)))
    factor = max(FENCE_FACTOR, (third / first) ** FENCE_SPREADS)
    low_s, high_s = first / factor, third * factor
    sides = (
        ("short-clip", "shorter", low_s, [one for one in heard if one.duration_s < low_s]),
        ("long-clip", "longer", high_s, [one for one in heard if one.duration_s > high_s]),
    )
    for reason, word, fence_s, outside in sides:
        if outside:
            yield Finding(
                severity=NOTE,
                reason=reason,
                found=f"{counted(len(outside), 'clip')} {word} than {fence_s:.2f} s, far from the others.",
                do="Listen to them: a wrong cut, or a person who took their time.",
                cases=tuple(
                    Case(f"{one.clip.id}: {one.duration_s:.2f} s", (one.clip.id,))
                    for one in sorted(outside, key=lambda one: one.duration_s, reverse=word == "longer")
                ),
            )


def _mixed_findings(heard: Sequence[Heard]) -> Iterator[Finding]:
    kinds: tuple[tuple[str, str, Callable[[Heard], str]], ...] = (
        ("mixed-rates", "sample rates", lambda one: f"{one.sample_rate} Hz"),
        ("mixed-channels", "numbers of channels", lambda one: counted(one.channels, "channel")),
        ("mixed-formats", "formats", lambda one: one.format),
    )
    for reason, what, value_of in kinds:
        ids: dict[str, list[str]] = defaultdict(list)
        for one in heard:
            ids[value_of(one)].append(one.clip.id)
        if len(ids) < 2:
            continue
        usual, *rarer = sorted(ids, key=lambda value: (-len(ids[value]), value))
        yield Finding(
            severity=NOTE,
            reason=reason,
            found=f"{len(ids)} {what}; {counted(len(ids[usual]), 'clip')} are {usual}, these are not.",
            do="Convert all to one, best from the recordings as they were made.",
            cases=tuple(
                Case(f"{value}: {counted(len(ids[value]), 'clip')}", tuple(ids[value])) for value in rarer
            ),
        )


def _labels(heard: Sequence[Heard]) -> Counter[str]:
    return Counter(one.clip.emotion for one in heard)


def _clipped_first(one: Heard) -> tuple[float, str]:
    return -one.clipped_share, one.clip.id


def _case(item: Skipped) -> Case:
    """`id: what was found`, without the folder, which the report names once."""
    name = item.id or Path(item.path).name
    what = item.found.removeprefix(f"{item.path}: ")
    return Case(name if what == name else f"{name}: {what}", (item.id,) if item.id else ())
