"""Honest probabilities without a dev part: every training clip is judged by a network that never heard it.

    training speakers -> GROUPS groups -> for each: a single member learns from the others
    (training.utterance) -> emotion probabilities of the clips left out -> temperature and thresholds, as
    on a dev part

Clips whose speaker is not known are groups of their own. The single member is less sure than the model's
members together, so that the temperature errs, if at all, towards modesty.

Shapes    N training clips, C labels.
Source    cross-validated calibration is J. Platt's, "Probabilistic outputs for support vector machines",
          1999, section 2.1; here the groups are speakers. docs/decisions/0016.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor

from tonelens.evaluation.calibration import fit_calibration
from tonelens.model.confidence import Calibration
from tonelens.progress import Reporter
from tonelens.recipe import Recipe
from tonelens.training.utterance import UtteranceData, UtteranceSide, learn_utterance

GROUPS = 5
"""Of speakers; as many as speakers where there are fewer. With 3, a network has heard too few voices."""


def crossfitted(
    side: UtteranceSide,
    data: UtteranceData,
    labels: Sequence[str],
    speakers: Sequence[str],
    recipe: Recipe,
    reporter: Reporter,
) -> Calibration | None:
    """The calibration of the emotion head; None for too few clips, or a single speaker.

    Args:
        side: the parts to be calibrated; only their shapes and their standardisation are used.
        data: the training clips.
        labels: names of the head's classes.
        speakers: of every training clip; a name of its own where it is not known.
        recipe: as the side is trained.
        reporter: told of every epoch.
    """
    group_N = groups_of(speakers)
    groups = len(set(group_N.tolist()))
    if groups < 2:
        return None
    shares_NC = torch.zeros(len(speakers), len(labels))
    for group in range(groups):
        known, unknown = (group_N != group).nonzero().squeeze(1), (group_N == group).nonzero().squeeze(1)
        torch.manual_seed(recipe.seed)
        member = side.alone(recipe)
        learn_utterance(
            member, data.of(known), recipe, reporter, title=f"calibration {group + 1} of {groups}"
        )
        member.eval()
        with torch.no_grad():
            shares_NC[unknown] = member.emotion_logits(data.rows_ANS[0, unknown]).softmax(dim=-1)
    return fit_calibration(
        [dict(zip(labels, shares, strict=True)) for shares in shares_NC.tolist()],
        [labels[index] for index in data.emotion_N.tolist()],
        fitted_on=f"training clips, each judged without its speaker ({groups} groups)"
        + ("" if data.shares_NC is None else ", their votes"),
        reads="head",
        votes=None if data.shares_NC is None else data.shares_NC.tolist(),
    )


def groups_of(speakers: Sequence[str]) -> Tensor:
    """The group 0 to GROUPS - 1 of every clip (N,): speakers in the order of a hash, dealt in turn."""
    order = sorted(set(speakers), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    group = {name: number % GROUPS for number, name in enumerate(order)}
    return torch.tensor([group[name] for name in speakers])
