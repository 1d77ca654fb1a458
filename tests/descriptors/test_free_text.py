"""Claims in free text: against sentences labelled by hand, and back from the project's own answers.

`free_text_sentences.csv` has two halves. The matcher was written with `develop` in view; `held_out` was
written before the matcher and read by it once, when it was done. Both are by the same hand as the matcher.
"""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonelens.descriptors.free_text import claims_in, emphasised_in, gender_in, plain_claims, unclear_in
from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.descriptors.sentences import UNKNOWN, Choice, answer_grammar, write
from tonelens.emotions import LabelSet

SENTENCES = Path(__file__).with_name("free_text_sentences.csv")
LABELS = LabelSet(("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "boredom"))


def sentences(half):
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [
            (row["text"], set(row["claims"].split())) for row in csv.DictReader(file) if row["half"] == half
        ]


def said(text):
    return {
        f"{claim.descriptor}{'!=' if claim.is_excluded else '='}{claim.level}" for claim in claims_in(text)
    }


def precision_and_recall(half):
    right = found = wanted = 0
    for text, claims in sentences(half):
        right += len(claims & said(text))
        found += len(said(text))
        wanted += len(claims)
    return right / found, right / wanted


@pytest.mark.parametrize(("half", "least"), [("develop", (0.99, 0.97)), ("held_out", (0.97, 0.9))])
def test_claims_are_found_in_sentences_labelled_by_hand(half, least):
    precision, recall = precision_and_recall(half)
    assert precision >= least[0] and recall >= least[1]


def test_the_labels_of_the_sentences_are_levels_that_exist():
    for text, claims in sentences("develop") + sentences("held_out"):
        for claim in claims:
            descriptor, level = claim.replace("!=", "=").split("=")
            assert level in DESCRIPTORS[descriptor].words, text


@given(st.sampled_from(["template", "caption"]), st.booleans(), st.text(max_size=40), st.data())
def test_the_project_s_own_answers_read_back_exactly(style, has_transcript, transcript, data):
    grammar = answer_grammar(LABELS, style=style, transcript=has_transcript)
    values = {
        piece.slot: data.draw(st.sampled_from(piece.options))
        for piece in grammar
        if isinstance(piece, Choice)
    }
    text = write(grammar, values | {"transcript": transcript})
    wanted = {f"{name}={values[name]}" for name in ("speed", "pitch", "volume") if values[name] != UNKNOWN}
    assert said(text) == wanted
    assert gender_in(text) == (values["gender"] if values["gender"] != "person" else None)


@pytest.mark.parametrize(
    "words", ["I speak fast", "he's loud and her voice is slow", 'a "low pitch"', "shout!"]
)
@pytest.mark.parametrize("style", ["template", "caption"])
def test_what_was_said_in_quotes_claims_nothing(style, words):
    grammar = answer_grammar(LABELS, style=style)
    values = {"gender": "male", "speed": "normal", "pitch": "high", "volume": "low", "emotion": "anger"}
    assert said(write(grammar, values | {"transcript": words})) == {
        "speed=normal",
        "pitch=high",
        "volume=low",
    }


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("He says 'I can't be loud, it's fast', quietly.", {"volume=low"}),
        ("The speakers' voices are loud, and the teacher's pitch is low.", {"volume=high", "pitch=low"}),
        ("She said: I am loud. Her voice is soft.", {"volume=low"}),
        ('A slow voice, saying "it was fast and', {"speed=slow"}),
        ("A slow voice says 'it was fast and", {"speed=slow"}),
        ("“Loud!” he whispers.", {"volume=low"}),
        ("‘Loud!’ he whispers.", {"volume=low"}),
    ],
)
def test_quotes_are_told_from_apostrophes_and_may_be_cut_off(text, claims):
    assert said(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("not loud", set()),
        ("The voice is not only loud but also fast.", {"volume=high", "speed=fast"}),
        ("The voice is not loud but fast.", {"volume!=high", "speed=fast"}),
        ("The voice is not loud and her pitch is high.", {"volume!=high", "pitch=high"}),
        ("Her voice isn't loud or fast.", {"volume!=high", "speed!=fast"}),
        ("She speaks without many pauses.", {"pauses!=many"}),
        ("She speaks without pauses and with a high pitch.", {"pauses=few", "pitch=high"}),
        ("It has no long pauses and no inflection.", {"pauses!=many", "pitch_variation=flat"}),
        ("The pitch is less high.", {"pitch!=high"}),
    ],
)
def test_a_negated_level_is_excluded_and_no_other(text, claims):
    assert said(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Her voice is faster than average.", {"speed=fast"}),
        ("A lower-than-average pitch.", {"pitch=low"}),
        ("Her voice is faster than his.", set()),
        ("She speaks increasingly fast.", set()),
        ("She speaks faster and faster.", set()),
        ("A high-quality, high-energy voice recording.", set()),
        ("A slow-moving lorry; a voice.", set()),
        ("The sampling rate is high.", set()),
        ("Whispering cannot be told from noise.", set()),
        ("He is whispering.", {"volume=low"}),
        ("Someone shouts in the background.", set()),
    ],
)
def test_changes_comparisons_and_other_things_are_no_claims(text, claims):
    assert said(text) == claims


def test_both_sides_of_a_contradiction_are_reported_and_neither_is_plain():
    text = "He speaks loudly and slowly in a soft voice."
    assert said(text) == {"volume=high", "speed=slow", "volume=low"}
    assert plain_claims(text) == {"speed": "slow"}


def test_an_exclusion_is_no_plain_claim():
    assert plain_claims("The pitch is not high and the pace is slow.") == {"speed": "slow"}


def test_a_low_voice_is_unclear_and_a_low_pitch_or_volume_is_not():
    assert [found.text for found in unclear_in("He speaks in a low voice.")] == ["low voice"]
    assert claims_in("He speaks in a low voice.") == ()
    assert unclear_in("He speaks at a low volume and a low pitch.") == ()


def test_a_claim_knows_its_place():
    text = "She is calm: a high-pitched voice, “loud”, and the pace is very slow."
    places = {claim.descriptor: text[claim.start : claim.end] for claim in claims_in(text)}
    assert places == {"pitch": "high-pitched", "speed": "slow"}


@given(st.text())
def test_any_text_can_be_read(text):
    for claim in claims_in(text):
        assert 0 <= claim.start < claim.end <= len(text)
        assert claim.level in DESCRIPTORS[claim.descriptor].words


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("A woman speaks and her voice is low.", "female"),
        ("A person says 'he is a man'.", None),
        ("A man answers a woman.", None),
    ],
)
def test_the_gender_is_taken_where_one_alone_is_spoken_of(text, gender):
    assert gender_in(text) == gender


def test_words_that_a_text_calls_emphasised_are_found():
    text = "With emphasis on 'never', he stresses the word \"Go\" and says 'now'."
    assert emphasised_in(text) == ("never", "go")
