"""Which turns stand before a clip, and which of them a training clip may see."""

from dataclasses import replace

import pytest

from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import read_cuts
from tonelens.corpora.dialogues import (
    Placed,
    Turn,
    held_out_ids,
    open_to_training,
    turns_before,
    with_turns_before,
)
from tonelens.corpora.lists import read_list
from tonelens.corpora.prepare import prepare
from tonelens.corpora.splits import prove
from tonelens.errors import CorpusError


def clip(name):
    return Clip(id=name, path=None, corpus="made-up", emotion="joy", facts={"sentiment": "positive"})


def said(dialogue, place, name, text="hm"):
    return Placed(dialogue, place, Turn(name, "Ann", text))


def before(clips):
    """Id -> ids of the turns before it."""
    return {one.id: [turn["id"] for turn in one.facts.get("turns_before", ())] for one in clips}


def test_the_turns_before_a_clip_are_those_of_its_dialogue_in_order():
    turns = [said("1", 10, "c"), said("1", 2, "b"), said("2", 1, "x"), said("1", 1, "a"), said("2", 2, "y")]
    clips = with_turns_before([clip(name) for name in "abcxy"], turns)
    assert before(clips) == {"a": [], "b": ["a"], "c": ["a", "b"], "x": [], "y": ["x"]}
    assert clips[2].facts["sentiment"] == "positive"
    assert "turns_before" not in clips[0].facts
    assert with_turns_before([clip("alone")], turns) == (clip("alone"),)


def test_a_turn_without_a_clip_counts_and_one_without_words_does_not():
    turns = [said("1", 1, "too-short"), said("1", 2, "mute", text="  "), said("1", 3, "c")]
    assert before(with_turns_before([clip("c")], turns)) == {"c": ["too-short"]}


def test_a_cut_keeps_the_last_sixteen_turns():
    turns = [said("1", place, f"t{place}") for place in range(20)]
    (last,) = with_turns_before([clip("t19")], turns)
    assert before([last]) == {"t19": [f"t{place}" for place in range(3, 19)]}


@pytest.mark.parametrize(
    ("speaker", "text", "line"),
    [
        ("Ross", "What?", "Ross: What?"),
        (None, "What?", "What?"),
        ("A", " two\nlines\t of it ", "A: two lines of it"),
    ],
)
def test_a_turn_is_one_line_with_its_speaker_where_one_is_known(speaker, text, line):
    assert Turn("t", speaker, text).line == line


def test_a_training_clip_sees_only_the_turns_after_the_last_held_out_one():
    turns = [
        Turn(name, None, "hm") for name in ("train1", "dev1", "train2", "test1", "train3", "nobody", "train4")
    ]
    held_out = {"dev1", "test1"}
    assert [turn.id for turn in open_to_training(turns, held_out)] == ["train3", "nobody", "train4"]
    assert [turn.id for turn in open_to_training(turns[:3], held_out)] == ["train2"]
    assert open_to_training(turns[:4], held_out) == ()
    assert open_to_training(turns[:1], held_out) == tuple(turns[:1])


def test_held_out_are_dev_test_and_copies_of_them(dialogue):
    cuts = list(read_cuts(dialogue))
    copy = replace(cuts[2], custom={**cuts[2].custom, "duplicate_of": cuts[1].id})
    parted = prove([cuts[0], cuts[1], copy], "official", None, {
        cuts[0].id: "train", cuts[1].id: "test", copy.id: "train",
    })  # fmt: skip
    assert held_out_ids(parted) == {cuts[1].id, copy.id}


@pytest.fixture
def dialogue(tmp_path, record):
    """Prepared cuts of a list: two dialogues, and a clip of none."""
    rows = ["path,emotion,speaker,text,dialogue,turn"]
    told = [
        "joy,Ann,Where is he?,one,1", "anger,Bob,Gone.,one,2", "joy,Ann,,one,2.5", "joy,Ann,Oh no!,one,10",
        "joy,Bob,Hi.,two,1", "joy,Bob,Alone.,,",
    ]  # fmt: skip
    for number, cells in enumerate(told):
        record(tmp_path / f"{number}.wav", number)
        rows.append(f"{number}.wav,{cells}")
    (tmp_path / "calls.csv").write_text("\n".join(rows) + "\n", "utf-8")
    prepare("csv", tmp_path / "calls.csv", tmp_path / "cuts")
    return tmp_path / "cuts"


def test_a_list_with_dialogue_and_turn_gives_cuts_with_the_turns_before(dialogue):
    cuts = {cut.id: cut for cut in read_cuts(dialogue)}
    lines = {name[-1]: [turn.line for turn in turns_before(cut)] for name, cut in cuts.items()}
    spoken = ["Ann: Where is he?", "Bob: Gone."]
    assert lines == {"0": [], "1": spoken[:1], "2": spoken, "3": spoken, "4": [], "5": []}
    assert turns_before(cuts["calls-3"])[0].id == "calls-0"


def test_a_list_that_names_a_dialogue_but_no_turn_is_refused(tmp_path):
    (tmp_path / "calls.csv").write_text("path,emotion,dialogue\na.wav,joy,one\n", "utf-8")
    with pytest.raises(CorpusError, match="line 2: dialogue and turn must both be given, or neither"):
        read_list(tmp_path / "calls.csv", may_miss=True)
