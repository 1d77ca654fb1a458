"""Writes docs/results/NAME.json, the one form in which every benchmark leaves its numbers.

Form      {"benchmark", "commit", "environment": {"cores", "torch", "device", "python"}, "rows": [...]}, rows
          as in `tonelens.evaluation.figures`. Rows that are already in the file stay unless the same system,
          corpus, protocol and metric is measured again, so a benchmark can be run system by system.
          Commit and environment are those of the last run; "+" after the commit marks changed code.
Use       from figures import Figure, write_figures    (in a script run as `python benchmarks/NAME.py`)
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from tonelens.evaluation.figures import Figure, merge
from tonelens.storage import write_text

__all__ = ["RESULTS", "ROOT", "Figure", "over_seeds", "read_figures", "shared_folder", "write_figures"]

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
CODE = ("src", "benchmarks", "recipes", "pyproject.toml")
"""What a number depends on; a change here since the commit is marked."""


def write_figures(
    benchmark: str, figures: Iterable[Figure], *, device: str = "cpu", folder: Path = RESULTS
) -> Path:
    """Put `figures` into `folder`/`benchmark`.json, in one step; the path written."""
    path = folder / f"{benchmark}.json"
    merged = merge(read_figures(path), figures)
    head = {"benchmark": benchmark, "commit": commit(), "environment": environment(device)}
    rows = ",\n  ".join(json.dumps(figure.to_row(), ensure_ascii=False) for figure in merged)
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    write_text(path, f'{start},\n "rows": [\n  {rows}\n ]\n}}\n')
    return path


def over_seeds(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The mean of every figure over the seeds, with the means of the ends of its interval."""
    found: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
    for figure in (figure for run in runs for figure in run):
        found[figure.key].append(figure)

    def mean(values: list[float | None]) -> float | None:
        numbers = [value for value in values if value is not None]
        return sum(numbers) / len(numbers) if numbers else None

    return [
        replace(
            same[0],
            value=mean([figure.value for figure in same]) or 0.0,
            low=mean([figure.low for figure in same]),
            high=mean([figure.high for figure in same]),
            seeds=len(same),
        )
        for same in found.values()
    ]


def read_figures(path: Path) -> list[Figure]:
    """The figures of a results file; none where there is no file yet."""
    if not path.is_file():
        return []
    return [Figure(**row) for row in json.loads(path.read_text("utf-8"))["rows"]]


def environment(device: str) -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "cores": os.cpu_count(),
        "torch": metadata.version("torch"),
        "device": device,
        "python": platform.python_version(),
    }


def commit() -> str:
    """Short hash of the commit, with "+" where tracked code differs from it; "unknown" outside git."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    return f"{head}{'+' if changed else ''}" if head else "unknown"


def shared_folder() -> Path:
    """The folder with corpora and weights: $TONELENS_SHARED, or `shared` beside the checkout.

    Raises:
        FileNotFoundError: it is at neither place.
    """
    folder = Path(os.environ.get("TONELENS_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder. Set TONELENS_SHARED to the one with corpora.")
    return folder


def _git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""
