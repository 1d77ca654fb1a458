"""Benchmarks are scripts, not a package: their folder comes last on the path, behind `tests/evidence`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
