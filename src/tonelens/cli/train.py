"""`tonelens train`: a recipe and clips in, a run folder out; with --start it fine-tunes a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

READS_ENOUGH = 0.8
"""Of `ModelCard.reads_heads`: 0.66 where text and head agreed on .59 of the test clips, 1.00 where on .99."""


def train(
    recipe: Annotated[
        str, typer.Argument(help="a TOML file, or a shipped recipe's name (tiny, small, paper, finetune)")
    ],
    data: Annotated[
        list[Path],
        typer.Option(
            help="cuts that `prepare` or `annotate` wrote, or a CSV/JSONL list of clips; may be repeated"
        ),
    ],
    out: Annotated[Path, typer.Option(help="the run folder")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value on top of the recipe, e.g. data.fold=2")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the newest checkpoint")] = False,
    start: Annotated[
        str | None, typer.Option(metavar="MODEL", help="fine-tune this model or run folder, with your labels")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="where measures and encoder features are kept")] = None,
) -> None:
    """Train a model; it can be stopped at any moment and resumed."""
    from tonelens.config import load_recipe
    from tonelens.errors import InputError

    if recipe == "finetune" and start is None:
        raise InputError(
            "finetune goes on from a trained model, but --start is missing. Add --start tonelens-tiny, "
            "or train from the beginning with the recipe tiny."
        )
    loaded = load_recipe(recipe, settings or [])
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.model.checkpoint import load_card
    from tonelens.training.run import cuts_of, home_of, train_on
    from tonelens.training.start import open_start

    hide_loading_bars()
    with Bars() as bars:
        folder, sentence, skipped = train_on(
            loaded, data, out, resume=resume, cache=cache, reporter=bars,
            start=None if start is None else open_start(start, settings or []),
        )  # fmt: skip
    for name, reason in skipped.items():
        typer.echo(f"left out: {name}: {reason}", err=True)
    if (reads := load_card(folder).reads_heads) is not None and reads < READS_ENOUGH:
        typer.echo(
            f"warning: the text names what the heads decide on {reads:.0%} of training clips that were told "
            f"another clip's verdict: it goes by the clips, which it will not know of new voices. Raise "
            f"schedule.ser_epochs or augment.exchange, or take another seed.",
            err=True,
        )
    typer.echo(f"model: {folder}\nprotocol: {sentence}")
    cuts = cuts_of(data[0], home_of(out, cache))
    typer.echo(f"next: tonelens evaluate {out} {cuts}   or   tonelens explain a.wav --model {out}")
