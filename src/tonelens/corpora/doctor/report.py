"""The diagnosis for the terminal: plain text in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tonelens.corpora.doctor.diagnosis import Diagnosis
from tonelens.corpora.doctor.findings import ERROR, WARNING, Finding
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

MARKS = {ERROR: "✗", WARNING: "!"}
CASES_SHOWN = 5
WIDEST = 150
"""Characters of a case's line; file names and tables of folds may be longer, and JSON has all."""


def to_text(diagnosis: Diagnosis) -> str:
    """Counts, quantiles, what tells the label, known defects and findings."""
    sections = [
        [f"{diagnosis.title}: {headline(diagnosis)}"],
        _columns(label_rows(diagnosis)),
        _columns(spread_rows(diagnosis)),
        _columns(list(table_rows(diagnosis)), numbers=False),
        _columns(leak_rows(diagnosis), words=2),
        ["known defects", *_columns(known_rows(diagnosis), numbers=False)] if diagnosis.known_defects else [],
        [line for finding in diagnosis.findings for line in _finding(finding)],
        [verdict(diagnosis)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{MARKS.get(finding.severity, '·')} {finding.severity} {finding.reason}: {finding.found}"
    for case in finding.cases[:CASES_SHOWN]:
        yield f"    {case.what if len(case.what) <= WIDEST else case.what[: WIDEST - 1] + '…'}"
    rest = len(finding.cases) - CASES_SHOWN
    if rest > 0:
        yield f"    and {rest} more; --json and --html list them"
    yield f"  → {finding.do}"


def _columns(rows: Sequence[Row], *, words: int = 1, numbers: bool = True) -> list[str]:
    """Columns two blanks apart: the first `words` to the left, numbers to the right."""
    if not rows:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if numbers and place >= words else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines
