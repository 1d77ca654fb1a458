import time

import numpy as np
import pytest

from tonelens.evaluation.confusion import score_classes
from tonelens.evaluation.intervals import bootstrap


def share(sums):
    return sums[:, 0] / sums[:, 1]


def clips(*rights):
    return np.array([[right, 1] for right in rights], dtype=float)


def test_speakers_that_are_all_right_or_all_wrong_widen_the_interval():
    # 10 speakers x 20 clips; 5 speakers always right. By speaker the sd of the share is sqrt(.25/10) = 0.158,
    # by clip it would be sqrt(.25/200) = 0.035.
    counts = np.repeat(clips(*[1, 0] * 5), 20, axis=0)
    speakers = np.repeat([f"s{number}" for number in range(10)], 20).tolist()
    by_speaker = bootstrap(counts, speakers, share)
    by_clip = bootstrap(counts, [None] * 200, share)
    assert by_speaker.value == by_clip.value == 0.5
    assert (by_speaker.unit, by_speaker.clusters, by_speaker.n) == ("speaker", 10, 200)
    assert (by_clip.unit, by_clip.clusters, by_clip.n) == ("clip", 200, 200)
    assert (by_speaker.low, by_speaker.high) == (pytest.approx(0.2), pytest.approx(0.8))  # Binomial(10, .5)
    assert by_clip.low == pytest.approx(0.5 - 1.96 * 0.0354, abs=0.01)
    assert by_clip.high == pytest.approx(0.5 + 1.96 * 0.0354, abs=0.01)


def test_fewer_than_five_speakers_or_an_unknown_one_fall_back_to_clips():
    counts = clips(1, 0, 1, 1, 0, 1)
    assert bootstrap(counts, ["a", "b", "c", "d", "a", "b"], share).unit == "clip"
    assert bootstrap(counts, ["a", "b", "c", "d", "e", None], share).unit == "clip"
    assert bootstrap(counts, ["a", "b", "c", "d", "e", "a"], share).unit == "speaker"


def test_the_order_of_the_clips_is_nothing_to_the_interval():
    counts, speakers = clips(1, 0, 1, 1, 0), list("abcde")
    assert bootstrap(counts[::-1], speakers[::-1], share) == bootstrap(counts, speakers, share)
    assert bootstrap(counts[::-1], [None] * 5, share) == bootstrap(counts, [None] * 5, share)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    counts = np.random.default_rng(0).random((50, 1))
    first, again, other = (
        bootstrap(counts, [None] * 50, lambda sums: sums[:, 0], seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.low != other.low


def test_a_single_clip_has_an_interval_without_width():
    interval = bootstrap(clips(1), ["a"], share)
    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)


def test_replicates_without_a_score_are_left_out():
    def only_with_reference(sums):
        words = sums[:, 1]
        return np.divide(sums[:, 0], words, out=np.full(len(words), np.nan), where=words > 0)

    counts = np.array([[1.0, 2.0], [0.0, 0.0]])  # a quarter of the draws holds no word at all
    interval = bootstrap(counts, [None, None], only_with_reference)
    assert (interval.low, interval.high) == (0.5, 0.5)


def test_a_clip_bootstrap_of_a_mean_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).gamma(2.0, size=80)
    ours = bootstrap(values[:, None], [None] * 80, lambda sums: sums[:, 0] / 80, replicates=8000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=8000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)


def test_two_thousand_replicates_of_1440_clips_take_under_a_second_a_score():
    random = np.random.default_rng(0)
    words = list("abcdefgh")
    references = random.choice(words, 1440).tolist()
    answers = random.choice(words, 1440).tolist()
    speakers = [f"speaker{number % 24}" for number in range(1440)]
    start = time.process_time()
    scores = score_classes(references, answers, speakers)  # three scores
    assert time.process_time() - start < 3.0
    assert scores.ua.unit == "speaker"
