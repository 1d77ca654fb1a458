"""SpeechCraft's label files, in the form that its pipeline writes and in those that its words allow."""

import json
from pathlib import Path

import pytest

from tonelens.corpora.speechcraft import read_labels
from tonelens.errors import CorpusError

SID = "POD0000000001_S0000008"
KEY = f"m_chunks_0000_{SID}"
LABELS = (
    "age:Youth adult\tgender:Male\tpitch:low\tvolume:normal\tspeed:fast\temotion:Happy\t"
    "transcription: He said: now."
)


def folder(root: Path, **files: object) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (root / name.replace("_json", ".json").replace("_csv", ".csv").replace("_tsv", ".tsv")).write_text(
            text, "utf-8"
        )
    return root


def test_the_form_of_the_published_pipeline_is_read(tmp_path):
    label = read_labels(folder(tmp_path, labels_json={KEY: {"labels": LABELS}})).of_segment[SID]
    assert label.words == {
        "age": "young adult", "gender": "male", "pitch": "low", "volume": "normal", "speed": "fast",
        "emotion": "happiness", "text": "He said: now.",
    }  # fmt: skip
    assert label.sentence is None and not label.doubtful


def test_labels_and_sentences_of_several_files_meet_by_segment(tmp_path):
    folder(
        tmp_path,
        a_json={KEY: {"labels": LABELS, "llama-instruction": 'Gladly he says: "He said: now."'}},
        b_json={KEY: "A glad young man speaks fast and low."},
        c_csv=f"segment_id,topic,emphasis\n{SID},Arts,now\n",
    )
    label = read_labels(tmp_path).of_segment[SID]
    assert label.sentence == "A glad young man speaks fast and low."
    assert (label.words["topic"], label.words["emphasis"]) == ("Arts", "now")


def test_the_instruction_stands_in_where_there_is_no_description(tmp_path):
    folder(tmp_path, a_json={KEY: {"labels": LABELS, "llama-instruction": 'He says "now".'}})
    assert read_labels(tmp_path).of_segment[SID].sentence == 'He says "now".'


def test_a_list_with_keys_of_its_own_and_words_of_the_paper_is_read(tmp_path):
    row = {"sid": SID, "tone": "sad", "energy": "high", "emphasis": ["one", "two"]}
    words = read_labels(folder(tmp_path, a_json=[row])).of_segment[SID].words
    assert words == {"emotion": "sadness", "volume": "high", "emphasis": "one, two"}


def test_labels_of_other_corpora_are_counted(tmp_path):
    found = read_labels(
        folder(tmp_path, a_json={KEY: {"labels": LABELS}, "84_121123_000001": {"labels": LABELS}})
    )
    assert (set(found.of_segment), found.others) == ({SID}, 1)


def test_an_unknown_name_is_refused_by_name(tmp_path):
    with pytest.raises(
        CorpusError, match=rf"{KEY}: a label named 'mood'\. Known are gender, age.*could not be"
    ):
        read_labels(folder(tmp_path, a_json={KEY: {"labels": LABELS + "\tmood:grim"}}))


def test_an_unknown_word_is_doubtful_and_left_out(tmp_path):
    label = read_labels(folder(tmp_path, a_json={KEY: {"pitch": "deep", "emotion": "Sad"}})).of_segment[SID]
    assert label.doubtful == ["pitch 'deep'"] and "pitch" not in label.words


def test_two_emotions_of_one_segment_are_both_known(tmp_path):
    folder(tmp_path, a_json={KEY: {"emotion": "Sad"}}, b_json={KEY: {"tone": "angry"}})
    assert read_labels(tmp_path).of_segment[SID].emotions == {"sadness", "anger"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no label file"),
        ({"GigaSpeech_json": {"audios": []}, "m_metadata_csv": "sid\n"}, "no label file"),
        ({"a_json": "{"}, "not readable as JSON"),
        ({"a_json": 1}, "holds int"),
        ({"a_json": {KEY: 3}}, "'3' is no set of labels"),
        ({"a_json": {KEY: {"labels": "male\tyoung"}}}, "'male' is no `name:word`"),
        ({"a_json": [{"tone": "sad"}]}, "entry 1: nothing names the segment"),
        ({"a_json": {"84_121123": {"labels": LABELS}}}, "no GigaSpeech segment among 1 keys"),
        ({"a_tsv": "sid\tmood\nx\tgrim\n"}, "no GigaSpeech segment"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, files, message):
    with pytest.raises(CorpusError, match=message):
        read_labels(folder(tmp_path, **files))
