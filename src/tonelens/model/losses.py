"""The objective: cross-entropy + beta * KL, plus the terms that small models need (off in `paper`).

Source    arXiv:2505.23236, section 2. Weighted label tokens and the auxiliary head are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from tonelens.batching.prompts import IGNORED
from tonelens.recipe import ObjectiveConfig


@dataclass(frozen=True, slots=True)
class Losses:
    """Every term of a step apart, as scalars; unused terms are zero."""

    cross_entropy: Tensor
    """Nats per (weighted) answer token."""
    kl_content: Tensor
    """Nats per speech frame; zero where the stream does not train."""
    kl_descriptor: Tensor
    kl_utterance: Tensor
    """Nats of the utterance latent per speech frame; zero where there is none."""
    emotion_head: Tensor
    """Nats per clip."""
    descriptor_heads: Tensor
    """Nats per clip and descriptor."""

    def total(self, objective: ObjectiveConfig) -> Tensor:
        """What is minimised."""
        kl = self.kl_content + self.kl_descriptor + self.kl_utterance
        return (
            self.cross_entropy
            + objective.beta * kl
            + objective.emotion_head_weight * self.emotion_head
            + objective.descriptor_head_weight * self.descriptor_heads
        )

    def named(self) -> dict[str, Tensor]:
        """The terms by name, detached."""
        return {field.name: getattr(self, field.name).detach() for field in fields(self)}


def token_cross_entropy(logits_BSV: Tensor, targets_BS: Tensor, weights_BS: Tensor) -> Tensor:
    """Weighted mean of the answer tokens' cross-entropy; positions with target IGNORED cost nothing.

    Only answer positions enter the softmax, which is most of the cost at a large vocabulary.
    """
    answered_BS = targets_BS != IGNORED
    loss_N = F.cross_entropy(logits_BSV[answered_BS].float(), targets_BS[answered_BS], reduction="none")
    weight_N = weights_BS[answered_BS]
    return (loss_N * weight_N).sum() / weight_N.sum()


def emotion_cross_entropy(
    logits_BC: Tensor,
    target: Tensor,
    *,
    smoothing: float,
    mixed_with: Tensor | None = None,
    share: float = 1.0,
) -> Tensor:
    """Cross-entropy of the auxiliary head, -sum_c p_c ln q_c, averaged over the clips.

    `target` holds label indices (B,), or the shares p of the labels (B, C). With mixup it is `share` of the
    first target's and the rest of the second's, which is the cross-entropy of the mixed distribution.
    """
    first = F.cross_entropy(logits_BC.float(), target, label_smoothing=smoothing)
    if mixed_with is None:
        return first
    second = F.cross_entropy(logits_BC.float(), mixed_with, label_smoothing=smoothing)
    return share * first + (1 - share) * second


def zero_like(reference: Tensor) -> Tensor:
    """A scalar zero on the device of `reference`."""
    return torch.zeros((), device=reference.device)
