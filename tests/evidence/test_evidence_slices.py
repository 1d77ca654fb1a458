"""Parts of a corpus, counted by hand."""

from evidence.examined_rows import ROWS
from tonelens.evidence.evidence_slices import by_corpus, by_emotion, by_sex


def of(number, **changes):
    return {**ROWS[number - 1], **changes}


MIXED = [
    of(1, gender="male"),
    of(2, emotion="fear", gender="female"),
    of(3, corpus="other", gender="female"),
    of(4),
    of(5, emotion="disgust"),
]


def test_each_emotion_has_its_own_shares():
    anger, fear = by_emotion(MIXED)
    assert (anger.name, anger.clips) == ("anger", 3), "the refused clip is nobody's"
    assert (anger.right.count, anger.right.n) == (3, 3)
    assert (anger.supported.count, anger.supported.n) == (2, 3)
    assert (anger.moves.count, anger.moves.n) == (2, 2), "clips 1 and 3; the change of 4 never arrived"
    assert (anger.stays.count, anger.stays.n) == (1, 2)
    assert (fear.moves.count, fear.moves.n) == (0, 1)


def test_a_label_that_the_system_does_not_know_is_not_heard_wrongly():
    (fear,) = [part for part in by_emotion(MIXED) if part.name == "fear"]
    assert fear.right is None, "its probabilities speak of anger alone"


def test_each_corpus_and_sex_has_its_own_shares():
    made, other = by_corpus(MIXED)
    assert (made.name, made.clips, other.name, other.clips) == ("made", 3, "other", 1)
    assert other.supported.count == 0
    assert [(part.name, part.clips) for part in by_sex(MIXED)] == [
        ("female", 2), ("male", 1), ("not known", 1)
    ]  # fmt: skip


def test_what_was_not_asked_is_none():
    bare = {key: value for key, value in ROWS[0].items() if key not in ("agreement", "interventions")}
    (part,) = by_corpus([bare])
    assert (part.supported, part.moves, part.stays) == (None, None, None)
    assert by_corpus(ROWS[4:]) == []
