"""`tonelens train`: a recipe and cuts in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[
        str, typer.Argument(help="a TOML file, or a shipped recipe's name (tiny, small, paper)")
    ],
    data: Annotated[
        list[Path], typer.Option(help="cuts that `prepare` or `annotate` wrote; may be repeated")
    ],
    out: Annotated[Path, typer.Option(help="the run folder")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value on top of the recipe, e.g. data.fold=2")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the newest checkpoint")] = False,
    cache: Annotated[Path | None, typer.Option(help="where measures and encoder features are kept")] = None,
) -> None:
    """Train a model; it can be stopped at any moment and resumed."""
    from tonelens.config import load_recipe

    loaded = load_recipe(recipe, settings or [])
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.training.run import train_on

    hide_loading_bars()
    with Bars() as bars:
        folder, sentence, skipped = train_on(loaded, data, out, resume=resume, cache=cache, reporter=bars)
    for name, reason in skipped.items():
        typer.echo(f"left out: {name}: {reason}", err=True)
    typer.echo(f"model: {folder}\nprotocol: {sentence}")
    typer.echo(f"next: tonelens evaluate {out} {data[0]}   or   tonelens explain a.wav --model {out}")
