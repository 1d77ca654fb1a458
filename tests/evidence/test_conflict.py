"""Which stream a decision follows where words and voice come from different clips."""

import pytest

from evidence.small import VERDICT, noise, small_explainer
from evidence.test_streams import CALIBRATION, unheard
from tonelens.evidence.conflict import Conflict, conflict_pairs, conflict_set

CLIPS = [noise(1.0 + 0.1 * (number % 3), seed=number, loudness=0.02 * (1 + number)) for number in range(20)]
SPEAKERS = [f"s{number % 2}" for number in range(20)]
EMOTIONS = [("anger", "fear")[number // 2 % 2] for number in range(20)]


def test_pairs_are_of_one_speaker_and_two_emotions_and_share_no_clip():
    pairs = conflict_pairs([*SPEAKERS, None], [*EMOTIONS, "joy"])
    used = [clip for pair in pairs for clip in pair]
    assert len(used) == len(set(used)) == 20
    for one, two in pairs:
        assert SPEAKERS[one] == SPEAKERS[two] and EMOTIONS[one] != EMOTIONS[two]
    assert pairs == conflict_pairs([*SPEAKERS, None], [*EMOTIONS, "joy"])
    assert conflict_pairs(["a", "a", "a"], ["fear"] * 3) == []


@pytest.mark.parametrize(("mixed", "follows"), [("fear", "words"), ("anger", "voice"), ("joy", "neither")])
def test_what_a_decision_follows(mixed, follows):
    assert Conflict("s", words="fear", voice="anger", mixed=mixed).follows == follows


@pytest.mark.parametrize(
    ("ignored", "follows"), [(("descriptor", "summary"), "words"), (("content",), "voice")]
)
def test_a_model_that_ignores_a_stream_follows_the_other(ignored, follows):
    """Clips of a pair are of one length here, so that nothing is stretched."""
    clips = [noise(1.2, seed=number, loudness=0.02 * (1 + number)) for number in range(20)]
    found = conflict_set(unheard(small_explainer(), *ignored), clips, SPEAKERS, EMOTIONS)
    assert found.conflicts, "the planted model decides some pairs differently"
    assert {conflict.follows for conflict in found.conflicts} == {follows}
    assert found.follows[follows].value == 1.0
    assert len(found.conflicts) == 2 * (10 - found.undecided)


def test_a_model_that_decides_all_alike_has_no_conflict():
    deaf_llm = unheard(small_explainer(CALIBRATION, **VERDICT), "content", "descriptor", "summary")
    found = conflict_set(deaf_llm, CLIPS, SPEAKERS, EMOTIONS)
    assert found.undecided == 10 and not found.conflicts and not found.follows
