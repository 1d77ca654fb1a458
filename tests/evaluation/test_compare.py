import math

import pytest

from tonelens.errors import CorpusError
from tonelens.evaluation.compare import ALIKE_REASON, SEEDS_REASON, compare
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.same_clips import System


def run(right, *, speakers=6, probability=None):
    """One clip a letter of `right`: `1` right, `0` wrong, `-` unparsed; anger and fear in turns."""
    words = ("anger", "fear")
    return tuple(
        Prediction(
            id=f"clip{number:02}",
            speaker=f"s{number % speakers}" if speakers else None,
            reference_emotion=words[number % 2],
            predicted_emotion={"1": words[number % 2], "0": words[1 - number % 2], "-": None}[letter],
            probabilities={} if probability is None else {"anger": probability, "fear": 1 - probability},
        )
        for number, letter in enumerate(right)
    )


BASE = "1100" * 6
BETTER = "1110" * 6
"""Right on six clips more, all of them anger."""


def test_scores_and_tests_of_24_clips_are_those_worked_by_hand():
    found = compare([System("old", (run(BASE),)), System("new", (run(BETTER),))])
    old, new = (system.scores for system in found.systems)
    assert (old["ua"].value, old["wa"].value, new["ua"].value, new["wa"].value) == (0.5, 0.5, 0.75, 0.75)
    assert old["ua"].seed_sd is None
    (pair,) = found.pairs
    assert (pair.first, pair.second) == ("old", "new")
    assert pair.differences["ua"].value == 0.25
    assert (pair.mcnemar.only_first, pair.mcnemar.only_second) == (0, 6)
    assert pair.mcnemar.p == pytest.approx(2 / 2**6)
    # gains: 6 of 1 and 18 of 0: mean 1/4, variance (6 * 9/16 + 18 * 1/16) / 23
    assert pair.t_test.d_z == pytest.approx(0.25 / math.sqrt(4.5 / 23))
    assert pair.holm_p == pair.differences["ua"].p
    assert (found.clips, found.speakers, found.unit, found.clusters) == (24, 6, "speaker", 6)


def test_an_answer_that_did_not_parse_counts_as_wrong():
    found = compare([System("old", (run("1-" * 12),)), System("new", (run("10" * 12),))])
    assert [system.scores["wa"].value for system in found.systems] == [0.5, 0.5]
    assert found.pairs[0].mcnemar.p == 1.0


def test_verdicts_follow_the_sign_and_holm():
    systems = [System(name, (run(right, speakers=0),)) for name, right in
               (("old", BASE), ("new", BETTER), ("bad", "1000" * 6), ("same", BASE))]  # fmt: skip
    found = compare(systems)
    assert [pair.verdict for pair in found.pairs] == ["better", "worse", "not different"]
    better, worse, same = (pair.differences["ua"].p for pair in found.pairs)
    assert same == 1.0
    smaller, larger = sorted((better, worse))
    assert sorted(pair.holm_p for pair in found.pairs) == [3 * smaller, max(3 * smaller, 2 * larger), 1.0]


def test_the_metric_decides_which_p_is_corrected():
    systems = [
        System("old", (run(BASE, speakers=5),)),
        System("new", (run(BETTER[:-3] + "000", speakers=5),)),
    ]
    for metric in ("ua", "wa", "macro_f1"):
        (pair,) = compare(systems, metric=metric).pairs
        assert pair.holm_p == pair.differences[metric].p


def test_several_seeds_are_averaged_and_mcnemar_says_why_it_is_not_made():
    found = compare([System("old", (run(BASE),)), System("new", (run(BETTER), run("1111" * 6)))])
    new, (pair,) = found.systems[1], found.pairs
    assert (new.seeds, new.scores["wa"].value) == (2, 0.875)
    assert new.scores["wa"].seed_sd == pytest.approx(0.125 * math.sqrt(2))
    assert (pair.mcnemar, pair.mcnemar_reason) == (None, SEEDS_REASON)
    # gains per clip over both seeds: 0 (twelve times), 1 (six: both right) and 1/2 (six: one of two)
    assert pair.t_test.t == pytest.approx(
        0.375 / math.sqrt((6 * 1 + 6 / 4 - 24 * 0.375**2) / 23) * math.sqrt(24)
    )
    assert any("not for training again" in note for note in found.notes)


def test_clips_are_drawn_where_speakers_are_few_or_unknown_and_a_note_says_so():
    few = compare([System("old", (run(BASE, speakers=4),)), System("new", (run(BETTER, speakers=4),))])
    assert (few.unit, few.clusters) == ("clip", 24)
    assert "4 speakers are too few to draw from (5 are needed)" in few.notes[0]
    unknown = compare([System("old", (run(BASE, speakers=0),)), System("new", (run(BETTER, speakers=0),))])
    assert "24 of 24 clips have no known speaker" in unknown.notes[0]
    assert compare([System("old", (run(BASE),)), System("new", (run(BETTER),))]).notes == ()


def test_a_system_compared_with_itself_differs_in_nothing():
    (pair,) = compare([System("a", (run(BASE),)), System("b", (run(BASE),))]).pairs
    assert (pair.verdict, pair.holm_p, pair.differences["ua"].low) == ("not different", 1.0, 0.0)
    assert (pair.t_test, pair.t_test_reason) == (None, ALIKE_REASON)


def test_a_difference_without_spread_counts_as_no_finding_and_a_note_says_so():
    found = compare([System("a", (run("0" * 24),)), System("b", (run("1" * 24),))])
    assert (found.pairs[0].differences["ua"].value, found.pairs[0].holm_p) == (1.0, 1.0)
    assert "has no standard error" in found.notes[0]


def test_calibration_is_told_only_where_every_clip_has_probabilities():
    told, untold = run(BASE, probability=0.75), run(BASE)
    mixed = (*told[:5], *untold[5:])
    found = compare([System("told", (told,)), System("untold", (untold,)), System("mixed", (mixed,))])
    # the likeliest word is always anger, at 0.75, and right on half of the clips
    assert [system.ece for system in found.systems] == [pytest.approx(0.25), None, None]
    assert found.notes == ("mixed: 5 of 24 answers have probabilities, so it has no ECE.",)


def test_common_clips_only_are_compared_when_asked():
    systems = [System("old", (run(BASE),)), System("new", (run(BETTER)[:20],))]
    with pytest.raises(CorpusError, match="--common"):
        compare(systems)
    found = compare(systems, common=True)
    assert found.clips == 20
    assert found.notes[0] == "old: 4 of 24 clips left out, because not every system answers them."


def test_a_single_clip_is_refused():
    with pytest.raises(CorpusError, match="1 clip to compare on"):
        compare([System("old", (run("1"),)), System("new", (run("0"),))])
