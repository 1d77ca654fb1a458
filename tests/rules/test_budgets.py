"""Small files, short functions, few parameters, nothing left for later."""

import ast
import re

import pytest

from rules.sources import ROOT, SRC, code_files, functions, parsed

MOST_LINES_OF_FILE = 400
MOST_LINES_OF_FUNCTION = 60
MOST_PARAMETERS = 8
DRAWERS = {"utils", "util", "helpers", "misc", "common"}
LATER = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b")

each_file = pytest.mark.parametrize("path", code_files(), ids=lambda path: str(path.relative_to(ROOT)))


@each_file
def test_files_and_functions_stay_small(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MOST_LINES_OF_FILE, f"{path}: {lines} lines"
    long = [
        f"{path}:{function.lineno} {function.name}"
        for function in functions(path)
        if (function.end_lineno or function.lineno) - function.lineno + 1 > MOST_LINES_OF_FUNCTION
    ]
    assert not long, f"over {MOST_LINES_OF_FUNCTION} lines: {long}"


@each_file
def test_functions_take_few_parameters(path):
    wide = []
    for function in functions(path):
        given = function.args
        if path.parent.name == "cli" and function.name == path.stem:
            continue  # a command has one for every option
        names = [argument.arg for argument in given.posonlyargs + given.args + given.kwonlyargs]
        if len(set(names) - {"self", "cls"}) > MOST_PARAMETERS:
            wide.append(f"{path}:{function.lineno} {function.name}")
    assert not wide, f"over {MOST_PARAMETERS} parameters: {wide}"


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda path: str(path.relative_to(SRC)))
def test_nothing_is_left_for_later(path):
    text = path.read_text("utf-8")
    assert not LATER.search(text), f"{path}: finish it, or write an issue"
    names = {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}
    assert "NotImplementedError" not in names, f"{path}: an unfinished function"


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda path: str(path.relative_to(SRC)))
def test_modules_say_what_they_are(path):
    if path.name == "__init__.py" and not path.read_text("utf-8").strip():
        return
    assert ast.get_docstring(parsed(path)), f"{path}: begin it with a docstring"


def test_no_file_is_a_drawer():
    drawers = [
        str(path) for path in code_files() if path.stem in {"utils", "util", "helpers", "misc", "common"}
    ]
    assert not drawers, f"name these files after what they hold: {drawers}"
