import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tonelens.descriptors.sentences import (
    TRANSCRIPT_GRAMMAR,
    Choice,
    Fixed,
    Free,
    answer_grammar,
    read,
    write,
)
from tonelens.emotions import LabelSet
from tonelens.errors import InputError, LabelError

FOUR = LabelSet(("neutral", "anger", "pleasant surprise", "boredom"))
SAID = {"gender": "female", "speed": "fast", "pitch": "high", "volume": "low", "emotion": "anger"}


def normalised(transcript):
    """As the module's docstring promises: quotes come back straight, white space as single spaces."""
    return " ".join(transcript.replace("\u2019", "'").split())


@st.composite
def label_sets(draw):
    words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)
    labels = st.lists(words, min_size=1, max_size=3).map(" ".join)
    found = draw(st.lists(labels, min_size=2, max_size=5, unique=True))
    try:
        return LabelSet(tuple(found))
    except LabelError:
        assume(False)


@given(
    label_sets(), st.sampled_from(["template", "caption"]), st.booleans(), st.booleans(), st.text(), st.data()
)
def test_an_answer_reads_back_as_what_was_written(labels, style, descriptors, transcript, text, data):
    grammar = answer_grammar(labels, style=style, descriptors=descriptors, transcript=transcript)
    values = {
        piece.slot: data.draw(st.sampled_from(piece.options))
        for piece in grammar
        if isinstance(piece, Choice)
    }
    said = values | ({"transcript": text} if transcript else {})
    expected = values | ({"transcript": normalised(text)} if transcript else {})
    assert read(grammar, write(grammar, said)) == expected


@given(st.text())
def test_a_transcript_reads_back_as_what_was_written(text):
    sentence = write(TRANSCRIPT_GRAMMAR, {"transcript": text})
    assert read(TRANSCRIPT_GRAMMAR, sentence) == {"transcript": normalised(text)}


@pytest.mark.parametrize(
    ("style", "descriptors", "transcript", "sentence"),
    [
        ("template", True, True, "The female speaks with a fast speed, a high pitch and a low volume, saying "
         "'don\u2019t go'. Based on the audio caption, the emotional state of this speaker is anger."),
        ("template", True, False, "The female speaks with a fast speed, a high pitch and a low volume. "
         "Based on the audio caption, the emotional state of this speaker is anger."),
        ("template", False, True, "The speaker says 'don\u2019t go'. Based on the audio caption, the "
         "emotional state of this speaker is anger."),
        ("template", False, False, "The emotional state of this speaker is anger."),
        ("caption", True, True, "A female voice with a high pitch, a low volume and a fast pace says "
         "'don\u2019t go', in a tone of anger."),
        ("caption", True, False, "A female voice with a high pitch, a low volume and a fast pace, in a "
         "tone of anger."),
        ("caption", False, True, "A voice says 'don\u2019t go', in a tone of anger."),
        ("caption", False, False, "A tone of anger."),
    ],
)  # fmt: skip
def test_every_task_set_has_its_sentence(style, descriptors, transcript, sentence):
    grammar = answer_grammar(FOUR, style=style, descriptors=descriptors, transcript=transcript)
    assert write(grammar, {**SAID, "transcript": " don't\n go "}) == sentence


def test_a_label_that_begins_like_another_is_read_whole():
    labels = LabelSet(("calm", "calm. down", "calm.", "very calm"))
    grammar = answer_grammar(labels)
    for label in labels:
        sentence = write(grammar, {**SAID, "emotion": label, "transcript": "a"})
        assert read(grammar, sentence)["emotion"] == label


@pytest.mark.parametrize(
    "wrong", ["", "The female speaks.", "A tone of joy.", "A tone of anger", "A tone of  anger."]
)
def test_a_sentence_outside_the_grammar_is_not_read(wrong):
    assert read(answer_grammar(FOUR, style="caption", descriptors=False, transcript=False), wrong) is None


@pytest.mark.parametrize("value", [{}, {"emotion": "rage"}])
def test_a_value_that_no_answer_can_say_is_refused(value):
    grammar = answer_grammar(FOUR, descriptors=False, transcript=False)
    with pytest.raises(InputError, match="neutral, anger, pleasant surprise, boredom"):
        write(grammar, value)


def test_a_grammar_never_holds_two_fixed_pieces_in_a_row():
    for style in ("template", "caption"):
        for descriptors in (True, False):
            for transcript in (True, False):
                grammar = answer_grammar(FOUR, style=style, descriptors=descriptors, transcript=transcript)
                kinds = [type(piece) for piece in grammar]
                assert (Fixed, Fixed) not in itertools.pairwise(kinds)
                assert all(
                    isinstance(grammar[i + 1], Fixed) for i, p in enumerate(grammar) if isinstance(p, Free)
                )
