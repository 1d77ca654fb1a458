"""What the sums leave open, on rows made by hand."""

import pytest

from evidence.examined_rows import ROWS, flip, row
from tonelens.evidence.evidence_breakdown import differences, in_units, pairs, strays
from tonelens.evidence.examine import trial_from

ASKED = ROWS[:4]
TRIALS = [trial_from(trial) for one in ASKED for trial in one["interventions"]]


def test_strays_name_the_claim_that_moved_along():
    found = strays(TRIALS)
    assert set(found["pitch"]) == {"volume"}, "never the changed property itself"
    assert (found["pitch"]["volume"].count, found["pitch"]["volume"].n) == (1, 3), "the fourth never arrived"
    assert (found["volume"], found["speed"]) == ({}, {})


def test_changes_that_moved_other_properties_tell_nothing_of_strays():
    moved = [trial_from({**ASKED[2]["interventions"][0], "others_kept": False})]
    assert strays(moved)["pitch"] == {}


def test_pairs_of_emotions_have_their_sizes_commonest_first():
    rows = [
        *ASKED,
        row(9, trials=[], verdict="supported", flips=[{**flip("speed", 2.0), "after": "calm"}], test=None),
    ]
    first, second = pairs(rows)
    assert (first.before, first.after, first.n) == ("anger", "fear", 3)
    assert (first.sizes["pitch"].n, first.sizes["pitch"].median_steps) == (2, 3.0)
    assert (first.sizes["volume"].n, first.sizes["volume"].median_steps) == (1, 1.0)
    assert "speed" not in first.sizes
    assert (second.after, second.n) == ("calm", 1)


@pytest.mark.parametrize(
    ("kind", "steps", "said"),
    [("pitch", 2.5, "2.5"), ("speed", 2.0, "1.21"), ("volume", 2.0, "6.0"), ("variation", 1.0, "50 %")],
)
def test_sizes_are_told_in_their_own_units(kind, steps, said):
    assert in_units(kind, steps) == said


def test_differences_are_those_of_the_tested_clips():
    found = differences(ROWS)
    assert (found.deletion.value, found.deletion.n) == (0.75, 2)
    assert found.insertion.value == -0.25
    nothing = differences(ROWS[2:])
    assert (nothing.deletion, nothing.insertion) == (None, None), "no number, rather than 0"
