"""Imports point downwards only, torch starts at batching, and corpora do not know one another."""

import subprocess
import sys

import pytest

from rules.sources import SRC, imports, module_name

FOUNDATIONS = (
    "errors",
    "storage",
    "audio",
    "emotions",
    "recipe_sections",
    "recipe",
    "config",
    "results",
    "request",
    "progress",
    "runtime",
)
LAYER = dict.fromkeys(FOUNDATIONS, 0)
LAYER |= {"corpora": 1, "descriptors": 2, "batching": 3, "model": 4, "explain": 5}
LAYER |= {"evidence": 6, "evaluation": 7, "training": 8, "server": 9, "cli": 10}
CORPUS_FILES = (
    "ravdess",
    "emodb",
    "nemo",
    "tess",
    "urdu",
    "ased",
    "cremad",
    "esd",
    "savee",
    "emovo",
    "msp_podcast",
    "iemocap",
    "meld",
    "gigaspeech",
    "synthetic",
)
HEAVY = ("torch", "transformers", "peft", "accelerate")

MODULES = [path for path in sorted(SRC.rglob("*.py")) if path != SRC / "__init__.py"]


def part_of(dotted: str) -> str:
    """`tonelens.model.stream.Stream` -> `model`."""
    return dotted.split(".")[1]


def test_every_module_belongs_to_a_layer():
    homeless = [module_name(path) for path in MODULES if part_of(module_name(path)) not in LAYER]
    assert not homeless, f"give these a layer in {__name__}, and architecture.md a reason: {homeless}"


def test_imports_point_downwards():
    wrong = []
    for path in MODULES:
        here = module_name(path)
        for line, target in imports(path):
            if not target.startswith("tonelens.") or part_of(target) not in LAYER:
                continue
            if LAYER[part_of(target)] > LAYER[part_of(here)]:
                wrong.append(f"{here}:{line} imports {target}")
    assert not wrong, "imports must point downwards:\n" + "\n".join(wrong)


def test_torch_starts_at_batching():
    below = {name for name, height in LAYER.items() if height < LAYER["batching"]} - {"runtime"}  # the device
    wrong = [
        f"{module_name(path)}:{line} imports {target}"
        for path in MODULES
        if part_of(module_name(path)) in below
        for line, target in imports(path)
        if target.split(".")[0] in HEAVY
    ]
    assert not wrong, "everything below batching runs without torch:\n" + "\n".join(wrong)


def test_corpora_do_not_import_one_another():
    corpora = {f"tonelens.corpora.{name}" for name in CORPUS_FILES}
    wrong = [
        f"{module_name(path)}:{line} imports {target}"
        for path in MODULES
        if module_name(path) in corpora
        for line, target in imports(path)
        if any(f"{target}.".startswith(f"{corpus}.") for corpus in corpora)
    ]
    assert not wrong, "what two corpora share belongs in a module of its own:\n" + "\n".join(wrong)


def test_the_command_line_starts_without_torch():
    if not (SRC / "cli" / "main.py").is_file():
        pytest.skip("there is no command line yet")
    probe = "import sys, tonelens.cli.main; print(*(set(sys.argv[1:]) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe, *HEAVY], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == [], "import heavy libraries inside the commands that need them"
