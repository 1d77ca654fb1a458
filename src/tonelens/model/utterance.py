"""The whole clip as one latent: layer statistics through a third information bottleneck.

What carries emotion, pitch level or loudness of a clip is how each encoder channel behaves over the
whole of it. Probes read exactly that (mean and standard deviation over the frames of every layer) and
beat attentive pooling of frame latents by far on small corpora (docs/decisions/0013). So the descriptor
side hears the clip twice: frame by frame, and once as `UtteranceLatent`.

Several bottlenecks stand side by side (`streams.utterance_members`); the heads are linear, so that a head
on all of them is the mean of one head each, and each is trained as if it were alone (docs/decisions/0015).
Beside them `streams.gauges` puts what is measured of the clip, read off the same statistics (`model.gauges`),
and a model that has listened in to a session what the session says (`model.opinion`).

Shapes    B clips, T frames, L encoder layers, H encoder width, S = 2 L H statistics, Z latent width,
          M members, G gauges, P = M Z + G (+ C of a session's opinion), C classes of a head,
          O choices of frames of one clip.
Source    ours; the bottleneck is the paper's (arXiv:2505.23236, section 2).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.model.bottleneck import Bottleneck, Latent, kl_to_standard_normal
from tonelens.model.gauges import GAUGED, Gauges
from tonelens.model.opinion import SessionOpinion
from tonelens.recipe import StreamsConfig

SMALLEST_STD = 1e-3
"""A statistic that hardly varies in training is not blown up."""


class LayerStatistics(nn.Module):
    """Mean and standard deviation over the speech frames, standardised as the training part is."""

    mean_S: Tensor
    std_S: Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("mean_S", torch.zeros(count))
        self.register_buffer("std_S", torch.ones(count))

    def fit(self, rows_NS: Tensor) -> None:
        """Learn mean and deviation of every statistic over the clips of the training part."""
        self.mean_S.copy_(rows_NS.mean(dim=0))
        self.std_S.copy_(rows_NS.std(dim=0, unbiased=False).clamp(min=SMALLEST_STD))

    def forward(self, layers_BTLH: Tensor, is_speech_BT: Tensor) -> Tensor:
        """(B, T, L, H) -> (B, S); padded frames have no weight."""
        return self.standardised(statistics(layers_BTLH, is_speech_BT))

    def standardised(self, rows_BS: Tensor) -> Tensor:
        """In units of the training part's deviation."""
        return (rows_BS - self.mean_S) / self.std_S


def statistics(layers_BTLH: Tensor, is_speech_BT: Tensor | None = None) -> Tensor:
    """Mean over the speech frames, then their (biased) standard deviation: (B, S), float32."""
    layers_BTLH = layers_BTLH.float()
    if is_speech_BT is None:
        is_speech_BT = torch.ones(layers_BTLH.shape[:2], dtype=torch.bool, device=layers_BTLH.device)
    layers_BTLH = layers_BTLH.masked_fill(~is_speech_BT[:, :, None, None], 0.0)
    weight_BT = is_speech_BT / is_speech_BT.sum(dim=-1, keepdim=True)
    mean_BLH = torch.einsum("bt,btlh->blh", weight_BT, layers_BTLH)
    centred_BTLH = layers_BTLH - mean_BLH.unsqueeze(1)  # before squaring: exact for large means
    square_BLH = torch.einsum("bt,btlh->blh", weight_BT, centred_BTLH.square())
    return torch.cat([mean_BLH.flatten(1), square_BLH.clamp(min=1e-12).sqrt().flatten(1)], dim=-1)


def kept_statistics(clip_TLH: Tensor, keep_OT: Tensor) -> Tensor:
    """`statistics` of one clip heard O times, each time only its kept frames: (O, S), float32.

    From two products instead of O passes over the clip; the frames are centred first, so little is lost.
    """
    rows_TS = clip_TLH.float().flatten(1)
    middle_S = rows_TS.mean(dim=0)
    rows_TS = rows_TS - middle_S
    weight_OT = keep_OT.float() / keep_OT.sum(dim=-1, keepdim=True)
    mean_OS = weight_OT @ rows_TS
    variance_OS = (weight_OT @ rows_TS.square() - mean_OS.square()).clamp(min=1e-12)
    return torch.cat([mean_OS + middle_S, variance_OS.sqrt()], dim=-1)


class UtteranceLatent(nn.Module):
    """Statistics, dropout, M bottlenecks and G gauges side by side: (B, T, L, H) -> one latent a clip."""

    opinion: SessionOpinion | None
    """Of the session that was listened in to; None where there was none, and in training."""

    def __init__(self, config: StreamsConfig, *, statistics: int) -> None:
        super().__init__()
        self.statistics = LayerStatistics(statistics)
        self.dropout = nn.Dropout(config.statistics_dropout)
        self.members = nn.ModuleList(
            Bottleneck(
                statistics,
                config.utterance_hidden_width,
                config.latent_width,
                config.utterance_dropout,
                layers=config.utterance_layers,
            )
            for _ in range(config.utterance_members)
        )
        self.gauges = Gauges(statistics) if config.gauges else None
        self.opinion = None
        self.heard_width = config.utterance_members * config.latent_width
        """Of the members, which heads read: M Z."""

    def forward(self, layers_BTLH: Tensor, is_speech_BT: Tensor) -> Latent:
        """Latents with one "frame" a clip: (B, 1, P), the members' first."""
        return self.of_rows(statistics(layers_BTLH, is_speech_BT))

    def of_kept(self, clip_TLH: Tensor, keep_OT: Tensor) -> Latent:
        """Latents (O, 1, P) of one clip heard O times, each time only its kept frames."""
        return self.of_rows(kept_statistics(clip_TLH, keep_OT))

    def of_rows(self, rows_BS: Tensor) -> Latent:
        """The same from statistics; every member drops its own share of them, the gauges read all.

        Members read them as the training part's, or as a session's (`model.adaptation`); gauges as they are:
        that a voice is high must not vanish where all of the session is.
        """
        told_BS = self.statistics.standardised(rows_BS)
        parts: list[Latent] = [member(self.dropout(told_BS).unsqueeze(1)) for member in self.members]
        parts += [self.gauges(rows_BS)] if self.gauges is not None else []
        parts += [self.opinion(told_BS)] if self.opinion is not None else []
        return Latent(
            z_BTZ=torch.cat([part.z_BTZ for part in parts], dim=-1),
            mean_BTZ=torch.cat([part.mean_BTZ for part in parts], dim=-1),
            std_BTZ=torch.cat([part.std_BTZ for part in parts], dim=-1),
        )

    @property
    def width(self) -> int:
        """P."""
        opinion = self.opinion.width if self.opinion is not None else 0
        return self.heard_width + (len(GAUGED) if self.gauges is not None else 0) + opinion

    def gauged(self, z_BP: Tensor) -> Tensor:
        """What the gauges read, of whole latents: (B, G)."""
        return z_BP[:, self.heard_width : self.heard_width + len(GAUGED)]


def head_logits(head: nn.Module, z_BP: Tensor) -> Tensor:
    """What a head makes of the members' latents: (B, C). What stands after them is not for heads."""
    assert isinstance(head, nn.Linear)
    return F.linear(z_BP[:, : head.in_features], head.weight, head.bias)


def member_logits(head: nn.Linear, z_BP: Tensor, members: int) -> Tensor:
    """What a head on M latents side by side makes of each alone: (B, M, C), whose mean is `head_logits`."""
    z_BMZ = z_BP[:, : head.in_features].view(len(z_BP), members, -1)
    weight_CMZ = head.weight.view(head.out_features, members, -1)
    return members * torch.einsum("bmz,cmz->bmc", z_BMZ, weight_CMZ) + head.bias


def kl_a_frame(utterance: Latent, frames_B: Tensor) -> Tensor:
    """Nats of one latent a clip, spread over its frames so that beta weighs all nats alike; mean of B."""
    one_BT = torch.ones_like(utterance.mean_BTZ[..., 0], dtype=torch.bool)
    return (kl_to_standard_normal(utterance.mean_BTZ, utterance.std_BTZ, one_BT) / frames_B).mean()
