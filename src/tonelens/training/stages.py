"""What trains when: the paper's stages and the strategies that order them.

    asr        content stream and LLM train; descriptor tokens are zero; target = transcript
    ser-sed    descriptor stream (with its heads) and LLM train; the content stream is frozen but
               fed, as means (it trains too without `schedule.freeze_content`); target = the full answer
    joint      everything trains at once on the full answer (strategy `one-stage`)

Source    arXiv:2505.23236, section 2 ("alternating", "two-stage", "one-stage"); the unit of
          alternation is not stated there and is a setting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tonelens.batching.prompts import Task
from tonelens.model.explainer_model import ExplainerModel, Stage
from tonelens.recipe import OptimiserConfig, Recipe, ScheduleConfig
from tonelens.training.rates import warmup_cosine, warmup_steps

UTTERANCE_SIDE = frozenset({"pooling", "emotion_head", "descriptor_heads"})
"""What the stage before the turns trains (`training.utterance`), where the recipe has one."""
DESCRIPTOR_SIDE = UTTERANCE_SIDE | {"descriptor", "summary"}

ASR = Stage(name="asr", trains=frozenset({"content", "llm"}), feeds_descriptor=False)
SER_SED = Stage(name="ser-sed", trains=DESCRIPTOR_SIDE | {"llm"}, feeds_descriptor=True)
SER_SED_UNFROZEN = replace(SER_SED, trains=SER_SED.trains | {"content"})
JOINT = Stage(name="joint", trains=DESCRIPTOR_SIDE | {"content", "llm"}, feeds_descriptor=True)

TASKS: dict[str, Task] = {"asr": "transcribe", "ser-sed": "explain", "joint": "explain"}


@dataclass(frozen=True, slots=True)
class Turn:
    """An uninterrupted run of steps of one stage."""

    stage: Stage
    first: int
    """Number of the first step within the stage, from 0."""
    steps: int


def stages_of(recipe: Recipe) -> tuple[Stage, ...]:
    """The stages a recipe uses, in the order in which they begin."""
    if recipe.schedule.strategy == "one-stage":
        return (JOINT,)
    last = SER_SED if recipe.schedule.freeze_content else SER_SED_UNFROZEN
    return (ASR, last) if recipe.schedule.asr_epochs else (last,)


def plan(recipe: Recipe, steps_per_epoch: Mapping[str, int]) -> tuple[Turn, ...]:
    """The whole training as turns, in order; `steps_per_epoch` is by stage name."""
    schedule = recipe.schedule
    stages = stages_of(recipe)
    epochs = {stage.name: epochs_of(schedule, stage, steps_per_epoch[stage.name]) for stage in stages}
    left = {name: count * steps_per_epoch[name] for name, count in epochs.items()}
    done = dict.fromkeys(left, 0)
    turns = []
    while any(left.values()):
        for stage in stages:
            unit = schedule.unit_length * (steps_per_epoch[stage.name] if schedule.unit == "epoch" else 1)
            steps = min(unit, left[stage.name]) if schedule.strategy == "alternating" else left[stage.name]
            if steps:
                turns.append(Turn(stage=stage, first=done[stage.name], steps=steps))
                done[stage.name] += steps
                left[stage.name] -= steps
    return tuple(turns)


def epochs_of(schedule: ScheduleConfig, stage: Stage, steps_per_epoch: int) -> int:
    """How many epochs of a stage a training has."""
    if stage is ASR:
        return schedule.asr_epochs
    return max(schedule.ser_epochs, math.ceil(schedule.least_ser_steps / steps_per_epoch))


def learning_rate(config: OptimiserConfig, stage: Stage, step: int, steps: int) -> float:
    """Rate of step `step` (from 0) of `steps` of a stage.

    ASR: constant after a linear warm-up; the others: cosine to zero after it.
    """
    if stage is ASR and step >= warmup_steps(steps, config.warmup_share):
        return config.asr_rate
    peak = config.asr_rate if stage is ASR else config.ser_rate
    return warmup_cosine(peak, step, steps, config.warmup_share)


def set_stage(model: ExplainerModel, stage: Stage) -> None:
    """Make exactly the stage's parts trainable; frozen parts are in evaluation mode (means, no noise).

    What was learnt in the stage before the turns stays as it is, without noise and dropout: the LLM learns
    to say what the heads say only where following them pays.
    Within the LLM only the weights that `llm_trainable` names ever train (LoRA, or all).
    """
    model.train()
    learnt = UTTERANCE_SIDE if model.recipe.utterance.epochs else frozenset()
    for name, part in model.named_children():
        trains = name in stage.trains - learnt
        part.train(trains)
        for parameter_name, parameter in part.named_parameters():
            allowed = name != "llm" or llm_trainable(model.recipe, parameter_name)
            parameter.requires_grad_(trains and allowed)


def llm_trainable(recipe: Recipe, parameter_name: str) -> bool:
    """Whether an LLM weight is trained at all: LoRA matrices, or every weight where there is no LoRA."""
    return recipe.llm.lora_rank == 0 or "lora_" in parameter_name
