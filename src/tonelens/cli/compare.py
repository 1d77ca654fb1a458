"""`tonelens compare`: significance tests between systems that answered the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tonelens.errors import InputError
from tonelens.evaluation.prediction import read_predictions
from tonelens.evaluation.same_clips import System

NOT_MET = 3
"""The exit code of a requirement that is not met."""
REQUIREMENTS = {"better": ("better",), "not-worse": ("better", "not different")}
"""--require -> the verdicts on the last system that meet it."""
SAID = {"worse": "worse than", "not different": "not found to differ from"}


def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]FILE[,FILE...]...",
            help="predictions of two or more systems, the reference first; after commas more seeds",
        ),
    ],
    metric: Annotated[
        str,
        typer.Option(help="what marks and verdicts are about: ua, wa, macro_f1, or votes_kl and its like"),
    ] = "ua",
    common: Annotated[
        bool, typer.Option("--common", help="leave out clips that not all systems answer, and say so")
    ] = False,
    style: Annotated[str, typer.Option("--format", help="text, markdown or latex")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object, for programs")] = False,
    out: Annotated[Path | None, typer.Option(help="write the comparison here: JSON, Markdown, LaTeX")] = None,
    require: Annotated[
        str, typer.Option(help="better or not-worse: exit code 3 unless the last system is so, significantly")
    ] = "",
) -> None:
    """Compare systems on the same clips: differences, intervals, p-values."""
    import json

    from tonelens.evaluation import compare_table as tables
    from tonelens.evaluation.compare import compare as put_side_by_side
    from tonelens.evaluation.draws import METRICS
    from tonelens.evaluation.same_votes import VOTE_METRICS

    pages = {
        "text": tables.comparison_text,
        "markdown": tables.comparison_markdown,
        "latex": tables.comparison_latex,
    }
    known = (*METRICS, *VOTE_METRICS)
    chosen = next((name for name in known if name == metric), None)
    if chosen is None:
        raise InputError(f"--metric is {metric!r}; it must be {', '.join(known)}.")
    if style not in pages:
        raise InputError(f"--format is {style!r}; it must be {', '.join(pages)}.")
    if require and require not in REQUIREMENTS:
        raise InputError(f"--require is {require!r}; it must be {' or '.join(REQUIREMENTS)}.")
    comparison = put_side_by_side(read_systems(systems), metric=chosen, common=common)
    if out is not None:
        tables.write_comparison(comparison, out)
    row = tables.comparison_row(comparison)
    typer.echo(json.dumps(row, ensure_ascii=False) if as_json else pages[style](comparison), nl=as_json)
    last = comparison.pairs[-1]
    if require and last.verdict not in REQUIREMENTS[require]:
        typer.echo(
            f"tonelens: {last.second} is {SAID[last.verdict]} {last.first} in {metric} "
            f"(p = {last.holm_p:.3g} after Holm), but --require {require} was asked.",
            err=True,
        )
        raise typer.Exit(NOT_MET)


def read_systems(arguments: Sequence[str]) -> list[System]:
    """The systems that the arguments name; a file's name stands in where none is given.

    Raises:
        InputError: an argument without a name or file, or a file given twice for one system.
    """
    systems = []
    for argument in arguments:
        name, files = _name_and_files(argument)
        if len({file.resolve() for file in files}) < len(files):
            raise InputError(f"{argument}: the same file twice. Every file after a comma is another seed.")
        systems.append(System(name, tuple(tuple(read_predictions(file)) for file in files)))
    return systems


def _name_and_files(argument: str) -> tuple[str, list[Path]]:
    """`a=x.csv,y.csv` -> a, its files; a path that exists is a path, whatever signs it holds."""
    name, sign, rest = "", "", argument
    if not Path(argument).is_file() and "=" in argument:
        name, sign, rest = argument.partition("=")
    words = [rest] if Path(rest).is_file() else rest.split(",")
    if (sign and not name.strip()) or not all(word.strip() for word in words):
        raise InputError(f"{argument!r}: a name or a file is empty. Write NAME=FILE or NAME=FILE,FILE.")
    files = [Path(word) for word in words]
    return name.strip() or _called_after(files[0]), files


def _called_after(file: Path) -> str:
    """The file's name without its ending; the folder's where every report calls the file alike."""
    return file.resolve().parent.name if file.stem == "predictions" else file.stem
