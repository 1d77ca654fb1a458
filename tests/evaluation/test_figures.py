import math

import pytest

from tonelens.evaluation.figures import Figure, merge
from tonelens.evaluation.intervals import Interval


def figure(system="probe", metric="ua", value=0.5):
    return Figure(system=system, corpus="ravdess", protocol="emobox-1", metric=metric, value=value, n=240)


def test_a_row_has_exactly_the_keys_of_the_contract():
    assert figure().to_row() == {
        "system": "probe",
        "corpus": "ravdess",
        "protocol": "emobox-1",
        "metric": "ua",
        "value": 0.5,
        "low": None,
        "high": None,
        "seeds": 1,
        "n": 240,
    }


def test_an_interval_becomes_a_figure():
    made = Figure.of(
        Interval(0.5, 0.4, 0.6, "clip", 240, 240),
        system="probe",
        corpus="ravdess",
        protocol="emobox-1",
        metric="ua",
    )
    assert (made.value, made.low, made.high, made.n, made.seeds) == (0.5, 0.4, 0.6, 240, 1)


def test_new_figures_replace_those_about_the_same_thing_and_others_stay():
    merged = merge([figure(), figure("egemaps")], [figure(value=0.7), figure(metric="wa")])
    assert merged == [figure(value=0.7), figure("egemaps"), figure(metric="wa")]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="not finite"):
        figure(value=value)
