"""A model that has listened in: layer statistics re-estimated from unlabelled recordings.

Another speaker, microphone or room moves the means of the encoder's channels, and the utterance latent
reads them against the training part's. From n clips of the same speaker or session the mean becomes

    w mean(clips) + (1 - w) mean(training)        w = n / (n + KAPPA)

and the variance likewise. Then the session speaks for itself: straight lines from its clips' statistics to
the labels that the head gives them are fitted, and answers rest on both (`model.opinion`). All weights are
shared with the model it came from, which stays as it was. A session in which one mood is heard is not
listened in to: that mood would become the new neutral.

Shapes    N clips, T frames, L encoder layers, H encoder width, S = 2 L H statistics, C labels.
Source    ours; benchmarks/adapt_kappa.py chose KAPPA (docs/decisions/0014), LOG.md the rest (0024).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from tonelens.errors import ModelError
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.opinion import SessionOpinion
from tonelens.model.utterance import SMALLEST_STD, LayerStatistics, UtteranceLatent, statistics

KAPPA = 30.0
"""How many clips weigh as much as the whole training part."""
RIDGE = 5.0
"""Of the session's lines, in mean squared lengths of a clip's statistics."""
FEW_OF_A_MOOD = 20.0
"""Clips of every mood heard with which the session's lines weigh a third, the head two."""
RAREST_SHARE = 0.05
"""Labels that fewer of a session's clips have weigh no more than these."""
FEWEST_MOODS, OF_LABELS = 2.5, 4
"""Heard in a session that may be listened in to, by a model of so many labels or more. Where all of its clips
are of one mood, their mean is that mood's, and lines would part what is alike."""


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
def adapted_model(model: ExplainerModel, heard: Sequence[Tensor]) -> ExplainerModel | None:
    """The model with statistics that were moved towards those of clips (S each), and their own opinion.

    `model` is not changed, but left in eval mode; both share every weight. The model must be adaptable, with
    one clip or more. None where its emotion head hears too few moods in them (`fewest_moods`).
    """
    pooling = model.eval().pooling
    assert isinstance(pooling, UtteranceLatent)
    rows_NS = torch.stack(list(heard)).to(pooling.statistics.mean_S)
    moods_heard = None
    if model.emotion_head is not None:
        heard_NC = _said(model, rows_NS)
        moods_heard = moods(heard_NC)
        if moods_heard < fewest_moods(heard_NC.shape[1]):
            return None
    shared = {id(part): part for name, part in model.named_children() if name != "pooling"}
    shared |= {id(part): part for name, part in pooling.named_children() if name != "statistics"}
    other = copy.deepcopy(model, dict(shared))
    assert isinstance(other.pooling, UtteranceLatent)
    listen_in(other.pooling.statistics, rows_NS)
    other.pooling.opinion = None  # of an earlier session
    if moods_heard is not None:
        logits_NC = _said(other, rows_NS)
        if len(set(logits_NC.argmax(dim=-1).tolist())) > 1:
            told_NS = other.pooling.statistics.standardised(rows_NS)
            other.pooling.opinion = session_opinion(told_NS, logits_NC, moods_heard)
    return other


def _said(model: ExplainerModel, rows_NS: Tensor) -> Tensor:
    """What the emotion head makes of clips' statistics: (N, C)."""
    assert isinstance(model.pooling, UtteranceLatent)
    return model.emotion_logits(model.pooling.of_rows(rows_NS).z_BTZ.squeeze(1))


def moods(logits_NC: Tensor) -> float:
    """How many emotions are heard in a session: the perplexity of its clips' mean probabilities, 1 to C."""
    mean_C = logits_NC.softmax(dim=-1).mean(dim=0)
    return float(torch.special.entr(mean_C).sum().exp())


def fewest_moods(labels: int) -> float:
    """FEWEST_MOODS, and with fewer labels as large a share of what could be heard, in nats."""
    return float(FEWEST_MOODS ** min(1.0, math.log(labels) / math.log(OF_LABELS)))


def session_opinion(told_NS: Tensor, logits_NC: Tensor, moods_heard: float) -> SessionOpinion:
    """Ridge regression of the likeliest labels on a session's statistics, every label as heavy as another.

    Its logits are scaled to vary as the head's do. With m clips of every mood they weigh
    m / (2 m + FEW_OF_A_MOOD): half of a long session.

    Args:
        told_NS: statistics of its clips as the model that listened in has them.
        logits_NC: what that model's head says of them.
        moods_heard: of how many moods they are; m is their number by this.
    """
    clips, labels = logits_NC.shape
    is_label_NC = F.one_hot(logits_NC.argmax(dim=-1), labels).to(told_NS)
    weight_N = is_label_NC @ (1 / is_label_NC.mean(dim=0).clamp(min=RAREST_SHARE))
    weight_N = weight_N / weight_N.mean()
    asked_NC = is_label_NC - (weight_N @ is_label_NC) / clips
    centre_S = told_NS.mean(dim=0)
    rows_NS = told_NS - centre_S
    products_NN = rows_NS @ rows_NS.T
    penalty = RIDGE * products_NN.diagonal().mean().clamp(min=SMALLEST_STD)
    dual_NC = torch.linalg.solve(products_NN * weight_N + penalty * torch.eye(clips).to(rows_NS), asked_NC)
    lines_CS = (weight_N.unsqueeze(-1) * dual_NC).T @ rows_NS
    said_NC, centred_NC = rows_NS @ lines_CS.T, logits_NC - logits_NC.mean(dim=-1, keepdim=True)
    scale = centred_NC.std(unbiased=False) / said_NC.std(unbiased=False).clamp(min=SMALLEST_STD)
    of_a_mood = clips / moods_heard
    return SessionOpinion(scale * lines_CS, centre_S, of_a_mood / (2 * of_a_mood + FEW_OF_A_MOOD))


@torch.no_grad()
def listen_in(known: LayerStatistics, rows_NS: Tensor) -> None:
    """Move what is known towards N clips' statistics, in place: the shrunk re-estimation above."""
    weight = len(rows_NS) / (len(rows_NS) + KAPPA)
    variance_S = torch.lerp(known.std_S.square(), rows_NS.var(dim=0, unbiased=False), weight)
    known.mean_S.lerp_(rows_NS.mean(dim=0), weight)
    known.std_S.copy_(variance_S.sqrt().clamp(min=SMALLEST_STD))
