"""The run that a row with a `start` begins with: trained on the other corpora, kept, used by every fold.

Corpora   those of `shared_scale.SETTINGS` without the tested one, all their clips and labels: so no voice of
          the tested corpus, and labels that differ (`training.start` says what becomes of them).
Epochs    the sequel's two of each stage (`paper_rows.START_SETTINGS`).
Kept      --work/pretrained/NAME, one run a tested corpus and seed. A second process that needs it waits.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from folds import trained_explainer
from prepared import prepared
from tonelens.config import load_recipe
from tonelens.evaluation.paper_rows import ROWS, START_SETTINGS
from tonelens.evaluation.shared_scale import BASE, SETTINGS, shared_recipe
from tonelens.recipe import Recipe
from tonelens.training.start import Start, open_start


@dataclass(frozen=True, slots=True)
class Pretraining:
    """One training on every corpus but the tested one."""

    row: str
    """Whose recipe is trained."""
    tested: str
    seed: int

    @property
    def name(self) -> str:
        """For files."""
        return f"{self.row}-without-{self.tested}-{self.seed}"

    @property
    def corpora(self) -> tuple[str, ...]:
        """What is trained on."""
        return tuple(corpus for corpus in SETTINGS if corpus != self.tested)

    def recipe(self, encoder: Path) -> Recipe:
        """What is trained; `encoder` is where the base's encoder lies."""
        return recipe_of(self.row, encoder, [*START_SETTINGS, f"seed={self.seed}"])


def pretrained(job: Pretraining, encoder: Path, work: Path) -> Start:
    """The run, trained now or earlier; one that was stopped goes on."""
    run = work / "pretrained" / job.name
    with _alone(run):
        if not (run / "model" / "model.json").is_file():
            data = [prepared(corpus, work) for corpus in job.corpora]
            trained_explainer(job.recipe(encoder), data, run, work / "cache" / "all")
            print(f"{job.name}: trained", flush=True)
    return open_start(run)


def recipe_of(row: str, encoder: Path, settings: Sequence[str], corpus: str | None = None) -> Recipe:
    """A row's recipe at shared scale; the base's encoder, where it is the row's, is read from `encoder`."""
    if shared_recipe(ROWS[row]).encoder.source == load_recipe(BASE).encoder.source:
        settings = [*settings, f"encoder.source={encoder}"]
    return shared_recipe(ROWS[row], settings, corpus=corpus)


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    """Waits until no other process is inside for this run; a process that is killed lets go."""
    run.parent.mkdir(parents=True, exist_ok=True)
    with run.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
