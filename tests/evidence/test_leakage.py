"""Planted leaks: latents made by hand, whose probes must say what was put into them."""

from pathlib import Path

import numpy as np
import pytest

from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import cut_of
from tonelens.descriptors.measure import Measures
from tonelens.errors import CorpusError
from tonelens.evidence import probes
from tonelens.evidence.latents import CONTENT, DESCRIPTOR, RANDOM, ClipLatents, FrameSamples
from tonelens.evidence.leakage import leakage_of
from tonelens.evidence.probe_folds import clip_folds, speaker_folds
from tonelens.evidence.stream_rates import rates_of

SPEAKERS, CLIPS_EACH, WIDTH, FRAMES = 10, 16, 8, 3
SENTENCES = ("dogs sit", "kids talk", "cats run", "birds are singing")
EMOTIONS = ("anger", "sadness")
HELD_OUT = {"made-s0", "made-s3", "made-s4", "made-s5", "made-s8"}


def cut(number, speaker, text, emotion="anger", gender="female", language="en"):
    clip = Clip(
        id=f"made-{number:03d}", path=Path(f"made-{number}.flac"), corpus="made", emotion=emotion,
        speaker=speaker, gender=gender, language=language, text=text,
    )  # fmt: skip
    return cut_of(
        Checked(
            clip=clip, sha256=str(number), content=str(number), sample_rate=16000, frames=32000, channels=1,
            duration_s=2.0,
        )
    )  # fmt: skip


def measures(f0_hz, level_dbfs):
    return Measures(duration_s=2.0, speech_s=1.0, f0_median_hz=f0_hz, level_dbfs=level_dbfs)


def planted(seed=0, swapped=False, noise=False):
    """The descriptor view holds F0 and nothing else, the content view the sentence and nothing else."""
    random = np.random.default_rng(seed)
    count = SPEAKERS * CLIPS_EACH
    speaker = np.repeat(np.arange(SPEAKERS), CLIPS_EACH)
    said = np.tile(np.arange(len(SENTENCES)), count // len(SENTENCES))
    semitones = random.normal(scale=3.0, size=count) + 12.0
    cuts = [
        cut(
            row, f"s{speaker[row]}", SENTENCES[said[row]], EMOTIONS[row // 4 % 2],
            ("female", "male")[speaker[row] % 2],
        )
        for row in range(count)
    ]  # fmt: skip
    views = {view: random.normal(size=(count, WIDTH)) for view in (CONTENT, DESCRIPTOR, RANDOM)}
    if not noise:
        views[DESCRIPTOR][:, 0] = semitones
        views[CONTENT][:, : len(SENTENCES)] += 4 * np.eye(len(SENTENCES))[said]
    if swapped:
        views[CONTENT], views[DESCRIPTOR] = views[DESCRIPTOR], views[CONTENT]
    matrices = {view: values.astype(np.float32) for view, values in views.items()}
    clip_m = np.repeat(np.arange(count), FRAMES)
    return ClipLatents(
        cuts=tuple(cuts),
        measures=tuple(measures(100 * 2 ** (value / 12), random.normal() - 20) for value in semitones),
        pooled=matrices,
        frames=FrameSamples(
            clip_M=clip_m,
            views={view: values[clip_m] for view, values in matrices.items()},
            f0_semitones_M=np.where(np.arange(len(clip_m)) % FRAMES, semitones[clip_m], np.nan),
            level_dbfs_M=random.normal(size=len(clip_m)),
        ),
        frame_count_N=np.full(count, 100),
        kl={stream: np.zeros((count, WIDTH)) for stream in (CONTENT, DESCRIPTOR)},
        left_out={},
    )


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


def test_a_planted_leak_is_found_where_it_was_put():
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
