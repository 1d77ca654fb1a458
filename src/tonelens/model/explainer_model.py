"""The whole model: two streams into one LLM. The only file that knows all parts.

Shapes    B clips, T frames, L encoder layers, H encoder width, Z latent width, K stream tokens,
          S token positions, D LLM width, V vocabulary, C emotion labels.
Parts     `content` and `descriptor` streams (or one, `content`, without disentanglement), `llm`,
          and the optional `pooling`, `summary`, `emotion_head` and `descriptor_heads` that belong to
          the descriptor side.
          Without `llm` (an encoder with a classifier, table 2 rows 1 to 3) only the head answers.
Source    arXiv:2505.23236, section 2 and figure 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.batching.batch import Batch
from tonelens.batching.prompts import CONTENT, DESCRIPTOR, SUMMARY
from tonelens.descriptors.sentences import SPOKEN_CHOICES
from tonelens.model.bottleneck import Latent, kl_to_standard_normal
from tonelens.model.gauges import GAUGED
from tonelens.model.language_model import token_width
from tonelens.model.losses import Losses, emotion_cross_entropy, token_cross_entropy, zero_like
from tonelens.model.stream import Pooling, Stream, StreamOutput, with_gradient
from tonelens.model.utterance import UtteranceLatent, head_logits, kl_a_frame
from tonelens.recipe import Recipe

SHARPNESS = 6.0
"""Exponent on the heads' probabilities before the LLM hears them. Of training clips heads are sure, of
unknown voices they are not; sharpened, both look alike to the LLM, and it says the likelier one."""

HEAD_BESIDE_GAUGE = 0.5
"""Weight of a head's log-probabilities of the levels beside its gauge's. A line is the better for one corpus,
the head where many are pooled; both together are near the better one in either (docs/decisions/0022)."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What the streams say of a batch of clips."""

    content: StreamOutput
    descriptor: StreamOutput | None
    """None without disentanglement, and where it was not run (stage ASR)."""
    pooled_BP: Tensor | None
    """What heads and summary token read: pooled descriptor latents (P = 2 Z) or the utterance latent
    (P, `model.utterance`); None where neither head nor summary token is used."""
    utterance: Latent | None
    """None without an utterance latent (`streams.pooling = "attentive"`)."""
    summary_BKD: Tensor | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What a training step feeds and what it trains (paper, section 2)."""

    name: str
    trains: frozenset[str]
    """Names of the parts whose weights change."""
    feeds_descriptor: bool
    """False: descriptor (and summary) tokens are zero vectors."""


class ExplainerModel(nn.Module):
    """Streams, LLM and auxiliary head; the encoder stays outside, since it is frozen."""

    def __init__(
        self, recipe: Recipe, llm: nn.Module | None, *, encoder_layers: int, encoder_width: int, labels: int
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self.llm = llm
        width = token_width(llm) if llm is not None else 0
        config = recipe.streams

        def stream(llm_gradient: float = 1.0) -> Stream:
            return Stream(
                config,
                layers=encoder_layers,
                encoder_width=encoder_width,
                llm_width=width,
                llm_gradient=llm_gradient,
            )

        self.content = stream()
        self.descriptor = stream(recipe.objective.llm_gradient) if config.disentangled else None
        self.pooling = self._pooling(encoder_layers, encoder_width)
        pooled_width = 2 * self.content.latent_width
        if isinstance(self.pooling, UtteranceLatent):
            pooled_width = self.pooling.heard_width
        objective = recipe.objective
        self.emotion_head = nn.Linear(pooled_width, labels) if objective.emotion_head_weight > 0 else None
        options = {slot: len(words) for slot, words in SPOKEN_CHOICES.items()}
        self.descriptor_heads = (
            nn.ModuleDict({slot: nn.Linear(pooled_width, count) for slot, count in options.items()})
            if objective.descriptor_head_weight > 0
            else None
        )
        told = labels if self.emotion_head is not None else 0
        told += sum(options.values()) if self.descriptor_heads is not None else 0
        self.tells_latents = not (told and isinstance(self.pooling, UtteranceLatent))
        told += pooled_width if self.tells_latents else 0
        self.verdict_widths = [labels, *(options.values() if self.descriptor_heads is not None else ())]
        """Choices of every head, in the order in which the summary tells them."""
        self.summary = nn.Linear(told, width) if config.summary_token else None

    def _pooling(self, encoder_layers: int, encoder_width: int) -> Pooling | UtteranceLatent | None:
        config, objective = self.recipe.streams, self.recipe.objective
        if not (config.summary_token or objective.emotion_head_weight or objective.descriptor_head_weight):
            return None
        if config.pooling == "attentive":
            return Pooling(self.content.latent_width)
        return UtteranceLatent(config, statistics=2 * encoder_layers * encoder_width)

    @property
    def stack(self) -> int:
        """Frames a stream token."""
        return self.recipe.streams.stack

    def stream_tokens(self, frames: int) -> dict[str, int]:
        """How many tokens each stream contributes for a clip of this many frames."""
        tokens = max(frames // self.stack, 1)
        return {
            "content": tokens,
            "descriptor": tokens if self.descriptor is not None else 0,
            "summary": self.summary_tokens,
        }

    @property
    def summary_tokens(self) -> int:
        """How many tokens tell of the whole clip."""
        if self.summary is None:
            return 0
        return len(self.verdict_widths) if self.recipe.streams.verdict_tokens else 1

    def listen(
        self,
        layers_BTLH: Tensor,
        is_speech_BT: Tensor,
        *,
        to_descriptor: bool = True,
        told_B: Tensor | None = None,
    ) -> Voice:
        """Run both streams, the pooling and the head; without `to_descriptor` the content stream alone.

        With `told_B` the summary token of row b tells what the heads make of row `told_B[b]`.
        """
        heard_BTLH = layers_BTLH
        if self.recipe.streams.normalise_layers:
            heard_BTLH = F.layer_norm(layers_BTLH, layers_BTLH.shape[-1:])
        content = self.content(heard_BTLH)
        if not to_descriptor:
            return Voice(content, None, None, None, None)
        descriptor = self.descriptor(heard_BTLH) if self.descriptor is not None else None
        pooled: Tensor | None = None
        utterance: Latent | None = None
        if isinstance(self.pooling, UtteranceLatent):
            utterance = self.pooling(layers_BTLH, is_speech_BT)
            pooled = utterance.z_BTZ.squeeze(1)
        elif self.pooling is not None:
            voice = descriptor if descriptor is not None else content
            pooled = self.pooling(voice.z_BTZ, is_speech_BT)
        return Voice(content, descriptor, pooled, utterance, self._summary(pooled, told_B=told_B))

    def altered(
        self,
        voice: Voice,
        is_heard_BT: Tensor,
        *,
        content_BTZ: Tensor | None = None,
        descriptor_BTZ: Tensor | None = None,
        utterance_BTZ: Tensor | None = None,
    ) -> Voice:
        """The voice with other latents in place of some; tokens, pooling and summary token follow from them.

        None keeps what was heard. Attentive pooling reads the frames `is_heard_BT`; `latent` of a stream
        stays what it was.
        """
        content, descriptor, utterance = voice.content, voice.descriptor, voice.utterance
        if content_BTZ is not None:
            content = self.content.said(content_BTZ, content.latent)
        if descriptor_BTZ is not None and descriptor is not None and self.descriptor is not None:
            descriptor = self.descriptor.said(descriptor_BTZ, descriptor.latent)
        if utterance_BTZ is not None and utterance is not None:
            utterance = replace(utterance, z_BTZ=utterance_BTZ)
        pooled: Tensor | None = None
        if utterance is not None:
            pooled = utterance.z_BTZ.squeeze(1)
        elif isinstance(self.pooling, Pooling):
            pooled = self.pooling((descriptor or content).z_BTZ, is_heard_BT)
        return Voice(content, descriptor, pooled, utterance, self._summary(pooled))

    def _summary(self, pooled_BP: Tensor | None, *, told_B: Tensor | None = None) -> Tensor | None:
        """The pooled latents, with the sharpened probabilities of the heads there are, as one LLM token.

        With `streams.verdict_tokens` the probabilities of every head are a token of their own.
        Of an utterance latent the heads alone: the LLM learns the training clips by
        heart from hundreds of latents sooner than it learns to read the heads (docs/decisions/0015).
        With `told_B` row b is told the verdicts on clip `told_B[b]`.
        """
        if self.summary is None or pooled_BP is None:
            return None
        said = [self.emotion_logits(pooled_BP)] if self.emotion_head is not None else []
        said += self.descriptor_logits(pooled_BP)
        verdicts = [(SHARPNESS * logits).softmax(dim=-1) for logits in said]
        if told_B is not None:
            verdicts = [verdict_BC[told_B] for verdict_BC in verdicts]
        told = torch.cat([pooled_BP, *verdicts] if self.tells_latents else verdicts, dim=-1)
        told = with_gradient(told, self.recipe.objective.llm_gradient)
        if not self.recipe.streams.verdict_tokens:
            return self.summary(told).unsqueeze(1)  # type: ignore[no-any-return]
        told_apart = torch.split(told, self.verdict_widths, dim=-1)
        columns_apart = torch.split(self.summary.weight, self.verdict_widths, dim=-1)
        tokens = [
            F.linear(told_BC, columns_DC, self.summary.bias)
            for told_BC, columns_DC in zip(told_apart, columns_apart, strict=True)
        ]
        return torch.stack(tokens, dim=1)

    def emotion_logits(self, pooled_BP: Tensor) -> Tensor:
        """What the emotion head says, and the session that was listened in to: (B, C), float32."""
        assert self.emotion_head is not None
        logits_BC = head_logits(self.emotion_head, pooled_BP).float()
        opinion = self.pooling.opinion if isinstance(self.pooling, UtteranceLatent) else None
        return logits_BC if opinion is None else opinion.joined(logits_BC, pooled_BP)

    def descriptor_logits(self, pooled_BP: Tensor) -> list[Tensor]:
        """What is said of every descriptor, in the order of SPOKEN_CHOICES: (B, choices) each, float32.

        Where there are gauges, they and the head together tell the three levels apart, the gauges for two
        parts of three, and the head alone how likely none of them is.
        """
        if self.descriptor_heads is None:
            return []
        said = {
            slot: head_logits(head, pooled_BP).float().log_softmax(dim=-1)
            for slot, head in self.descriptor_heads.items()
        }
        if isinstance(self.pooling, UtteranceLatent) and self.pooling.gauges is not None:
            gauged_BG = self.pooling.gauged(pooled_BP).float()
            levels_BG3 = self.pooling.gauges.levels(gauged_BG, said["gender"])
            for number, slot in enumerate(GAUGED):
                of_head_B3, none_B1 = said[slot][:, :3], said[slot][:, 3:]
                any_B1 = torch.log1p(-none_B1.exp().clamp(max=1 - 1e-6))
                levels_B3 = (levels_BG3[:, number] + HEAD_BESIDE_GAUGE * of_head_B3).log_softmax(dim=-1)
                said[slot] = torch.cat([levels_B3 + any_B1, none_B1], dim=-1)
        return list(said.values())

    def splice(self, ids_BS: Tensor, voice: Voice, is_speech_BT: Tensor) -> Tensor:
        """Token embeddings (B, S, D), the streams' tokens at the negative ids; zeros for a stream not run."""
        llm: Any = self.llm
        embeds_BSD = llm.get_input_embeddings()(ids_BS.clamp(min=0)) * (ids_BS >= 0).unsqueeze(-1)
        frames_B = is_speech_BT.sum(dim=-1)
        real_B = (frames_B // self.stack).clamp(min=1)
        embeds_BSD = _spliced(embeds_BSD, ids_BS == CONTENT, voice.content.tokens_BKD, real_B)
        if voice.descriptor is not None:
            embeds_BSD = _spliced(embeds_BSD, ids_BS == DESCRIPTOR, voice.descriptor.tokens_BKD, real_B)
        if voice.summary_BKD is not None:
            tokens_B = torch.full_like(real_B, self.summary_tokens)
            embeds_BSD = _spliced(embeds_BSD, ids_BS == SUMMARY, voice.summary_BKD, tokens_B)
        return embeds_BSD

    def forward(self, batch: Batch, stage: Stage) -> Losses:
        """All loss terms of one batch in one stage."""
        voice = self.listen(
            batch.layers_BTLH, batch.is_speech_BT, to_descriptor=stage.feeds_descriptor, told_B=batch.told_B
        )
        zero = zero_like(batch.layers_BTLH)
        to_descriptor = "descriptor" in stage.trains
        return Losses(
            cross_entropy=self._answer_loss(voice, batch) if self.llm is not None else zero,
            kl_content=_kl(voice.content.latent, batch.is_speech_BT) if "content" in stage.trains else zero,
            kl_descriptor=(
                _kl(voice.descriptor.latent, batch.is_speech_BT)
                if to_descriptor and voice.descriptor is not None
                else zero
            ),
            kl_utterance=(
                kl_a_frame(voice.utterance, batch.is_speech_BT.sum(dim=-1))
                if to_descriptor and voice.utterance is not None
                else zero
            ),
            emotion_head=self._head_loss(voice, batch) if self._heads(stage) else zero,
            descriptor_heads=self._descriptor_loss(voice, batch) if to_descriptor else zero,
        )

    def _answer_loss(self, voice: Voice, batch: Batch) -> Tensor:
        llm: Any = self.llm
        embeds = self.splice(batch.ids_BS, voice, batch.is_speech_BT)
        output = llm(inputs_embeds=embeds, attention_mask=batch.is_token_BS.long(), use_cache=False)
        return token_cross_entropy(output.logits, batch.targets_BS, batch.weights_BS)

    def _heads(self, stage: Stage) -> bool:
        return self.emotion_head is not None and "emotion_head" in stage.trains

    def _head_loss(self, voice: Voice, batch: Batch) -> Tensor:
        assert self.emotion_head is not None and voice.pooled_BP is not None
        smoothing = self.recipe.objective.label_smoothing
        alpha = self.recipe.augment.mixup
        if not (alpha and self.training):
            return emotion_cross_entropy(
                head_logits(self.emotion_head, voice.pooled_BP), batch.emotion_target, smoothing=smoothing
            )
        share = float(torch.distributions.Beta(alpha, alpha).sample())
        other = torch.randperm(len(batch.emotion_B), device=batch.emotion_B.device)
        mixed = share * voice.pooled_BP + (1 - share) * voice.pooled_BP[other]
        return emotion_cross_entropy(
            head_logits(self.emotion_head, mixed),
            batch.emotion_target,
            smoothing=smoothing,
            mixed_with=batch.emotion_target[other],
            share=share,
        )

    def _descriptor_loss(self, voice: Voice, batch: Batch) -> Tensor:
        """Mean cross-entropy of the descriptors' heads."""
        if self.descriptor_heads is None:
            return zero_like(batch.layers_BTLH)
        assert voice.pooled_BP is not None
        losses = [
            F.cross_entropy(head_logits(head, voice.pooled_BP).float(), batch.descriptors_BQ[:, column])
            for column, head in enumerate(self.descriptor_heads.values())
        ]
        return torch.stack(losses).mean()


def _kl(latent: Latent | None, is_speech_BT: Tensor) -> Tensor:
    """Mean over the clips; zero for a stream without a bottleneck."""
    if latent is None:
        return zero_like(is_speech_BT)
    return kl_to_standard_normal(latent.mean_BTZ, latent.std_BTZ, is_speech_BT).mean()


def _spliced(embeds_BSD: Tensor, here_BS: Tensor, tokens_BKD: Tensor, real_B: Tensor) -> Tensor:
    """Put the first `real_B[b]` tokens of row b at the marked positions of row b, in order."""
    is_real_BK = torch.arange(tokens_BKD.shape[1], device=tokens_BKD.device) < real_B.unsqueeze(-1)
    return embeds_BSD.masked_scatter(here_BS.unsqueeze(-1), tokens_BKD[is_real_BK].to(embeds_BSD.dtype))
