import numpy as np
import pytest
from scipy import stats

from tonelens.evaluation.draws import METRICS, draw_scores
from tonelens.evaluation.paired import ALPHA, mcnemar, t_test

LABELS = 3


def cells(references, *runs):
    """Of (N,) references and answers, shape (N, M, L, L + 1)."""
    found = np.zeros((len(references), len(runs), LABELS, LABELS + 1))
    for number, run in enumerate(runs):
        found[np.arange(len(references)), number, references, run] = 1
    return found


def world(random, clips_of_speakers, spread):
    """Two systems, right on 70 % of the clips; for a speaker one is better by a draw of mean 0."""
    effects = np.repeat(spread * random.standard_normal(len(clips_of_speakers)), clips_of_speakers)
    references = np.arange(len(effects)) % LABELS
    runs = []
    for half in (-0.5, 0.5):
        is_right = random.random(len(effects)) < 0.7 + half * effects
        wrong = (references + random.integers(1, LABELS, len(effects))) % LABELS
        runs.append(np.where(is_right, references, wrong))
    return references, runs


def test_scores_and_their_difference_are_those_worked_by_hand():
    # 4 clips of class 0, 2 of class 1; the second system is right on 3 of 4 and 1 of 2, the first on 1 and 2.
    found = draw_scores(cells([0, 0, 0, 0, 1, 1], [0, 1, 1, 3, 1, 1], [0, 0, 0, 3, 1, 0]), [None] * 6, (1, 1))
    assert found.values_Y["ua"].tolist() == [(1 / 4 + 1) / 2, (3 / 4 + 1 / 2) / 2]
    assert found.values_Y["wa"].tolist() == [3 / 6, 4 / 6]
    # F1 of the first: 2*1/(4+1) and 2*2/(2+4); of the second: 2*3/(4+4) and 2*1/(2+1)
    assert found.values_Y["macro_f1"].tolist() == pytest.approx([(2 / 5 + 2 / 3) / 2, (3 / 4 + 2 / 3) / 2])
    assert found.difference("wa", 0, 1).value == pytest.approx(1 / 6)
    assert found.difference("wa", 1, 0).value == pytest.approx(-1 / 6)


def test_a_system_has_the_mean_score_of_its_seeds():
    found = draw_scores(cells([0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]), [None] * 4, (1, 2))
    assert found.runs_M["wa"].tolist() == [0.5, 1.0, 0.5]
    assert found.values_Y["wa"].tolist() == [0.5, 0.75]
    assert found.values_Y["macro_f1"].tolist() == pytest.approx([1 / 3, (1 + 1 / 3) / 2])


def test_both_systems_are_scored_on_the_same_draws():
    references, (answers, _) = world(np.random.default_rng(1), [10] * 8, 0.1)
    found = draw_scores(cells(references, answers, answers), list("abcdefgh") * 10, (1, 1))
    for metric in METRICS:
        assert found.drawn_RY[metric][:, 0].std() > 0.01
        assert (found.difference(metric, 0, 1).se, found.difference(metric, 0, 1).p) == (0.0, 1.0)


def test_over_equal_speakers_wa_is_tested_as_scipy_tests_the_speakers_accuracies():
    references, runs = world(np.random.default_rng(2), [30] * 8, 0.2)
    speakers = np.repeat(list("abcdefgh"), 30).tolist()
    found = draw_scores(cells(references, *runs), speakers, (1, 1), replicates=20_000)
    first, second = ((run == references).reshape(8, 30).mean(axis=1) for run in runs)
    theirs = stats.ttest_rel(second, first)
    ours = found.difference("wa", 0, 1)
    assert (found.unit, found.clusters) == ("speaker", 8)
    assert ours.p == pytest.approx(theirs.pvalue, rel=0.05)
    ends = theirs.confidence_interval(0.95)
    assert (ours.low, ours.high) == (pytest.approx(ends.low, abs=2e-3), pytest.approx(ends.high, abs=2e-3))


def test_the_order_of_clips_and_the_names_of_speakers_are_nothing_to_the_result():
    references, runs = world(np.random.default_rng(3), [10] * 6, 0.2)
    speakers = np.repeat(list("abcdef"), 10)
    found = draw_scores(cells(references, *runs), speakers.tolist(), (1, 1), replicates=200)
    order = np.random.default_rng(4).permutation(60)
    again = draw_scores(
        cells(references[order], *(run[order] for run in runs)),
        speakers[order].tolist(),
        (1, 1),
        replicates=200,
    )
    assert again.difference("ua", 0, 1) == found.difference("ua", 0, 1)


def shares_significant(clips_of_speakers, spread, worlds):
    """Metric or test -> share of worlds without a difference in which it finds one at 5 %."""
    random = np.random.default_rng(5)
    speakers = [f"s{place}" for place, clips in enumerate(clips_of_speakers) for _ in range(clips)]
    found_in = dict.fromkeys((*METRICS, "mcnemar", "t_test"), 0)
    for _ in range(worlds):
        references, runs = world(random, clips_of_speakers, spread)
        drawn = draw_scores(
            cells(references, *runs), speakers if spread else [None] * len(references), (1, 1), replicates=200
        )
        for metric in METRICS:
            found_in[metric] += drawn.difference(metric, 0, 1).p < ALPHA
        is_right = [(run == references).astype(float) for run in runs]
        found_in["mcnemar"] += mcnemar(*is_right).p < ALPHA
        found_in["t_test"] += t_test(*is_right).p < ALPHA
    return {name: count / worlds for name, count in found_in.items()}


def test_with_independent_clips_the_bootstrap_and_the_t_test_err_in_5_percent():
    shares = shares_significant([1] * 240, 0.0, worlds=2000)  # Monte Carlo error 0.49 points
    # McNemar's exact p has steps: with some 100 discordant clips it is below 5 % in 3.9 % of the worlds.
    assert shares.pop("mcnemar") == pytest.approx(0.039, abs=0.01)
    assert all(0.04 < share < 0.06 for share in shares.values()), shares


def test_with_2000_independent_clips_mcnemar_errs_in_5_percent():
    random = np.random.default_rng(6)
    worlds = [mcnemar(*(random.random((2, 2000)) < 0.7).astype(float)).p < ALPHA for _ in range(4000)]
    assert 0.04 < np.mean(worlds) < 0.06  # Monte Carlo error 0.34 points


def test_with_alike_clips_of_a_speaker_only_the_bootstrap_over_speakers_errs_in_5_percent():
    shares = shares_significant([30] * 20, 0.15, worlds=2000)
    assert all(0.04 < shares[metric] < 0.06 for metric in METRICS), shares
    assert shares["mcnemar"] > 0.15  # both count 600 clips where there are 20 speakers
    assert shares["t_test"] > 0.10


def test_skewed_scores_by_clip_that_do_not_differ_are_found_to_differ_in_5_percent():
    """Distances as of KL, in nats: 20 speakers of 10 clips, of whom each knows some voices better."""
    random, worlds = np.random.default_rng(7), 500
    same = cells(np.zeros(200, dtype=int), *np.zeros((2, 200), dtype=int))
    speakers = np.repeat([f"s{place}" for place in range(20)], 10).tolist()
    found = 0
    for _ in range(worlds):
        of_speakers = random.gamma(4.0, 0.1, (20, 2))
        kl_NM = random.gamma(2.0, np.repeat(of_speakers, 10, axis=0))
        drawn = draw_scores(same, speakers, (1, 1), by_clip={"votes_kl": kl_NM}, replicates=200)
        found += drawn.difference("votes_kl", 0, 1).p < ALPHA
    assert 0.02 < found / worlds < 0.08, "Monte Carlo error 1 point"


def test_a_score_by_clip_is_the_mean_of_its_clips_and_seeds():
    one = cells([0, 0], [0, 0], [0, 0], [0, 0])
    kl_NM = np.array([[0.1, 0.2, 0.6], [0.3, 0.4, 0.8]])
    found = draw_scores(one, [None] * 2, (1, 2), by_clip={"votes_kl": kl_NM})
    assert found.runs_M["votes_kl"].tolist() == pytest.approx([0.2, 0.3, 0.7])
    assert found.values_Y["votes_kl"].tolist() == pytest.approx([0.2, 0.5])
    assert found.difference("votes_kl", 0, 1).value == pytest.approx(0.3)
