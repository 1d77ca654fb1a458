"""Scores of the emotion itself: UA, WA, macro-F1, recall per class, calibration, parse rate.

Formulas  UA, WA and macro-F1 are in `confusion`. ECE = sum over bins of (share of clips in the bin) x
          |accuracy - mean confidence|, with ECE_BINS equal-width bins, each open below and closed above.
          The confidence is the highest probability and it is right when its label is the reference,
          whether or not the generated text agrees; clips without probabilities are left out and counted.
Source    Guo et al. 2017, arXiv:1706.04599, equation 3 (ECE).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tonelens.evaluation.confusion import ClassScores, score_classes
from tonelens.evaluation.prediction import Prediction
from tonelens.model.confidence import tempered

ECE_BINS = 15


@dataclass(frozen=True, slots=True)
class EmotionScores:
    """How well the emotion was named, and how honest its probabilities are."""

    classes: ClassScores
    parse_rate: float
    """Share of outputs that named an emotion."""
    ece: float | None
    """Expected calibration error; None where no clip has probabilities."""
    ece_before: float | None
    """The same without the model's temperature; None where it has none."""
    with_probabilities: int
    """Clips behind `ece`."""


def score_emotions(predictions: Sequence[Prediction], *, temperature: float | None = None) -> EmotionScores:
    """Score the emotions of all clips; an output that did not parse counts as wrong.

    `temperature` is the one that the probabilities carry already.
    """
    answers = [prediction.predicted_emotion for prediction in predictions]
    told = [prediction for prediction in predictions if prediction.probabilities]
    best = [max(prediction.probabilities, key=prediction.probabilities.__getitem__) for prediction in told]
    confidence = [prediction.probabilities[label] for prediction, label in zip(told, best, strict=True)]
    correct = [prediction.reference_emotion == label for prediction, label in zip(told, best, strict=True)]
    raw = [tempered(prediction.probabilities, 1 / temperature) for prediction in told] if temperature else []
    before = [shares[label] for shares, label in zip(raw, best, strict=False)]
    return EmotionScores(
        classes=score_classes(
            [prediction.reference_emotion for prediction in predictions],
            answers,
            [prediction.speaker for prediction in predictions],
            labels=sorted({label for prediction in told for label in prediction.probabilities}),
        ),
        parse_rate=sum(answer is not None for answer in answers) / len(answers),
        ece=calibration_error(confidence, correct) if told else None,
        ece_before=calibration_error(before, correct) if before else None,
        with_probabilities=len(told),
    )


def calibration_error(confidence: Sequence[float], correct: Sequence[bool], *, bins: int = ECE_BINS) -> float:
    """Expected calibration error of N confidences in [0, 1]."""
    confidence_N = np.asarray(confidence, dtype=np.float64)
    bin_N = np.clip(np.ceil(confidence_N * bins).astype(int) - 1, 0, bins - 1)
    gap_N = np.asarray(correct, dtype=np.float64) - confidence_N
    return float(np.abs(np.bincount(bin_N, weights=gap_N, minlength=bins)).sum() / len(confidence_N))
