"""Scores by hand, and intervals that know how many voices there are."""

import numpy as np
import pytest

from tonelens.evidence.clusters import clusters_of
from tonelens.evidence.probe_scores import chance, drawn_score, score, spearman, times_drawn


def r2(truth, guess):
    return score("number", truth, guess)


def macro_recall(truth, guess):
    return score("class", truth, guess)


def macro_auc(truth, guess):
    return score("presence", truth, guess)


def test_r2_by_hand():
    truth = np.array([1.0, 2.0, 3.0])  # squared distances from 2: 1 + 0 + 1
    assert r2(truth, np.array([1.0, 2.0, 4.0])) == 0.5
    assert r2(truth, np.full(3, 2.0)) == 0.0
    assert r2(truth, np.array([3.0, 2.0, 1.0])) == -3.0  # 4 + 0 + 4 over 2


def test_spearman_by_hand():
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    assert spearman(truth, np.array([10.0, 20.0, 40.0, 30.0])) == pytest.approx(0.8)  # 1 - 6 * 2 / (4 * 15)
    assert spearman(truth, np.full(4, 7.0)) == 0.0


def test_recall_is_of_classes_not_of_clips():
    truth = np.array(["a", "a", "a", "b"])
    assert macro_recall(truth, np.array(["a", "a", "a", "a"])) == 0.5
    assert macro_recall(truth, np.array(["a", "b", "b", "b"])) == pytest.approx((1 / 3 + 1) / 2)
    assert chance("class", truth) == 0.5


def test_auc_is_the_mean_over_the_words_that_can_be_scored():
    truth = np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    guess = np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 5.0], [2.0, 1.0, 0.0], [3.0, 1.0, 0.0]])
    # word 1: pairs 4>1, 4>3, 2>1, not 2>3: 3/4; word 2: ties, 1/2; word 3: 0 (below the only one without)
    assert macro_auc(truth, guess) == pytest.approx((0.75 + 0.5 + (0 + 0 + 0) / 3) / 3)
    assert macro_auc(truth[:, :1], guess[:, :1]) == 0.75
    assert np.isnan(macro_auc(np.ones((3, 1)), np.zeros((3, 1))))


def rows(speakers, clips_each):
    names = [f"s{number}" for number in range(speakers) for _ in range(clips_each)]
    return names, [f"c{number}" for number in range(len(names))]


def right(tenths_of_speaker):
    """Two classes; of each class, so many tenths of a speaker's 20 clips are answered right."""
    truth = np.tile([0, 1], len(tenths_of_speaker) * 10)
    is_right = np.concatenate([np.arange(20) // 2 < tenths for tenths in tenths_of_speaker])
    return truth, np.where(is_right, truth, 1 - truth)


TENTHS = np.arange(10)
HALF = 2.2622 * (TENTHS / 10).std(ddof=1) / np.sqrt(10)
"""By hand: t(9) at 97.5 % times the standard error of ten speakers' shares."""


def test_speakers_are_drawn_and_their_difference_makes_the_interval():
    truth, guess = right(TENTHS)
    found = drawn_score("class", truth, guess, clusters_of(*rows(10, 20))).spread()
    assert found.unit == "speaker" and found.clusters == 10
    assert found.value == pytest.approx(0.45)
    assert found.value - found.low == pytest.approx(found.high - found.value)
    assert found.high - found.value == pytest.approx(HALF, rel=0.08)


def test_too_few_speakers_draw_clips():
    truth, guess = right(TENTHS[:4])
    found = drawn_score("class", truth, guess, clusters_of(*rows(4, 20))).spread()
    assert found.unit == "clip" and found.clusters == 80


def test_frames_of_a_clip_are_drawn_together():
    truth, guess = right(TENTHS)
    clips = [f"c{number}" for number in range(10) for _ in range(20)]
    found = drawn_score("class", truth, guess, clusters_of(["s0"] * 200, clips)).spread()
    assert found.unit == "clip" and found.clusters == 10
    assert found.high - found.value == pytest.approx(HALF, rel=0.08)


def test_a_difference_is_paired():
    clusters = clusters_of(*rows(10, 20))
    better, worse = (drawn_score("class", *right(shares), clusters) for shares in (TENTHS + 1, TENTHS))
    found = better.less(worse).spread()
    assert found.value == pytest.approx(0.1)
    assert found.high is None or found.high - found.low < 1e-9  # every speaker gains exactly a tenth


@pytest.mark.parametrize("kind", ["number", "presence"])
def test_every_replicate_is_the_score_of_the_rows_drawn(kind):
    random = np.random.default_rng(0)
    names, clips = rows(6, 5)
    truth = random.normal(size=30) if kind == "number" else (random.random((30, 2)) < 0.5).astype(float)
    guess = truth + random.normal(size=truth.shape)
    clusters = clusters_of(names, clips)
    found = drawn_score(kind, truth, guess, clusters, seed=3)
    for replicate, times in enumerate(times_drawn(clusters, 3)[:5]):
        chosen = np.repeat(np.arange(30), times[clusters.of_row_N])
        assert found.replicates_R[replicate] == pytest.approx(score(kind, truth[chosen], guess[chosen]))
