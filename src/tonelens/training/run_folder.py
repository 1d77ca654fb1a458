"""A run's folder: enough to repeat it, to watch it and to resume it.

    recipe.json        the whole recipe        environment.json   versions, cores, device, data
    split.json         who is in which part    metrics.jsonl      one line a step or score
    tensorboard/       the same as curves      checkpoints/step-N weights, optimiser, progress
    utterance.jsonl    losses of the stage before the turns, one line an epoch, where there is one
    calibration.json   what that stage's cross-fitting says of the probabilities, where there is no dev part
    model/             the finished model (see `model.checkpoint`)

A checkpoint is a folder that is written aside and renamed, so the newest complete one is always
there, whenever the process was killed. Optimiser state is safetensors too: nothing is pickled.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tonelens.errors import RunError, StorageError
from tonelens.model.confidence import Calibration
from tonelens.storage import read_jsonl, write_json, write_jsonl


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands."""

    step: int
    """Optimiser steps done, over all stages."""
    best_score: float | None
    """Best dev UA so far; None before the first score."""
    scores_since_best: int


@dataclass(frozen=True, slots=True)
class State:
    """Everything that changes while training."""

    progress: Progress
    weights: dict[str, Tensor]
    average: dict[str, Tensor]
    """Averaged weights; empty where the recipe does not average."""
    best: dict[str, Tensor]
    """The weights with the best dev score; empty without early stopping."""
    optimiser: dict[str, Tensor]


class RunFolder:
    """Reads and writes one run's files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metrics_path = path / "metrics.jsonl"
        self.model_path = path / "model"
        self.calibration_path = path / "calibration.json"
        self._checkpoints = path / "checkpoints"

    def check_free(self, *, resume: bool) -> None:
        """Refuse a folder that holds something else, before any long work.

        Raises:
            RunError: it holds a run already, or other files, and `resume` is False.
        """
        if resume or not self.path.is_dir() or not any(self.path.iterdir()):
            return
        if (self.path / "run.json").is_file():
            raise RunError(
                f"{self.path}: holds a run already. Add --resume to go on with it, or name a new folder."
            )
        raise RunError(f"{self.path}: the folder is not empty. Name a new folder.")

    def begin(self, identity: dict[str, Any], *, resume: bool) -> None:
        """Claim the folder for the run that `identity` describes (recipe, split, encoder).

        Raises:
            RunError: it holds a run already (without `resume`), or another one (with it).
        """
        self.check_free(resume=resume)
        record = self.path / "run.json"
        if not record.is_file():
            write_json(record, identity)
            return
        before = json.loads(record.read_text("utf-8"))
        different = sorted(
            key for key in before.keys() | identity.keys() if before.get(key) != identity.get(key)
        )
        if different:
            raise RunError(
                f"{self.path}: holds another run (different: {', '.join(different)}). "
                f"Resume with the same recipe and cuts, or name a new folder."
            )

    def save(self, state: State) -> None:
        """Write a checkpoint, then remove the older ones.

        Raises:
            StorageError: the disk is full; the older checkpoint stays.
        """
        final = self._checkpoints / f"step-{state.progress.step:08d}"
        aside = self._checkpoints / f".writing-{os.getpid()}"
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            for name in ("weights", "average", "best", "optimiser"):
                tensors = {key: value.contiguous() for key, value in getattr(state, name).items()}
                save_file(tensors, aside / f"{name}.safetensors")
            write_json(aside / "progress.json", asdict(state.progress))
            if not final.exists():
                aside.rename(final)
        except (OSError, SafetensorError) as error:
            raise StorageError(
                f"{final}: the checkpoint cannot be written ({error}). The one before is untouched; "
                f"free some space and resume."
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        for older in self._complete()[:-1]:
            shutil.rmtree(older, ignore_errors=True)

    def has_checkpoint(self) -> bool:
        """Whether a resumed run has anything to go on from."""
        return bool(self._complete())

    def newest(self) -> State | None:
        """The newest complete checkpoint."""
        complete = self._complete()
        if not complete:
            return None
        folder = complete[-1]
        progress = Progress(**json.loads((folder / "progress.json").read_text("utf-8")))
        tensors = {
            name: load_file(folder / f"{name}.safetensors")
            for name in ("weights", "average", "best", "optimiser")
        }
        return State(progress=progress, **tensors)

    def calibration(self) -> Calibration | None:
        """What `calibration.json` holds, if it is there."""
        if not self.calibration_path.is_file():
            return None
        return Calibration.from_dict(json.loads(self.calibration_path.read_text("utf-8")))

    def rewind_metrics(self, step: int) -> None:
        """Forget the lines written after `step`: the resumed run writes them again."""
        if self.metrics_path.is_file():
            write_jsonl(
                self.metrics_path, [row for row in read_jsonl(self.metrics_path) if row["step"] <= step]
            )

    def _complete(self) -> list[Path]:
        return sorted(self._checkpoints.glob("step-*")) if self._checkpoints.is_dir() else []


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: dict[int, str]) -> dict[str, Tensor]:
    """AdamW's state as named tensors (`names`: id of a parameter -> its name)."""
    return {
        f"{names[id(parameter)]}|{key}": value.detach().clone()
        for parameter, state in optimiser.state.items()
        for key, value in state.items()
    }


def load_optimiser(
    optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor], parameters: dict[str, Tensor]
) -> None:
    """The inverse of `optimiser_tensors`."""
    for name, value in tensors.items():
        parameter_name, _, key = name.rpartition("|")
        parameter = parameters[parameter_name]
        optimiser.state[parameter][key] = value.to(parameter.device)
