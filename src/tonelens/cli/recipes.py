"""`tonelens recipes`: what can be trained by name."""

from __future__ import annotations

from typing import Annotated

import typer


def recipes(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, for programs")] = False,
) -> None:
    """List the shipped recipes."""
    import json

    from tonelens.config import load_recipe, shipped_recipes

    loaded = {name: load_recipe(path) for name, path in shipped_recipes().items()}
    if as_json:
        typer.echo(json.dumps({name: recipe.name for name, recipe in loaded.items()}, indent=2))
        return
    for name, recipe in loaded.items():
        typer.echo(
            f"{name:<34}{recipe.schedule.strategy:<13}{recipe.encoder.source.split('/')[-1]} + "
            f"{recipe.llm.source.split('/')[-1]}, beta {recipe.objective.beta:g}"
        )
