"""Planted leaks: latents made by hand, whose probes must say what was put into them."""

import numpy as np
import pytest

from evidence.planted_latents import CLIPS_EACH, FRAMES, WIDTH, planted
from tonelens.errors import CorpusError
from tonelens.evidence import leakage, probes
from tonelens.evidence.latents import CONTENT, DESCRIPTOR, RANDOM, ClipLatents
from tonelens.evidence.leakage import leakage_of
from tonelens.evidence.probe_folds import clip_folds, speaker_folds
from tonelens.evidence.stream_rates import rates_of

HELD_OUT = {"made-s0", "made-s3", "made-s4", "made-s5", "made-s8"}


def contrast(found, target, first, second):
    (one,) = [
        row.spread
        for row in found.contrasts
        if (row.target, row.first, row.second) == (target, first, second)
    ]
    return one


def score(found, target, view, metric, shuffled=False):
    (one,) = [
        row
        for row in found.scores
        if (row.target, row.view, row.metric, row.is_shuffled) == (target, view, metric, shuffled)
    ]
    return one


def test_a_planted_leak_is_found_where_it_was_put(monkeypatch):
    monkeypatch.setattr(leakage, "SHUFFLES", 1)
    found = leakage_of(planted(), probes=["linear"])
    assert {row.target for row in found.scores} == {
        "f0", "f0 within speaker", "level", "rate", "emotion", "speaker", "sex", "sentence", "frame f0",
        "frame level",
    }  # fmt: skip
    assert score(found, "f0", DESCRIPTOR, "r2").spread.value > 0.95
    assert score(found, "f0", CONTENT, "r2").spread.value < 0.05
    assert score(found, "f0 within speaker", DESCRIPTOR, "spearman").spread.value > 0.9
    assert score(found, "frame f0", DESCRIPTOR, "r2").spread.value > 0.95
    assert score(found, "sentence", CONTENT, "recall").spread.value > 0.9
    assert score(found, "sentence", DESCRIPTOR, "recall").spread.value == pytest.approx(0.25, abs=0.12)
    assert contrast(found, "f0", DESCRIPTOR, CONTENT).low > 0.8
    assert contrast(found, "sentence", CONTENT, DESCRIPTOR).low > 0.5
    assert contrast(found, "f0", DESCRIPTOR, RANDOM).low > 0.8
    assert abs(contrast(found, "f0", CONTENT, RANDOM).value) < 0.1


def test_swapped_streams_turn_the_sign():
    found = leakage_of(planted(swapped=True), probes=["linear"], targets={"f0", "sentence"})
    assert contrast(found, "f0", DESCRIPTOR, CONTENT).high < -0.8
    assert contrast(found, "sentence", CONTENT, DESCRIPTOR).high < -0.5


def test_noise_tells_nothing_by_any_probe(monkeypatch):
    monkeypatch.setattr(probes, "STEPS", (25, 50))
    targets = {"f0", "sentence", "emotion"}
    found = leakage_of(planted(noise=True), held_out=HELD_OUT, targets=targets)
    scored = [row for row in found.scores if row.metric == "recall" and not row.is_shuffled]
    assert len(scored) == 12
    assert sum(row.spread.low < row.chance < row.spread.high for row in scored) >= 11  # of 20, one may miss
    assert all(row.spread.value < row.chance + 0.2 for row in found.scores if row.metric != "spearman")
    assert sum(row.spread.low < 0 < row.spread.high for row in found.contrasts) >= len(found.contrasts) - 1


def test_shuffled_targets_tell_nothing_of_a_planted_leak():
    found = leakage_of(planted(), probes=["linear"], targets={"f0", "sentence"})
    assert score(found, "f0", DESCRIPTOR, "r2", shuffled=True).spread.value < 0.05
    assert score(found, "sentence", CONTENT, "recall", shuffled=True).spread.value < 0.5


def test_probes_are_tested_on_held_out_speakers_alone():
    latents = planted()
    found = leakage_of(latents, held_out=HELD_OUT, probes=["linear"])
    f0, speaker = score(found, "f0", DESCRIPTOR, "r2"), score(found, "speaker", CONTENT, "recall")
    assert f0.n == 5 * CLIPS_EACH and f0.spread.unit == "speaker" and f0.spread.clusters == 5
    assert score(found, "frame level", CONTENT, "r2").n == 5 * CLIPS_EACH * FRAMES
    assert score(found, "frame f0", CONTENT, "r2").n == 5 * CLIPS_EACH * (FRAMES - 1), "one is unvoiced"
    assert speaker.chance == 1 / 5 and speaker.spread.unit == "clip", "speakers are its classes"
    assert "5 speakers" in found.protocol and "tested on 5" in found.protocol


def test_what_cannot_be_probed_is_named():
    latents = planted()
    found = leakage_of(latents, held_out={"made-s0", "made-s2"}, probes=["linear"])
    assert found.not_probed.keys() == {"sex", "speaker"}  # two women, and 10 clips in a part
    assert {"f0", "sentence"} <= {row.target for row in found.scores}


def test_unknown_speakers_and_too_few_are_refused():
    names = np.array(["a", "b", "", "c"])
    with pytest.raises(CorpusError, match="speaker of 1 of 4 clips is unknown"):
        speaker_folds(names, None, 0)
    with pytest.raises(CorpusError, match="3 speakers, but 5 are needed"):
        speaker_folds(np.array(["a", "b", "c"]), None, 0)
    with pytest.raises(CorpusError, match="3 speakers to train probes on and 0 held out"):
        speaker_folds(np.array(["a", "b", "c"]), {"d"}, 0)


def test_every_speaker_is_tested_once_and_never_trained_on():
    names = np.repeat([f"s{number}" for number in range(12)], 4)
    folds, _ = speaker_folds(names, None, 3)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(48))
    for fold in folds:
        assert not set(names[fold.train]) & set(names[fold.test])


def test_clip_folds_hold_every_speaker_on_both_sides():
    names = np.repeat(["a", "b", "c"], 6)
    folds = clip_folds(names, np.arange(6, 18), 0)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(6, 18))
    for fold in folds:
        assert set(names[fold.train]) == set(names[fold.test]) == {"b", "c"}


def test_rates_are_means_over_frames():
    latents = planted()
    count = len(latents.cuts)
    nats = np.zeros((count, WIDTH))
    nats[0, 0], nats[:, 1] = 3.0, 0.005  # a long clip has 3 nats in dimension 0, all have little in 1
    frames = np.full(count, 100)
    frames[0] = 100 * (count - 1)  # as many frames as all the others together
    changed = ClipLatents(
        **{name: getattr(latents, name) for name in ("cuts", "measures", "pooled", "frames", "left_out")},
        frame_count_N=frames,
        kl={CONTENT: nats, "utterance": nats},
    )
    content, utterance = rates_of(changed)
    assert content.nats_Z[:3] == pytest.approx((1.5, 0.005, 0.0))
    assert content.active == 1 and content.nats == pytest.approx(1.505)
    assert utterance.nats_Z[0] == pytest.approx(3.0 / count), "one latent a clip, however long"
