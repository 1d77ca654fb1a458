import pytest

from tonelens.evaluation.descriptors import score_descriptors
from tonelens.evaluation.prediction import Claim, Prediction


def clip(number, **claims):
    return Prediction(
        id=str(number),
        reference_emotion="anger",
        predicted_emotion="anger",
        descriptors={name: Claim(*pair) for name, pair in claims.items()},
    )


def test_claims_are_compared_where_the_signal_can_be_measured():
    scores = score_descriptors(
        [
            clip(1, pitch=("high", "high"), speed=("slow", None)),
            clip(2, pitch=("low", "high")),
            clip(3, pitch=(None, "low")),
            clip(4, pitch=("high", None)),
        ]
    )
    (pitch,) = scores  # speed was never measurable
    assert (pitch.name, pitch.measurable, pitch.not_measurable) == ("pitch", 3, 1)
    assert pitch.accuracy.value == pytest.approx(1 / 3)
    # high: F1 = 2*1/(2+1); low: never right, F1 = 0
    assert pitch.macro_f1.value == pytest.approx((2 / 3 + 0) / 2)


def test_clips_without_the_descriptor_are_said_to_be_not_measurable():
    (pitch,) = score_descriptors([clip(1, pitch=("high", "high")), clip(2)])
    assert (pitch.measurable, pitch.not_measurable) == (1, 1)


def test_no_descriptors_no_scores():
    assert score_descriptors([clip(1)]) == ()
