"""The diagnosis as one HTML page: self-contained, readable without colour, printable.

Nothing is fetched: style and pictures stand in the file. Every picture has its numbers in a table. The page
lists CASES_LISTED cases a finding; the JSON report has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from tonelens.corpora.doctor.charts import bars, histogram
from tonelens.corpora.doctor.diagnosis import Diagnosis
from tonelens.corpora.doctor.findings import Finding
from tonelens.corpora.doctor.wording import (
    Row,
    headline,
    known_rows,
    label_rows,
    leak_rows,
    spread_rows,
    table_rows,
    verdict,
)
from tonelens.storage import write_text

CASES_LISTED = 500
OPEN_UP_TO = 10
SPEAKERS_DRAWN = 40
STYLE = """
:root { color-scheme: light dark; --line: #8888; --bar: #3b6ea5; --error: #b3261e; --warning: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --bar: #7fb2e5; --error: #ff8a80; --warning: #ffcc66; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; }
.numbers td, .numbers th { text-align: right; } .numbers :first-child { text-align: left; }
thead th { border-bottom: 1px solid var(--line); font-weight: 600; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; }
svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; }
svg rect { fill: #3b6ea5; fill: var(--bar); } svg text { fill: currentColor; }
svg line { stroke: currentColor; }
.finding { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: 1rem 0; }
.finding h3 { font-size: 1rem; margin: 0; } .finding p, .finding ul { margin: .2rem 0; }
.finding.error { border-color: var(--error); } .finding.warning { border-color: var(--warning); }
.error h3 b { color: var(--error); } .warning h3 b { color: var(--warning); }
.scroll { overflow-x: auto; } li, td { overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } }
@media print { figure, tr, li { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""


def write_page(diagnosis: Diagnosis, path: Path) -> None:
    """Write the page in one step.

    Raises:
        StorageError: it cannot be written.
    """
    write_text(path, to_html(diagnosis))


def to_html(diagnosis: Diagnosis) -> str:
    """The whole page."""
    title = escape(f"{diagnosis.title}: corpus report")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style></head>\n"
        f"<body><main>\n" + "\n".join(_sections(diagnosis)) + "\n</main></body></html>\n"
    )


def _sections(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"<h1>{escape(diagnosis.title)}</h1>"
    yield f"<p>{escape(headline(diagnosis))}<br><strong>{escape(verdict(diagnosis))}</strong></p>"
    yield f"<p>{escape(diagnosis.source)}</p>"
    yield "<h2>Findings</h2>"
    yield from map(_finding, diagnosis.findings)
    if not diagnosis.findings:
        yield "<p>None.</p>"
    yield "<h2>Emotions</h2>"
    yield bars(
        "Usable clips of each emotion (line: expected)",
        [
            (label.emotion, label.usable, label.found if label.expected is None else label.expected)
            for label in diagnosis.labels
        ],
    )
    yield _table(label_rows(diagnosis))
    yield "<h2>Sound</h2>"
    for title, spread, unit in (
        ("Durations", diagnosis.duration_s, "s"),
        ("Levels", diagnosis.level_dbfs, "dBFS"),
    ):
        if spread is not None:
            yield histogram(title, spread.histogram, spread.least, spread.largest, unit)
    yield _table(spread_rows(diagnosis))
    yield _list_table(table_rows(diagnosis))
    if 1 < len(diagnosis.speakers) <= SPEAKERS_DRAWN:
        yield "<h2>Speakers</h2>"
        yield bars("Clips of each speaker", [(name, n, None) for name, n in diagnosis.speakers.items()])
    yield "<h2>What gives the label away</h2>"
    yield (
        "<p>Scores of a small classifier that sees nothing else. UA is the mean recall over the emotions, "
        "chance is what it has without evidence; WA is accuracy, to be compared with the largest label.</p>"
    )
    yield _table(leak_rows(diagnosis))
    if diagnosis.known_defects:
        yield "<h2>Known defects</h2>"
        yield _list_table(known_rows(diagnosis))


def _finding(finding: Finding) -> str:
    shown = finding.cases[:CASES_LISTED]
    rest = len(finding.cases) - len(shown)
    items = [
        escape(case.what) + (f" <em>(known: {escape(case.known)})</em>" if case.known else "")
        for case in shown
    ]
    if rest:
        items.append(f"and {rest} more; the JSON report lists them")
    listed = "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>" if items else ""
    if len(items) > OPEN_UP_TO:
        listed = f"<details><summary>{len(finding.cases)} cases</summary>{listed}</details>"
    return (
        f'<section class="finding {finding.severity}">'
        f"<h3><b>{finding.severity}</b> {escape(finding.reason)}</h3>"
        f"<p>{escape(finding.found)}</p>{listed}<p>→ {escape(finding.do)}</p></section>"
    )


def _table(rows: Sequence[Row]) -> str:
    """A table of numbers whose first row is its head and whose first column names the rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows[1:]
    )
    return (
        f'<div class="scroll"><table class="numbers"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _list_table(rows: Iterable[Row]) -> str:
    """A table without a head: the first cell names its row."""
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table>{body}</table></div>'
