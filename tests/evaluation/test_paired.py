import math

import numpy as np
import pytest
from scipy import stats

from tonelens.evaluation.paired import Difference, difference, holm, mcnemar, t_test


def answers(*, both=0, first=0, second=0, neither=0):
    """Right and wrong answers of two systems, by how many clips each has right."""
    return (
        np.array([1.0] * both + [1.0] * first + [0.0] * second + [0.0] * neither),
        np.array([1.0] * both + [0.0] * first + [1.0] * second + [0.0] * neither),
    )


def test_mcnemar_of_six_discordant_clips_is_the_one_worked_by_hand():
    found = mcnemar(*answers(both=10, first=1, second=5, neither=3))
    assert (found.only_first, found.only_second, found.odds_ratio) == (1, 5, 5.0)
    assert found.p == pytest.approx(2 * (1 + 6) / 2**6)  # 0 or 1 of 6 on one side, and the mirror


def test_systems_that_are_right_on_the_same_clips_differ_in_nothing():
    found = mcnemar(*answers(both=10, neither=3))
    assert (found.p, found.odds_ratio) == (1.0, None)
    assert mcnemar(*answers(first=2, second=2)).p == 1.0


@pytest.mark.parametrize(("first", "second"), [(0, 9), (3, 11), (40, 25), (250, 310)])
def test_mcnemar_agrees_with_statsmodels_and_with_the_binomial_test_of_scipy(first, second):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables", reason="the independent reference")
    found = mcnemar(*answers(both=50, first=first, second=second, neither=20))
    assert found.p == pytest.approx(tables.mcnemar([[50, first], [second, 20]], exact=True).pvalue, abs=1e-12)
    assert found.p == pytest.approx(stats.binomtest(first, first + second).pvalue, abs=1e-12)


def test_the_t_test_of_four_clips_is_the_one_worked_by_hand():
    found = t_test(np.array([0.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0]))  # gains 1, 0, 0, 1
    assert found.d_z == pytest.approx(0.5 / math.sqrt(1 / 3))
    assert (found.t, found.degrees) == (pytest.approx(math.sqrt(3)), 3)
    assert found.p == pytest.approx(0.0908, abs=1e-4)  # table of t with 3 degrees of freedom


@pytest.mark.parametrize("seed", range(3))
def test_the_t_test_agrees_with_scipy_also_with_several_seeds_a_system(seed):
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 4, (2, 200)) / 3  # three seeds: 0, 1, 2 or 3 of them right
    theirs = stats.ttest_rel(second, first, alternative="greater")
    found = t_test(first, second)
    assert (found.t, found.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))


def test_a_difference_without_spread_has_no_t_test():
    assert t_test(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0])) is None
    assert t_test(np.zeros(3), np.ones(3)) is None
    assert t_test(np.zeros(1), np.ones(1)) is None


def test_the_interval_of_five_clusters_uses_t_on_four_degrees_of_freedom():
    found = difference(2.0, np.array([1.0, 2.0, 3.0]), clusters=5)
    se = math.sqrt(5 / 4)  # the replicates' standard deviation is 1
    assert found.se == pytest.approx(se)
    assert found.low == pytest.approx(2 - 2.776 * se, abs=1e-3)  # table: t(0.975, 4) = 2.776
    assert found.high == pytest.approx(2 + 2.776 * se, abs=1e-3)
    assert found.p == pytest.approx(0.148, abs=1e-3)  # t(4) = 1.789
    assert found.minimal_detectable == pytest.approx((2.776 + 0.941) * se, abs=1e-3)  # t(0.80, 4) = 0.941


def test_a_loss_has_the_p_of_the_gain_of_the_same_size():
    drawn = np.array([1.0, 2.0, 3.0])
    assert difference(-2.0, -drawn, clusters=5).p == difference(2.0, drawn, clusters=5).p


def test_what_does_not_vary_has_no_interval_unless_there_is_no_difference():
    assert difference(0.0, np.zeros(9), clusters=7) == Difference(0.0, 0.0, 0.0, 0.0, 1.0, None)
    assert difference(0.2, np.full(9, 0.2), clusters=7) == Difference(0.2, None, None, 0.0, None, None)


def test_holm_multiplies_the_smallest_p_by_all_and_never_falls():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])  # 3 x .01; 2 x .03; 1 x .04 < .06
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]


@pytest.mark.parametrize("seed", range(3))
def test_holm_agrees_with_statsmodels(seed):
    tests = pytest.importorskip("statsmodels.stats.multitest", reason="the independent reference")
    ps = (np.random.default_rng(seed).random(8) ** 3).tolist()
    assert holm(ps) == pytest.approx(tests.multipletests(ps, method="holm")[1].tolist())
