"""One stream: weighted sum of the encoder's layers -> bottleneck -> adapter -> LLM tokens.

Built twice, as content stream and descriptor stream, with the same shape (arXiv:2505.23236,
section 2); once and without a bottleneck for the system without disentanglement (table 2, row 4).

Shapes    B utterances, T frames, L encoder layers, H encoder width, Z latent width,
          K = T // stack LLM tokens, D LLM width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.model.bottleneck import Bottleneck, Latent
from tonelens.recipe import StreamsConfig


class LayerMix(nn.Module):
    """Softmax-weighted sum over the encoder's layers."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(layers))

    def forward(self, layers_BTLH: Tensor) -> Tensor:
        """(B, T, L, H) -> (B, T, H)."""
        weights_L = self.logits.softmax(dim=0).to(layers_BTLH.dtype)
        return torch.matmul(weights_L, layers_BTLH)


class Adapter(nn.Module):
    """S = Linear(ReLU(Linear(DownSample(Z)))): k neighbouring frames become one LLM token."""

    def __init__(self, latent_width: int, stack: int, hidden_width: int, llm_width: int) -> None:
        super().__init__()
        self.stack = stack
        self.first = nn.Linear(latent_width * stack, hidden_width)
        self.second = nn.Linear(hidden_width, llm_width)

    def forward(self, z_BTZ: Tensor) -> Tensor:
        """(B, T, Z) -> (B, T // stack, D); the remainder of the frames is dropped."""
        batch, frames, width = z_BTZ.shape
        tokens = frames // self.stack
        stacked = z_BTZ[:, : tokens * self.stack].reshape(batch, tokens, self.stack * width)
        return self.second(F.relu(self.first(stacked)))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class StreamOutput:
    """What a stream hands on."""

    tokens_BKD: Tensor
    z_BTZ: Tensor
    latent: Latent | None
    """None where the stream has no bottleneck."""


class Stream(nn.Module):
    """Layer mix, bottleneck (or none) and adapter (none where there is no LLM: `llm_width` 0)."""

    def __init__(
        self,
        config: StreamsConfig,
        *,
        layers: int,
        encoder_width: int,
        llm_width: int,
        llm_gradient: float = 1.0,
    ) -> None:
        super().__init__()
        self.llm_gradient = llm_gradient
        self.mix = LayerMix(layers)
        self.bottleneck = (
            Bottleneck(encoder_width, config.hidden_width, config.latent_width, config.dropout)
            if config.disentangled
            else None
        )
        self.latent_width = config.latent_width if config.disentangled else encoder_width
        self.adapter = (
            Adapter(self.latent_width, config.stack, config.adapter_width, llm_width) if llm_width else None
        )

    def forward(self, layers_BTLH: Tensor) -> StreamOutput:
        """Tokens and latents of every frame; callers mask what is padding."""
        z_BTZ = self.mix(layers_BTLH)
        latent: Latent | None = None
        if self.bottleneck is not None:
            latent = self.bottleneck(z_BTZ)
            z_BTZ = latent.z_BTZ
        return self.said(z_BTZ, latent)

    def said(self, z_BTZ: Tensor, latent: Latent | None) -> StreamOutput:
        """What these values hand on, be they heard or put in their place; `latent` is what was heard."""
        heard_BTZ = with_gradient(z_BTZ, self.llm_gradient)
        tokens_BKD = self.adapter(heard_BTZ) if self.adapter is not None else z_BTZ[:, :0]
        return StreamOutput(tokens_BKD=tokens_BKD, z_BTZ=z_BTZ, latent=latent)


def with_gradient(values: Tensor, share: float) -> Tensor:
    """The same values, through which only this share of a gradient passes back."""
    return values if share == 1.0 else share * values + (1 - share) * values.detach()


class Pooling(nn.Module):
    """Attentive mean and standard deviation over the speech frames: (B, T, Z) -> (B, 2 Z)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, z_BTZ: Tensor, is_speech_BT: Tensor) -> Tensor:
        """Padded frames have no weight."""
        z_BTZ = z_BTZ.float()
        score_BT = self.score(z_BTZ).squeeze(-1).float()
        weight_BT = score_BT.masked_fill(~is_speech_BT, float("-inf")).softmax(dim=-1)
        z_BTZ = z_BTZ.masked_fill(~is_speech_BT.unsqueeze(-1), 0.0)
        mean_BZ = torch.einsum("bt,btz->bz", weight_BT, z_BTZ)
        square_BZ = torch.einsum("bt,btz->bz", weight_BT, z_BTZ**2)
        std_BZ = (square_BZ - mean_BZ**2).clamp(min=1e-6).sqrt()
        return torch.cat([mean_BZ, std_BZ], dim=-1)
