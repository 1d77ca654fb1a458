"""Probes find what is there, choose without the tested rows, and agree with scikit-learn."""

import numpy as np
import pytest
import torch
from scipy import special

from tonelens.evidence import probes
from tonelens.evidence.probes import PROBES, read_out

ROWS, FEATURES = 120, 6
NEEDED = "needs scikit-learn (extra `reference`)"
GROUPS = [f"s{row % 8}" for row in range(ROWS)]


def features(seed=0, rows=ROWS):
    return np.random.default_rng(seed).normal(size=(rows, FEATURES)).astype(np.float32)


def standardised(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def lines(kind, x, y, penalty, monkeypatch):
    monkeypatch.setattr(probes, "L2", (penalty,))
    return read_out("linear", kind, x, y, GROUPS)


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_reads_a_number_that_one_feature_carries(probe):
    x, new = features(), features(1)
    read = read_out(probe, "number", x, 5 + 3 * x[:, 2], GROUPS)
    error = read(new)[:, 0] - (5 + 3 * new[:, 2])
    assert np.abs(error).mean() < 0.4  # the numbers have a deviation of 3


def test_only_the_hidden_layer_reads_a_distance_from_zero():
    x, new = features(rows=400), features(1)
    groups = [f"s{row % 8}" for row in range(400)]

    def share_explained(probe):
        guess = read_out(probe, "number", x, np.abs(x[:, 0]), groups)(new)[:, 0]
        truth = np.abs(new[:, 0])
        return 1 - np.square(truth - guess).mean() / truth.var()

    assert share_explained("linear") < 0.1
    assert share_explained("mlp") > 0.6


@pytest.mark.parametrize("penalty", [1.0, 100.0])
def test_the_line_is_scikit_learn_s_ridge(penalty, monkeypatch):
    linear_model = pytest.importorskip("sklearn.linear_model", reason=NEEDED)
    x = features()
    y = 2 + x @ np.arange(FEATURES) + np.random.default_rng(3).normal(size=ROWS)
    ours = lines("number", x, y, penalty, monkeypatch)(x)[:, 0]
    theirs = linear_model.Ridge(alpha=penalty).fit(standardised(x), y).predict(standardised(x))
    assert ours == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("classes", [3, 5])
def test_the_classifier_is_scikit_learn_s_logistic_regression(classes, monkeypatch):
    linear_model = pytest.importorskip("sklearn.linear_model", reason=NEEDED)
    x = features()
    y = (x[:, :classes] + np.random.default_rng(3).normal(size=(ROWS, classes))).argmax(axis=1)
    y[:30] = 0  # one class is more common than others
    ours = special.softmax(lines("class", x, y, 4.0, monkeypatch)(x), axis=1)
    model = linear_model.LogisticRegression(C=1 / 4.0, class_weight="balanced", tol=1e-8, max_iter=1000)
    theirs = model.fit(standardised(x), y)
    assert ours == pytest.approx(theirs.predict_proba(standardised(x)), abs=1e-3)


def test_words_are_one_logistic_regression_each(monkeypatch):
    x = features()
    y = (x[:, :2] + np.random.default_rng(3).normal(size=(ROWS, 2)) > 0).astype(np.float64)
    both = lines("presence", x, y, 10.0, monkeypatch)(x)
    alone = lines("presence", x, y[:, :1], 10.0, monkeypatch)(x)
    assert both[:, :1] == pytest.approx(alone, abs=1e-3)


def test_the_penalty_is_chosen_on_whole_groups():
    _, chosen = probes._parted(GROUPS, seed=0)
    fit, _ = probes._parted(GROUPS, seed=0)
    held = {GROUPS[row] for row in chosen}
    assert len(held) == 2, "a quarter of 8 speakers"
    assert not held & {GROUPS[row] for row in fit}
    assert len(fit) + len(chosen) == ROWS


@pytest.mark.parametrize("probe", PROBES)
def test_noise_is_answered_with_the_mean(probe):
    x = features()
    y = np.random.default_rng(9).normal(loc=50.0, size=ROWS)
    guess = read_out(probe, "number", x, y, GROUPS)(features(1))[:, 0]
    assert np.abs(guess - 50.0).mean() < 0.4


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_is_the_same_every_time_and_leaves_the_random_state_alone(probe):
    x = features()
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = read_out(probe, "number", x, x[:, 0], GROUPS, seed=4)(x)
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(2)
    assert (first == read_out(probe, "number", x, x[:, 0], GROUPS, seed=4)(x)).all()


@pytest.mark.parametrize("probe", PROBES)
def test_a_feature_that_never_changes_does_no_harm(probe):
    x = features()
    x[:, 1] = 7.0
    assert np.isfinite(read_out(probe, "number", x, x[:, 0], GROUPS)(features(1))).all()
