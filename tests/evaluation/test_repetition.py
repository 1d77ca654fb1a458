import json
from pathlib import Path

import pytest

from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import cut_of
from tonelens.evaluation.paper_rows import ROWS
from tonelens.evaluation.repetition import Measured, Repetition, published_clips, repetition_page


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
    line = "wa            paper  60.1   ours  66.7   no tolerance: the paper's is of meld, ours of ravdess"
    assert line in page
    assert "deviation" not in page


def test_the_page_and_the_json_state_both_values_and_what_differs():
    found = Repetition(
        corpus="iemocap", clips=1241, scores=(measured(75.0),), others={"ua": 74.2}, protocol="session 5",
        differences=("another encoder",),
    )  # fmt: skip
    page = repetition_page("table2_row7", ROWS["table2_row7"], found)
    assert "wa            paper  77.6   ours  75.0   deviation  -2.6   outside 2.3 points" in page
    assert "ua                          ours  74.2" in page
    assert "differs: another encoder" in page
    row = json.loads(json.dumps(found.to_dict()))
    assert row["scores"][0]["verdict"] == "outside"
    assert row["differences"] == ["another encoder"]


def cut(corpus, *, part=None, fold=None):
    clip = Clip(
        id=f"{corpus}-{part}-{fold}",
        path=Path("a.wav"),
        corpus=corpus,
        emotion="anger",
        part=part,
        test_fold=fold,
    )
    zeros = "0" * 64
    return cut_of(
        Checked(
            clip=clip,
            sha256=zeros,
            content=zeros,
            sample_rate=16_000,
            frames=16_000,
            channels=1,
            duration_s=1.0,
        )
    )


@pytest.mark.parametrize(
    ("cuts", "published"),
    [
        ([cut("meld", part="test", fold=1)], 2610),
        ([cut("iemocap", fold=5)], 1241),
        ([cut("meld", part="test"), cut("meld", part="dev")], None),
        ([cut("iemocap", fold=1)], None),
        ([cut("iemocap", fold=5), cut("iemocap", fold=4)], None),
        ([cut("meld", part="test"), cut("ravdess", part="test")], None),
        ([cut("ravdess", fold=5)], None),
    ],
)
def test_only_the_papers_own_test_part_has_a_published_count(cuts, published):
    assert published_clips(cuts) == published
