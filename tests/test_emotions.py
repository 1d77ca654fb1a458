import pytest

from tonelens.emotions import CANONICAL, SYNONYMS, LabelSet, canonical
from tonelens.errors import LabelError


@pytest.mark.parametrize(
    "word, label",
    [
        ("Angry", "anger"),
        ("  HAPPY ", "happiness"),
        ("ps", "surprise"),
        ("calm", "calm"),
        ("Mildly   Amused", "mildly amused"),
    ],
)
def test_words_find_their_label(word, label):
    assert canonical(word) == label


def test_every_synonym_leads_to_a_canonical_label_and_none_is_one():
    assert set(SYNONYMS.values()) <= set(CANONICAL)
    assert not set(SYNONYMS) & set(CANONICAL)
    assert [canonical(label) for label in CANONICAL] == list(CANONICAL)


def test_a_set_is_ordered_as_the_field_orders_it_then_by_alphabet():
    labels = LabelSet.of(["zeal", "anger", "awe", "neutral", "anger"])
    assert labels.labels == ("neutral", "anger", "awe", "zeal")
    assert list(labels) == ["neutral", "anger", "awe", "zeal"]
    assert len(labels) == 4
    assert labels.index("awe") == 2


def test_an_unknown_label_is_refused_with_the_known_ones():
    with pytest.raises(LabelError, match="'rage' is not one of neutral, anger"):
        LabelSet(("neutral", "anger")).index("rage")


@pytest.mark.parametrize(
    "labels, message",
    [
        (("anger",), "at least two"),
        (("anger", "anger"), "twice"),
        (("anger", ""), "printable"),
        (("anger", " fear"), "printable"),
        (("anger", "fe\nar"), "printable"),
        (("anger", "fe\x07ar"), "printable"),
    ],
)
def test_sets_that_cannot_be_told_apart_are_refused(labels, message):
    with pytest.raises(LabelError, match=message):
        LabelSet(labels)
