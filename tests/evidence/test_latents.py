"""What is taken out of the streams, and when: a small trained model listens to made-up speech."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from journeys.trained import explainer, journey
from tonelens.audio import SAMPLE_RATE
from tonelens.corpora.cuts import load_audio, read_cuts
from tonelens.descriptors.annotate import measures_of
from tonelens.errors import CorpusError
from tonelens.evidence.latents import (
    CONTENT,
    DESCRIPTOR,
    FRAMES_A_CLIP,
    RANDOM,
    RANDOM_UTTERANCE,
    UTTERANCE,
    _f0,
    frame_levels,
    latents_of,
)
from tonelens.evidence.leakage import leakage_of
from tonelens.model.bottleneck import kl_to_standard_normal

WIDTH, MEMBERS = 16, 3
"""And three gauges."""


def cuts(count=6):
    return list(read_cuts(journey().cuts))[:count]


def test_every_view_has_its_width_and_every_clip_its_row():
    found = latents_of(explainer(), cuts())
    assert {view: values.shape for view, values in found.pooled.items()} == {
        CONTENT: (6, 2 * WIDTH), DESCRIPTOR: (6, 2 * WIDTH), RANDOM: (6, 2 * WIDTH),
        UTTERANCE: (6, MEMBERS * WIDTH + 3), RANDOM_UTTERANCE: (6, MEMBERS * WIDTH + 3),
    }  # fmt: skip
    assert {values.dtype for values in found.pooled.values()} == {np.dtype(np.float32)}
    assert [cut.id for cut in found.cuts] == [cut.id for cut in cuts()]
    assert found.measures[2] == measures_of(cuts()[2])
    assert np.bincount(found.frames.clip_M).tolist() == [FRAMES_A_CLIP] * 6
    assert found.frames.views[RANDOM].shape == (6 * FRAMES_A_CLIP, WIDTH)
    assert not found.left_out


def test_kl_of_the_dimensions_sums_to_the_kl_that_training_weighs():
    found = latents_of(explainer(), cuts(1))
    loaded = explainer().loaded
    (states,) = loaded.encoder.encode([load_audio(cuts(1)[0]).samples])
    mask = torch.ones(1, len(states), dtype=torch.bool)
    with torch.inference_mode():
        voice = loaded.model.listen(states.unsqueeze(0), mask)
    for stream, latent in ((CONTENT, voice.content.latent), (DESCRIPTOR, voice.descriptor.latent)):
        whole = float(kl_to_standard_normal(latent.mean_BTZ, latent.std_BTZ, mask))
        assert found.kl[stream].sum() == pytest.approx(whole, rel=1e-4)
    one = torch.ones(1, 1, dtype=torch.bool)
    whole = float(kl_to_standard_normal(voice.utterance.mean_BTZ, voice.utterance.std_BTZ, one))
    assert found.kl[UTTERANCE].sum() == pytest.approx(whole, rel=1e-4)
    assert found.frame_count_N.tolist() == [len(states)]


def test_a_clip_is_the_same_in_any_company():
    alone, together = latents_of(explainer(), cuts()[3:4]), latents_of(explainer(), cuts())
    for view, values in alone.pooled.items():
        assert values[0] == pytest.approx(together.pooled[view][3], abs=1e-5)
    is_its = together.frames.clip_M == 3
    assert alone.frames.level_dbfs_M == pytest.approx(together.frames.level_dbfs_M[is_its])
    other = latents_of(explainer(), cuts()[3:4], seed=1)
    assert (other.pooled[CONTENT] == alone.pooled[CONTENT]).all()
    assert not (other.pooled[RANDOM] == alone.pooled[RANDOM]).all()


def test_sampled_latents_are_means_with_noise_of_their_own_size():
    means, sampled = latents_of(explainer(), cuts()), latents_of(explainer(), cuts(), sampled=True)
    again = latents_of(explainer(), cuts()[2:3], sampled=True)
    assert again.pooled[UTTERANCE][0] == pytest.approx(sampled.pooled[UTTERANCE][2], abs=1e-5)
    for view in (RANDOM, RANDOM_UTTERANCE):
        assert (means.pooled[view] == sampled.pooled[view]).all(), "nothing to sample there"
    assert (means.kl[CONTENT] == sampled.kl[CONTENT]).all()
    noise = sampled.frames.views[CONTENT] - means.frames.views[CONTENT]
    (states,) = explainer().loaded.encoder.encode([load_audio(cuts(1)[0]).samples])
    with torch.inference_mode():
        latent = explainer().loaded.model.content(states.unsqueeze(0)).latent
    assert noise.std() == pytest.approx(float(latent.std_BTZ.square().mean().sqrt()), rel=0.15)


def test_drawn_frames_carry_their_own_pitch_and_level():
    hop = SAMPLE_RATE // 50
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    loud = np.where(times < 0.5, 0.5, 0.05)
    tone = np.where(times < 0.5, np.sin(2 * np.pi * 200 * times), np.sin(2 * np.pi * 100 * times))
    samples = (loud * tone).astype(np.float32)
    frames = np.array([5, 40])  # 0.11 s and 0.81 s: 200 Hz, then 100 Hz and 20 dB less
    assert _f0(samples, (frames + 0.5) * hop / SAMPLE_RATE) == pytest.approx([12.0, 0.0], abs=0.05)
    first = 20 * math.log10(0.5 / math.sqrt(2))
    assert frame_levels(samples, frames) == pytest.approx([first, first - 20], abs=0.05)
    assert frame_levels(np.zeros(hop, dtype=np.float32), np.array([0])).tolist() == [-100.0]


def test_clips_that_cannot_be_heard_are_named():
    first, second = cuts(2)
    source = replace(second.recording.sources[0], source="nowhere.flac")
    broken = replace(second, recording=replace(second.recording, sources=[source]))
    found = latents_of(explainer(), [first, broken])
    assert [cut.id for cut in found.cuts] == [first.id]
    assert list(found.left_out) == [second.id]
    with pytest.raises(CorpusError, match="none of 1 clips can be probed"):
        latents_of(explainer(), [broken])


def test_a_trained_model_is_probed_from_sound_to_scores():
    every = list(read_cuts(journey().cuts))
    chosen = every[::2]  # 48 clips of four speakers
    latents = latents_of(explainer(), chosen)
    speakers = sorted({cut.supervisions[0].speaker for cut in chosen})
    found = leakage_of(latents, held_out=set(speakers[:2]), probes=["linear"], targets={"f0", "frame level"})
    assert {row.view for row in found.scores if row.target == "f0"} == set(latents.pooled)
    assert {row.view for row in found.scores if row.target == "frame level"} == {CONTENT, DESCRIPTOR, RANDOM}
    assert {rate.stream for rate in found.rates} == {CONTENT, DESCRIPTOR, UTTERANCE}
    assert all(rate.nats > 0 for rate in found.rates)
