import pytest

from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.transcripts import normalise, score_transcripts, word_errors


def clip(number, reference, transcript):
    return Prediction(
        id=str(number),
        reference_emotion="anger",
        predicted_emotion="anger",
        reference_text=reference,
        transcript=transcript,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kids are talking by the door.", "kids are talking by the door"),
        ("Don't – or don’t?", "dont or dont"),
        ("well-known  WORDS,\tthree", "well known words three"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﬁne café", "fine café"),
        ("cafe\u0301", "café"),
        ("℡", "tel"),
        ("ሰላም፡ልጅ።", "ሰላም ልጅ"),
        ("50 % + 1", "50 1"),
        ("...", ""),
    ],
)
def test_the_normaliser_leaves_words_in_lower_case(text, words):
    assert normalise(text) == words
    assert normalise(words) == words


def test_errors_of_one_clip_worked_by_hand():
    # a b c d -> a x c d e: one substitution, one insertion, four reference words
    assert word_errors("A b, c d.", "a x c d e") == (1, 0, 1, 4)
    assert word_errors("a b c", "a c") == (0, 1, 0, 3)


def test_the_rate_is_summed_over_the_corpus_not_averaged_over_clips():
    scores = score_transcripts([clip(1, "a", "x"), clip(2, "a b c d e f g h i", "a b c d e f g h i")])
    assert scores is not None
    assert scores.wer.value == pytest.approx(1 / 10)  # the mean over clips would be 0.5
    assert (scores.substitutions, scores.deletions, scores.insertions) == (1, 0, 0)
    assert scores.reference_words == 10


def test_a_missing_transcript_deletes_every_word_and_a_missing_reference_is_counted():
    scores = score_transcripts([clip(1, "a b", None), clip(2, None, "a b"), clip(3, "c d", "c d")])
    assert scores is not None
    assert scores.wer.value == pytest.approx(2 / 4)
    assert scores.deletions == 2
    assert (scores.wer.n, scores.without_reference) == (2, 1)


def test_words_written_against_an_empty_reference_are_insertions():
    scores = score_transcripts([clip(1, "...", "so then"), clip(2, "a b", "a b")])
    assert scores is not None
    assert scores.insertions == 2
    assert scores.wer.value == pytest.approx(2 / 2)


def test_without_any_reference_word_there_is_no_rate():
    assert score_transcripts([clip(1, None, "a"), clip(2, "", "b")]) is None


def test_the_rate_agrees_with_jiwer_over_a_corpus():
    import jiwer

    references = ["the dog sits there", "kids are talking by the door", "a b c"]
    transcripts = ["the dogs sit", "kids were walking by the old door", "a b c"]
    scores = score_transcripts(
        [clip(i, *pair) for i, pair in enumerate(zip(references, transcripts, strict=True))]
    )
    assert scores is not None
    assert scores.wer.value == pytest.approx(jiwer.wer(references, transcripts))
