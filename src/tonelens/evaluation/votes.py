"""Scores against what listeners voted: how near the probabilities come to the whole distribution.

Of a clip     p = shares of the votes over the system's labels (votes for others left out, the rest to sum 1;
              their mean share is `outside`), q = the system's probabilities, none below LEAST_PROBABILITY:
              cross-entropy -sum p ln q and KL sum p ln(p / q) in nats, total variation sum |p - q| / 2.
              Cross-entropy minus KL is the entropy of the votes, which no system can go below.
Majority      the label most listeners named, whether the system has it or not; clips where several share the
              first place have none, and are counted. No answer is wrong.
Counted       clips with votes; for the first three those that also have probabilities, and votes for one of
              their labels. Means over clips, with intervals as in `intervals`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tonelens.evaluation.intervals import Interval, bootstrap
from tonelens.evaluation.prediction import Prediction

LEAST_PROBABILITY = 1e-6
"""What a smaller probability counts as: a rounded 0 where somebody voted would otherwise cost everything."""


@dataclass(frozen=True, slots=True)
class VoteScores:
    """One system against the listeners."""

    cross_entropy: Interval | None
    """Nats; None, like the next two, where no clip can be compared."""
    kl: Interval | None
    """KL(votes || probabilities), nats."""
    total_variation: Interval | None
    majority_accuracy: Interval | None
    """None where no clip has a majority."""
    outside: float | None
    """Mean share of the votes that went to labels which the system does not have."""
    with_votes: int
    compared: int
    """Clips behind the first three."""
    tied: int
    """Clips whose first place is shared."""

    def intervals(self) -> dict[str, Interval]:
        """The scores there are, by name."""
        scores = {
            "cross_entropy": self.cross_entropy,
            "kl": self.kl,
            "total_variation": self.total_variation,
            "majority_accuracy": self.majority_accuracy,
        }
        return {name: score for name, score in scores.items() if score is not None}


@dataclass(frozen=True, slots=True)
class Distance:
    """Of one clip."""

    cross_entropy: float
    kl: float
    total_variation: float
    outside: float


def score_votes(predictions: Sequence[Prediction]) -> VoteScores | None:
    """Score all clips that have votes; None where none has."""
    asked = [prediction for prediction in predictions if prediction.reference_shares]
    if not asked:
        return None
    found = [(one, distance(one.reference_shares, one.probabilities)) for one in asked if one.probabilities]
    pairs = [(one, far) for one, far in found if far is not None]
    speakers = [one.speaker for one, _ in pairs]
    first = [(one, majority(one.reference_shares)) for one in asked]
    judged = [(one, label) for one, label in first if label is not None]
    return VoteScores(
        cross_entropy=_mean([far.cross_entropy for _, far in pairs], speakers),
        kl=_mean([far.kl for _, far in pairs], speakers),
        total_variation=_mean([far.total_variation for _, far in pairs], speakers),
        majority_accuracy=_mean(
            [float(one.predicted_emotion == label) for one, label in judged],
            [one.speaker for one, _ in judged],
        ),
        outside=float(np.mean([far.outside for _, far in pairs])) if pairs else None,
        with_votes=len(asked),
        compared=len(pairs),
        tied=len(asked) - len(judged),
    )


def distance(votes: Mapping[str, float], probabilities: Mapping[str, float]) -> Distance | None:
    """How far the probabilities lie from the votes; None where nobody voted for any of their labels."""
    known = math.fsum(votes.get(label, 0.0) for label in probabilities)
    if known <= 0:
        return None
    p_C = np.array([votes.get(label, 0.0) / known for label in probabilities])
    q_C = np.array(list(probabilities.values()))
    log_q_C = np.log(np.maximum(q_C, LEAST_PROBABILITY))
    voted = p_C > 0
    cross_entropy = -float(p_C @ log_q_C)
    return Distance(
        cross_entropy=cross_entropy,
        kl=cross_entropy + float(p_C[voted] @ np.log(p_C[voted])),
        total_variation=float(np.abs(p_C - q_C).sum()) / 2,
        outside=max(0.0, 1 - known / math.fsum(votes.values())),
    )


def majority(votes: Mapping[str, float]) -> str | None:
    """The label most listeners named; None where two or more share the first place."""
    most = max(votes.values())
    first = [label for label, share in votes.items() if math.isclose(share, most)]
    return first[0] if len(first) == 1 else None


def _mean(values: Sequence[float], speakers: Sequence[str | None]) -> Interval | None:
    if not values:
        return None
    counts_NS = np.column_stack([values, np.ones(len(values))])
    return bootstrap(counts_NS, speakers, lambda sums_RS: sums_RS[:, 0] / sums_RS[:, 1])
