"""The command `tonelens`: registers the commands, and turns errors into one line and an exit code.

Exit codes   0 done · 1 our fault · 2 the input or the arguments are wrong
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tonelens import __version__
from tonelens.cli.annotate import annotate
from tonelens.cli.evaluate import evaluate
from tonelens.cli.explain import explain
from tonelens.cli.prepare import prepare
from tonelens.cli.recipes import recipes
from tonelens.cli.train import train
from tonelens.errors import TonelensError

app = typer.Typer(
    name="tonelens",
    help="Says what emotion a voice carries, and why, with evidence a listener can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (explain, prepare, annotate, train, evaluate, recipes):
    app.command()(command)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"tonelens {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Options of every command."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def main() -> None:
    """Run the command line; never returns."""
    is_debugging = "--debug" in sys.argv[1:]
    try:
        app()
    except TonelensError as error:
        if is_debugging:
            raise
        typer.echo(f"tonelens: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("tonelens: stopped. What was finished is kept.", err=True)
        raise SystemExit(130) from None
    except Exception as error:
        if is_debugging:
            raise
        typer.echo(
            f"tonelens: internal error ({type(error).__name__}: {error}). This is our fault; "
            f"run again with --debug before the command and report what it prints.",
            err=True,
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
