"""Thresholds and shares worked out by hand on made-up transcripts."""

import pytest

from builders import LABELS, random_clips, small_model, small_recipe
from tonelens.errors import CorpusError
from tonelens.evaluation.own_words import Rates, Written, error_rate, fit_words, rates, write_words
from tonelens.model.answering import Answerer


def clips(scores, *, known, right):
    text = "Kids are talking!" if right else "dogs are sitting"
    return [Written("kids are talking", text, score, known) for score in scores]


UNHEARD = clips([-1.0, -2.0, -3.0, -4.0], known=False, right=False)
KNOWN = clips([-0.5, -1.5, -2.5], known=True, right=True) + clips([-0.7], known=True, right=False)


def test_right_means_the_same_words_whatever_case_and_signs():
    assert KNOWN[0].is_right and not UNHEARD[0].is_right


@pytest.mark.parametrize(
    ("most", "invented", "lowest", "highest"),
    [
        (0.0, 0.0, -1.0, -0.999),  # just above the likeliest invention
        (0.24, 0.0, -1.0, -0.999),  # 0.96 of a clip is none
        (0.25, 0.25, -2.0, -1.999),
        (0.5, 0.5, -3.0, -2.999),
        (1.0, 1.0, -4.0, -4.0),  # all may be invented: nothing is refused
    ],
)
def test_the_threshold_is_the_lowest_that_lets_few_inventions_through(most, invented, lowest, highest):
    check = fit_words(UNHEARD + KNOWN, "made-up clips", most_invented=most)
    assert check.invented == invented
    assert lowest <= check.threshold <= highest
    assert (check.unheard, check.known, check.fitted_on) == (4, 4, "made-up clips")


def test_right_transcripts_of_unheard_sentences_are_no_inventions():
    written = clips([-0.1], known=False, right=True) + UNHEARD + KNOWN
    assert fit_words(written, "made-up clips", most_invented=0.0).threshold == pytest.approx(-1.0)


def test_what_a_threshold_does():
    assert rates(UNHEARD + KNOWN, -2.0) == Rates(invented=2 / 4, wrong=1 / 4, refused=1 / 3, given=2 / 4)
    assert rates(UNHEARD, 0.0) == Rates(invented=0.0, wrong=0.0, refused=0.0, given=0.0)


@pytest.mark.parametrize("written", [UNHEARD, KNOWN, []])
def test_both_kinds_of_clips_are_needed(written):
    with pytest.raises(CorpusError, match="words need both kinds"):
        fit_words(written, "made-up clips")


def test_word_errors_are_summed_over_clips():
    # 2 of 3 words wrong in one clip, none in the other
    one = Written("kids are talking", "dogs are sitting", -1.0, True)
    assert error_rate([one, KNOWN[0]]) == pytest.approx(2 / 6)
    with pytest.raises(CorpusError, match="no word errors"):
        error_rate([])


def test_a_model_writes_for_every_clip_in_order():
    model, prompter = small_model(small_recipe(), louder=12.0)
    asks = Answerer(model, prompter, LABELS)
    states = random_clips([20, 9, 33, 9])
    texts = ["Kids are talking.", "b", "c", "kids are talking"]
    written = write_words(asks, list(zip(states, texts, strict=True)), ["kids are talking"])
    assert [clip.is_known for clip in written] == [True, False, False, True]
    assert [clip.reference for clip in written] == texts
    for state, clip in zip(states, written, strict=True):
        answer = asks.answer([state])[0]
        assert clip.text == answer.values["transcript"]
        assert clip.score == pytest.approx(sum(answer.certainty["transcript"]), abs=1e-3)
