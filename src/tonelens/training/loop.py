"""The training loop, to be read from top to bottom.

    cuts -> parts, labels, levels -> encoder features (cached) -> model -> utterance latent
    -> turns of the schedule: batch -> forward -> loss terms -> backward -> clip -> step
    -> one line of metrics.jsonl

Every step draws its noise from (seed, step) alone, and a checkpoint holds weights and optimiser
state, so a run that was killed and resumed ends with the same weights as one that was not.
Source    arXiv:2505.23236, section 2.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.batch import Batch
from tonelens.descriptors.measure import Measures
from tonelens.model.answering import Answerer
from tonelens.model.checkpoint import load_weights, own_weights, save_model
from tonelens.model.explainer_model import ExplainerModel, Stage
from tonelens.model.losses import Losses
from tonelens.progress import Quiet, Reporter
from tonelens.recipe import OptimiserConfig, Recipe
from tonelens.storage import write_json, write_jsonl
from tonelens.training.batches import BatchMaker
from tonelens.training.crossfit import crossfitted, voices_of
from tonelens.training.dev import calibrated, dev_score
from tonelens.training.metrics import Clock, Metrics
from tonelens.training.order import batches_per_epoch, epoch_batches, share_of_rank
from tonelens.training.reading import share_that_reads
from tonelens.training.run_folder import Progress, RunFolder, State, load_optimiser, optimiser_tensors
from tonelens.training.setup import Prepared, mixed_precision, prepare
from tonelens.training.stages import ASR, Turn, learning_rate, llm_trainable, plan, set_stage, stages_of
from tonelens.training.start import Start
from tonelens.training.utterance import UtteranceData, UtteranceSide, learn_utterance

CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One optimiser step, as planned."""

    number: int
    """Over all stages, from 0."""
    stage: Stage
    rate: float
    clips: tuple[str, ...]
    epoch: int
    """Of the stage, from 0."""
    ends_epoch: bool


def train(
    recipe: Recipe,
    cuts: Sequence[MonoCut],
    measures: Mapping[str, Measures],
    out: Path,
    *,
    resume: bool = False,
    cache: Path | None = None,
    checkpoint_every_s: float = CHECKPOINT_EVERY_S,
    reporter: Reporter | None = None,
) -> Path:
    """Train a recipe on cuts; returns the model folder.

    Args:
        recipe: what to train.
        cuts: all clips; the recipe's protocol divides them.
        measures: of every clip, by cut id.
        out: the run folder.
        resume: go on from the newest checkpoint.
        cache: where encoder features are kept; by default in the run folder.
        checkpoint_every_s: seconds between checkpoints.
        reporter: told of every step.

    Raises:
        CorpusError, ConfigError, ModelError, RunError, StorageError: see their modules.
    """
    run = _open(recipe, cuts, measures, out, resume=resume, cache=cache, reporter=reporter or Quiet())
    return _trained(run, checkpoint_every_s)


def fine_tune(
    recipe: Recipe,
    cuts: Sequence[MonoCut],
    measures: Mapping[str, Measures],
    out: Path,
    *,
    start: Start,
    resume: bool = False,
    cache: Path | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Train as `train` does, from a trained model on; returns the model folder.

    Raises:
        CorpusError, ConfigError, LabelError, ModelError, RunError, StorageError: see their modules.
    """
    run = _open(
        start.recipe(recipe, [cut for cut in cuts if cut.id in measures]), cuts, measures, out,
        resume=resume, cache=cache, reporter=reporter or Quiet(), start=start,
    )  # fmt: skip
    start.bundle_encoder(run.folder.model_path)
    return _trained(run, CHECKPOINT_EVERY_S)


def _trained(run: Run, checkpoint_every_s: float) -> Path:
    """Do the steps that are left and write the model folder."""
    curves = run.folder.path / "tensorboard"
    with contextlib.closing(Metrics(run.folder.metrics_path, curves, run.state.progress.step)) as metrics:
        state = _turns(run, metrics, checkpoint_every_s)
    final = state.best or state.average or own_weights(run.model)
    prepared, data = run.prepared, run.prepared.data
    load_weights(run.model, final, "final")
    answerer = Answerer(run.model, prepared.prompter, data.labels)
    card = calibrated(prepared.card, answerer, data, prepared.features)
    if card.calibration is None:
        card = replace(card, calibration=run.folder.calibration())
    card = replace(card, reads_heads=share_that_reads(answerer, data, prepared.features))
    save_model(run.folder.model_path, run.model, prepared.prompter, data.levels, card, final)
    return run.folder.model_path


def _turns(run: Run, metrics: Metrics, checkpoint_every_s: float) -> State:
    """Every step that is left, in order; the state after the last one."""
    state, recipe = run.state, run.recipe
    clock, saved = Clock(), time.monotonic()
    for step, batches in _with_batches(run.steps[state.progress.step :], run.maker, recipe, run.accelerator):
        if _is_over(state.progress, recipe):
            break
        with clock.measuring("model"):
            losses = _forward_backward(run, step, batches)
        with clock.measuring("update"):
            norm = _update(run, step)
            _average(state.average, run.model, recipe.optimiser.average_decay)
        state = replace(state, progress=replace(state.progress, step=step.number + 1))
        facts = {"stage": step.stage.name, "epoch": step.epoch, "rate": step.rate, "norm": norm}
        metrics.write(step.number + 1, "step", {**facts, **losses, **clock.take(), "seconds": clock.lap()})
        if step.ends_epoch and step.stage is not ASR:
            state = _scored(state, run.prepared, run.model, metrics)
        note = f"{step.stage.name} epoch {step.epoch + 1}, loss {losses['loss']:.3f}"
        run.reporter.advance(step.number + 1, note)
        if time.monotonic() - saved >= checkpoint_every_s or step.number + 1 == len(run.steps):
            run.folder.save(_snapshot(state, run.model, run.optimiser))
            saved = time.monotonic()
    return state


@dataclass(frozen=True, slots=True)
class Run:
    """What the loop works with."""

    recipe: Recipe
    accelerator: Accelerator
    folder: RunFolder
    prepared: Prepared
    model: ExplainerModel
    wrapped: Any
    """The model as Accelerate runs it (mixed precision, several processes)."""
    optimiser: torch.optim.AdamW
    maker: BatchMaker
    steps: Sequence[Step]
    state: State
    """Where the run begins: fresh, or the newest checkpoint."""
    reporter: Reporter


def _open(
    recipe: Recipe,
    cuts: Sequence[MonoCut],
    measures: Mapping[str, Measures],
    out: Path,
    *,
    resume: bool,
    cache: Path | None,
    reporter: Reporter,
    start: Start | None = None,
) -> Run:
    """Claim the folder, prepare data and model, plan the steps, restore the newest checkpoint."""
    AcceleratorState._reset_state()  # an earlier training in this process may have had another precision
    accelerator = Accelerator(
        mixed_precision=mixed_precision(recipe.optimiser.precision),
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    folder = RunFolder(out)
    prepared = prepare(recipe, cuts, measures, folder, cache or out / "features", resume, reporter, start)
    if prepared.utterance is not None and not folder.has_checkpoint():
        _utterance_stage(prepared, prepared.utterance, recipe, folder, reporter)
    model = prepared.model.to(accelerator.device)
    maker = BatchMaker(recipe, prepared.data, prepared.features, model, prepared.prompter)
    optimiser = _optimiser(model, recipe.optimiser)
    state = _restore(folder, model, optimiser, recipe)
    if prepared.utterance is not None and state.progress.step == 0:
        folder.save(_snapshot(state, model, optimiser))  # what the stage before the turns has learnt
    steps = _steps(recipe, maker, accelerator.num_processes)
    reporter.begin("training", len(steps))
    return Run(
        recipe=recipe, accelerator=accelerator, folder=folder, prepared=prepared, model=model,
        wrapped=accelerator.prepare(model), optimiser=optimiser, maker=maker, steps=steps, state=state,
        reporter=reporter,
    )  # fmt: skip


def _utterance_stage(
    prepared: Prepared, heard: UtteranceData, recipe: Recipe, folder: RunFolder, reporter: Reporter
) -> None:
    """What the utterance latent learns before the turns; without a dev part, how far to believe it, too."""
    side, data = UtteranceSide.of(prepared.model), prepared.data
    if not data.dev:
        found = crossfitted(side, heard, data.labels.labels, voices_of(data.train), recipe, reporter)
        if found is not None:
            write_json(folder.calibration_path, found.to_dict())
    write_jsonl(folder.path / "utterance.jsonl", learn_utterance(side, heard, recipe, reporter))


def _steps(recipe: Recipe, maker: BatchMaker, ranks: int) -> list[Step]:
    """Every step of the training, in order."""
    optimiser = recipe.optimiser
    size = optimiser.batch_size * optimiser.accumulate * ranks
    durations = {stage.name: maker.durations_s(stage) for stage in stages_of(recipe)}
    per_epoch = {name: batches_per_epoch(len(clips), size) for name, clips in durations.items()}
    turns: tuple[Turn, ...] = plan(recipe, per_epoch)
    totals = {name: sum(turn.steps for turn in turns if turn.stage.name == name) for name in per_epoch}
    steps: list[Step] = []
    orders: dict[tuple[str, int], list[list[str]]] = {}
    for turn in turns:
        name = turn.stage.name
        for within in range(turn.first, turn.first + turn.steps):
            epoch, position = divmod(within, per_epoch[name])
            if (name, epoch) not in orders:
                orders[name, epoch] = epoch_batches(
                    durations[name], size, seed=recipe.seed, stage=name, epoch=epoch
                )
            steps.append(
                Step(
                    number=len(steps),
                    stage=turn.stage,
                    rate=learning_rate(optimiser, turn.stage, within, totals[name]),
                    clips=tuple(orders[name, epoch][position]),
                    epoch=epoch,
                    ends_epoch=position == per_epoch[name] - 1,
                )
            )
    return steps


def _with_batches(
    steps: Sequence[Step], maker: BatchMaker, recipe: Recipe, accelerator: Accelerator
) -> Iterator[tuple[Step, list[Batch]]]:
    """Each step with its (micro-)batches, made one step ahead in another thread."""
    size = recipe.optimiser.batch_size

    def make(step: Step) -> list[Batch]:
        mine = (
            share_of_rank(step.clips, accelerator.process_index, accelerator.num_processes) or step.clips[:1]
        )
        parts = [mine[i : i + size] for i in range(0, len(mine), size)]
        return [maker.make(step.stage, part, step.number) for part in parts]

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(make, steps[0]) if steps else None
        for index, step in enumerate(steps):
            assert ahead is not None
            batches = ahead.result()
            ahead = pool.submit(make, steps[index + 1]) if index + 1 < len(steps) else None
            yield step, batches


def _forward_backward(run: Run, step: Step, batches: Sequence[Batch]) -> dict[str, float]:
    """Gradients of one step; returns every loss term, averaged over its batches."""
    set_stage(run.model, step.stage)
    ranks, rank = run.accelerator.num_processes, run.accelerator.process_index
    torch.manual_seed((run.recipe.seed * 1_000_003 + step.number) * ranks + rank)
    sums: dict[str, float] = {}
    for index, batch in enumerate(batches):
        is_last = index == len(batches) - 1
        with contextlib.nullcontext() if is_last else run.accelerator.no_sync(run.wrapped):
            losses: Losses = run.wrapped(batch.to(run.accelerator.device), step.stage)
            total = losses.total(run.recipe.objective)
            run.accelerator.backward(total / len(batches))
        for name, value in {"loss": total.detach(), **losses.named()}.items():
            sums[name] = sums.get(name, 0.0) + float(value) / len(batches)
    return sums


def _update(run: Run, step: Step) -> float:
    """Clip, step, clear; returns the gradient's norm. Frozen weights have no gradient and stay."""
    trained = [parameter for parameter in run.model.parameters() if parameter.grad is not None]
    norm = run.accelerator.clip_grad_norm_(trained, run.recipe.optimiser.clip_norm)
    for group in run.optimiser.param_groups:
        group["lr"] = step.rate
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    return float(norm)


def _average(average: dict[str, Tensor], model: ExplainerModel, decay: float) -> None:
    if average:
        weights = own_weights(model)
        names = [name for name in average if average[name].is_floating_point()]
        torch._foreach_lerp_([average[n] for n in names], [weights[n] for n in names], 1 - decay)


def _optimiser(model: ExplainerModel, config: OptimiserConfig) -> torch.optim.AdamW:
    named = [(name, p) for name, p in model.named_parameters() if _ever_trains(model.recipe, name)]
    return torch.optim.AdamW(
        [
            {"params": [p for _, p in named if p.ndim >= 2], "weight_decay": config.weight_decay},
            {"params": [p for _, p in named if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=config.ser_rate,
        fused=True,  # one pass over the weights: a third of the time on a CPU
    )


def _ever_trains(recipe: Recipe, name: str) -> bool:
    part, _, inner = name.partition(".")
    return part != "llm" or llm_trainable(recipe, inner)


def _restore(
    folder: RunFolder, model: ExplainerModel, optimiser: torch.optim.Optimizer, recipe: Recipe
) -> State:
    """The newest checkpoint, put into model and optimiser; a fresh state where there is none."""
    state = folder.newest()
    if state is None:
        folder.rewind_metrics(0)
        averages = recipe.optimiser.average_decay > 0
        average = {name: tensor.clone() for name, tensor in own_weights(model).items()} if averages else {}
        return State(progress=Progress(0, None, 0), weights={}, average=average, best={}, optimiser={})
    load_weights(model, state.weights, str(folder.path))
    load_optimiser(optimiser, state.optimiser, dict(model.named_parameters()))
    folder.rewind_metrics(state.progress.step)
    return state


def _snapshot(state: State, model: ExplainerModel, optimiser: torch.optim.Optimizer) -> State:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return replace(state, weights=own_weights(model), optimiser=optimiser_tensors(optimiser, names))


def _scored(state: State, prepared: Prepared, model: ExplainerModel, metrics: Metrics) -> State:
    """Score the dev part with the weights that would be saved now; remember the best."""
    if not prepared.data.dev:
        return state
    candidate = state.average or own_weights(model)
    current = {name: tensor.clone() for name, tensor in own_weights(model).items()}
    load_weights(model, candidate, "average")
    score = dev_score(
        Answerer(model, prepared.prompter, prepared.data.labels), prepared.data, prepared.features
    )
    load_weights(model, current, "current")
    metrics.write(state.progress.step, "dev", score.to_dict())
    progress = state.progress
    if progress.best_score is None or score.ua > progress.best_score:
        keeps = prepared.model.recipe.schedule.patience > 0
        best = {name: tensor.clone() for name, tensor in candidate.items()} if keeps else {}
        return replace(state, best=best, progress=replace(progress, best_score=score.ua, scores_since_best=0))
    return replace(state, progress=replace(progress, scores_since_best=progress.scores_since_best + 1))


def _is_over(progress: Progress, recipe: Recipe) -> bool:
    patience = recipe.schedule.patience
    return patience > 0 and progress.scores_since_best >= patience
