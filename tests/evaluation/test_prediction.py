import dataclasses

import pytest

from tonelens.errors import CorpusError
from tonelens.evaluation.prediction import Claim, Prediction, read_predictions, write_predictions

FULL = Prediction(
    id="c1",
    speaker="s1",
    corpus="calls",
    language="de",
    gender="female",
    reference_emotion="anger",
    predicted_emotion="fear",
    probabilities={"anger": 0.25, "fear": 0.75},
    reference_shares={"anger": 0.9, "disgust": 0.1},
    descriptors={"pitch": Claim("high", "low"), "speed": Claim(None, "fast"), "volume": Claim("low", None)},
    reference_text="Grüße",
    transcript="grüße",
    reference_caption="a b",
    caption="a c",
)
BARE = Prediction(id="c2", reference_emotion="anger", predicted_emotion=None)


def test_what_is_written_is_read_back(tmp_path):
    write_predictions(tmp_path / "predictions.jsonl", [FULL, BARE])
    assert read_predictions(tmp_path / "predictions.jsonl") == [FULL, BARE]


def test_a_bare_row_holds_only_what_is_known():
    assert BARE.to_row() == {"id": "c2", "reference_emotion": "anger", "predicted_emotion": None}


def test_a_file_of_before_there_were_votes_is_read(tmp_path):
    (tmp_path / "p.jsonl").write_text(
        '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "probabilities": {"a": 1.0}}\n'
    )
    assert read_predictions(tmp_path / "p.jsonl")[0].reference_shares == {}


def test_an_empty_transcript_stays_apart_from_none(tmp_path):
    write_predictions(tmp_path / "p.jsonl", [dataclasses.replace(FULL, transcript="")])
    assert read_predictions(tmp_path / "p.jsonl")[0].transcript == ""


def test_a_plain_csv_of_another_system_is_read(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("\ufeffid,label,prediction,speaker\nc1,anger,anger,s1\nc2,fear,,\n", "utf-8")
    first, second = read_predictions(path)
    assert (first.id, first.reference_emotion, first.predicted_emotion, first.speaker) == (
        "c1",
        "anger",
        "anger",
        "s1",
    )
    assert (second.predicted_emotion, second.speaker) == (None, None)


def test_probabilities_of_another_system_are_read_from_columns_named_after_the_labels(tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text(
        "id,label,prediction,p_anger,p_very sad\nc1,anger,anger,0.7504,0.25\nc2,anger,,,\n", "utf-8"
    )
    first, second = read_predictions(path)
    assert first.probabilities == {"anger": 0.7504, "very sad": 0.25}  # 1.0004: rounded to four digits
    assert second.probabilities == {}


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("0.5,0.4", "line 2: the probabilities sum to 0.9, but they must sum to 1"),
        ("0.5,0.502", "sum to 1.002"),
        ("1.5,-0.5", "line 2: the probability of 'anger' is 1.5; it must be a number from 0 to 1"),
        ("nan,1", "the probability of 'anger' is nan"),
        ("1,-0.01", "the probability of 'fear' is -0.01"),
        ("1,", "the probability of 'fear' is ''"),
        ("1", "the probability of 'fear' is ''"),
        ("50 %,50 %", "the probability of 'anger' is '50 %'"),
    ],
)
def test_probabilities_that_are_none_are_refused_with_their_line(tmp_path, cells, message):
    path = tmp_path / "p.csv"
    path.write_text(f"id,label,prediction,p_anger,p_fear\nc1,anger,anger,{cells}\n", "utf-8")
    with pytest.raises(CorpusError, match=message) as caught:
        read_predictions(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "id,label\nc1,anger\n", "without the column prediction"),
        ("p.csv", "id,label,prediction\nc1,,anger\n", "line 2: id or label is empty"),
        ("p.csv", "id,label,prediction\nc1,anger,anger\nc1,fear,fear\n", "'c1' occurs twice"),
        ("p.csv", "id,label,prediction\n", "no predictions"),
        ("p.jsonl", "", "no predictions"),
        ("p.jsonl", "[1]\n", "must be a JSON object"),
        ("p.jsonl", '{"id": "c1"}\n', "without predicted_emotion, reference_emotion"),
        ("p.jsonl", '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "x": 1}\n', "key x"),
        (
            "p.jsonl",
            '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "descriptors": {"p": "a"}}\n',
            "descriptors must be",
        ),
        ("p.jsonl", '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a"}\n{"id', "is torn"),
        (
            "p.jsonl",
            '{"id": 7, "reference_emotion": "a", "predicted_emotion": "a"}\n',
            "id is 7; it must be text",
        ),
        (
            "p.jsonl",
            '{"id": "c", "reference_emotion": "a", "predicted_emotion": ["a"]}\n',
            "predicted_emotion is",
        ),
        (
            "p.jsonl",
            '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "probabilities": [1]}\n',
            "probabilities must be label -> number",
        ),
        (
            "p.jsonl",
            '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "probabilities": {"a": 0.9}}\n',
            "prediction 'c': the probabilities sum to 0.9",
        ),
        (
            "p.jsonl",
            '{"id": "c", "reference_emotion": "a", "predicted_emotion": "a", "reference_shares": {"a": 3}}\n',
            "prediction 'c': the share in reference_shares of 'a' is 3; it must be a number from 0 to 1",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(CorpusError, match=message) as caught:
        read_predictions(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_file_that_is_not_text_are_refused(tmp_path):
    with pytest.raises(CorpusError, match="no such file"):
        read_predictions(tmp_path / "none.csv")
    (tmp_path / "p.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="not UTF-8"):
        read_predictions(tmp_path / "p.csv")


def test_a_prediction_says_how_many_earlier_turns_were_read(tmp_path):
    told = Prediction(id="a", reference_emotion="joy", predicted_emotion="joy", turns_before=2)
    write_predictions(tmp_path / "predictions.jsonl", [told])
    assert read_predictions(tmp_path / "predictions.jsonl") == [told]
    assert "turns_before" not in dataclasses.replace(told, turns_before=None).to_row()
    with pytest.raises(CorpusError, match=r"turns_before is '2'; it must be a whole number from 0"):
        Prediction.from_row({**told.to_row(), "turns_before": "2"})
