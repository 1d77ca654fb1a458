"""Pitch, volume and speed of a clip as values with units, read off its statistics by straight lines.

    statistics (B, S) -> value -> how far beyond which edge, in the gauge's own errors -> levels

A level ("high") is a measured value between two edges, and the edges depend on the gender. A head that is
taught the words alone has to find value and edges at once, in some hundred clips; a straight line to the
value, and the stored edges, name the levels of unheard voices better (docs/decisions/0022).

Shapes    B clips, S statistics, G gauges, C genders (`sentences.GENDERS`), 3 levels in ascending order.
Units     semitones over 1 Hz and over 1 syllable/s, dBFS; the latent is in the training part's deviations.
Source    ours. `training.gauges` fits them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.descriptors.sentences import GENDERS
from tonelens.model.bottleneck import Latent

GAUGED = ("pitch", "volume", "speed")


class Gauges(nn.Module):
    """G straight lines over S statistics; before they are fitted every level is the middle one."""

    weight_GS: Tensor
    bias_G: Tensor
    centre_S: Tensor
    """What is taken off the statistics first: the training part's mean."""
    error_G: Tensor
    """Root mean square, of voices that the line was not fitted to."""
    mean_G: Tensor
    deviation_G: Tensor
    edges_CG2: Tensor

    def __init__(self, statistics: int) -> None:
        super().__init__()
        gauges = len(GAUGED)
        self.register_buffer("weight_GS", torch.zeros(gauges, statistics))
        self.register_buffer("bias_G", torch.zeros(gauges))
        self.register_buffer("centre_S", torch.zeros(statistics))
        self.register_buffer("error_G", torch.ones(gauges))
        self.register_buffer("mean_G", torch.zeros(gauges))
        self.register_buffer("deviation_G", torch.ones(gauges))
        self.register_buffer("edges_CG2", torch.tensor([-1.0, 1.0]).repeat(len(GENDERS), gauges, 1))

    def values(self, rows_BS: Tensor) -> Tensor:
        """Statistics as the encoder gives them, not standardised, to values (B, G)."""
        return (rows_BS - self.centre_S) @ self.weight_GS.T + self.bias_G

    def forward(self, rows_BS: Tensor) -> Latent:
        """The values as a latent with one "frame" a clip, (B, 1, G); its noise is the gauges' error."""
        mean_BTG = ((self.values(rows_BS) - self.mean_G) / self.deviation_G).unsqueeze(1)
        std_BTG = (self.error_G / self.deviation_G).expand_as(mean_BTG)
        return Latent(z_BTZ=mean_BTG, mean_BTZ=mean_BTG, std_BTZ=std_BTG)

    def levels(self, z_BG: Tensor, gender_BC: Tensor) -> Tensor:
        """Log-probabilities (B, G, 3) of the levels; `gender_BC`, log-probabilities, weighs the edges."""
        value_B1G = (z_BG * self.deviation_G + self.mean_G).unsqueeze(1)
        below_BCG = (self.edges_CG2[..., 0] - value_B1G) / self.error_G
        above_BCG = (value_B1G - self.edges_CG2[..., 1]) / self.error_G
        logits_BCG3 = torch.stack([below_BCG, torch.zeros_like(below_BCG), above_BCG], dim=-1)
        return torch.logsumexp(F.log_softmax(logits_BCG3, dim=-1) + gender_BC[..., None, None], dim=1)
