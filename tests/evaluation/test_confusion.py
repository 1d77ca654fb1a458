import numpy as np
import pytest

from tonelens.evaluation.confusion import score_classes

# By hand: 4 anger (3 right, 1 -> fear), 2 fear (1 right, 1 unparsed), 1 sadness (-> anger).
REFERENCES = ["anger", "anger", "anger", "anger", "fear", "fear", "sadness"]
ANSWERS = ["anger", "anger", "anger", "fear", "fear", None, "anger"]
NOBODY = [None] * 7


def test_scores_of_seven_clips_are_those_worked_by_hand():
    scores = score_classes(REFERENCES, ANSWERS, NOBODY)
    assert scores.labels == ("sadness", "anger", "fear")
    assert scores.confusion == ((0, 1, 0, 0), (0, 3, 1, 0), (0, 0, 1, 1))
    assert scores.recall == {"sadness": 0.0, "anger": 0.75, "fear": 0.5}
    assert scores.ua.value == pytest.approx((0 + 0.75 + 0.5) / 3)
    assert scores.wa.value == pytest.approx(4 / 7)
    # F1: anger 2*3/(4+4), fear 2*1/(2+2), sadness 0
    assert scores.macro_f1.value == pytest.approx((0.75 + 0.5 + 0) / 3)


def test_a_class_without_references_does_not_count_in_ua_or_macro_f1():
    scores = score_classes(["anger", "anger"], ["anger", "boredom"], [None, None], labels=["calm"])
    assert scores.labels == ("calm", "anger", "boredom")
    assert scores.ua.value == 0.5
    assert scores.macro_f1.value == pytest.approx(2 / 3)  # anger only: 2*1/(2+1)
    assert scores.recall == {"anger": 0.5}


def test_one_word_everywhere_is_a_perfect_score_and_not_an_error():
    scores = score_classes(["normal"] * 3, ["normal"] * 3, [None] * 3)
    assert (scores.ua.value, scores.wa.value, scores.macro_f1.value) == (1.0, 1.0, 1.0)


def test_own_labels_follow_the_canonical_ones_by_alphabet():
    scores = score_classes(["zest", "fear", "awe", "anger"], ["fear"] * 4, [None] * 4)
    assert scores.labels == ("anger", "fear", "awe", "zest")


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the independent reference here")
    random = np.random.default_rng(seed)
    words = ["anger", "fear", "sadness", "awe"]
    references = list(random.choice(words, 60, p=[0.6, 0.2, 0.1, 0.1]))
    answers = [None if random.random() < 0.1 else str(random.choice(words)) for _ in references]
    filled = [answer or "unparsed" for answer in answers]
    present = sorted(set(references))
    scores = score_classes(references, answers, [None] * 60)
    assert scores.ua.value == pytest.approx(
        metrics.recall_score(references, filled, labels=present, average="macro", zero_division=0)
    )
    assert scores.wa.value == pytest.approx(metrics.accuracy_score(references, filled))
    assert scores.macro_f1.value == pytest.approx(
        metrics.f1_score(references, filled, labels=present, average="macro", zero_division=0)
    )
    matrix = metrics.confusion_matrix(references, filled, labels=[*scores.labels, "unparsed"])
    assert matrix[:-1].tolist() == [list(row) for row in scores.confusion]
