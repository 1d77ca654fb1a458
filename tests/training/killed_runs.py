"""Not a test: trains runs that die by SIGKILL at a chosen moment, each in a process of its own.

`python killed_runs.py JOBS.json`; a job says the corpus, the recipe, the folders and when to die:
["advance", n] as step n is reported, ["save_file", n] in the n-th file of a checkpoint, ["save_model", 1].
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
import torch.utils.tensorboard
import transformers.models.whisper.modeling_whisper  # noqa: F401  imported once, before the forks

from builders import made_up_measures, synthetic_cuts
from tonelens.config import recipe_from_dict
from tonelens.model import checkpoint
from tonelens.progress import Quiet
from tonelens.training import run_folder
from tonelens.training.loop import train


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyReporter(Quiet):
    """Dies as a step is reported."""

    def __init__(self, step: int | None) -> None:
        self.step, self.is_training = step, False

    def begin(self, what: str, total: int) -> None:
        self.is_training = what == "training"

    def advance(self, done: int, note: str = "") -> None:
        if self.is_training and done == self.step:
            die()


def deadly(function: Any, call: int) -> Any:
    """`function`, which kills the process as its `call`-th call begins to write."""
    calls = []

    def wrapped(tensors: Any, *path: Path) -> Any:
        calls.append(path)
        if len(calls) == call:
            for one in path:
                Path(one).write_bytes(b"half of a fi")
            die()
        return function(tensors, *path)

    return wrapped


def run(job: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    where, when = job["dies"]
    if where == "save_file":
        run_folder.save_file = deadly(run_folder.save_file, when)
    if where == "save_model":
        checkpoint.save = deadly(checkpoint.save, when)
    cuts = synthetic_cuts(Path(job["corpus"]))
    train(
        recipe_from_dict(job["recipe"]), cuts, made_up_measures(cuts), Path(job["out"]),
        cache=Path(job["cache"]), checkpoint_every_s=0,
        reporter=DeadlyReporter(when if where == "advance" else None),
    )  # fmt: skip


if __name__ == "__main__":
    deaths = []
    for job in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        child = os.fork()
        if child == 0:
            run(job)
            os._exit(0)
        deaths.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(json.dumps(deaths))
