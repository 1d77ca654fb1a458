import json

import numpy as np
import pytest

from tonelens.descriptors.levels import LevelItem, Levels, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.errors import CorpusError


def clip(f0_hz=None, speed=None):
    missing = {} if f0_hz is not None else {"f0_median_hz": "fewer than 5 voiced frames"}
    return Measures(
        duration_s=2.0, speech_s=1.5, f0_median_hz=f0_hz, syllables_per_s=speed, not_measurable=missing
    )


def training(speaker, gender, values):
    return [LevelItem(speaker, gender, clip(f0_hz=float(v), speed=v / 50)) for v in values]


MAN = training("a", "male", range(100, 121))  # 21 clips: 100 .. 120 Hz
BOY = training("b", "male", range(150, 155))  # 5 clips, too few for edges of one's own
WOMAN = training("c", "female", range(200, 221))  # 21 clips: 200 .. 220 Hz


def test_a_speakers_own_edges_are_terciles():
    levels = fit_levels(MAN)  # by hand: 100 + 20 / 3 = 106.67 and 113.33
    words = [levels.assign(clip(f0), speaker="a", gender="male")["pitch"].word for f0 in (106, 107, 113, 114)]
    assert words == ["low", "normal", "normal", "high"]


def test_pitch_by_group_calls_few_men_high_and_few_women_low():
    levels = fit_levels(MAN + WOMAN)  # by hand: men 0.4 -> 108, 0.9 -> 118; women 0.1 -> 202, 0.6 -> 212
    men = [levels.assign(clip(f0), gender="male")["pitch"].word for f0 in (108, 109, 118, 119)]
    women = [levels.assign(clip(f0), gender="female")["pitch"].word for f0 in (202, 203, 212, 213)]
    assert men == women == ["low", "normal", "normal", "high"]


def test_speed_by_group_is_by_terciles():
    edges = fit_levels(MAN).edges["speed"]["group:male"]
    assert (edges.low, edges.high) == pytest.approx(((100 + 20 / 3) / 50, (100 + 40 / 3) / 50))


def test_the_reference_falls_back_from_speaker_to_group_to_corpus():
    levels = fit_levels(MAN + BOY + WOMAN)

    def reference(**known):
        return levels.assign(clip(150.0), **known)["pitch"].reference

    assert reference(speaker="a", gender="male") == "speaker"
    assert reference(speaker="b", gender="male") == "group"  # too few clips
    assert reference(speaker="never heard", gender="male") == "group"
    assert reference(speaker="never heard", gender="female") == "group"
    assert reference(gender="unheard of") == "corpus"
    assert reference() == "corpus"
    assert reference(speaker="a", gender="male", finest="group") == "group"
    assert reference(speaker="a", gender="male", finest="corpus") == "corpus"


def test_the_same_voice_is_high_for_a_man_and_low_for_everybody():
    levels = fit_levels(MAN + WOMAN)
    assert levels.assign(clip(119.0), gender="male")["pitch"].word == "high"
    assert levels.assign(clip(109.0), finest="corpus")["pitch"].word == "low"


def test_what_was_not_measured_has_no_word_and_says_why():
    level = fit_levels(MAN).assign(clip(None), speaker="a")["pitch"]
    assert (level.word, level.measured, level.reference) == (None, None, None)
    assert level.reason == "fewer than 5 voiced frames"


def test_without_any_training_value_there_is_no_word():
    level = fit_levels(MAN).assign(
        Measures(duration_s=1.0, speech_s=1.0, level_dbfs=-20.0), speaker="a", gender="male"
    )["volume"]
    assert (level.word, level.reason) == (None, "no training clip to compare with")


def test_levels_never_see_test_clips():
    train, test = MAN + WOMAN, [clip(1000.0), clip(10.0)]
    before = fit_levels(train).to_dict()
    words = [fit_levels(train).assign(measures, gender="male")["pitch"].word for measures in test]
    assert words == ["high", "low"]
    assert fit_levels(train).to_dict() == before
    assert fit_levels([*train, LevelItem("a", "male", test[0])]).to_dict() != before


def test_the_fingerprint_names_the_training_clips_in_any_order():
    assert fit_levels(MAN + WOMAN).fitted_on == fit_levels(WOMAN + MAN[::-1]).fitted_on
    assert fit_levels(MAN).fitted_on != fit_levels(MAN[:-1]).fitted_on


def test_tied_values_take_the_lower_word():
    still = [LevelItem("a", None, Measures(duration_s=1, speech_s=1, pause_share=0.0)) for _ in range(30)]
    levels = fit_levels(still)
    assert levels.assign(Measures(duration_s=1, speech_s=1, pause_share=0.0))["pauses"].word == "few"
    assert levels.assign(Measures(duration_s=1, speech_s=1, pause_share=0.1))["pauses"].word == "many"


def test_levels_survive_json():
    levels = fit_levels(MAN + WOMAN)
    assert Levels.from_dict(json.loads(json.dumps(levels.to_dict()))) == levels


def test_levels_of_other_measurements_are_refused():
    row = fit_levels(MAN).to_dict() | {"measure_version": 0}
    with pytest.raises(CorpusError, match="version 0"):
        Levels.from_dict(row)


def test_terciles_split_a_training_part_in_three():
    values = np.random.default_rng(7).permutation(300) + 100
    levels = fit_levels(training(None, None, values))
    words = [levels.assign(clip(float(v)))["pitch"].word for v in values]
    assert [words.count(word) for word in ("low", "normal", "high")] == [100, 100, 100]
