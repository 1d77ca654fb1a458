"""Scores of the emotion itself: UA, WA, macro-F1, recall per class, calibration, parse rate.

Formulas  UA, WA and macro-F1 are in `confusion`. ECE = sum over bins of (share of clips in the bin) x
          |accuracy - mean confidence|, with ECE_BINS equal-width bins, each open below and closed above.
          The confidence is the highest probability and it is right when its label is the reference,
          whether or not the generated text agrees; clips without probabilities are left out and counted.
          On few clips even perfect probabilities have an ECE: `perfect_calibration_error` says which.
Source    Guo et al. 2017, arXiv:1706.04599, equation 3 (ECE). Bröcker and Smith 2007, "Increasing the
          reliability of reliability diagrams", Weather and Forecasting 22 (consistency resampling).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tonelens.evaluation.confusion import ClassScores, score_classes
from tonelens.evaluation.intervals import Interval
from tonelens.evaluation.prediction import Prediction
from tonelens.model.confidence import tempered

ECE_BINS = 15
PERFECT_DRAWS = 1000


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
    ece_perfect: Interval | None
    """What `ece` would be if every confidence were the chance of being right, and the middle 95 % of that."""
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
        ece_perfect=perfect_calibration_error(confidence) if told else None,
        with_probabilities=len(told),
    )


def calibration_error(confidence: ArrayLike, correct: ArrayLike, *, bins: int = ECE_BINS) -> float:
    """Expected calibration error of N confidences in [0, 1]."""
    confidence_N = np.asarray(confidence, dtype=np.float64)
    bin_N = np.clip(np.ceil(confidence_N * bins).astype(int) - 1, 0, bins - 1)
    gap_N = np.asarray(correct, dtype=np.float64) - confidence_N
    return float(np.abs(np.bincount(bin_N, weights=gap_N, minlength=bins)).sum() / len(confidence_N))


def perfect_calibration_error(
    confidence: Sequence[float], *, draws: int = PERFECT_DRAWS, seed: int = 0
) -> Interval:
    """The ECE that N confidences have when they are true, since N answers come out by chance.

    Every draw lets each answer be right with the probability it states. The value is the mean of the draws'
    errors, low and high are their 2.5 and 97.5 % points: a measured error between them is no evidence of bad
    probabilities.
    """
    rng = np.random.default_rng(seed)
    confidence_N = np.asarray(confidence, dtype=np.float64)
    errors_R = np.array(
        [calibration_error(confidence_N, rng.random(len(confidence_N)) < confidence_N) for _ in range(draws)]
    )
    low, high = np.quantile(errors_R, (0.025, 0.975))
    clips = len(confidence_N)
    return Interval(float(errors_R.mean()), float(low), float(high), unit="clip", n=clips, clusters=clips)
