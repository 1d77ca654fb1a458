"""A model that has listened in: layer statistics re-estimated from unlabelled recordings.

Another speaker, microphone or room moves the means of the encoder's channels, and the utterance latent
reads them against the training part's. From n clips of the same speaker or session the mean becomes

    w mean(clips) + (1 - w) mean(training)        w = n / (n + KAPPA)

and the variance likewise. Nothing else changes: weights are shared with the model it came from, which
stays as it was.

Shapes    N clips, T frames, L encoder layers, H encoder width, S = 2 L H statistics.
Source    ours; benchmarks/adapt_kappa.py chose KAPPA (docs/decisions/0014).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from tonelens.errors import ModelError
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.utterance import SMALLEST_STD, LayerStatistics, UtteranceLatent, statistics

KAPPA = 30.0
"""How many clips weigh as much as the whole training part."""


def require_adaptable(model: ExplainerModel, name: str) -> None:
    """Refuse a model without layer statistics.

    Raises:
        ModelError: it has no utterance latent.
    """
    if not isinstance(model.pooling, UtteranceLatent):
        raise ModelError(
            f"{name}: has no utterance latent, whose statistics could be adapted. Leave --adapt out, or "
            f"train with streams.pooling=statistics."
        )


def clip_statistics(clip_TLH: Tensor) -> Tensor:
    """What `adapted_model` needs of a clip: (T, L, H) -> (S,)."""
    return statistics(clip_TLH.unsqueeze(0))[0]


@torch.no_grad()
def adapted_model(model: ExplainerModel, heard: Sequence[Tensor]) -> ExplainerModel:
    """The model with statistics that were moved towards those of clips (S each).

    `model` is not changed; both share every weight. The model must be adaptable, with one clip or more.
    """
    pooling = model.pooling
    assert isinstance(pooling, UtteranceLatent)
    shared = {id(part): part for name, part in model.named_children() if name != "pooling"}
    shared |= {id(part): part for name, part in pooling.named_children() if name != "statistics"}
    other = copy.deepcopy(model, dict(shared))
    assert isinstance(other.pooling, UtteranceLatent)
    listen_in(other.pooling.statistics, torch.stack(list(heard)).to(pooling.statistics.mean_S))
    return other


@torch.no_grad()
def listen_in(known: LayerStatistics, rows_NS: Tensor) -> None:
    """Move what is known towards N clips' statistics, in place: the shrunk re-estimation above."""
    weight = len(rows_NS) / (len(rows_NS) + KAPPA)
    variance_S = torch.lerp(known.std_S.square(), rows_NS.var(dim=0, unbiased=False), weight)
    known.mean_S.lerp_(rows_NS.mean(dim=0), weight)
    known.std_S.copy_(variance_S.sqrt().clamp(min=SMALLEST_STD))
