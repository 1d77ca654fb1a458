import math

import pytest

from tonelens.evaluation.emotion import calibration_error, perfect_calibration_error, score_emotions
from tonelens.evaluation.prediction import Prediction


def clip(number, reference, predicted, **probabilities):
    return Prediction(
        id=f"c{number}",
        reference_emotion=reference,
        predicted_emotion=predicted,
        probabilities=probabilities,
    )


def test_calibration_error_worked_by_hand():
    # 0.95 and 0.99 share the last of 15 bins: one right, mean confidence 0.97, gap 0.47, weight 2/4.
    # 0.5 lies in (7/15, 8/15]: right, gap 0.5, weight 1/4. 0.3 in (4/15, 5/15]: wrong, gap 0.3, weight 1/4.
    error = calibration_error([0.95, 0.99, 0.5, 0.3], [True, False, True, False])
    assert error == pytest.approx(0.47 * 2 / 4 + 0.5 / 4 + 0.3 / 4)


def test_over_and_under_confidence_cancel_only_within_a_bin():
    assert calibration_error([0.5, 0.5], [True, False]) == pytest.approx(0.0)
    assert calibration_error([0.9, 0.1], [False, True], bins=2) == pytest.approx(0.9)


def test_certainty_belongs_to_the_last_bin_and_bin_edges_to_the_lower_bin():
    assert calibration_error([1.0, 1.0], [True, True]) == 0.0
    # 0.5 lies in (0, 0.5], apart from 0.6: the two errors do not cancel.
    assert calibration_error([0.5, 0.6], [True, False], bins=2) == pytest.approx((0.5 + 0.6) / 2)


def test_one_true_confidence_of_80_percent_is_off_by_20_or_80():
    """Right in 4 of 5 draws, and then off by 0.2: 0.8 x 0.2 + 0.2 x 0.8 = 0.32."""
    found = perfect_calibration_error([0.8])
    assert (found.low, found.high, found.n) == (pytest.approx(0.2), pytest.approx(0.8), 1)
    assert found.value == pytest.approx(0.32, abs=0.03), "1000 draws, standard deviation .24"


def test_the_error_of_true_confidences_falls_with_the_root_of_the_clips():
    """All in one bin: E|X / N - p| is sqrt(2 / pi) times the standard deviation, sqrt(p (1 - p) / N)."""
    for clips in (400, 6400):
        found = perfect_calibration_error([0.5] * clips)
        assert found.value == pytest.approx(math.sqrt(2 / math.pi) * 0.5 / math.sqrt(clips), rel=0.08)
        assert found.high == pytest.approx(2.24 * 0.5 / math.sqrt(clips), rel=0.1), "|z| of 2.5 %, two sides"


def test_unparsed_output_is_wrong_and_lowers_the_parse_rate():
    scores = score_emotions([clip(1, "anger", "anger"), clip(2, "anger", None), clip(3, "fear", "fear")])
    assert scores.parse_rate == pytest.approx(2 / 3)
    assert scores.classes.wa.value == pytest.approx(2 / 3)
    assert scores.classes.ua.value == pytest.approx((0.5 + 1) / 2)
    assert (scores.ece, scores.with_probabilities) == (None, 0)


def test_calibration_judges_the_probable_label_not_the_written_one():
    scores = score_emotions([clip(1, "anger", "fear", anger=0.8, fear=0.2), clip(2, "fear", "fear")])
    assert scores.ece == pytest.approx(0.2)
    assert scores.with_probabilities == 1


def test_labels_that_only_have_a_probability_get_a_column():
    scores = score_emotions([clip(1, "anger", "anger", anger=0.8, calm=0.1, fear=0.1)])
    assert scores.classes.labels == ("calm", "anger", "fear")


def test_the_error_without_the_temperature_is_worked_out_from_that_with_it():
    """0.8 and 0.2 at temperature 0.5 were 2/3 and 1/3: of two clips one is right."""
    told = [clip(1, "anger", "anger", anger=0.8, fear=0.2), clip(2, "fear", "anger", anger=0.8, fear=0.2)]
    scores = score_emotions(told, temperature=0.5)
    assert scores.ece == pytest.approx(0.8 - 0.5)
    assert scores.ece_before == pytest.approx(2 / 3 - 0.5)
    assert score_emotions(told).ece_before is None
