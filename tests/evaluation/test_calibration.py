"""Fitting on made-up answers whose right calibration is known."""

import numpy as np
import pytest

from tonelens.evaluation.calibration import (
    MIN_CLIPS,
    fit_calibration,
    fit_temperature,
    risk_curve,
    upper_bound,
)
from tonelens.evaluation.emotion import calibration_error

LABELS = ("anger", "fear", "calm", "joy")


def drawn(clips=20_000, seed=0):
    """Log-probabilities (N, C) and truths drawn from them: calibrated by construction."""
    random = np.random.default_rng(seed)
    logits = 2 * random.standard_normal((clips, len(LABELS)))
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    truth = np.array([random.choice(len(LABELS), p=np.exp(row)) for row in logs])
    return logs, truth


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_is_the_factor_that_the_logits_were_scaled_by(factor):
    logs, truth = drawn()
    assert fit_temperature(factor * logs, truth) == pytest.approx(factor, rel=0.03)


def test_weights_say_how_much_a_clip_counts():
    """Eight clips at 4 to 1. Seven are right, so odds of 7 to 1 are honest: T = ln 4 / ln 7. Six of one voice
    (all right) and two of another (one wrong) with the voices alike: 3 to 1, T = ln 4 / ln 3."""
    logs, truth = np.log(np.array([[0.8, 0.2]] * 8)), np.array([0] * 7 + [1])
    assert fit_temperature(logs, truth) == pytest.approx(np.log(4) / np.log(7), rel=1e-4)
    alike = np.array([1 / 6] * 6 + [1 / 2] * 2)
    assert fit_temperature(logs, truth, alike) == pytest.approx(np.log(4) / np.log(3), rel=1e-4)


def test_answers_without_any_mistake_end_at_the_lowest_temperature():
    logs = np.log(np.array([[0.6, 0.4]] * 30))
    assert fit_temperature(logs, np.zeros(30, dtype=int)) == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_temperature_of_votes_gives_the_votes_back(factor):
    """Probabilities that are the votes to the power of a factor: that factor mends them."""
    logs, truth = drawn(200)
    votes = np.exp(logs)
    assert fit_temperature(factor * logs, votes) == pytest.approx(factor, rel=1e-3)
    certain = np.eye(len(LABELS))[truth]
    assert fit_temperature(logs, certain) == pytest.approx(fit_temperature(logs, truth))


def test_a_model_of_votes_is_tempered_by_them_and_promises_its_label():
    """Listeners are split 3 to 1 wherever the label is anger; the model says 9 to 1, the square of it."""
    rows = [{"anger": 0.9, "fear": 0.1}] * 30
    fitted = fit_calibration(rows, ["anger"] * 30, fitted_on="p", votes=[(0.75, 0.25)] * 30)
    assert fitted.temperature == pytest.approx(2.0, rel=1e-3)
    assert fitted.tempered(rows[0]) == pytest.approx({"anger": 0.75, "fear": 0.25}, abs=1e-3)
    assert fitted.thresholds[0].risk == pytest.approx(1 - 0.05 ** (1 / 30)), "no answer is wrong"
    assert fit_calibration(rows, ["anger"] * 30, fitted_on="p").temperature == pytest.approx(0.1, rel=0.01)


def test_the_calibration_error_of_a_worked_example():
    """15 bins of 1/15: 0.95 and 0.97 in the last one (1 of 2 right), 0.5 alone in the eighth (wrong)."""
    expected = 2 / 3 * abs(0.5 - 0.96) + 1 / 3 * abs(0 - 0.5)
    assert calibration_error([0.95, 0.97, 0.5], [True, False, False]) == pytest.approx(expected)


def test_the_upper_bound_is_that_of_clopper_and_pearson():
    """No mistake in n: 1 - 0.05^(1/n). 1 in 2: P(at most 1 wrong) = 1 - p² = 0.05."""
    assert upper_bound(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert upper_bound(1, 2) == pytest.approx(0.95**0.5)
    assert upper_bound(3, 3) == 1.0


def test_the_curve_holds_every_threshold_that_promises_less_than_all_lower_ones():
    """Ten right ones at 0.9, two wrong and two right ones at 0.4."""
    curve = risk_curve([0.9] * 10 + [0.4] * 4, [True] * 10 + [False, True, False, True])
    everything, sure = curve
    assert (everything.confidence, everything.coverage) == (0.0, 1.0)
    assert everything.risk == upper_bound(2, 14)
    assert (sure.confidence, sure.coverage) == (0.9, 10 / 14)
    assert sure.risk == pytest.approx(1 - 0.05**0.1)


def test_a_threshold_that_answers_fewer_clips_at_no_less_risk_is_left_out():
    """Both clips right: answering one of them promises less than answering both."""
    (only,) = risk_curve([0.5, 0.8], [True, True])
    assert (only.confidence, only.coverage) == (0.0, 1.0)


def test_a_fit_makes_overconfident_answers_honest():
    logs, truth = drawn(4000)
    logits = 3 * logs
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    rows = [dict(zip(LABELS, row.tolist(), strict=True)) for row in shares]
    fitted = fit_calibration(rows, [LABELS[index] for index in truth], fitted_on="made-up")
    assert fitted.temperature == pytest.approx(3.0, rel=0.06)
    assert (fitted.n, fitted.fitted_on) == (4000, "made-up")
    assert fitted.ece_before > 0.1
    assert fitted.ece_after < 0.03
    promised = fitted.threshold(0.1)
    fresh_logs, fresh_truth = drawn(4000, seed=1)
    best = fresh_logs.argmax(1)
    confidence = [
        fitted.tempered(dict(enumerate(row)))[label]
        for row, label in zip(
            np.exp(3 * fresh_logs) / np.exp(3 * fresh_logs).sum(1, keepdims=True), best, strict=True
        )
    ]
    answered = np.array(confidence) >= promised.confidence
    assert (best != fresh_truth)[answered].mean() <= 0.1
    assert answered.mean() == pytest.approx(promised.coverage, abs=0.03)


def test_a_label_that_the_model_lacks_is_wrong_and_moves_no_temperature():
    rows = [{"anger": 0.8, "fear": 0.2}] * 30
    truth = ["anger"] * 24 + ["fear"] * 6
    plain = fit_calibration(rows, truth, fitted_on="a")
    mixed = fit_calibration([*rows, rows[0]], [*truth, "pride"], fitted_on="a")
    assert plain.temperature == pytest.approx(1.0, abs=1e-3)  # 24 of 30 are 0.8
    assert mixed.temperature == plain.temperature
    assert mixed.thresholds[0].risk == upper_bound(7, 31)


def test_too_few_clips_are_not_fitted():
    few = [{"a": 0.6, "b": 0.4}] * (MIN_CLIPS - 1)
    assert fit_calibration(few, ["a"] * len(few), fitted_on="x") is None
    assert fit_calibration([], [], fitted_on="x") is None
