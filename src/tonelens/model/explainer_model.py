"""The whole model: two streams into one LLM. The only file that knows all parts.

Shapes    B clips, T frames, L encoder layers, H encoder width, Z latent width, K stream tokens,
          S token positions, D LLM width, V vocabulary, C emotion labels.
Parts     `content` and `descriptor` streams (or one, `content`, without disentanglement), `llm`,
          and the optional `pooling`, `summary` and `emotion_head` that belong to the descriptor side.
          Without `llm` (an encoder with a classifier, table 2 rows 1 to 3) only the head answers.
Source    arXiv:2505.23236, section 2 and figure 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.batching.batch import Batch
from tonelens.batching.prompts import CONTENT, DESCRIPTOR, SUMMARY
from tonelens.model.bottleneck import kl_to_standard_normal
from tonelens.model.language_model import token_width
from tonelens.model.losses import Losses, emotion_cross_entropy, token_cross_entropy, zero_like
from tonelens.model.stream import Pooling, Stream, StreamOutput, with_gradient
from tonelens.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Voice:
    """What the streams say of a batch of clips."""

    content: StreamOutput
    descriptor: StreamOutput | None
    """None without disentanglement, and where it was not run (stage ASR)."""
    pooled_BP: Tensor | None
    """Pooled descriptor latents, P = 2 Z; None where neither head nor summary token is used."""
    summary_B1D: Tensor | None


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
        pooled_width = 2 * self.content.latent_width
        pools = config.summary_token or recipe.objective.emotion_head_weight > 0
        self.pooling = Pooling(self.content.latent_width) if pools else None
        has_head = recipe.objective.emotion_head_weight > 0
        self.emotion_head = nn.Linear(pooled_width, labels) if has_head else None
        summary_width = pooled_width + (labels if has_head else 0)
        self.summary = nn.Linear(summary_width, width) if config.summary_token else None

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
            "summary": 1 if self.summary is not None else 0,
        }

    def listen(self, layers_BTLH: Tensor, is_speech_BT: Tensor, *, to_descriptor: bool = True) -> Voice:
        """Run both streams, the pooling and the head; without `to_descriptor` the content stream alone."""
        if self.recipe.streams.normalise_layers:
            layers_BTLH = F.layer_norm(layers_BTLH, layers_BTLH.shape[-1:])
        content = self.content(layers_BTLH)
        if not to_descriptor:
            return Voice(content=content, descriptor=None, pooled_BP=None, summary_B1D=None)
        descriptor = self.descriptor(layers_BTLH) if self.descriptor is not None else None
        voice = descriptor if descriptor is not None else content
        pooled = self.pooling(voice.z_BTZ, is_speech_BT) if self.pooling is not None else None
        return Voice(
            content=content, descriptor=descriptor, pooled_BP=pooled, summary_B1D=self._summary(pooled)
        )

    def _summary(self, pooled_BP: Tensor | None) -> Tensor | None:
        """The pooled latents, with the head's log-probabilities where there is a head, as one LLM token."""
        if self.summary is None or pooled_BP is None:
            return None
        told = pooled_BP
        if self.emotion_head is not None:
            told = torch.cat([pooled_BP, self.emotion_head(pooled_BP).float().log_softmax(dim=-1)], dim=-1)
        told = with_gradient(told, self.recipe.objective.llm_gradient)
        return self.summary(told).unsqueeze(1)  # type: ignore[no-any-return]

    def splice(self, ids_BS: Tensor, voice: Voice, is_speech_BT: Tensor) -> Tensor:
        """Token embeddings (B, S, D), the streams' tokens at the negative ids; zeros for a stream not run."""
        llm: Any = self.llm
        embeds_BSD = llm.get_input_embeddings()(ids_BS.clamp(min=0)) * (ids_BS >= 0).unsqueeze(-1)
        frames_B = is_speech_BT.sum(dim=-1)
        real_B = (frames_B // self.stack).clamp(min=1)
        embeds_BSD = _spliced(embeds_BSD, ids_BS == CONTENT, voice.content.tokens_BKD, real_B)
        if voice.descriptor is not None:
            embeds_BSD = _spliced(embeds_BSD, ids_BS == DESCRIPTOR, voice.descriptor.tokens_BKD, real_B)
        if voice.summary_B1D is not None:
            embeds_BSD = _spliced(embeds_BSD, ids_BS == SUMMARY, voice.summary_B1D, torch.ones_like(real_B))
        return embeds_BSD

    def forward(self, batch: Batch, stage: Stage) -> Losses:
        """All loss terms of one batch in one stage."""
        voice = self.listen(batch.layers_BTLH, batch.is_speech_BT, to_descriptor=stage.feeds_descriptor)
        zero = zero_like(batch.layers_BTLH)
        return Losses(
            cross_entropy=self._answer_loss(voice, batch) if self.llm is not None else zero,
            kl_content=self._kl(voice.content, batch, "content" in stage.trains, zero),
            kl_descriptor=self._kl(voice.descriptor, batch, "descriptor" in stage.trains, zero),
            emotion_head=self._head_loss(voice, batch) if self._heads(stage) else zero,
        )

    def _answer_loss(self, voice: Voice, batch: Batch) -> Tensor:
        llm: Any = self.llm
        embeds = self.splice(batch.ids_BS, voice, batch.is_speech_BT)
        output = llm(inputs_embeds=embeds, attention_mask=batch.is_token_BS.long(), use_cache=False)
        return token_cross_entropy(output.logits, batch.targets_BS, batch.weights_BS)

    def _kl(self, output: StreamOutput | None, batch: Batch, trains: bool, zero: Tensor) -> Tensor:
        if output is None or output.latent is None or not trains:
            return zero
        return kl_to_standard_normal(output.latent.mean_BTZ, output.latent.std_BTZ, batch.is_speech_BT).mean()

    def _heads(self, stage: Stage) -> bool:
        return self.emotion_head is not None and "emotion_head" in stage.trains

    def _head_loss(self, voice: Voice, batch: Batch) -> Tensor:
        assert self.emotion_head is not None and voice.pooled_BP is not None
        smoothing = self.recipe.objective.label_smoothing
        alpha = self.recipe.augment.mixup
        if not (alpha and self.training):
            return emotion_cross_entropy(
                self.emotion_head(voice.pooled_BP), batch.emotion_B, smoothing=smoothing
            )
        share = float(torch.distributions.Beta(alpha, alpha).sample())
        other = torch.randperm(len(batch.emotion_B), device=batch.emotion_B.device)
        mixed = share * voice.pooled_BP + (1 - share) * voice.pooled_BP[other]
        return emotion_cross_entropy(
            self.emotion_head(mixed),
            batch.emotion_B,
            smoothing=smoothing,
            mixed_with_B=batch.emotion_B[other],
            share=share,
        )


def _spliced(embeds_BSD: Tensor, here_BS: Tensor, tokens_BKD: Tensor, real_B: Tensor) -> Tensor:
    """Put the first `real_B[b]` tokens of row b at the marked positions of row b, in order."""
    is_real_BK = torch.arange(tokens_BKD.shape[1], device=tokens_BKD.device) < real_B.unsqueeze(-1)
    return embeds_BSD.masked_scatter(here_BS.unsqueeze(-1), tokens_BKD[is_real_BK].to(embeds_BSD.dtype))
