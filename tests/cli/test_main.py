"""The command itself: its help, its version, and how it ends."""

import subprocess
import sys
from typing import get_args, get_type_hints

import pytest

from journeys.command_line import tonelens
from tonelens import __version__
from tonelens.cli.main import app

COMMANDS = [command.callback.__name__ for command in app.registered_commands]
HEAVY = ("torch", "transformers", "lhotse", "matplotlib", "scipy")


def test_help_does_not_wait_for_torch():
    program = (
        "import sys; from tonelens.cli.main import main; sys.argv[1:] = ['--help']\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert "Usage:" in ended.stdout
    assert ended.stderr == "[]\n"


def test_the_commands_of_the_contract_are_there():
    assert {"explain", "prepare", "annotate", "train", "evaluate", "recipes"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_has_help(command):
    ended = tonelens(command, "--help")
    assert ended.exit_code == 0
    assert f"Usage: tonelens {command}" in ended.stdout
    assert "Ⓜ" not in ended.stdout, "`:m:` is drawn as a picture"
    (registered,) = [found for found in app.registered_commands if found.callback.__name__ == command]
    undescribed = [
        name
        for name, kind in get_type_hints(registered.callback, include_extras=True).items()
        if name != "return" and not any(getattr(one, "help", None) for one in get_args(kind))
    ]
    assert undescribed == []


def test_version():
    assert tonelens("--version").stdout == f"tonelens {__version__}\n"


def test_recipes_are_listed_by_name():
    ended = tonelens("recipes")
    assert ended.exit_code == 0
    assert any(line.split()[0] == "tiny" for line in ended.stdout.splitlines())


@pytest.mark.parametrize("arguments", [["explain"], ["explane", "a.wav"], ["explain", "a.wav", "--jason"]])
def test_wrong_arguments_end_with_2(arguments):
    ended = tonelens(*arguments)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
