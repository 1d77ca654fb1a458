"""Not a test: a distillation that dies by SIGKILL as step N is reported.

`python killed_distillation.py CORPUS TEACHER OUT CACHE N SETTING...`
"""

import os
import signal
import sys
from pathlib import Path

import torch

from builders import synthetic_cuts
from tonelens.config import with_settings
from tonelens.progress import Quiet
from tonelens.training.distil import distil
from tonelens.training.distil_config import DistilConfig


class DeadlyReporter(Quiet):
    """Dies as a step is reported."""

    def __init__(self, step: int) -> None:
        self.step, self.is_training = step, False

    def begin(self, what: str, total: int) -> None:
        self.is_training = what == "distilling"

    def advance(self, done: int, note: str = "") -> None:
        if self.is_training and done == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    corpus, teacher, out, cache, step, *settings = sys.argv[1:]
    torch.set_num_threads(1)
    distil(
        with_settings(DistilConfig, settings), teacher, synthetic_cuts(Path(corpus)), Path(out),
        cache=Path(cache), checkpoint_every_s=0, reporter=DeadlyReporter(int(step)),
    )  # fmt: skip
