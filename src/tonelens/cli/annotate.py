"""`tonelens annotate`: measure every clip of a set of cuts and put the measures into words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonelens.descriptors.annotate import Annotation


def annotate(
    cuts: Annotated[Path, typer.Argument(help="the cuts.jsonl.gz that prepare wrote")],
    out: Annotated[Path, typer.Argument(help="the folder to write: measures, levels, cuts, skipped clips")],
    workers: Annotated[int, typer.Option(help="processes that measure", min=1)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="print a summary as JSON, for programs")] = False,
) -> None:
    """Measure every clip and say the measures in words; goes on where it was interrupted."""
    import json

    from tonelens.cli.progress import Bars
    from tonelens.descriptors.annotate import annotate_rows, read_rows

    rows = read_rows(cuts)
    with Bars() as bars:
        bars.begin("measuring", len(rows))
        found = annotate_rows(rows, out, workers=workers, progress=lambda done, _: bars.advance(done))
    summary = _summary(found)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{summary['clips']} clips measured, {summary['skipped']} skipped -> {out}")
    if found.skipped:
        typer.echo(f"skipped clips and why: {out / 'skipped.jsonl'}")
    if found.levels is None:
        typer.echo("levels: none, because no clip of the training part could be measured.")
    elif found.is_fitted_on_all:
        typer.echo(
            "levels: fitted on all clips, because no cut names its part. Not for scores on these clips."
        )
    else:
        typer.echo(f"levels: fitted on the {found.levels.clips} clips of the training part.")


def _summary(found: Annotation) -> dict[str, object]:
    return {
        "clips": len(found.rows),
        "skipped": len(found.skipped),
        "levels_fitted_on": "all" if found.is_fitted_on_all else "train",
        "levels_clips": found.levels.clips if found.levels else 0,
    }
