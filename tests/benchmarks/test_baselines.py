import csv

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the baselines are scikit-learn's")
baselines = pytest.importorskip("baselines")

EMOTIONS = ["anger", "fear", "sadness"]


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Seven and five speakers in two folds; layer 2 knows the emotion, layer 0 in fold 1 alone."""
    folder = tmp_path / "made-up"
    folder.mkdir()
    rows = [
        {
            "path": f"audio/s{speaker}-{take}.flac",
            "speaker": f"s{speaker}",
            "emotion": EMOTIONS[take % 3],
            "test_fold": 1 + speaker // 7,
        }
        for speaker in range(12)
        for take in range(6)
    ]
    rows.append({"path": "audio/none.flac", "speaker": "s0", "emotion": "anger", "test_fold": ""})
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    random = np.random.default_rng(0)
    told = np.eye(3)[[EMOTIONS.index(row["emotion"]) for row in rows[:-1]]]
    states = random.normal(size=(72, 5, 6))
    states[:, 2, :3] += 8 * told
    states[:42, 0, :3] += 8 * told[:42]
    monkeypatch.setattr(baselines, "encoder_statistics", lambda paths, weights, *, cache: states)
    monkeypatch.setattr(baselines, "egemaps", lambda paths, *, cache: random.normal(size=(72, 88)))
    return folder


def test_every_baseline_gets_its_figures_on_the_clips_of_the_fold_only(corpus, tmp_path):
    figures = baselines.fold_baselines(corpus, 2, weights=tmp_path)
    assert {figure.system for figure in figures} == {
        "egemaps",
        *(f"probe-layer-{layer}" for layer in range(5)),
        "probe-layers-1-4",
        "probe",
    }
    assert {(figure.corpus, figure.protocol, figure.n) for figure in figures} == {("made-up", "emobox-2", 30)}
    ua = {figure.system: figure.value for figure in figures if figure.metric == "ua"}
    assert ua["probe-layer-2"] == 1.0
    assert ua["egemaps"] < 0.7


def test_the_probe_is_chosen_without_looking_at_the_test_part(corpus, tmp_path):
    # With fold 1 tested, layer 0 knows every test clip's emotion, but nothing in the training part.
    answers = baselines.fold_predictions(corpus, 1, weights=tmp_path)
    assert answers["probe"] == answers["probe-layer-2"]
    train = [clip for clip in baselines.read_clips(corpus) if clip.fold == 2]
    features = np.random.default_rng(1).normal(size=(30, 4))
    knowing = np.eye(3)[[EMOTIONS.index(clip.emotion) for clip in train]]
    assert baselines.choose_probe({"blind": features, "knowing": knowing}, train) == "knowing"


def test_the_mean_over_folds_stands_beside_the_interval_of_all_clips(corpus, tmp_path):
    folds = [baselines.fold_predictions(corpus, fold, weights=tmp_path) for fold in (1, 2)]
    figures = baselines.mean_over_folds(folds, corpus="made-up")
    assert {(figure.protocol, figure.n) for figure in figures} == {("emobox", 72)}
    (mean,) = [figure for figure in figures if (figure.system, figure.metric) == ("egemaps", "ua")]
    right = [
        sum(clip.predicted_emotion == clip.reference_emotion for clip in fold["egemaps"]) for fold in folds
    ]
    by_hand = (right[0] / 42 + right[1] / 30) / 2  # UA = accuracy, because classes are equal within a fold
    assert mean.value == pytest.approx(by_hand)
    assert mean.low is not None and mean.low <= mean.value <= mean.high
