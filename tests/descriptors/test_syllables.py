"""Counts by hand: what a dictionary's hyphenation says."""

import pytest

from tonelens.descriptors.levels import LevelItem, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.descriptors.syllables import syllables_in


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Kids are talking by the door.", "en", 7),
        ("Dogs are sitting by the door.", "en-GB", 7),
        ("a table", "en", 3),
        ("Der Lappen liegt auf dem Eisschrank.", "de", 8),
        ("Nie ma mnie w domu.", "pl", 6),
    ],
)
def test_syllables_of_known_sentences(text, language, count):
    assert syllables_in(text, language) == count


@pytest.mark.parametrize(("text", "language"), [("ሰላም", "am"), ("hello", None), ("123 !", "en"), ("", "en")])
def test_no_count_where_the_spelling_is_not_known(text, language):
    assert syllables_in(text, language) is None


def test_the_rate_by_words_is_used_where_it_is_known_and_has_its_own_edges():
    def measured(by_signal, by_words):
        return Measures(duration_s=3, speech_s=2, syllables_per_s=by_signal, text_syllables_per_s=by_words)

    items = [LevelItem(None, None, measured(4.0, rate)) for rate in (2.0, 3.0, 4.0, 5.0)]
    levels = fit_levels(items)  # terciles of 2, 3, 4, 5 lie at 3 and 4
    assert levels.assign(measured(9.0, 2.5))["speed"].word == "slow"
    assert levels.assign(measured(9.0, 2.5))["speed"].measured == 2.5
    assert levels.assign(measured(9.0, None))["speed"].word == "fast"  # by the signal: all edges are 4


def test_words_give_a_rate_over_the_time_spent_speaking():
    spoken = Measures(duration_s=4, speech_s=2).with_text("Kids are talking by the door.", "en")
    assert spoken.text_syllables_per_s == 3.5
    assert spoken.changed(speed=2.0).text_syllables_per_s == 7.0
    assert Measures(duration_s=4, speech_s=2).with_text("سلام", "ur").text_syllables_per_s is None
