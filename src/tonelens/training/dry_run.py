"""What a training needs, told before a weight of it is there: the model on PyTorch's meta device.

    recipe -> parts without storage -> one step of each stage, forward and backward, without a number computed
    -> weights, trainable weights, bytes by kind, floating point operations -> steps -> GPU hours

Axes      B clips of a step, T frames, L encoder layers, H encoder width, S token positions, D LLM width.
Memory    LLM weights as `model.build.weight_type` has them on a GPU (bfloat16), everything else float32; a
          gradient and two AdamW moments a trainable weight, and an averaged copy where the recipe keeps one.
          Activations are what autograd keeps of one step (views once, weights not), with whole-softmax
          attention: kernels that keep less need less. Not in it: CUDA's context, fragments, 4-bit weights.
Time      operations of forward and backward of every step, and of the encoder once a clip (features are
          cached), at an assumed speed: `tflops` a second reached, not the device's peak.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tonelens.audio import SAMPLE_RATE
from tonelens.model import language_model
from tonelens.model.explainer_model import ExplainerModel, Stage
from tonelens.model.published_sizes import configuration
from tonelens.model.speech_encoder import FRAME_SAMPLES, whisper_states
from tonelens.recipe import Recipe
from tonelens.training.stages import ASR, epochs_of, set_stage, stages_of

FRAMES_A_SECOND = SAMPLE_RATE // FRAME_SAMPLES
PROMPT_TOKENS = 40
"""System line, instruction and chat marks, without the streams' tokens."""
REACHED_TFLOPS = 120.0
"""What a training in bfloat16 reaches on an A100 (peak 312): an assumption, printed beside the hours."""
META = torch.device("meta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the steps are fed."""

    clips: int = 4290
    """Of the training part: 4290 of IEMOCAP's 5531 are not in session 5."""
    seconds: float = 4.5
    """Mean length of a clip."""
    answer_tokens: int = 60
    labels: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNeeds:
    """One stage of the training."""

    trainable: dict[str, int]
    """Part -> weights that change."""
    activation_bytes: int
    """What autograd keeps of one step."""
    flops: int
    """Of one step, forward and backward."""
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a recipe needs."""

    weights: dict[str, int]
    """Part -> how many."""
    weight_bytes: int
    """On the GPU while training: without the encoder, whose features are cached."""
    encoder_bytes: int
    stages: dict[str, StageNeeds]
    gradient_bytes: int
    optimiser_bytes: int
    average_bytes: int
    encoder_flops: int
    """Of one clip."""
    workload: Workload

    @property
    def peak_bytes(self) -> int:
        """Weights, gradients, optimiser, average, and the largest stage's activations."""
        largest = max(stage.activation_bytes for stage in self.stages.values())
        kept = self.weight_bytes + self.gradient_bytes + self.optimiser_bytes + self.average_bytes
        return kept + largest

    def gpu_hours(self, tflops: float = REACHED_TFLOPS) -> float:
        """At `tflops` * 10^12 operations a second."""
        operations = self.workload.clips * self.encoder_flops
        operations += sum(stage.steps * stage.flops for stage in self.stages.values())
        return operations / (tflops * 1e12) / 3600


def needs_of(recipe: Recipe, workload: Workload) -> Needs:
    """Build the recipe's model without storage and go through one step of every stage.

    Raises:
        ModelError: the size of a pretrained part is not known.
    """
    encoder, encoder_layers, encoder_width = _encoder(recipe.encoder.source)
    with META:
        llm = _llm(recipe)
        model = ExplainerModel(
            recipe, llm, encoder_layers=encoder_layers, encoder_width=encoder_width, labels=workload.labels
        )
    weights = {name: _count(part) for name, part in model.named_children() if _count(part)}
    frames = max(1, round(workload.seconds * FRAMES_A_SECOND))
    stages = {
        stage.name: _stage_needs(model, stage, frames, encoder_layers, encoder_width, workload)
        for stage in stages_of(recipe)
    }
    trained = _ever_trained(model, recipe)
    changing = sum(parameter.numel() * parameter.element_size() for parameter in trained)
    return Needs(
        weights={"encoder": _count(encoder), **weights},
        weight_bytes=sum(p.numel() * p.element_size() for p in model.parameters()),
        encoder_bytes=sum(p.numel() * p.element_size() for p in encoder.parameters()),
        stages=stages,
        gradient_bytes=changing,
        optimiser_bytes=2 * changing,
        average_bytes=changing if recipe.optimiser.average_decay > 0 else 0,
        encoder_flops=_encoder_flops(encoder, workload.seconds),
        workload=workload,
    )


def _encoder(source: str) -> tuple[nn.Module, int, int]:
    """The frozen encoder without storage, its hidden states (input included) and their width."""
    from transformers import AutoModel

    config = configuration(source)
    with META:
        body: Any = AutoModel.from_config(config)
    body = body.encoder if config.model_type == "whisper" else body
    return body.requires_grad_(False), int(config.num_hidden_layers) + 1, int(config.hidden_size)


def _llm(recipe: Recipe) -> nn.Module | None:
    """The LLM without storage, in the type that it has on a GPU, with LoRA where the recipe asks for it."""
    from transformers import AutoModelForCausalLM

    source = recipe.llm.source
    if source == language_model.NONE:
        return None
    if source == language_model.SCRATCH:
        config = language_model.small_llama_config(recipe.llm, recipe.llm.vocabulary)
        return AutoModelForCausalLM.from_config(config)  # type: ignore[no-any-return]
    llm = AutoModelForCausalLM.from_config(configuration(source), dtype=torch.bfloat16)
    return language_model.with_lora(llm, recipe.llm) if recipe.llm.lora_rank else llm


def _stage_needs(
    model: ExplainerModel, stage: Stage, frames: int, layers: int, width: int, workload: Workload
) -> StageNeeds:
    """One step of a stage: what it keeps, and how much it computes."""
    recipe = model.recipe
    set_stage(model, stage)
    size = recipe.optimiser.batch_size
    with FlopCounterMode(display=False) as counter, _kept_bytes(model) as kept:
        layers_BTLH = torch.zeros(size, frames, layers, width, device=META)
        is_speech_BT = torch.ones(size, frames, dtype=torch.bool, device=META)
        voice = model.listen(layers_BTLH, is_speech_BT, to_descriptor=stage.feeds_descriptor)
        said = [voice.content.tokens_BKD]
        if model.descriptor is not None:  # zeros in a stage that does not feed it: as many positions
            said.append(voice.descriptor.tokens_BKD if voice.descriptor else torch.zeros_like(said[0]))
        if voice.summary_BKD is not None:
            said.append(voice.summary_BKD)
        losses = [tokens.float().square().mean() for tokens in said]
        if model.llm is not None:
            losses = [_answer_loss(model.llm, said, _prompt_tokens(recipe, stage), workload.answer_tokens)]
        if model.emotion_head is not None and voice.pooled_BP is not None:
            losses.append(model.emotion_logits(voice.pooled_BP).square().mean())
        loss = torch.stack(losses).sum()
    with FlopCounterMode(display=False) as backward:
        loss.backward()  # type: ignore[no-untyped-call]
    model.zero_grad(set_to_none=True)
    clips_a_step = recipe.optimiser.batch_size * recipe.optimiser.accumulate
    steps_per_epoch = math.ceil(workload.clips / clips_a_step)
    return StageNeeds(
        trainable={
            name: count
            for name, part in model.named_children()
            if (count := sum(p.numel() for p in part.parameters() if p.requires_grad))
        },
        activation_bytes=kept.bytes,
        flops=(counter.get_total_flops() + backward.get_total_flops()) * recipe.optimiser.accumulate,
        steps=epochs_of(recipe.schedule, stage, steps_per_epoch) * steps_per_epoch,
    )


def _prompt_tokens(recipe: Recipe, stage: Stage) -> int:
    """Without the streams'; of earlier turns of a dialogue the most there may be."""
    has_earlier = recipe.answer.dialogue_turns > 0 and stage is not ASR
    return PROMPT_TOKENS + (recipe.answer.max_dialogue_tokens if has_earlier else 0)


def _answer_loss(llm: Any, said: list[Tensor], prompt_tokens: int, answer_tokens: int) -> Tensor:
    """The LLM over both streams' tokens, prompt and answer; only the answer enters the softmax."""
    words = torch.zeros(len(said[0]), prompt_tokens + answer_tokens, dtype=torch.long, device=META)
    embeds_BWD = llm.get_input_embeddings()(words)
    embeds_BSD = torch.cat([*(tokens.to(embeds_BWD.dtype) for tokens in said), embeds_BWD], dim=1)
    size, length = embeds_BSD.shape[:2]
    mask_B1SS = torch.zeros(size, 1, length, length, dtype=embeds_BSD.dtype, device=META)  # taken as it is
    logits_BSV = llm(inputs_embeds=embeds_BSD, attention_mask=mask_B1SS, use_cache=False).logits
    answer_BNV = logits_BSV[:, -answer_tokens:].float()
    return nn.functional.cross_entropy(answer_BNV.flatten(0, 1), words[:, -answer_tokens:].flatten())


@dataclass(slots=True)
class _Kept:
    bytes: int = 0


@contextmanager
def _kept_bytes(model: nn.Module) -> Iterator[_Kept]:
    """Counts the storages that autograd keeps inside the block; weights are there anyway."""
    total = _Kept()
    seen = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    alive: list[Any] = []  # a storage that is freed would hand its address to the next

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in seen:
            seen.add(storage._cdata)
            alive.append(storage)
            total.bytes += storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield total


def _ever_trained(model: ExplainerModel, recipe: Recipe) -> list[nn.Parameter]:
    """Every weight that some stage changes."""
    found: dict[int, nn.Parameter] = {}
    for stage in stages_of(recipe):
        set_stage(model, stage)
        found |= {id(p): p for p in model.parameters() if p.requires_grad}
    return list(found.values())


def _encoder_flops(encoder: Any, seconds: float) -> int:
    """Of one clip, unpadded, as `SpeechEncoder` feeds it."""
    encoder.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        if encoder.config.model_type != "whisper":
            encoder(torch.zeros(1, round(SAMPLE_RATE * seconds), device=META))
        else:
            frames = min(round(FRAMES_A_SECOND * seconds), encoder.config.max_source_positions)
            whisper_states(encoder, torch.zeros(1, encoder.config.num_mel_bins, 2 * frames, device=META))
    return int(counter.get_total_flops())


def _count(part: nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())
