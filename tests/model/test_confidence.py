"""Temperatures and thresholds, worked by hand."""

import dataclasses

import pytest

from tonelens.errors import InputError, ModelError
from tonelens.model.confidence import Calibration, Threshold, check_risk, naming, tempered

CURVE = (Threshold(0.0, 0.5, 1.0), Threshold(0.6, 0.3, 0.7), Threshold(0.9, 0.12, 0.4))
FITTED = Calibration(2.0, "dev part of made-up", 50, 0.2, 0.05, CURVE)


def test_a_temperature_of_two_takes_square_roots():
    """0.64 and 0.36 become 0.8 / 1.4 and 0.6 / 1.4."""
    assert tempered({"a": 0.64, "b": 0.36}, 2.0) == pytest.approx({"a": 4 / 7, "b": 3 / 7})
    assert FITTED.tempered({"a": 0.64, "b": 0.36}) == pytest.approx({"a": 4 / 7, "b": 3 / 7})


def test_the_inverse_undoes_it_and_what_is_impossible_stays_so():
    given = {"a": 0.7, "b": 0.3, "c": 0.0}
    assert tempered(tempered(given, 1.7), 1 / 1.7) == pytest.approx(given)
    assert tempered(given, 3.0)["c"] == 0


@pytest.mark.parametrize(("risk", "confidence"), [(0.5, 0.0), (0.49, 0.6), (0.3, 0.6), (0.2, 0.9)])
def test_the_lowest_threshold_that_promises_the_risk_is_taken(risk, confidence):
    assert FITTED.threshold(risk).confidence == confidence


def test_a_risk_that_no_threshold_promises_is_refused_with_the_least_there_is():
    with pytest.raises(
        InputError, match=r"a risk of 0\.1: .* the 50 clips it rests on show at best 0\.120"
    ) as caught:
        FITTED.threshold(0.1)
    assert "Ask for 0.12 or more" in str(caught.value)


@pytest.mark.parametrize("risk", [0.0, 1.0, -0.2, 20.0, float("nan")])
def test_a_risk_is_a_fraction(risk):
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        check_risk(risk)


def test_a_calibration_survives_json():
    assert Calibration.from_dict(FITTED.to_dict()) == FITTED


@pytest.mark.parametrize(
    "damage",
    [{"temperature": 0}, {"thresholds": []}, {"thresholds": [{"confidence": 1}]}, {"colour": "red"}],
)
def test_a_damaged_one_is_refused(damage):
    with pytest.raises(ModelError, match=r"model\.json: calibration"):
        Calibration.from_dict({**FITTED.to_dict(), **damage})
    with pytest.raises(ModelError, match=r"model\.json: calibration"):
        Calibration.from_dict([dataclasses.asdict(FITTED)])


def test_the_label_of_the_text_is_the_likeliest():
    heard = {"a": 0.5, "b": 0.4, "c": 0.1}
    assert naming("a", heard) == heard
    assert naming("b", heard) == {"a": 0.4, "b": 0.5, "c": 0.1}
    assert list(naming("c", heard)) == ["a", "b", "c"]


def test_a_calibration_reads_the_text_unless_it_says_otherwise():
    row = {**FITTED.to_dict(), "reads": "head"}
    assert Calibration.from_dict(row).reads == "head"
    del row["reads"]
    assert Calibration.from_dict(row).reads == "text"
    with pytest.raises(ModelError, match="text or head"):
        Calibration.from_dict({**row, "reads": "hand"})
