"""Fits what `model.confidence` uses: the temperature, and from which confidence on answers are given.

Shapes       N clips, C labels.
Temperature  the T that minimises the mean of -log softmax(log p / T)[truth]; convex in 1/T. Labels keep their
             order, so no answer changes. Kept within TEMPERATURES: on a dev part that is answered without any
             mistake the likelihood has no maximum. Of a model that learnt listeners' votes v (N, C) it is the
             T that minimises the mean of -sum_c v_c log softmax(log p / T)_c.
ECE          15 equal-width bins, `evaluation.emotion.calibration_error`.
Risk         of a threshold: the Clopper-Pearson upper bound, one-sided at 95 %, of the share of wrong answers
             among the clips whose confidence reaches it. The bound holds for a threshold fixed beforehand, on
             clips like those of the dev part; the lowest of many thresholds is chosen by the same clips, so
             it promises a little more than 95 % can carry, and nothing for other microphones.
Sources      C. Guo et al. 2017, arXiv:1706.04599, sections 2 and 4.2; C. Clopper, E. Pearson 1934, Biometrika
             26; Y. Geifman, R. El-Yaniv 2017, arXiv:1705.08500 (selection with a stated risk).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from lhotse import MonoCut
from numpy.typing import NDArray
from scipy import optimize, special, stats

from tonelens.errors import CorpusError
from tonelens.evaluation.emotion import calibration_error
from tonelens.evaluation.predict import predict
from tonelens.explain import Explainer
from tonelens.model.checkpoint import load_model, save_calibration
from tonelens.model.confidence import Calibration, Threshold, tempered
from tonelens.progress import Reporter

MIN_CLIPS = 20
"""A temperature of fewer is noise: even without a mistake they promise no risk under 0.14."""
TEMPERATURES = (0.1, 10.0)
SURENESS = 0.95
"""Of the bound on the risk."""
LEAST_PROBABILITY = 1e-30
"""What a probability of 0 is taken for, so that one clip cannot make the likelihood vanish."""


def fit_temperature(
    log_probabilities_NC: NDArray[np.float64],
    truth: NDArray[np.intp] | NDArray[np.float64],
    weights_N: NDArray[np.float64] | None = None,
) -> float:
    """The temperature that makes the truth likeliest: `truth` holds columns (N,), or their shares (N, C).

    `weights_N` say how much every clip counts; by default all alike.
    """
    if truth.ndim == 2:
        true_N = (truth * log_probabilities_NC).sum(axis=1)
    else:
        true_N = log_probabilities_NC[np.arange(len(truth)), truth.astype(np.intp)]

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        scaled_NC = log_probabilities_NC * inverse
        return float(np.average(special.logsumexp(scaled_NC, axis=1) - true_N * inverse, weights=weights_N))

    found = optimize.minimize_scalar(
        loss, bounds=tuple(np.log(TEMPERATURES)), method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def upper_bound(wrong: int, answered: int, *, sureness: float = SURENESS) -> float:
    """Clopper-Pearson: the largest error rate that `wrong` of `answered` clips do not rule out."""
    return 1.0 if wrong >= answered else float(stats.beta.ppf(sureness, wrong + 1, answered - wrong))


def risk_curve(confidence: Sequence[float], correct: Sequence[bool]) -> tuple[Threshold, ...]:
    """Every threshold that promises less risk than all lower ones, from 0 (answer everything) upwards."""
    order = np.argsort(np.asarray(confidence, dtype=np.float64), kind="stable")
    confidence_N = np.asarray(confidence, dtype=np.float64)[order]
    wrong_N = ~np.asarray(correct, dtype=bool)[order]
    count = len(confidence_N)
    wrong_from_N = wrong_N[::-1].cumsum()[::-1]
    curve: list[Threshold] = []
    for first in range(count):
        if first > 0 and confidence_N[first] == confidence_N[first - 1]:
            continue  # clips of the same confidence are answered together
        answered = count - first
        risk = upper_bound(int(wrong_from_N[first]), answered)
        if not curve or risk < curve[-1].risk:
            lowest = float(confidence_N[first]) if first else 0.0
            curve.append(Threshold(confidence=lowest, risk=risk, coverage=answered / count))
    return tuple(curve)


def fit_calibration(
    probabilities: Sequence[Mapping[str, float]],
    truth: Sequence[str],
    *,
    fitted_on: str,
    reads: Literal["text", "head"] = "text",
    votes: Sequence[Sequence[float]] | None = None,
    weights: Sequence[float] | None = None,
) -> Calibration | None:
    """What N clips say of a model's untempered probabilities; None for fewer than MIN_CLIPS.

    `reads` tells whose they are. A clip whose true label the model lacks counts as wrong, and not for
    the temperature. `votes` are shares of the labels, in the order of the probabilities: the temperature of
    a model that learnt them follows them, too; what the thresholds promise is the true label. `weights` say
    how much every clip counts for the temperature; thresholds count clips.
    """
    labels = list(probabilities[0]) if probabilities else []
    known = [number for number, label in enumerate(truth) if label in labels]
    if len(known) < MIN_CLIPS:
        return None
    shares_NC = np.array([[probabilities[number][label] for label in labels] for number in known])
    logs_NC = np.log(np.maximum(shares_NC, LEAST_PROBABILITY))
    columns = np.array([labels.index(truth[number]) for number in known])
    temperature = fit_temperature(
        logs_NC,
        columns if votes is None else np.array([votes[number] for number in known]),
        None if weights is None else np.array([weights[number] for number in known]),
    )
    best = [max(row, key=row.__getitem__) for row in probabilities]
    correct = [label == true for label, true in zip(best, truth, strict=True)]
    before = [row[label] for row, label in zip(probabilities, best, strict=True)]
    after = [tempered(row, temperature)[label] for row, label in zip(probabilities, best, strict=True)]
    return Calibration(
        temperature=temperature,
        fitted_on=fitted_on,
        n=len(truth),
        ece_before=calibration_error(before, correct),
        ece_after=calibration_error(after, correct),
        thresholds=risk_curve(after, correct),
        reads=reads,
    )


def calibrate_model(
    folder: Path, cuts: Sequence[MonoCut], *, fitted_on: str, reporter: Reporter | None = None
) -> Calibration:
    """Fit on cuts that the model was not trained on, and write the result into its folder.

    For models whose dev part is chosen by hand; `tonelens train` does the same with its own.

    Raises:
        CorpusError: fewer than MIN_CLIPS cuts can be answered.
        ModelError, StorageError: the folder cannot be read or written.
    """
    loaded = load_model(folder)
    reads: Literal["text", "head"] = "head" if loaded.model.recipe.head_decides else "text"
    untempered = Calibration(1.0, "nothing", 0, 0.0, 0.0, (), reads)
    bare = dataclasses.replace(loaded, card=dataclasses.replace(loaded.card, calibration=untempered))
    predictions = [
        prediction
        for prediction in predict(Explainer(bare), cuts, reporter).predictions
        if prediction.predicted_emotion is not None
    ]
    fitted = fit_calibration(
        [prediction.probabilities for prediction in predictions],
        [prediction.reference_emotion for prediction in predictions],
        fitted_on=fitted_on,
        reads=reads,
    )
    if fitted is None:
        raise CorpusError(
            f"{fitted_on}: {len(predictions)} clips were answered, but {MIN_CLIPS} of the model's labels are "
            f"needed to calibrate. Give more."
        )
    save_calibration(folder, fitted)
    return fitted
