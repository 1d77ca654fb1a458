"""What a session's own recordings say about its emotions: a second reader of the statistics.

    statistics as the session has them (B, S) -> straight lines, one a label -> logits (B, C)

The emotion head learnt other voices and microphones. In a session that it has listened in to, the clips that
it gives one label have more in common than the head knows of: lines fitted to its own answers there find
that, and the answer rests on both (`model.adaptation` fits them, docs/decisions/0024).

Shapes    B clips, S statistics, C emotion labels.
Source    ours, after self-training (H. Scudder 1965, "Probability of error of some adaptive
          pattern-recognition machines"; D.-H. Lee 2013, "Pseudo-label").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tonelens.model.bottleneck import Latent


class SessionOpinion(nn.Module):
    """Logits by straight lines over a session's statistics, and how much they weigh beside the head's."""

    lines_CS: Tensor
    centre_S: Tensor

    def __init__(self, lines_CS: Tensor, centre_S: Tensor, weight: float) -> None:
        super().__init__()
        self.register_buffer("lines_CS", lines_CS)
        self.register_buffer("centre_S", centre_S)
        self.weight = weight
        """0 to 1; the head has the rest."""

    @property
    def width(self) -> int:
        """C."""
        return len(self.lines_CS)

    def forward(self, told_BS: Tensor) -> Latent:
        """The logits as a latent without noise, with one "frame" a clip: (B, 1, C)."""
        mean_BTC = ((told_BS - self.centre_S) @ self.lines_CS.T).unsqueeze(1)
        return Latent(z_BTZ=mean_BTC, mean_BTZ=mean_BTC, std_BTZ=torch.zeros_like(mean_BTC))

    def joined(self, head_BC: Tensor, z_BP: Tensor) -> Tensor:
        """The head's logits and these, which are the last of a clip's latents: (B, C)."""
        return head_BC.lerp(z_BP[:, -self.width :].to(head_BC.dtype), self.weight)
