import pytest

from tonelens.errors import CorpusError
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.same_clips import System, same_clips


def clip(name, reference="anger", speaker=None):
    return Prediction(id=name, speaker=speaker, reference_emotion=reference, predicted_emotion="anger")


def run(names, **given):
    return tuple(clip(name, **given) for name in names)


def test_every_run_is_brought_to_the_order_of_the_ids():
    same = same_clips([System("a", (run("xyz"),)), System("b", (run("zxy"), run("yzx")))])
    orders = {tuple(clip.id for clip in one) for system in same.systems for one in system.runs}
    assert orders == {("x", "y", "z")}
    assert same.notes == ()


def test_a_missing_clip_is_refused_with_its_name_and_the_way_out():
    with pytest.raises(CorpusError) as caught:
        same_clips([System("a", (run("vwxyz"),)), System("b", (run("z"),))])
    assert str(caught.value) == (
        "b: without 4 clips ('v', 'w', 'x' ...), which another system answers; 1 clips are common to all. "
        "Add the answers, or restrict the comparison to common clips (--common)."
    )
    with pytest.raises(CorpusError, match="b, seed 2: without 1 clip \\('y'\\)"):
        same_clips([System("a", (run("xy"),)), System("b", (run("xy"), run("x")))])


def test_common_clips_are_kept_and_every_run_says_what_it_lost():
    same = same_clips([System("a", (run("wxyz"),)), System("b", (run("xyz"), run("xy")))], common=True)
    assert [clip.id for clip in same.systems[0].runs[0]] == ["x", "y"]
    assert same.notes == (
        "a: 2 of 4 clips left out, because not every system answers them.",
        "b, seed 1: 1 of 3 clips left out, because not every system answers them.",
    )


@pytest.mark.parametrize(
    ("systems", "message"),
    [
        ([System("a", (run("x"),))], "two or more are needed"),
        ([System("a", (run("x"),)), System("a", (run("x"),))], "two systems are called 'a'"),
        ([System("a", (run("x"),)), System("b", (run("y"),))], "no clip is answered by every system"),
        ([System("a", (run("x"),)), System("b", (run("xx"),))], "b: id 'x' occurs twice"),
        ([System("a", (run("x"),)), System("b", ((),))], "b: no predictions"),
        (
            [System("a", (run("xy"),)), System("b", (run("xy", reference="Anger"),))],
            r"reference emotion of 2 clips \('x', 'y'\): for 'x' it is 'Anger' in b and 'anger' in a",
        ),
        (
            [System("a", (run("x", speaker="s1"),)), System("b", (run("x", speaker="s2"),))],
            r"disagree on the speaker of 1 clip \('x'\): for 'x' it is 's1' in a and 's2' in b",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_also_among_common_clips(systems, message):
    for common in (False, True):
        with pytest.raises(CorpusError, match=message) as caught:
            same_clips(systems, common=common)
        assert "\n" not in str(caught.value)


def test_a_speaker_that_one_file_knows_is_known():
    first, second = (clip("x", speaker="s1"), clip("y")), (clip("x"), clip("y"))
    assert same_clips([System("a", (first,)), System("b", (second,))]).speakers == ("s1", None)
