"""One stream of a model altered within the batch, so that the model can be asked again without it.

Streams   content     its latents, and the tokens that come of them
          descriptor  frame latents and tokens, the utterance latent, and so heads and summary token
          both        all of it
Altered   zero        latents 0, the middle of the bottleneck's prior: told nothing. The only one for one clip
          mean        every frame the mean of all speech frames of the batch
          swap        another clip's stream, its frames stretched in time to this clip's
          shuffle     every latent dimension dealt anew over all speech frames of the batch
          The utterance latent is altered alike, as a stream of one frame a clip.
Shapes    B clips, T frames, Z latent width, N speech frames of all clips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from tonelens.errors import InputError, ModelError
from tonelens.explain import Explainer
from tonelens.model.answering import Alteration
from tonelens.model.explainer_model import ExplainerModel, Voice

Stream: TypeAlias = Literal["content", "descriptor", "both"]
How: TypeAlias = Literal["zero", "mean", "swap", "shuffle"]
STREAMS: tuple[Stream, ...] = ("content", "descriptor", "both")
HOWS: tuple[How, ...] = ("zero", "mean", "swap", "shuffle")
Other: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Latents (B, T, Z) and which frames are speech (B, T) -> other latents (B, T, Z)."""


def alteration(stream: Stream, how: How, seed: int = 0) -> Alteration:
    """One stream (or both) altered within a batch; the same for the same batch and seed.

    Of one clip alone it raises InputError, unless `how` is zero.
    """

    def altered(model: ExplainerModel, voice: Voice, is_speech_BT: Tensor) -> Voice:
        clips = len(is_speech_BT)
        if how != "zero" and clips < 2:
            raise InputError(
                f"1 clip with a voice in the batch, but {how!r} takes latents from other clips. Give two or "
                f"more at once, or alter by 'zero'."
            )
        generator = torch.Generator().manual_seed(seed)
        partners = derangement(clips, generator) if how == "swap" else []

        def other(z_BTZ: Tensor, is_real_BT: Tensor) -> Tensor:
            match how:
                case "zero":
                    return torch.zeros_like(z_BTZ)
                case "mean":
                    return z_BTZ[is_real_BT].mean(dim=0).expand_as(z_BTZ)
                case "swap":
                    return _taken(z_BTZ, is_real_BT, partners)
                case "shuffle":
                    return _dealt_anew(z_BTZ, is_real_BT, generator)

        return _replaced(model, voice, is_speech_BT, stream, other)

    return altered


def exchanged(stream: Stream, partners: Sequence[int]) -> Alteration:
    """The stream of clip `partners[b]` of the batch put into clip b."""

    def altered(model: ExplainerModel, voice: Voice, is_speech_BT: Tensor) -> Voice:
        return _replaced(
            model, voice, is_speech_BT, stream, lambda z_BTZ, is_real_BT: _taken(z_BTZ, is_real_BT, partners)
        )

    return altered


def derangement(count: int, generator: torch.Generator) -> list[int]:
    """Another clip for each of two or more, every one taken once: a random circle."""
    circle = torch.randperm(count, generator=generator).tolist()
    partners = [0] * count
    for place, clip in enumerate(circle):
        partners[clip] = circle[(place + 1) % count]
    return partners


def require_two_streams(explainer: Explainer) -> None:
    """Refuse a model that has no two streams to tell apart.

    Raises:
        ModelError: it was trained without disentanglement.
    """
    if explainer.loaded.model.descriptor is None:
        raise ModelError(
            f"{explainer.loaded.card.name}: has one stream, so words and voice cannot be told apart in it. "
            f"Give a model trained with streams.disentangled=true."
        )


def _replaced(
    model: ExplainerModel, voice: Voice, is_speech_BT: Tensor, stream: Stream, other: Other
) -> Voice:
    """The voice with `other` latents in a stream."""
    latents: dict[str, Tensor] = {}
    if stream != "descriptor":
        latents["content_BTZ"] = other(voice.content.z_BTZ, is_speech_BT)
    if stream != "content":
        if voice.descriptor is not None:
            latents["descriptor_BTZ"] = other(voice.descriptor.z_BTZ, is_speech_BT)
        if voice.utterance is not None:
            latents["utterance_BTZ"] = other(voice.utterance.z_BTZ, torch.ones_like(is_speech_BT[:, :1]))
    return model.altered(voice, is_speech_BT, **latents)


def _taken(z_BTZ: Tensor, is_real_BT: Tensor, partners: Sequence[int]) -> Tensor:
    """Every clip with its partner's real frames, the nearest in relative time; padding stays."""
    taken_BTZ = z_BTZ.clone()
    frames = is_real_BT.sum(dim=-1).tolist()
    for clip, partner in enumerate(partners):
        places = torch.linspace(0, frames[partner] - 1, frames[clip]).round().long().to(z_BTZ.device)
        taken_BTZ[clip, : frames[clip]] = z_BTZ[partner, places]
    return taken_BTZ


def _dealt_anew(z_BTZ: Tensor, is_real_BT: Tensor, generator: torch.Generator) -> Tensor:
    """Every dimension of the real frames in an order of its own."""
    real_NZ = z_BTZ[is_real_BT]
    order_NZ = torch.rand(real_NZ.shape, generator=generator).argsort(dim=0).to(z_BTZ.device)
    dealt_BTZ = z_BTZ.clone()
    dealt_BTZ[is_real_BT] = real_NZ.gather(0, order_NZ)
    return dealt_BTZ
