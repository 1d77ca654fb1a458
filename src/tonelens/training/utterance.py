"""The stage before the turns: the utterance latent and its heads learn from whole-clip statistics.

    training clips and changed copies -> statistics (N, S), once -> epochs of steps: member by member
    emotion and descriptor cross-entropy + beta * KL -> AdamW -> averaged weights, in place

No LLM and no frames take part, so that a hundred epochs cost seconds. The copies are other voices: a
clip played faster or slower has another pitch and another vocal tract.

Shapes    N training clips, A versions of each (0 is the clip itself), S statistics, B clips of a step,
          M members, Q descriptors.
Source    ours; docs/decisions/0015.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.audio import SAMPLE_RATE
from tonelens.batching.augment import NO_CHANGE, Change, draw_change, draw_revoicing
from tonelens.corpora.cuts import emotion_of
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.speech_encoder import FRAME_SAMPLES, SpeechEncoder
from tonelens.model.utterance import UtteranceLatent, head_logits, kl_a_frame, member_logits
from tonelens.progress import Reporter
from tonelens.recipe import AugmentConfig, Recipe, UtteranceConfig
from tonelens.training.data import TrainingData, changed_values, spoken_indices
from tonelens.training.features import Features, Waveform, encoded_statistics
from tonelens.training.rates import warmup_cosine
from tonelens.training.soft_labels import label_shares

WARMUP_SHARE = 0.05
AVERAGE_DECAY = 0.99
"""Of the exponential average of the weights, which is what stays."""
COPIES_SEED = 0
"""Copies do not follow the recipe's seed, so that runs of other seeds find them in the cache."""


@dataclass(frozen=True, slots=True)
class UtteranceData:
    """Every training clip, as itself and changed."""

    rows_ANS: Tensor
    frames_AN: Tensor
    """Encoder frames, over which the nats of a clip are spread (`ExplainerModel`)."""
    emotion_N: Tensor
    descriptors_ANQ: Tensor
    teaches_emotion_A: Tensor
    """False of versions that may sound like another emotion than the clip."""
    shares_NC: Tensor | None = None
    """What listeners voted, taught in place of `emotion_N`; None without `data.soft_labels`."""

    def of(self, clips_n: Tensor) -> UtteranceData:
        """Some of the clips, by number."""
        return UtteranceData(
            self.rows_ANS[:, clips_n],
            self.frames_AN[:, clips_n],
            self.emotion_N[clips_n],
            self.descriptors_ANQ[:, clips_n],
            self.teaches_emotion_A,
            None if self.shares_NC is None else self.shares_NC[clips_n],
        )

    def batches(self, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
        """One epoch: every clip once, each in a version drawn anew.

        Rows, frames, emotion (indices (B,) or shares (B, C)), whether it is taught (B,), descriptors.
        """
        versions, clips = self.rows_ANS.shape[:2]
        order = torch.randperm(clips, generator=generator)
        for chosen in (order[first : first + size] for first in range(0, clips, size)):
            version = torch.randint(versions, chosen.shape, generator=generator)
            emotion = self.emotion_N if self.shares_NC is None else self.shares_NC
            yield (
                self.rows_ANS[version, chosen], self.frames_AN[version, chosen],
                emotion[chosen], self.teaches_emotion_A[version], self.descriptors_ANQ[version, chosen],
            )  # fmt: skip


def utterance_data(
    recipe: Recipe,
    data: TrainingData,
    encoder: SpeechEncoder,
    features: Features,
    cache: Path,
    reporter: Reporter,
) -> UtteranceData:
    """Listen to every training clip and its copies, once; what was heard is kept in `cache`.

    Raises:
        StorageError: the cache cannot be written.
        AudioError: a clip cannot be read any more.
    """
    versions = versions_of(recipe.utterance, data)
    reporter.begin("listening to copies", len(versions) * len(data.train))
    rows, frames, descriptors = [], [], []
    for number, changes in enumerate(versions):
        waveforms = [Waveform(cut, change) for cut, change in zip(data.train, changes, strict=True)]
        rows.append(
            encoded_statistics(
                waveforms, encoder, features, cache / "statistics" if recipe.encoder.cache else None,
                progress=lambda done, total, before=number: reporter.advance(before * total + done),  # type: ignore[misc]
            )
        )  # fmt: skip
        frames.append([max(1, _frames(waveform)) for waveform in waveforms])
        values = [changed_values(waveform.cut, waveform.change, data, recipe.data) for waveform in waveforms]
        descriptors.append([spoken_indices(said) for said in values])
    emotions = [data.labels.index(emotion_of(cut)) for cut in data.train]
    teaches = [number <= recipe.utterance.copies for number in range(len(versions))]
    shares = [label_shares(cut, data.labels) for cut in data.train] if recipe.data.soft_labels else []
    return UtteranceData(
        torch.stack(rows), torch.tensor(frames), torch.tensor(emotions), torch.tensor(descriptors),
        torch.tensor(teaches),
        torch.tensor(shares) if shares else None,
    )  # fmt: skip


class UtteranceSide(nn.Module):
    """The utterance latent and the heads that read it: what this stage trains."""

    def __init__(
        self, pooling: UtteranceLatent, emotion_head: nn.Linear, descriptor_heads: nn.ModuleDict | None
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.emotion_head = emotion_head
        self.descriptor_heads = descriptor_heads

    @classmethod
    def of(cls, model: ExplainerModel) -> UtteranceSide:
        """The model's own parts, not copies."""
        assert isinstance(model.pooling, UtteranceLatent) and model.emotion_head is not None
        return cls(model.pooling, model.emotion_head, model.descriptor_heads)

    def emotion_logits(self, rows_NS: Tensor) -> Tensor:
        """What the emotion head says of clips' statistics, as they are: (N, S) -> (N, C)."""
        return head_logits(self.emotion_head, self.pooling.of_rows(rows_NS).z_BTZ.squeeze(1))


def learn_utterance(
    side: UtteranceSide,
    data: UtteranceData,
    recipe: Recipe,
    reporter: Reporter,
    *,
    title: str = "utterance latent",
) -> list[dict[str, float]]:
    """Train the utterance latent and the heads, in place; returns the losses of every epoch."""
    config = recipe.utterance
    trained = list(side.parameters())
    average = [parameter.detach().clone() for parameter in trained]
    optimiser = torch.optim.AdamW(
        trained, lr=config.rate, weight_decay=recipe.optimiser.weight_decay, fused=True
    )
    generator = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    steps = config.epochs * math.ceil(len(data.emotion_N) / config.batch_size)
    side.train()
    reporter.begin(title, config.epochs)
    written: list[dict[str, float]] = []
    step = 0
    for epoch in range(config.epochs):
        sums: dict[str, float] = {}
        for batch in data.batches(config.batch_size, generator):
            for group in optimiser.param_groups:
                group["lr"] = warmup_cosine(config.rate, step, steps, WARMUP_SHARE)
            losses = _losses(side, recipe, *batch)
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            kept = min(AVERAGE_DECAY, (1 + step) / (10 + step))
            torch._foreach_lerp_(average, [parameter.detach() for parameter in trained], 1 - kept)
            share = len(batch[0]) / len(data.emotion_N)
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + share * float(loss.detach())
        written.append({"epoch": epoch + 1, **sums})
        reporter.advance(epoch + 1, f"loss {sums['loss']:.3f}")
    torch._foreach_copy_([parameter.data for parameter in trained], average)
    return written


def _losses(
    side: UtteranceSide,
    recipe: Recipe,
    rows_BS: Tensor,
    frames_B: Tensor,
    emotion: Tensor,
    taught_B: Tensor,
    descriptors_BQ: Tensor,
) -> dict[str, Tensor]:
    """`loss` and its parts; every member answers alone, and their losses are averaged."""
    objective, members = recipe.objective, len(side.pooling.members)
    latent = side.pooling.of_rows(rows_BS)
    pooled_BP = latent.z_BTZ.squeeze(1)
    kl = kl_a_frame(latent, frames_B) / members
    logits_BMC = member_logits(side.emotion_head, pooled_BP, members)
    of_emotion = _of_members(logits_BMC[taught_B], emotion[taught_B], objective.label_smoothing)
    loss = objective.emotion_head_weight * of_emotion + objective.beta * kl
    parts = {"kl_utterance": kl, "emotion_head": of_emotion}
    if side.descriptor_heads is not None:
        each = [
            _of_members(member_logits(head, pooled_BP, members), descriptors_BQ[:, column], 0.0)  # type: ignore[arg-type]
            for column, head in enumerate(side.descriptor_heads.values())
        ]
        parts["descriptor_heads"] = torch.stack(each).mean()
        loss = loss + objective.descriptor_head_weight * parts["descriptor_heads"]
    return {"loss": loss, **parts}


def _of_members(logits_BMC: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Mean over clips and members, 0 of no clip; `target` is (B,) of indices or (B, C) of shares."""
    if not len(logits_BMC):
        return logits_BMC.sum()
    target = target.unsqueeze(-1).expand(*target.shape, logits_BMC.shape[1])
    return F.cross_entropy(logits_BMC.transpose(1, 2), target, label_smoothing=smoothing)


def versions_of(config: UtteranceConfig, data: TrainingData) -> list[tuple[Change, ...]]:
    """What becomes of every training clip in every version; in version 0 nothing."""
    return list(zip(*(_versions(config, cut.id) for cut in data.train), strict=True))


def _versions(config: UtteranceConfig, cut_id: str) -> list[Change]:
    changes = AugmentConfig(
        copies=config.copies, speed=config.speed, gain_db=config.gain_db, channel=config.channel
    )
    copies, revoiced = range(1, config.copies + 1), range(1, config.revoiced + 1)
    return [
        NO_CHANGE,
        *(draw_change(changes, COPIES_SEED, cut_id, copy) for copy in copies),
        *(draw_revoicing(config, COPIES_SEED, cut_id, copy) for copy in revoiced),
    ]


def _frames(waveform: Waveform) -> int:
    faster = waveform.change.speed * waveform.change.pace
    return int(waveform.cut.duration / faster * SAMPLE_RATE) // FRAME_SAMPLES
