import pytest

from resynthesis import figure, meets_target, others_stay
from tonelens.descriptors.measure import Measures
from tonelens.evidence.resynthesis import Change


def measures(**values):
    return Measures(
        **{"duration_s": 3.0, "speech_s": 2.0, "f0_median_hz": 200.0, "level_dbfs": -20.0} | values
    )


@pytest.mark.parametrize(
    ("change", "after", "target", "others"),
    [
        (Change("pitch", 12.0), {"f0_median_hz": 390.0}, True, True),
        (Change("pitch", 12.0), {"f0_median_hz": 370.0, "speech_s": 2.1}, False, False),
        (Change("speed", 2.0), {"speech_s": 1.04}, True, True),
        (Change("speed", 2.0), {"speech_s": 1.0, "level_dbfs": -19.7}, True, False),
        (Change("volume", 6.0), {"level_dbfs": -14.0}, True, True),
        (Change("none"), {"f0_median_hz": 205.0}, True, True),
        (Change("none"), {"f0_median_hz": None}, True, None),
        (Change("pitch", 1.0), {"f0_median_hz": None}, None, True),
    ],
)
def test_a_target_is_met_within_5_and_the_rest_stays_within_3_percent(change, after, target, others):
    assert meets_target(change, measures(), measures(**after)) is target
    assert others_stay(change, measures(), measures(**after)) is others


def test_a_flat_voice_has_a_tenth_of_its_melody():
    before = measures(f0_std_semitones=3.0)
    assert meets_target(Change("variation", 0.0), before, measures(f0_std_semitones=0.29))
    assert not meets_target(Change("variation", 0.0), before, measures(f0_std_semitones=0.31))
    assert meets_target(Change("variation", 1.8), before, measures(f0_std_semitones=5.2))


def test_clips_that_tell_nothing_do_not_count():
    """81 of 263: the example of Newcombe 1998, Stat. Med. 17, method 3."""
    found = figure("nemo", Change("none"), "target", [True] * 81 + [None] * 7 + [False] * 182)
    assert (found.corpus, found.protocol, found.metric, found.n) == ("nemo", "none", "target", 263)
    assert (found.value, found.low, found.high) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=5e-5)
