"""Every shipped recipe loads, and every command that the README names exists."""

import re

import pytest

from rules.sources import ROOT
from tonelens.config import load_recipe

RECIPES = sorted((ROOT / "src" / "tonelens" / "recipes").rglob("*.toml"))


@pytest.mark.skipif(not RECIPES, reason="no recipe is shipped yet")
@pytest.mark.parametrize(
    "path", RECIPES, ids=lambda path: str(path.relative_to(ROOT / "src" / "tonelens" / "recipes"))
)
def test_recipes_load(path):
    assert load_recipe(path) is not None


def commands_in_readme(program: str) -> set[str]:
    """First arguments of `program` in the fenced blocks of the README."""
    readme = ROOT / "README.md"
    if not readme.is_file():
        pytest.skip("there is no README yet")
    blocks = re.findall(r"^```.*?$(.*?)^```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    matches = [re.match(rf"(?:\$ )?{program} ([a-z][a-z-]*)", line.strip()) for line in lines]
    return {match.group(1) for match in matches if match}


def test_make_targets_of_the_readme_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = commands_in_readme("make")
    assert named, "the README shows `make demo`"
    assert named <= set(targets)


def test_commands_of_the_readme_exist():
    cli = pytest.importorskip("tonelens.cli.main", reason="there is no command line yet")
    typer_main = pytest.importorskip("typer.main")
    assert commands_in_readme("tonelens") <= set(typer_main.get_command(cli.app).commands)
