import math

import numpy as np
import pytest
import sacrebleu

from tonelens.evaluation.captions import cider, rouge_l, score_captions
from tonelens.evaluation.prediction import Prediction

WORDS = [
    "a",
    "woman",
    "speaks",
    "with",
    "high",
    "low",
    "pitch",
    "fast",
    "slow",
    "saying",
    "the",
    "door",
    "sad",
]


def clip(number, reference, caption, speaker=None):
    return Prediction(
        id=str(number),
        speaker=speaker,
        reference_emotion="anger",
        predicted_emotion="anger",
        reference_caption=reference,
        caption=caption,
    )


def captions_at_random(seed, *, count=40):
    random = np.random.default_rng(seed)
    references = [" ".join(random.choice(WORDS, random.integers(3, 15))) for _ in range(count)]
    captions = []
    for reference in references:
        words = [str(random.choice(WORDS)) if random.random() < 0.3 else word for word in reference.split()]
        captions.append(" ".join(words[: random.integers(1, len(words) + 1)]))
    return references, captions


def test_rouge_l_worked_by_hand():
    # the longest common subsequence of "a b c d" and "a x c" is "a c": precision 2/3, recall 2/4, beta 1.2
    expected = (1 + 1.44) * (2 / 3) * 0.5 / (0.5 + 1.44 * 2 / 3)
    assert rouge_l("a b c d", "a x c") == pytest.approx(expected)
    assert rouge_l("a b", "a b") == pytest.approx(1.0)
    assert rouge_l("a b", "") == rouge_l("a b", "c d") == 0.0


def test_cider_worked_by_hand():
    # Two clips: "a b" and "a c"; "a" is in both (weight 0), "b", "c" and both bigrams in one (weight ln 2).
    # Caption "a b" against "a b": cosine 1 for unigrams and bigrams, none for longer: 10 * (1 + 1) / 4 = 5.
    # Caption "b" against "a c": nothing in common: 0.
    assert cider(["a b", "a c"], ["a b", "b"]) == pytest.approx([5.0, 0.0])
    # One word too many against "a b": "b" is there, the bigram "a b" too; "c" is rare as well.
    # unigrams: ln2^2 / (sqrt(2 ln2^2) * ln2) = 1/sqrt(2); bigrams "a b" and "b c" the same.
    penalty = math.exp(-1 / (2 * 36))
    assert cider(["a b", "a c"], ["a b c", "a c"])[0] == pytest.approx(10 * penalty * 2 / math.sqrt(2) / 4)


def test_the_caption_of_a_single_clip_has_no_rare_words():
    assert cider(["a b c d e"], ["a b c d e"]) == [0.0]


def test_bleu_agrees_with_sacrebleu_over_the_corpus():
    references, captions = captions_at_random(0)
    scores = score_captions([clip(i, *pair) for i, pair in enumerate(zip(references, captions, strict=True))])
    assert scores is not None
    expected = sacrebleu.corpus_bleu(
        captions, [references], tokenize="none", smooth_method="none", force=True
    )
    assert scores.bleu4.value == pytest.approx(expected.score / 100)
    assert 0.05 < scores.bleu4.value < 0.95
    assert scores.bleu4.low < scores.bleu4.value < scores.bleu4.high


def test_bleu_without_a_common_four_gram_is_zero():
    scores = score_captions([clip(1, "a b c d e", "a b c x e"), clip(2, "p q r s", "p q")])
    assert scores is not None
    assert scores.bleu4.value == 0.0


def test_equal_captions_have_the_highest_scores():
    sentences = ["the woman speaks slowly", "the man speaks fast today", "a child shouts at us"]
    scores = score_captions([clip(i, text, text.upper() + "!") for i, text in enumerate(sentences)])
    assert scores is not None
    assert scores.bleu4.value == pytest.approx(1.0)
    assert scores.rouge_l.value == pytest.approx(1.0)
    assert scores.cider.value == pytest.approx(10.0)


def test_clips_without_a_reference_are_counted_and_missing_captions_score_nothing():
    scores = score_captions([clip(1, "a b c d", "a b c d"), clip(2, "p q r s", None), clip(3, None, "x")])
    assert scores is not None
    assert scores.rouge_l.value == pytest.approx(0.5)
    assert (scores.rouge_l.n, scores.without_reference) == (2, 1)
    assert score_captions([clip(1, None, "x")]) is None


@pytest.mark.parametrize("seed", range(3))
def test_rouge_and_cider_agree_with_the_caption_evaluation_code_of_coco(seed):
    rouge = pytest.importorskip("pycocoevalcap.rouge.rouge", reason="pycocoevalcap is the reference here")
    coco_cider = pytest.importorskip(
        "pycocoevalcap.cider.cider", reason="pycocoevalcap is the reference here"
    )
    references, captions = captions_at_random(seed)
    wanted = {i: [text] for i, text in enumerate(references)}
    written = {i: [text] for i, text in enumerate(captions)}
    _, theirs = rouge.Rouge().compute_score(wanted, written)
    assert [rouge_l(*pair) for pair in zip(references, captions, strict=True)] == pytest.approx(list(theirs))
    mean, theirs = coco_cider.Cider().compute_score(wanted, written)
    assert cider(references, captions) == pytest.approx(list(theirs))
    assert np.mean(cider(references, captions)) == pytest.approx(mean)
