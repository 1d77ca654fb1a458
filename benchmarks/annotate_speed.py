"""Seconds to annotate a whole corpus on two processes, and to run the same again.

Protocols  first-run     nothing measured yet; includes starting Python
           second-run    everything measured already
Metrics    seconds (wall), cpu_seconds (user + system of all processes)
Run        python benchmarks/annotate_speed.py    on an otherwise idle machine
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, shared_folder, write_figures

CORPUS = "ravdess"
ANNOTATE = "import typer; from tonelens.cli.annotate import annotate; typer.run(annotate)"
PREPARE = "import typer; from tonelens.cli.prepare import prepare; typer.run(prepare)"
MAIN = 'if __name__ == "__main__":\n    '


def timed(script: Path, *arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of a Python script run in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run([sys.executable, str(script), *arguments], check=True, capture_output=True)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Prepare the corpus, annotate it twice, write the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prepare_it.py").write_text(MAIN + PREPARE, "utf-8")
        (folder / "annotate_it.py").write_text(MAIN + ANNOTATE, "utf-8")
        source = shared_folder() / "corpora" / CORPUS
        timed(folder / "prepare_it.py", CORPUS, str(source), str(folder / "prepared"))
        cuts = folder / "prepared" / "cuts.jsonl.gz"
        found = []
        for protocol in ("first-run", "second-run"):
            wall_s, cpu_s = timed(
                folder / "annotate_it.py", str(cuts), str(folder / "annotated"), "--workers", "2"
            )
            lines = (folder / "annotated" / "measures.jsonl").read_text("utf-8").count("\n")
            print(f"{protocol}: {wall_s:.1f} s wall, {cpu_s:.1f} s CPU, {lines} clips")
            for metric, value in (("seconds", wall_s), ("cpu_seconds", cpu_s)):
                found.append(
                    Figure(
                        system="tonelens",
                        corpus=CORPUS,
                        protocol=protocol,
                        metric=metric,
                        value=round(value, 2),
                        n=lines,
                    )
                )
    write_figures("annotate_speed", found)


if __name__ == "__main__":
    main()
