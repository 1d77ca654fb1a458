import numpy as np
import pytest

from tonelens.evidence.means import clustered_mean

SIX = [f"s{number}" for number in range(6)]


def test_speakers_are_drawn_with_all_of_their_clips():
    """Ten equal clips a speaker: the interval is that of one clip a speaker, not of sixty clips."""
    values = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    few, many = clustered_mean(values, SIX), clustered_mean(values * 10, SIX * 10)
    assert few.unit == many.unit == "speaker"
    assert (many.value, many.low, many.high) == pytest.approx((few.value, few.low, few.high))
    assert many.n == 60
    drawn = np.random.default_rng(1).choice(values, size=(20_000, 6)).mean(axis=1)
    assert (few.low, few.high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.03)


def test_the_mean_is_over_clips_not_over_speakers():
    values = [1.0] * 5 + [0.0] * 5
    assert clustered_mean(values, ["a"] * 5 + SIX[:5]).value == pytest.approx(0.5)


@pytest.mark.parametrize("speakers", [["a", "b"] * 3, [None, *SIX[1:]]], ids=["two", "one unknown"])
def test_clips_are_drawn_where_speakers_are_few_or_unknown(speakers):
    found = clustered_mean([0.0, 1.0] * 3, speakers)
    assert found.unit == "clip"
    assert found.low < 0.5 < found.high


def test_equal_values_have_no_spread():
    found = clustered_mean([0.25] * 6, SIX)
    assert found.low == found.value == found.high == 0.25
