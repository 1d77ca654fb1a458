"""Scores of groups and conditions, counted by hand."""

import pytest

from tonelens.errors import CorpusError, InputError
from tonelens.evaluation.predict import Predicted
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.report import report_page, report_row
from tonelens.evaluation.scores import evaluate
from tonelens.evaluation.slices import groups_named, slices_of
from tonelens.results import Refusal


def clip(number, corpus, gender, is_right):
    return Prediction(
        id=f"c{number}",
        speaker=f"{corpus}-{number % 6}",
        corpus=corpus,
        gender=gender,
        language=None,
        reference_emotion="fear" if number % 2 else "anger",
        predicted_emotion=("fear" if number % 2 else "anger") if is_right else "joy",
        reference_text="one two",
        transcript="one two" if is_right else "one",
    )


CLIPS = [
    *(clip(number, "calls", "female", number < 9) for number in range(12)),  # 9 of 12
    *(clip(number, "plays", "male", number < 14) for number in range(12, 20)),  # 2 of 8
]
PREDICTED = Predicted(
    predictions=CLIPS,
    refused=[Refusal(source="gone", reason="missing", message="gone: no such file.")],
    unanswered={"c10": "too-noisy", "c19": "too-noisy"},
)
WHOLE = evaluate(CLIPS, protocol="emobox-1", system="tiny", corpus="calls+plays")


def slices(by=("corpus", "language", "gender")):
    return slices_of("white-0", PREDICTED, by, whole=WHOLE)


def test_groups_are_read_once_each_and_unknown_ones_are_refused():
    assert groups_named("corpus, gender,corpus") == ["corpus", "gender"]
    assert groups_named("") == []
    with pytest.raises(InputError, match="--by age: known are corpus, language, gender"):
        groups_named("corpus,age")


def test_every_value_of_every_group_has_its_own_scores():
    found = slices()
    assert [one.group for one in found] == [
        "", "corpus=calls", "corpus=plays", "language=unknown", "gender=female", "gender=male",
    ]  # fmt: skip
    assert [one.report.emotion.classes.wa.value for one in found] == pytest.approx(
        [11 / 20, 9 / 12, 2 / 8, 11 / 20, 9 / 12, 2 / 8]
    )
    assert [one.report.clips for one in found] == [20, 12, 8, 20, 12, 8]
    assert [one.unanswered for one in found] == [2, 1, 1, 2, 1, 1]
    assert found[1].report.transcripts.wer.value == pytest.approx(3 / 24), "a word is missing in 3 of 12"
    assert [one.group for one in slices(())] == [""]


def test_intervals_are_drawn_over_speakers_of_the_group_alone():
    for one in slices(("corpus",))[1:]:
        classes = one.report.emotion.classes
        assert (classes.wa.unit, classes.wa.clusters) == ("speaker", 6)
        assert classes.wa.low <= classes.wa.value <= classes.wa.high


def test_the_rows_say_condition_and_group_and_no_two_have_the_same_key():
    row = report_row(WHOLE, slices(("corpus", "gender")))
    protocols = {(one["protocol"], one["corpus"]) for one in row["rows"]}
    assert protocols == {
        ("emobox-1", "calls+plays"),
        ("emobox-1; white-0", "calls+plays"),
        ("emobox-1; white-0; corpus=calls", "calls"),
        ("emobox-1; white-0; corpus=plays", "plays"),
        ("emobox-1; white-0; gender=female", "calls+plays"),
        ("emobox-1; white-0; gender=male", "calls+plays"),
    }
    keys = [(one["system"], one["corpus"], one["protocol"], one["metric"]) for one in row["rows"]]
    assert len(keys) == len(set(keys))
    whole, calls = row["slices"][:2]
    assert (whole["condition"], whole["group"], whole["unanswered"]) == ("white-0", "", 2)
    assert any("gone: no such file." in note for note in whole["notes"])
    assert sum(map(sum, calls["emotion"]["confusion"])) == 12


def test_the_page_has_a_line_a_slice_beside_the_whole():
    page = report_page(WHOLE, slices(("gender",)))
    assert "| white-0 | all | 20 | 12 |" in page
    assert "| white-0 | gender=female | 12 | 6 | 75.0 (" in page
    assert "| speakers | " in page
    assert "Conditions and groups" not in report_page(WHOLE)


def test_a_condition_under_which_nothing_could_be_read_is_refused():
    with pytest.raises(CorpusError, match="no predictions"):
        slices_of("white-0", Predicted([], [], {}), [], whole=WHOLE)
