"""One variational information bottleneck: keeps what a label needs, forgets the rest.

Shapes    B utterances, T encoder frames (HuBERT: one per 20 ms), H encoder width,
          Z bottleneck width. `speech_BTH` is a tensor of those three axes in that order.
Units     KL in nats per frame: summed over Z, averaged over the frames `is_speech_BT` (bool) marks.
          A beta has a meaning only together with this reduction; change one, re-tune the other.
Sampling  while training z = mean + std * noise; in eval mode z = mean, so two runs agree.
Source    Chen et al. 2025, arXiv:2505.23236, section 2; Alemi et al. 2017, arXiv:1612.00410,
          section 3, with the prior fixed to N(0, I).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FIRST_STD = 0.1
"""Standard deviation of every latent before training. Not stated in the paper."""
SMALLEST_STD = 1e-4
"""Keeps the logarithm in the KL finite where Softplus underflows."""


@dataclass(frozen=True, slots=True)
class Latent:
    """What a bottleneck lets through."""

    z_BTZ: Tensor
    """A sample while training, the mean otherwise."""
    mean_BTZ: Tensor
    std_BTZ: Tensor


class Bottleneck(nn.Module):
    """`layers` times Linear and GELU (paper: two), then heads for mean and (Softplus) standard deviation."""

    def __init__(
        self, width: int, hidden_width: int, latent_width: int, dropout: float = 0.0, *, layers: int = 2
    ) -> None:
        super().__init__()
        widths = [width, *[hidden_width] * layers]
        self.body = nn.Sequential(
            *(
                part
                for before, after in pairwise(widths)
                for part in (nn.Linear(before, after), nn.GELU(), nn.Dropout(dropout))
            )
        )
        self.mean = nn.Linear(hidden_width, latent_width)
        self.std = nn.Linear(hidden_width, latent_width)
        self._start_loud()

    def _start_loud(self) -> None:
        """First weights that let speech through: means of about unit size, deviations of FIRST_STD.

        With PyTorch's default weights the means begin about ten times smaller than the noise, and the
        content stream collapses onto the prior before the LLM has learnt to listen to it
        (docs/decisions/0006).
        """
        for layer in self.body:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        nn.init.xavier_normal_(self.mean.weight)
        nn.init.zeros_(self.mean.bias)
        nn.init.zeros_(self.std.weight)
        nn.init.constant_(self.std.bias, math.log(math.expm1(FIRST_STD)))

    def forward(self, speech_BTH: Tensor) -> Latent:
        """Latents of every frame; padded frames give numbers too, which callers must mask."""
        hidden = self.body(speech_BTH)
        mean_BTZ = self.mean(hidden)
        std_BTZ = F.softplus(self.std(hidden).float()) + SMALLEST_STD
        noise_BTZ = torch.randn_like(std_BTZ) if self.training else torch.zeros_like(std_BTZ)
        return Latent(z_BTZ=mean_BTZ + std_BTZ * noise_BTZ, mean_BTZ=mean_BTZ, std_BTZ=std_BTZ)


def kl_to_standard_normal(mean_BTZ: Tensor, std_BTZ: Tensor, is_speech_BT: Tensor) -> Tensor:
    """KL(N(mean, std^2) || N(0, I)) in nats per speech frame, shape (B,)."""
    mean_BTZ, std_BTZ = mean_BTZ.float(), std_BTZ.float()
    kl_BT = 0.5 * (mean_BTZ**2 + std_BTZ**2 - 2 * std_BTZ.log() - 1).sum(dim=-1)
    kl_BT = torch.where(is_speech_BT, kl_BT, 0.0)  # padding is not speech and costs nothing
    return kl_BT.sum(dim=-1) / is_speech_BT.sum(dim=-1)
