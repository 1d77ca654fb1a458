"""`tonelens reproduce`: a row of the paper's tables, planned or trained, beside what the paper prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tonelens.evaluation.paper_rows import Row
    from tonelens.recipe import Recipe

SCALES = {"paper": "iemocap", "shared": "ravdess"}
"""--scale -> a corpus that its cuts may be of."""


def reproduce(  # noqa: PLR0913 - one for every option
    row: Annotated[
        str | None, typer.Argument(help="e.g. table2_row7; without one the rows are listed")
    ] = None,
    scale: Annotated[
        str,
        typer.Option(help="paper, or shared: small, on a shared corpus"),
    ] = "paper",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="cuts of the corpus (iemocap, meld; shared: ravdess, emodb, nemo); may be repeated"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the run folder")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value on top of the row's recipe")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the newest checkpoint")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what the training needs, and train nothing")
    ] = False,
    clips: Annotated[int, typer.Option(help="--dry-run: training clips (IEMOCAP's sessions 1 to 4)")] = 4290,
    seconds: Annotated[float, typer.Option(help="--dry-run: their mean length")] = 4.5,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, for programs")] = False,
) -> None:
    """Train and test a row of the paper, or say beforehand what that needs."""
    import json

    from tonelens.errors import InputError
    from tonelens.evaluation.paper_rows import ROWS

    if row is None:
        typer.echo(_listed(ROWS, as_json))
        return
    if row not in ROWS:
        raise InputError(f"{row!r} is no row; there are {', '.join(ROWS)}. Name one.")
    if scale not in SCALES:
        raise InputError(f"--scale is {scale!r}; it must be {' or '.join(SCALES)}.")
    if dry_run:
        recipe = _recipe(ROWS[row], scale, settings or [])
        typer.echo(_planned(row, recipe, clips, seconds, as_json=as_json))
        return
    if not data or out is None:
        raise InputError(
            f"{row}: --data CUTS and --out DIR are needed to train it (cuts: `tonelens prepare "
            f"{SCALES[scale]}`), or --dry-run to see what that takes."
        )
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.evaluation.repetition import only_corpus, repeated, repetition_page
    from tonelens.training.run import train_on

    hide_loading_bars()
    recipe = _recipe(ROWS[row], scale, settings or [], only_corpus(data))
    with Bars() as bars:
        folder, _, skipped = train_on(recipe, data, out, resume=resume, cache=None, reporter=bars)
        found = repeated(ROWS[row], folder, data, bars)
    for name, reason in skipped.items():
        typer.echo(f"left out: {name}: {reason}", err=True)
    typer.echo(json.dumps(found.to_dict(), indent=2) if as_json else repetition_page(row, ROWS[row], found))


def _planned(row: str, recipe: Recipe, clips: int, seconds: float, *, as_json: bool) -> str:
    import json

    from tonelens.errors import InputError
    from tonelens.training.dry_run import Workload, needs_of
    from tonelens.training.needs_page import needs_page, needs_row

    if clips < 1 or not 0.1 <= seconds <= 60:
        raise InputError(
            f"--clips is {clips} and --seconds {seconds:g}; there must be 1 clip or more of 0.1 to 60 s."
        )
    needs = needs_of(recipe, Workload(clips=clips, seconds=seconds))
    return json.dumps(needs_row(row, needs), indent=2) if as_json else needs_page(row, recipe, needs)


def _recipe(row: Row, scale: str, settings: list[str], corpus: str | None = None) -> Recipe:
    from tonelens.config import load_recipe
    from tonelens.evaluation.paper_rows import SETTINGS
    from tonelens.evaluation.shared_scale import shared_recipe

    if scale == "shared":
        return shared_recipe(row, settings, corpus=corpus)
    return load_recipe(row.recipe, [*SETTINGS.get(corpus or "", ()), *settings])


def _listed(rows: Any, as_json: bool) -> str:
    import json
    from dataclasses import asdict

    if as_json:
        return json.dumps({name: asdict(row) for name, row in rows.items()}, indent=2)
    lines = [f"{'row':<17}{'IEMOCAP WA/WER %':<18}{'MELD WA/WER %':<16}system"]
    for name, row in rows.items():
        cells = [
            "- / -" if one is None else f"{one.wa} / {'-' if one.wer is None else one.wer}"
            for one in (row.iemocap, row.meld)
        ]
        lines.append(f"{name:<17}{cells[0]:<18}{cells[1]:<16}{row.system}")
    lines += [
        'WA is what the paper calls "UA": plain accuracy (docs/how-it-works.md).',
        "Rows without figures are ours.",
    ]
    return "\n".join(lines)
