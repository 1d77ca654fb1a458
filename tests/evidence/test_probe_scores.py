"""Scores by hand, and intervals that know how many voices there are."""

import numpy as np
import pytest

from tonelens.evidence.probe_scores import chance, draw, macro_auc, macro_recall, r2, spearman


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


def mean_of(truth, guess):
    return float((truth - guess).mean())


def test_speakers_are_drawn_and_their_difference_makes_the_interval():
    speakers, clips = rows(10, 20)
    level = np.repeat(np.arange(10.0), 20)  # clips of one speaker are alike: 10 values, not 200
    found = draw(mean_of, level, np.zeros(200), speakers, clips).spread()
    # by hand: sd of 0..9 is 3.0277, / sqrt(10) = 0.9574; t(9) at 97.5 % is 2.2622: 2.166
    assert found.unit == "speaker" and found.clusters == 10
    assert found.value == 4.5
    assert found.high - found.value == pytest.approx(2.166, rel=0.08)


def test_too_few_speakers_draw_clips():
    speakers, clips = rows(4, 20)
    found = draw(mean_of, np.repeat(np.arange(4.0), 20), np.zeros(80), speakers, clips).spread()
    assert found.unit == "clip" and found.clusters == 80


def test_frames_of_a_clip_are_drawn_together():
    level = np.repeat(np.arange(10.0), 20)
    clips = [f"c{number}" for number in range(10) for _ in range(20)]
    found = draw(mean_of, level, np.zeros(200), ["s0"] * 200, clips).spread()
    assert found.clusters == 10
    assert found.high - found.value == pytest.approx(2.166, rel=0.08)


def test_a_difference_is_paired():
    speakers, clips = rows(10, 20)
    level = np.repeat(np.arange(10.0), 20)
    better = draw(mean_of, level, np.zeros(200), speakers, clips)
    worse = draw(mean_of, level, np.ones(200), speakers, clips)
    found = better.less(worse).spread()
    assert found.value == pytest.approx(1.0)
    assert found.high is None or found.high - found.low < 1e-9  # every speaker differs by exactly 1
