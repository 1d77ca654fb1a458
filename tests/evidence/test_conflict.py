"""Which stream a decision follows where words and voice come from different clips."""

import pytest

from evidence.small import TwoStreams, known
from tonelens.evidence.conflict import Conflict, conflict_pairs, conflict_set

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


LOUD = [known(1.0, 1.0, frames=10 + number % 3) for number in range(20)]
CLIPS = [
    known(1.0, 1.0, frames=10 + number % 3) if emotion == "anger" else known(-1.0, -1.0)
    for number, emotion in enumerate(EMOTIONS)
]


@pytest.mark.parametrize(("words", "voice", "follows"), [(2.0, 1.0, "words"), (1.0, 2.0, "voice")])
def test_the_louder_of_two_known_streams_is_followed(words, voice, follows):
    """Words of +1 in a voice of -1: ln odds of anger are words - voice."""
    found = conflict_set(TwoStreams(words, voice), CLIPS, SPEAKERS, EMOTIONS)
    assert len(found.conflicts) == 20 and found.undecided == 0
    assert {conflict.follows for conflict in found.conflicts} == {follows}
    assert {kind: mean.value for kind, mean in found.follows.items()} == {
        **dict.fromkeys(("words", "voice", "neither"), 0.0), follows: 1.0,
    }  # fmt: skip


def test_a_model_that_decides_all_alike_has_no_conflict():
    found = conflict_set(TwoStreams(1.0, 1.0), LOUD, SPEAKERS, EMOTIONS)
    assert found.undecided == 10 and not found.conflicts and not found.follows
