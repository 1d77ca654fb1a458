"""The whole examination of a corpus or list, before anybody trains on it: `diagnose`, and its JSON.

Nothing is written, and nothing stops at the first fault: what `prepare` refuses is examined all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tonelens.corpora.clips import Clip, Corpus, Found
from tonelens.corpora.doctor.clip_faults import absent_from, count_findings, fault_findings, sound_findings
from tonelens.corpora.doctor.findings import ERROR, NOTE, WARNING, Finding, ordered
from tonelens.corpora.doctor.hearing import Heard, hear
from tonelens.corpora.doctor.leakage import Leak, leak_findings, leaks
from tonelens.corpora.doctor.twins import (
    name_findings,
    part_findings,
    take_findings,
    takes_of,
    twin_findings,
)
from tonelens.corpora.doctor.voices import clips_of_speakers, voice_findings
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.lists import read_list
from tonelens.corpora.prepare import CORPORA, LISTS, read_corpus
from tonelens.emotions import CANONICAL
from tonelens.errors import CorpusError
from tonelens.progress import Quiet, Reporter

SCHEMA = "tonelens/doctor@1"
BARS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One emotion: how many clips there must be and are, and how they sound."""

    emotion: str
    expected: int | None
    """By the authors; None for a list, which is its own count."""
    found: int
    usable: int
    median_s: float | None
    median_dbfs: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Five quantiles of a measure, and its histogram of BARS equal steps from the least to the largest."""

    least: float
    first_quartile: float
    median: float
    third_quartile: float
    largest: float
    histogram: tuple[int, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None where there is no value."""
        if not values:
            return None
        quantiles = [round(float(value), 3) for value in np.percentile(values, (0, 25, 50, 75, 100))]
        least, first, middle, third, largest = quantiles
        return cls(
            least=least,
            first_quartile=first,
            median=middle,
            third_quartile=third,
            largest=largest,
            histogram=tuple(int(count) for count in np.histogram(values, bins=BARS)[0]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDefect:
    """A defect of the published corpus that Tonelens knows of."""

    id: str
    what: str
    status: str
    """`known`: found here too; `fixed`: the clip is here, nothing was found; `absent`: no such clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found; the JSON report in Python. Tables are value -> clips."""

    corpus: str
    title: str
    source: str
    """As it was given."""
    clips: int
    expected: int | None
    usable: int
    hours: float
    labels: tuple[Label, ...]
    speakers: Mapping[str, int]
    folds: Mapping[str, int]
    sample_rates: Mapping[str, int]
    channels: Mapping[str, int]
    formats: Mapping[str, int]
    duration_s: Spread | None
    level_dbfs: Spread | None
    leaks: tuple[Leak, ...]
    known_defects: tuple[KnownDefect, ...]
    findings: tuple[Finding, ...]

    def count(self, severity: str) -> int:
        """Findings of one severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def passed(self, *, strict: bool = False) -> bool:
        """No error, and with `strict` no warning."""
        return not self.count(ERROR) and not (strict and self.count(WARNING))

    def to_dict(self) -> dict[str, Any]:
        """The JSON report; keys are only ever added."""
        return {
            "schema": SCHEMA,
            **asdict(self),
            "counts": {severity: self.count(severity) for severity in (ERROR, WARNING, NOTE)},
            "leaks": [{"verdict": leak.verdict, "gain": leak.gain, **asdict(leak)} for leak in self.leaks],
            "findings": [finding.to_dict() for finding in self.findings],
        }


def diagnose(
    corpus: str, source: Path, *, folds: Path | None = None, reporter: Reporter | None = None
) -> Diagnosis:
    """Examine a corpus by name, or a list ("csv", "jsonl").

    Args:
        corpus: a name of `CORPORA`, or "csv" or "jsonl".
        source: the corpus's folder, or the list.
        folds: EmoBox's list of test folds; wins over the folds of a manifest.
        reporter: told how far it is.

    Raises:
        CorpusError: no such corpus or folder, or a list that cannot be read.
    """
    spec, found, takes = _read(corpus, source, folds)
    heard, unusable = hear(found.clips, reporter or Quiet())
    missing = absent_from(spec, found) if spec else []
    sentence_of = spec.sentence_of if spec else _text
    evidence = leaks(found.clips, heard, sentence_of)
    known = _known_of(spec)
    expected = _expected(spec, found)
    findings = ordered(
        [
            *fault_findings([*found.skipped, *unusable, *missing]),
            *(() if expected is None else count_findings(expected, found.clips, missing)),
            *twin_findings(heard),
            *(() if spec else name_findings(found.clips)),
            *part_findings(heard),
            *take_findings(found.clips, takes),
            *sound_findings(heard),
            *voice_findings(found.clips),
            *leak_findings(evidence, found.clips, sentence_of),
        ],
        known,
        spec.unusable if spec else (),
    )
    gone = {item.id for item in unusable if item.reason == "missing"}
    there = [clip for clip in found.clips if clip.id not in gone]
    return _diagnosis((spec, source), there, expected, heard, (evidence, findings))


def _read(corpus: str, source: Path, folds: Path | None) -> tuple[Corpus | None, Found, Mapping[str, str]]:
    """The corpus (None for a list), its clips, and the takes of a list."""
    if corpus in LISTS:
        if folds is not None:
            raise CorpusError("folds are for corpora. Add a column test_fold to the list.")
        clips = read_list(source, may_miss=True)
        return None, Found(clips), takes_of(source, clips)
    if corpus not in CORPORA:
        raise CorpusError(f"{corpus!r} is no corpus; there are {', '.join((*CORPORA, *LISTS))}. Name one.")
    spec = CORPORA[corpus]
    found = read_corpus(spec, source)
    return spec, found if folds is None else with_folds(found, spec, folds), {}


def _known_of(spec: Corpus | None) -> dict[str, str]:
    """Clip id -> what is known to be wrong with it."""
    if spec is None:
        return {}
    return {**dict.fromkeys(spec.unusable, "no published copy has this clip whole"), **spec.known_defects}


def _expected(spec: Corpus | None, found: Found) -> dict[str, int] | None:
    """Clips of each emotion by the authors, without those that no download has and none is here."""
    if spec is None:
        return None
    counts = Counter(spec.emotion_counts if found.emotion_counts is None else found.emotion_counts)
    counts.subtract(spec.unusable[name] for name in spec.unusable.keys() - {clip.id for clip in found.clips})
    return dict(counts)


def _diagnosis(
    asked: tuple[Corpus | None, Path],
    clips: Sequence[Clip],
    expected: Mapping[str, int] | None,
    heard: Sequence[Heard],
    told: tuple[tuple[Leak, ...], tuple[Finding, ...]],
) -> Diagnosis:
    (spec, source), (evidence, findings) = asked, told
    return Diagnosis(
        corpus=spec.name if spec else "+".join(sorted({clip.corpus for clip in clips})),
        title=spec.title if spec else source.name,
        source=str(source),
        clips=len(clips),
        expected=None if expected is None else sum(expected.values()),
        usable=len(heard),
        hours=round(sum(one.duration_s for one in heard) / 3600, 4),
        labels=_labels(expected, clips, heard),
        speakers={name: len(spoken) for name, spoken in clips_of_speakers(clips).items()},
        folds=_tally(["none" if clip.test_fold is None else str(clip.test_fold) for clip in clips]),
        sample_rates=_tally([f"{one.sample_rate} Hz" for one in heard]),
        channels=_tally([str(one.channels) for one in heard]),
        formats=_tally([one.format for one in heard]),
        duration_s=Spread.of([one.duration_s for one in heard]),
        level_dbfs=Spread.of([one.level_dbfs for one in heard]),
        leaks=evidence,
        known_defects=_known_defects(spec, clips, findings),
        findings=findings,
    )


def _labels(
    expected: Mapping[str, int] | None, clips: Sequence[Clip], heard: Sequence[Heard]
) -> tuple[Label, ...]:
    counts = Counter(clip.emotion for clip in clips)
    there = {*counts, *(expected or ())}
    names = [*(label for label in CANONICAL if label in there), *sorted(there - set(CANONICAL))]
    rows = []
    for name in names:
        usable = [one for one in heard if one.clip.emotion == name]
        rows.append(
            Label(
                emotion=name,
                expected=None if expected is None else expected.get(name, 0),
                found=counts[name],
                usable=len(usable),
                median_s=round(median(one.duration_s for one in usable), 3) if usable else None,
                median_dbfs=round(median(one.level_dbfs for one in usable), 3) if usable else None,
            )
        )
    return tuple(rows)


def _known_defects(
    spec: Corpus | None, clips: Sequence[Clip], findings: Sequence[Finding]
) -> tuple[KnownDefect, ...]:
    seen = {name for finding in findings for case in finding.cases if case.known for name in case.ids}
    there = {clip.id for clip in clips}
    return tuple(
        KnownDefect(
            id=name, what=what, status="known" if name in seen else "fixed" if name in there else "absent"
        )
        for name, what in sorted(_known_of(spec).items())
    )


def _tally(values: Sequence[str]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _text(clip: Clip) -> str | None:
    return clip.text
