"""The diagnosis as rows of words, for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from tonelens.corpora.doctor.diagnosis import Diagnosis, Spread
from tonelens.corpora.doctor.findings import ERROR, NOTE, WARNING, counted
from tonelens.corpora.doctor.leakage import Leak

Row = tuple[str, ...]
EVIDENCE = {
    "text": "the words",
    "duration": "duration",
    "level": "level",
    "file": "rate, channels, format",
    "recording": "the last three at once",
}


def headline(diagnosis: Diagnosis) -> str:
    """Counts in one sentence."""
    expected = "" if diagnosis.expected is None else f" of {diagnosis.expected}"
    speakers = counted(len(diagnosis.speakers), "speaker") if diagnosis.speakers else "no known speaker"
    return (
        f"{diagnosis.clips}{expected} clips, {diagnosis.usable} usable, {diagnosis.hours:.2f} h, {speakers}"
    )


def verdict(diagnosis: Diagnosis) -> str:
    """What the findings mean, in one line."""
    counts = ", ".join(counted(diagnosis.count(severity), severity) for severity in (ERROR, WARNING, NOTE))
    if diagnosis.count(ERROR):
        return f"Do not train on it yet: {counts}."
    if diagnosis.count(WARNING):
        return f"Can be trained on; mind the warnings: {counts}."
    return f"Fit to train on: {counts}."


def label_rows(diagnosis: Diagnosis) -> list[Row]:
    """Head first: emotion, expected, found, usable, medians."""
    return [
        ("emotion", "expected", "found", "usable", "median s", "median dBFS"),
        *(
            (
                label.emotion,
                "" if label.expected is None else str(label.expected),
                str(label.found),
                str(label.usable),
                "" if label.median_s is None else f"{label.median_s:.2f}",
                "" if label.median_dbfs is None else f"{label.median_dbfs:.1f}",
            )
            for label in diagnosis.labels
        ),
    ]


def spread_rows(diagnosis: Diagnosis) -> list[Row]:
    """Head first: five quantiles of duration and level."""
    head = ("", "least", "first quartile", "median", "third quartile", "largest")
    spreads = (("duration, s", diagnosis.duration_s, 2), ("level, dBFS", diagnosis.level_dbfs, 1))
    return [head, *((name, *_quantiles(spread, digits)) for name, spread, digits in spreads if spread)]


def table_rows(diagnosis: Diagnosis) -> Iterator[Row]:
    """`sample rate`, `16000 Hz: 1440` and so on."""
    yield "sample rate", listed(diagnosis.sample_rates)
    yield "channels", listed(diagnosis.channels)
    yield "format", listed(diagnosis.formats)
    yield "clips a speaker", _clips_a_speaker(diagnosis.speakers)
    yield "clips a test fold", listed(diagnosis.folds)


def leak_rows(diagnosis: Diagnosis) -> list[Row]:
    """Head first: what each kind of evidence alone tells, a row for each way of holding out."""
    head = ("the label guessed from", "held out", "UA %", "chance", "WA %", "largest label", "tells")
    rows: list[Row] = [head]
    for leak in diagnosis.leaks:
        name = EVIDENCE[leak.evidence]
        rows += _leak_rows(name, leak) or [(name, "not measured", "", "", "", "", "")]
    return rows


def known_rows(diagnosis: Diagnosis) -> list[Row]:
    """A row a known defect: status, id, what."""
    return [(defect.status, defect.id, defect.what) for defect in diagnosis.known_defects]


def listed(counts: Mapping[str, int]) -> str:
    """`a: 1, b: 2`."""
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"


def _leak_rows(name: str, leak: Leak) -> list[Row]:
    return [
        (
            name,
            one.grouped_by,
            f"{100 * one.macro_recall:.1f}",
            f"{100 * one.chance:.1f}",
            f"{100 * one.accuracy:.1f}",
            f"{100 * one.majority:.1f}",
            {"none": "nothing", "weak": "something", "strong": "much"}[leak.verdict]
            if one is leak.guesses[-1]
            else "",
        )
        for one in leak.guesses
    ]


def _quantiles(spread: Spread, digits: int) -> Row:
    values = (spread.least, spread.first_quartile, spread.median, spread.third_quartile, spread.largest)
    return tuple(f"{value:.{digits}f}" for value in values)


def _clips_a_speaker(speakers: Mapping[str, int]) -> str:
    if not speakers:
        return "no speaker is known"
    fewest, most = (
        min(speakers, key=lambda name: speakers[name]),
        max(speakers, key=lambda name: speakers[name]),
    )
    return (
        f"{speakers[fewest]} ({fewest}) to {speakers[most]} ({most}), median {median(speakers.values()):g}"
        if speakers[fewest] < speakers[most]
        else f"{speakers[most]} each"
    )
