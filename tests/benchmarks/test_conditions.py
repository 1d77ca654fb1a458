"""The benchmark of conditions on a made-up corpus whose emotion the features tell in the clean."""

import numpy as np
import pytest

from builders import synthetic_cuts

pytest.importorskip("sklearn", reason="the baselines are scikit-learn's")
conditions = pytest.importorskip("conditions")

from tonelens.corpora.cuts import emotion_of, fold_of  # noqa: E402
from tonelens.evaluation.conditions import conditions_named  # noqa: E402


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    """Twelve speakers with six clips each, in two folds."""
    return synthetic_cuts(tmp_path_factory.mktemp("bench") / "corpus", speakers=12)


@pytest.fixture
def answers(cuts, monkeypatch, tmp_path):
    """Layer 3 knows the emotion of a clean clip; of what is heard in noise nothing is known."""
    labels = sorted({emotion_of(cut) for cut in cuts})
    told = np.eye(len(labels))[[labels.index(emotion_of(cut)) for cut in cuts]]
    random = np.random.default_rng(0)
    states = random.normal(size=(len(cuts), 5, 8))
    states[:, 3, : len(labels)] += 8 * told
    test = states[[fold_of(cut) == 1 for cut in cuts]]
    heard = []

    def statistics_of(sounds, weights):
        power = [float(np.mean(samples.astype(float) ** 2)) for samples in sounds]
        heard.append(power)
        return iter(test if len(heard) == 1 else random.normal(size=test.shape))

    monkeypatch.setattr(conditions, "encoder_statistics", lambda paths, weights, *, cache: states)
    monkeypatch.setattr(conditions, "statistics_of", statistics_of)
    found = conditions.probe_answers(cuts, conditions_named(["white-0"]), weights=tmp_path, cache=tmp_path)
    return dict(found), heard


def test_the_probe_is_tested_on_what_is_heard_and_trained_on_what_is_clean(answers, cuts):
    found, (clean, noisy) = answers
    test = [cut for cut in cuts if fold_of(cut) == 1]
    assert list(found) == ["clean", "white-0"]
    assert [clip.id for clip in found["clean"].predictions] == [cut.id for cut in test]
    assert all(clip.predicted_emotion == clip.reference_emotion for clip in found["clean"].predictions)
    assert np.divide(noisy, clean) == pytest.approx(np.full(len(test), 2.0), rel=0.05), (
        "0 dB: twice the power"
    )


def test_every_condition_has_its_rows_and_men_and_women_theirs(answers):
    found, _ = answers
    figures = [
        figure
        for condition, predicted in found.items()
        for figure in conditions.condition_figures(condition, predicted, "probe")
    ]
    assert {figure.protocol for figure in figures} == {
        f"emobox-1; {condition}{group}"
        for condition in ("clean", "white-0")
        for group in ("", "; gender=female", "; gender=male")
    }
    assert {figure.metric for figure in figures} == {"ua", "wa", "macro_f1"}
    ua = {figure.protocol: figure.value for figure in figures if figure.metric == "ua"}
    assert ua["emobox-1; clean"] == 1.0
    assert ua["emobox-1; white-0"] < 0.6
