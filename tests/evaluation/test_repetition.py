import json

from tonelens.evaluation.paper_rows import ROWS
from tonelens.evaluation.repetition import Measured, Repetition, repetition_page


def measured(ours):
    return Measured(metric="wa", paper=77.6, paper_corpus="iemocap", ours=ours, tolerance=2.3)


def test_a_score_is_within_or_outside_the_tolerance():
    assert measured(75.4).verdict == "within"
    assert measured(75.2).verdict == "outside"
    unknown = Measured(metric="wer", paper=11.1, paper_corpus="iemocap", ours=11.1, tolerance=None)
    assert unknown.verdict == "no tolerance known"


def test_a_score_on_another_corpus_has_neither_deviation_nor_tolerance():
    other = Measured(
        metric="wa", paper=60.1, paper_corpus="meld", ours=66.7, tolerance=None, is_same_corpus=False
    )
    assert other.verdict == "another corpus"
    found = Repetition(
        corpus="ravdess", clips=240, scores=(other,), others={}, protocol="fold 1", differences=()
    )
    page = repetition_page("table2_row7", ROWS["table2_row7"], found)
    assert (
        "wa        paper  60.1   ours  66.7   no tolerance: the paper's is of meld, ours of ravdess" in page
    )
    assert "deviation" not in page


def test_the_page_and_the_json_state_both_values_and_what_differs():
    found = Repetition(
        corpus="iemocap", clips=1241, scores=(measured(75.0),), others={"ua": 74.2}, protocol="session 5",
        differences=("another encoder",),
    )  # fmt: skip
    page = repetition_page("table2_row7", ROWS["table2_row7"], found)
    assert "wa        paper  77.6   ours  75.0   deviation  -2.6   outside 2.3 points" in page
    assert "ua                      ours  74.2" in page
    assert "differs: another encoder" in page
    row = json.loads(json.dumps(found.to_dict()))
    assert row["scores"][0]["verdict"] == "outside"
    assert row["differences"] == ["another encoder"]
