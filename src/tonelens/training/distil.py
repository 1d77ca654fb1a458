"""Distillation: a small student encoder learns to predict a teacher's hidden layers from unlabelled speech.

    cuts -> teacher's frames and sounds (cached) -> steps: crops, the student's copy changed -> distance
    -> AdamW -> averaged weights -> DIR/config.json and DIR/model.safetensors at every checkpoint

No label, text or speaker is looked at. As in `loop.py` every step draws its numbers from (seed, step)
alone and a checkpoint holds weights and optimiser, so a killed and resumed run ends with the same bits.
Source    Chang et al. 2022, DistilHuBERT, arXiv:2110.01900; what differs: docs/decisions/0010.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor
from torch.func import functional_call

from tonelens.batching.augment import NO_CHANGE
from tonelens.errors import CorpusError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.progress import Quiet, Reporter
from tonelens.storage import write_json
from tonelens.training.distil_config import DistilConfig
from tonelens.training.distil_data import Crops, DistilData, distil_data
from tonelens.training.distil_student import Student, distance, export, pooled
from tonelens.training.features import key_of
from tonelens.training.metrics import Clock, Metrics
from tonelens.training.order import batches_per_epoch, epoch_batches
from tonelens.training.rates import warmup_cosine
from tonelens.training.run_folder import Progress, RunFolder, State, load_optimiser, optimiser_tensors
from tonelens.training.setup import environment, mixed_precision


@dataclass(frozen=True, slots=True)
class Distillation:
    """What the loop works with."""

    config: DistilConfig
    folder: RunFolder
    data: DistilData
    student: Student
    optimiser: torch.optim.AdamW
    state: State
    """Where the run begins: fresh, or the newest checkpoint."""
    reporter: Reporter


def distil(
    config: DistilConfig,
    teacher: str,
    cuts: Sequence[MonoCut],
    out: Path,
    *,
    resume: bool = False,
    cache: Path | None = None,
    checkpoint_every_s: float = 60.0,
    reporter: Reporter | None = None,
) -> Path:
    """Distil a teacher (folder or hub name) on cuts into the folder `out`, which loads as an encoder.

    Raises:
        CorpusError, AudioError, ConfigError, ModelError, RunError, StorageError: see their modules.
    """
    run = _open(config, teacher, cuts, out, resume=resume, cache=cache, reporter=reporter or Quiet())
    curves = out / "tensorboard"
    with contextlib.closing(Metrics(run.folder.metrics_path, curves, run.state.progress.step)) as metrics:
        state = _steps(run, metrics, checkpoint_every_s)
    export(run.student, state.average, out)
    return out


def _steps(run: Distillation, metrics: Metrics, checkpoint_every_s: float) -> State:
    """Every step that is left; the state after the last one."""
    state, config = run.state, run.config
    clock, saved = Clock(), time.monotonic()
    for step, crops in _with_crops(run, state.progress.step):
        with clock.measuring("model"):
            with _autocast(config):
                predicted_BTLH = run.student(crops.inputs, crops.firsts)
            losses = _losses(predicted_BTLH.float(), crops, run.data)
            losses["loss"].backward()  # type: ignore[no-untyped-call]
        with clock.measuring("update"):
            norm = _update(run, step)
            _average(state.average, run.student, min(config.average_decay, (1 + step) / (10 + step)))
        state = replace(state, progress=replace(state.progress, step=step + 1))
        facts = {"rate": rate_of(config, step), "norm": norm, **_numbers(losses)}
        metrics.write(step + 1, "step", {**facts, **clock.take(), "seconds": clock.lap()})
        is_last = step + 1 == config.steps
        if run.data.dev and (is_last or (step + 1) % config.dev_every == 0):
            metrics.write(step + 1, "dev", _dev(run, state))
        run.reporter.advance(step + 1, f"loss {facts['loss']:.3f}")
        if is_last or time.monotonic() - saved >= checkpoint_every_s:
            run.folder.save(_snapshot(state, run))
            export(run.student, state.average, run.folder.path)
            saved = time.monotonic()
    return state


def rate_of(config: DistilConfig, step: int) -> float:
    """Rate of step `step` (from 0): a linear rise, then a cosine to zero."""
    return warmup_cosine(config.rate, step, config.steps, config.warmup_share)


def _open(
    config: DistilConfig,
    teacher: str,
    cuts: Sequence[MonoCut],
    out: Path,
    *,
    resume: bool,
    cache: Path | None,
    reporter: Reporter,
) -> Distillation:
    """Claim the folder, prepare data and student, restore the newest checkpoint."""
    folder = RunFolder(out)
    folder.check_free(resume=resume)
    encoder = SpeechEncoder.from_pretrained(teacher)
    layers = config.chosen_layers(encoder.layers)
    torch.manual_seed(config.seed)
    student = Student(config, len(layers), encoder.width).train()
    check_clips(cuts, min(encoder.longest_s, student.longest_s or math.inf))
    folder.begin(_identity(config, encoder, cuts), resume=resume)
    write_json(out / "environment.json", environment(config.precision))
    data = distil_data(config, encoder, cuts, cache or out.parent / f"{out.name}-cache", reporter)
    optimiser = _optimiser(student, config)
    state = _restore(folder, student, optimiser)
    reporter.begin("distilling", config.steps)
    return Distillation(config, folder, data, student, optimiser, state, reporter)


def check_clips(cuts: Sequence[MonoCut], longest_s: float) -> None:
    """Refuse, before any long work, clips that stand twice and clips longer than both encoders take.

    Raises:
        CorpusError: there are such clips.
    """
    twice = len(cuts) - len({cut.id for cut in cuts})
    if twice:
        raise CorpusError(f"{twice} clips stand in more than one of the cuts files. Name each clip once.")
    long = [cut.id for cut in cuts if cut.duration > longest_s]
    if long:
        raise CorpusError(
            f"{len(long)} clips are longer than the {longest_s:.0f} s that teacher and student take "
            f"(first: {long[0]}). Cut them into utterances."
        )


def _identity(config: DistilConfig, encoder: SpeechEncoder, cuts: Sequence[MonoCut]) -> dict[str, object]:
    keys = "\n".join(key_of(cut, NO_CHANGE) for cut in cuts)
    digest = hashlib.sha256(keys.encode("utf-8")).hexdigest()[:12]
    return {
        "kind": "distillation", "teacher": encoder.fingerprint(), "clips": digest, "settings": asdict(config)
    }  # fmt: skip


def _with_crops(run: Distillation, first: int) -> Iterator[tuple[int, Crops]]:
    """Each step left with its batch, made one step ahead in another thread."""
    config, data = run.config, run.data
    durations_s = {clip: data.cuts[clip].duration for clip in data.train}
    per_epoch = batches_per_epoch(len(durations_s), config.batch_size)
    orders: dict[int, list[list[str]]] = {}

    def make(step: int) -> Crops:
        epoch, position = divmod(step, per_epoch)
        if epoch not in orders:
            orders.clear()
            orders[epoch] = epoch_batches(
                durations_s, config.batch_size, seed=config.seed, stage="distil", epoch=epoch
            )
        rng = np.random.default_rng([config.seed, step])
        return data.batch(run.student, orders[epoch][position], rng, changes=True)

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(make, first) if first < config.steps else None
        for step in range(first, config.steps):
            assert ahead is not None
            crops = ahead.result()
            ahead = pool.submit(make, step + 1) if step + 1 < config.steps else None
            yield step, crops


def _autocast(config: DistilConfig) -> torch.autocast:
    """bf16 where asked for, or where `auto` finds that it is faster."""
    return torch.autocast("cpu", torch.bfloat16, enabled=mixed_precision(config.precision) == "bf16")


def _update(run: Distillation, step: int) -> float:
    """Clip, step, clear; returns the gradient's norm."""
    norm = torch.nn.utils.clip_grad_norm_(run.student.parameters(), run.config.clip_norm)
    for group in run.optimiser.param_groups:
        group["lr"] = rate_of(run.config, step)
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    return float(norm)


def _average(average: dict[str, Tensor], student: Student, decay: float) -> None:
    weights = student.state_dict()
    names = list(average)
    torch._foreach_lerp_([average[name] for name in names], [weights[name] for name in names], 1 - decay)


def _optimiser(student: Student, config: DistilConfig) -> torch.optim.AdamW:
    learns = [parameter for parameter in student.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in learns if p.ndim >= 2], "weight_decay": config.weight_decay},
            {"params": [p for p in learns if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=config.rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip


def _restore(folder: RunFolder, student: Student, optimiser: torch.optim.Optimizer) -> State:
    """The newest checkpoint, put into student and optimiser; a fresh state where there is none."""
    state = folder.newest()
    if state is None:
        folder.rewind_metrics(0)
        average = {name: tensor.clone() for name, tensor in student.state_dict().items()}
        return State(progress=Progress(0, None, 0), weights={}, average=average, best={}, optimiser={})
    student.load_state_dict(state.weights)
    load_optimiser(optimiser, state.optimiser, dict(student.named_parameters()))
    folder.rewind_metrics(state.progress.step)
    return state


def _snapshot(state: State, run: Distillation) -> State:
    names = {id(parameter): name for name, parameter in run.student.named_parameters()}
    weights = {name: tensor.clone() for name, tensor in run.student.state_dict().items()}
    return replace(state, weights=weights, optimiser=optimiser_tensors(run.optimiser, names))


@torch.no_grad()
def _dev(run: Distillation, state: State) -> dict[str, float]:
    """The averaged student's losses on the held-out clips, clean, clips counted alike."""
    clips = sorted(run.data.dev, key=lambda clip: run.data.cuts[clip].duration)
    size = run.config.batch_size
    sums: dict[str, float] = {}
    for start in range(0, len(clips), size):
        part = clips[start : start + size]
        rng = np.random.default_rng(0)  # nothing is drawn without changes
        crops = run.data.batch(run.student, part, rng, changes=False)
        predicted = functional_call(run.student, state.average, (crops.inputs, crops.firsts))
        for name, value in _numbers(_losses(predicted, crops, run.data)).items():
            sums[name] = sums.get(name, 0.0) + value * len(part) / len(clips)
    return sums


def _losses(predicted_BTLH: Tensor, crops: Crops, data: DistilData) -> dict[str, Tensor]:
    """`loss` and its parts: `frames` (of every layer `layer_N`) and `clips`."""
    frames_L = distance(predicted_BTLH, crops.targets_BTLH).mean((0, 1))
    missed_BLP = (pooled(predicted_BTLH) - pooled(crops.targets_BTLH)) / data.pooled_std_LP
    frames, clips = frames_L.mean(), missed_BLP.abs().mean()
    by_layer = {f"layer_{layer}": loss for layer, loss in zip(data.layers, frames_L, strict=True)}
    return {"loss": frames + data.config.clip_weight * clips, "frames": frames, "clips": clips, **by_layer}


def _numbers(losses: dict[str, Tensor]) -> dict[str, float]:
    return {name: float(loss.detach()) for name, loss in losses.items()}
