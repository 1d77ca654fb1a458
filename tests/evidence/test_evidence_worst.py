"""The clips to look at first."""

from evidence.examined_rows import ALONG, HEARD, ROWS, claim, row, trial
from tonelens.evidence.agreement import Judged
from tonelens.evidence.evidence_worst import least_following, levels_apart, most_contradicted


def contradicted(number, *levels):
    made = row(number, trials=[], verdict="contradicted", flips=[], test=None)
    made["agreement"]["claims"] = [claim("contradicted", level) for level in levels]
    return made


def test_the_farthest_contradiction_comes_first():
    rows = [contradicted(7, "normal"), *ROWS, contradicted(8, "low", "normal")]
    found = most_contradicted(rows)
    assert [(clip.id, clip.size, clip.of) for clip in found] == [("c8", 3, 2), ("c3", 2, 1), ("c7", 1, 1)]
    assert found[1].faults == ("pitch high: 1 Hz is low for the group",)


def test_claims_without_levels_are_one_apart():
    assert levels_apart(Judged(descriptor="emphasis", claimed="now", verdict="contradicted")) == 1
    excluded = Judged(**{**claim("contradicted", "low"), "claimed": "low", "is_excluded": True})
    assert levels_apart(excluded) == 1, "not low, and low is measured: equal words, and yet wrong"


def test_claims_that_stay_and_claims_that_stray_are_faults():
    twice = row(
        6, trials=[trial(HEARD), trial(ALONG, arrived=False)], verdict="supported", flips=[], test=None
    )
    both = row(7, trials=[trial(HEARD), trial(ALONG)], verdict="supported", flips=[], test=None)
    found = least_following([*ROWS, twice, both])
    assert [(clip.id, clip.size, clip.of) for clip in found] == [
        ("c7", 2, 2), ("c2", 1, 1), ("c3", 1, 1), ("c6", 1, 1)
    ]  # fmt: skip
    assert found[0].faults == (
        "pitch made low: still called high",
        "pitch made low: volume was called low, then high",
    )


def test_a_claim_of_the_new_level_has_no_fault():
    there = trial(HEARD, target="high")
    assert least_following([row(1, trials=[there], verdict="supported", flips=[], test=None)]) == []
