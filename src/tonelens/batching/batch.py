"""The batch contract: what one training step sees.

Axes      B clips, T encoder frames (padded), L encoder layers, H encoder width, S token positions,
          C emotion labels.
Padding   is on the right; `is_speech_BT` and `is_token_BS` mark what is real.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tonelens.batching.prompts import IGNORED, AnswerTokens


@dataclass(frozen=True, slots=True)
class Example:
    """One clip, ready to be collated."""

    cut_id: str
    layers_TLH: Tensor
    """Hidden states of all encoder layers, any float type."""
    prompt_ids: Sequence[int]
    answer: AnswerTokens
    token_weights: dict[str, float]
    """Weight of a slot's tokens in the cross-entropy; 1 where not named."""
    emotion: int
    """Index of the label."""
    descriptors: Sequence[int] = ()
    """Index of each descriptor's option, in the order of `sentences.SPOKEN_CHOICES`."""
    emotion_shares: Sequence[float] = ()
    """Of every label, summing to 1: what listeners voted; empty where `emotion` alone is taught. All examples
    of a batch have them, or none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Several clips, padded. See the module's legend for the axes."""

    cut_ids: tuple[str, ...]
    layers_BTLH: Tensor
    """float32, zero in padded frames."""
    is_speech_BT: Tensor
    """bool."""
    ids_BS: Tensor
    """int64; negative where a stream token is spliced in; 0 in padding."""
    is_token_BS: Tensor
    """bool."""
    targets_BS: Tensor
    """int64, the id to predict *at* this position (already shifted); IGNORED outside the answer."""
    weights_BS: Tensor
    """float32 weight of each target."""
    emotion_B: Tensor
    """int64 label index."""
    descriptors_BQ: Tensor
    """int64 option index of each descriptor, in the order of `sentences.SPOKEN_CHOICES`."""
    emotion_shares_BC: Tensor | None = None
    """float32 share of each label in the votes; None where the labels alone are taught."""
    told_B: Tensor | None = None
    """int64 row of the clip of which the summary token tells; None: every clip its own."""

    @property
    def emotion_target(self) -> Tensor:
        """What the emotion head learns: label indices (B,), or shares (B, C)."""
        return self.emotion_B if self.emotion_shares_BC is None else self.emotion_shares_BC

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        moved = {
            name: getattr(self, name).to(device)
            for name in self.__slots__
            if isinstance(getattr(self, name), Tensor)
        }
        return replace(self, **moved)


def collate(examples: Sequence[Example], *, at_least: int = 1) -> Batch:
    """Pad examples into one batch of `at_least` so many frames."""
    sequences = [[*example.prompt_ids, *example.answer.ids] for example in examples]
    length = max(map(len, sequences)) - 1  # the last token is only a target
    ids = torch.zeros(len(examples), length, dtype=torch.long)
    is_token = torch.zeros(len(examples), length, dtype=torch.bool)
    targets = torch.full((len(examples), length), IGNORED, dtype=torch.long)
    weights = torch.zeros(len(examples), length)
    for row, (example, sequence) in enumerate(zip(examples, sequences, strict=True)):
        prompt = len(example.prompt_ids)
        ids[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
        is_token[row, : len(sequence) - 1] = True
        targets[row, prompt - 1 : len(sequence) - 1] = torch.tensor(example.answer.ids)
        weights[row, prompt - 1 : len(sequence) - 1] = torch.tensor(
            [example.token_weights.get(slot, 1.0) for slot in example.answer.slots]
        )
    layers, is_speech = pad_frames([example.layers_TLH for example in examples], at_least=at_least)
    return Batch(
        cut_ids=tuple(example.cut_id for example in examples),
        layers_BTLH=layers,
        is_speech_BT=is_speech,
        ids_BS=ids,
        is_token_BS=is_token,
        targets_BS=targets,
        weights_BS=weights,
        emotion_B=torch.tensor([example.emotion for example in examples]),
        descriptors_BQ=torch.tensor([list(example.descriptors) for example in examples], dtype=torch.long),
        emotion_shares_BC=(
            torch.tensor([list(example.emotion_shares) for example in examples])
            if examples[0].emotion_shares
            else None
        ),
    )


def pad_frames(layers: Sequence[Tensor], *, at_least: int = 1) -> tuple[Tensor, Tensor]:
    """Stack (T, L, H) tensors to float32 (B, T, L, H), zeros behind, and the mask (B, T).

    T is `at_least` the frames of one stream token: a shorter clip is one token too.
    """
    frames = max(at_least, *(len(one) for one in layers))
    padded = torch.zeros(len(layers), frames, *layers[0].shape[1:])
    is_speech = torch.zeros(len(layers), frames, dtype=torch.bool)
    for row, one in enumerate(layers):
        padded[row, : len(one)] = one
        is_speech[row, : len(one)] = True
    return padded, is_speech
