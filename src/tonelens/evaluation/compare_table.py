"""A comparison as a JSON object, as text and Markdown to read, and as a LaTeX table to print.

Files     comparison.json   every number, as fractions; keys are frozen by a test
          comparison.md     both tables and the notes, scores in percent
          comparison.tex    the table of systems (needs the package booktabs), the protocol as its caption
Marks     stand at the score of the chosen metric, after Holm's correction: * p < 0.05, ** p < 0.01,
          *** p < 0.001 where the system is better than the reference; as many daggers where it is worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tonelens.evaluation.compare import Comparison, Pair, SystemScores
from tonelens.evaluation.draws import LOWER_IS_BETTER, Metric
from tonelens.evaluation.paired import Difference
from tonelens.storage import write_json, write_text

SCHEMA = "tonelens/comparison@1"
NAMES: Mapping[Metric, str] = {
    "ua": "UA",
    "wa": "WA",
    "macro_f1": "macro-F1",
    "votes_cross_entropy": "votes' cross-entropy",
    "votes_kl": "votes' KL",
    "votes_total_variation": "votes' total variation",
    "votes_majority_accuracy": "votes' majority accuracy",
}
NATS: frozenset[Metric] = frozenset({"votes_cross_entropy", "votes_kl"})
"""All others are shares, shown in percent and points."""
LEVELS = (0.05, 0.01, 0.001)
"""One mark for each level that p is below."""
NOT_MADE = "not made"
"""In place of a test's result; `_not_made` has the reasons."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; all rows are as long as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write comparison.json, comparison.md and comparison.tex into `folder`, each in one step."""
    write_json(folder / "comparison.json", comparison_row(comparison))
    write_text(folder / "comparison.md", comparison_markdown(comparison))
    write_text(folder / "comparison.tex", comparison_latex(comparison))


def comparison_row(comparison: Comparison) -> dict[str, Any]:
    """The JSON object of comparison.json."""
    pairs = [asdict(pair) for pair in comparison.pairs]
    return {
        "schema": SCHEMA,
        "protocol": protocol_line(comparison),
        "notes": list(comparison.notes),
        "metric": comparison.metric,
        "reference": comparison.systems[0].name,
        "comparisons": len(pairs),
        "clips": comparison.clips,
        "speakers": comparison.speakers,
        "unit": comparison.unit,
        "clusters": comparison.clusters,
        "replicates": comparison.replicates,
        "systems": [asdict(system) for system in comparison.systems],
        "pairs": pairs,
    }


def comparison_text(comparison: Comparison) -> str:
    """For a terminal: columns aligned with spaces."""
    return _page(comparison, _aligned, bullet="")


def comparison_markdown(comparison: Comparison) -> str:
    """The Markdown of comparison.md."""
    return _page(comparison, _markdown, bullet="- ")


def comparison_latex(comparison: Comparison) -> str:
    """The table of systems; the notes stand above it as comments."""
    table = systems_table(comparison)
    lines = [
        *(f"% {note}" for note in comparison.notes),
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_latex(protocol_line(comparison))}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.head) - 1)}}}",
        r"\toprule",
        _latex_row(table.head),
        r"\midrule",
        *map(_latex_row, table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def protocol_line(comparison: Comparison) -> str:
    """What was compared on what, and which test the marks are of."""
    metric, first = NAMES[comparison.metric], comparison.systems[0]
    seeds = ", ".join(f"{system.name} {system.seeds}" for system in comparison.systems)
    count = len(comparison.pairs)
    return (
        f"{comparison.clips} clips, {comparison.speakers or 'no known'} speakers; seeds: {seeds}. "
        f"UA = macro recall, WA = accuracy. "
        f"{f'{metric}: lower is better. ' if comparison.metric in LOWER_IS_BETTER else ''}"
        f"Marks: {metric} against {first.name}, paired bootstrap over {comparison.clusters} "
        f"{comparison.unit}s ({comparison.replicates} replicates, t on {comparison.clusters - 1} degrees of "
        f"freedom), two-sided, Holm over {count} comparison{'s' * (count > 1)}: "
        f"* p < 0.05, ** p < 0.01, *** p < 0.001; † instead of * where worse."
    )


def systems_table(comparison: Comparison) -> Table:
    """One row a system: scores, ECE, and the difference of the chosen metric."""
    metric = comparison.metric
    scored = comparison.systems[0].scores
    head = ("system", *(f"{NAMES[name]}{', nats' if name in NATS else ' %'}" for name in scored), "ECE")
    chosen = (f"{NAMES[metric]} - reference, {_unit(metric)} (95 %)", "p (Holm)")
    rows = [(*_score_cells(comparison.systems[0], metric, ""), "reference", "")]
    for system, pair in zip(comparison.systems[1:], comparison.pairs, strict=True):
        cells = _score_cells(system, metric, marks(pair))
        rows.append((*cells, _ends(metric, pair.differences[metric]), _p(pair.holm_p)))
    return Table((*head, *chosen), tuple(rows))


def tests_table(comparison: Comparison) -> Table:
    """Every test of every pair, uncorrected."""
    head = ("comparison", "test", "difference", "effect", "p")
    return Table(head, tuple(row for pair in comparison.pairs for row in _test_rows(pair)))


def marks(pair: Pair) -> str:
    """Stars or daggers of the corrected p; empty where no difference was found."""
    count = sum(pair.holm_p < level for level in LEVELS)
    return {"better": "*", "worse": "†", "not different": ""}[pair.verdict] * count


def _test_rows(pair: Pair) -> Iterator[tuple[str, ...]]:
    name = f"{pair.second} - {pair.first}"
    for metric, found in pair.differences.items():
        unit, least = _unit(metric), found.minimal_detectable
        effect = "" if least is None else f"detectable {_number(metric, least)} {unit}"
        yield name, f"bootstrap, {NAMES[metric]}", f"{_ends(metric, found)} {unit}", effect, _p(found.p)
    if pair.mcnemar is None:
        yield name, "McNemar, exact", NOT_MADE, "", ""
    else:
        ratio = pair.mcnemar.odds_ratio
        right = f"{pair.mcnemar.only_second} to {pair.mcnemar.only_first} clips right alone"
        yield (
            name, "McNemar, exact", right, "" if ratio is None else f"odds ratio {ratio:.2f}",
            _p(pair.mcnemar.p),
        )  # fmt: skip
    if pair.t_test is None:
        yield name, "t-test, one-sided", NOT_MADE, "", ""
    else:
        t = pair.t_test
        yield name, "t-test, one-sided", f"t({t.degrees}) = {t.t:.2f}", f"d_z {t.d_z:.3f}", _p(t.p)


def _not_made(comparison: Comparison) -> Iterator[str]:
    """Why a test is missing: notes, since a sentence would make the table's column wide."""
    for pair in comparison.pairs:
        reasons = (("McNemar", pair.mcnemar_reason), ("t-test", pair.t_test_reason))
        for test, reason in reasons:
            if reason:
                yield f"{test} of {pair.second} - {pair.first} {NOT_MADE}: {reason}."


def _score_cells(system: SystemScores, metric: Metric, mark: str) -> tuple[str, ...]:
    cells = [system.name]
    for name, score in system.scores.items():
        spread = "" if score.seed_sd is None else f" ± {_number(name, score.seed_sd)}"
        cells.append(f"{_number(name, score.value)}{spread}{mark if name == metric else ''}")
    return (*cells, "none" if system.ece is None else f"{system.ece:.3f}")


def _unit(metric: Metric) -> str:
    return "nats" if metric in NATS else "points"


def _number(metric: Metric, value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}" if metric in NATS else f"{100 * value:{sign}.1f}"


def _ends(metric: Metric, found: Difference) -> str:
    value = _number(metric, found.value, "+")
    if found.low is None or found.high is None:
        return value
    return f"{value} ({_number(metric, found.low, '+')} to {_number(metric, found.high, '+')})"


def _p(p: float | None) -> str:
    if p is None:
        return "none"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _page(comparison: Comparison, draw: Callable[[Table], Iterable[str]], *, bullet: str) -> str:
    notes = (*_not_made(comparison), *comparison.notes)
    lines = [
        *draw(systems_table(comparison)),
        "",
        protocol_line(comparison),
        "",
        *draw(tests_table(comparison)),
        "",
        "p of this table is not corrected. The bootstrap counts whole "
        f"{comparison.unit}s; McNemar and the t-test count every clip as independent of the others.",
        *("", *(f"{bullet}{note}" for note in notes)) * bool(notes),
    ]
    return "\n".join(lines) + "\n"


def _aligned(table: Table) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    for row in (table.head, *table.rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _markdown(table: Table) -> Iterator[str]:
    rule = ("---", *["--:"] * (len(table.head) - 1))
    escaped = ([re.sub(r"([|*])", r"\\\1", cell) for cell in row] for row in (table.head, rule, *table.rows))
    for row in escaped:
        yield "| " + " | ".join(row) + " |"


def _latex_row(row: Sequence[str]) -> str:
    return " & ".join((_latex(row[0]), *map(_latex_number, row[1:]))) + r" \\"


def _latex_number(cell: str) -> str:
    """Signs set as mathematics, marks raised."""
    signed = re.sub(r"(?<!\w)([+-])(\d[\d.]*)", r"$\1\2$", _latex(cell))
    return re.sub(r"([*]+|(?:\\dag\{\})+)$", lambda found: rf"\textsuperscript{{{found.group()}}}", signed)


def _latex(text: str) -> str:
    """Plain text as LaTeX shows it."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
    special |= {"†": r"\dag{}", "±": r"$\pm$", "<": "$<$", ">": "$>$"}
    return "".join(special.get(sign, sign) for sign in text)
