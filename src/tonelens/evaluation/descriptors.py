"""Scores of the descriptors: does the word in the output agree with the word that the signal gives?

Counted   clips where the descriptor can be measured; `not_measurable` says how many were left out.
          A descriptor that the output does not mention, though it can be measured, counts as wrong.
Formulas  accuracy and macro-F1 over the measured words (`confusion`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonelens.evaluation.confusion import ClassScores, score_classes
from tonelens.evaluation.intervals import Interval
from tonelens.evaluation.prediction import Prediction


@dataclass(frozen=True, slots=True)
class DescriptorScores:
    """One descriptor over all clips."""

    name: str
    classes: ClassScores
    """Rows are measured words, columns claimed words."""
    measurable: int
    not_measurable: int

    @property
    def accuracy(self) -> Interval:
        """Share of measurable clips with the right word."""
        return self.classes.wa

    @property
    def macro_f1(self) -> Interval:
        """Mean F1 over the measured words."""
        return self.classes.macro_f1


def score_descriptors(predictions: Sequence[Prediction]) -> tuple[DescriptorScores, ...]:
    """One entry a descriptor that can be measured on any clip, in order of first appearance."""
    names = dict.fromkeys(name for prediction in predictions for name in prediction.descriptors)
    scores = (_score_one(name, predictions) for name in names)
    return tuple(score for score in scores if score is not None)


def _score_one(name: str, predictions: Sequence[Prediction]) -> DescriptorScores | None:
    measured, claimed, speakers = [], [], []
    for prediction in predictions:
        claim = prediction.descriptors.get(name)
        if claim is not None and claim.measured is not None:
            measured.append(claim.measured)
            claimed.append(claim.claimed)
            speakers.append(prediction.speaker)
    if not measured:
        return None
    return DescriptorScores(
        name=name,
        classes=score_classes(measured, claimed, speakers),
        measurable=len(measured),
        not_measurable=len(predictions) - len(measured),
    )
