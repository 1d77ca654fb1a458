"""The command `tonelens`: registers the commands, and turns errors into one line and an exit code.

Exit codes   0 done · 1 our fault · 2 the input or the arguments are wrong
             3 the check asked for failed: `compare --require`, `doctor` · 130 stopped by Ctrl-C
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from tonelens import __version__
from tonelens.cli.annotate import annotate
from tonelens.cli.compare import compare
from tonelens.cli.distil import distil
from tonelens.cli.doctor import doctor
from tonelens.cli.evaluate import evaluate
from tonelens.cli.evidence import evidence
from tonelens.cli.explain import explain
from tonelens.cli.prepare import prepare
from tonelens.cli.recipes import recipes
from tonelens.cli.reproduce import reproduce
from tonelens.cli.train import train
from tonelens.errors import TonelensError

app = typer.Typer(
    name="tonelens",
    help="Says what emotion a voice carries, and why, with evidence a listener can check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    explain, prepare, doctor, annotate, train, evaluate, compare, evidence, reproduce, distil, recipes
)  # fmt: skip
for command in COMMANDS:
    app.command()(command)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"tonelens {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Options of every command."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def main() -> NoReturn:
    """Run the command line; never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name may hold bytes that are no text
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="tonelens")  # also where Python was started with -m something
    except TonelensError as error:
        _fail(str(error), error.exit_code)
    except SystemExit as end:
        if end.code == 130:
            typer.echo("tonelens: stopped. What was finished is kept.", err=True)
        raise
    except Exception as error:
        _fail(
            f"internal error ({type(error).__name__}: {error}). This is our fault; "
            f"run again with --debug before the command and report what it prints.",
            exit_code=1,
        )
    raise SystemExit(0)


def _fail(message: str, exit_code: int) -> NoReturn:
    """Say what went wrong, with --debug after the traceback, and end."""
    if "--debug" in sys.argv[1:]:
        traceback.print_exc()
    typer.echo(f"tonelens: {message}", err=True)
    raise SystemExit(exit_code)


if __name__ == "__main__":
    main()
