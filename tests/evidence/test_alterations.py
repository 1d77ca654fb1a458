"""What every alteration puts into a stream, and what it leaves alone."""

import pytest
import torch

from builders import random_clips
from evidence.small import VERDICT, small_explainer
from tonelens.batching.batch import pad_frames
from tonelens.errors import InputError, ModelError
from tonelens.evidence.alterations import alteration, derangement, exchanged, require_two_streams

FRAMES = [9, 30, 17]


@pytest.fixture(scope="module")
def heard():
    model = small_explainer(**VERDICT).loaded.model
    layers, is_speech = pad_frames(random_clips(FRAMES))
    with torch.no_grad():
        return model, model.listen(layers, is_speech), is_speech


def altered(heard, stream, how):
    model, voice, is_speech = heard
    with torch.no_grad():
        return alteration(stream, how)(model, voice, is_speech)


@pytest.mark.parametrize("how", ["zero", "mean", "swap", "shuffle"])
def test_the_other_stream_stays(heard, how):
    _, voice, _ = heard
    content, descriptor = altered(heard, "content", how), altered(heard, "descriptor", how)
    assert torch.equal(content.descriptor.tokens_BKD, voice.descriptor.tokens_BKD)
    assert torch.equal(content.pooled_BP, voice.pooled_BP)
    assert torch.equal(descriptor.content.tokens_BKD, voice.content.tokens_BKD)
    for changed, before in (
        (content.content.tokens_BKD, voice.content.tokens_BKD),
        (descriptor.descriptor.tokens_BKD, voice.descriptor.tokens_BKD),
        (descriptor.pooled_BP, voice.pooled_BP),
        (descriptor.summary_BKD, voice.summary_BKD),
    ):
        assert not torch.allclose(changed, before)
    both = altered(heard, "both", how)
    assert not torch.allclose(both.content.z_BTZ, voice.content.z_BTZ)
    assert not torch.allclose(both.pooled_BP, voice.pooled_BP)


def test_a_zeroed_descriptor_leaves_the_heads_their_bias(heard):
    model, _, _ = heard
    voice = altered(heard, "descriptor", "zero")
    assert torch.equal(voice.pooled_BP, torch.zeros_like(voice.pooled_BP))
    assert torch.equal(model.emotion_head(voice.pooled_BP)[1], model.emotion_head.bias)


def test_the_mean_is_over_speech_frames_of_all_clips(heard):
    _, voice, _ = heard
    by_hand = torch.cat([voice.content.z_BTZ[row, :count] for row, count in enumerate(FRAMES)]).mean(0)
    found = altered(heard, "content", "mean").content.z_BTZ
    assert torch.allclose(found[2, 5], by_hand, atol=1e-6)
    pooled = altered(heard, "descriptor", "mean").pooled_BP
    assert torch.allclose(pooled[0], voice.pooled_BP.mean(0), atol=1e-6)


def test_a_shuffle_keeps_what_every_dimension_has(heard):
    _, voice, is_speech = heard
    found = altered(heard, "content", "shuffle").content.z_BTZ
    assert torch.equal(found[is_speech].sort(dim=0).values, voice.content.z_BTZ[is_speech].sort(dim=0).values)
    assert torch.equal(found[~is_speech], voice.content.z_BTZ[~is_speech])


def test_an_exchanged_stream_is_the_partner_s_stretched_to_this_length(heard):
    model, voice, is_speech = heard
    with torch.no_grad():
        found = exchanged("descriptor", [1, 0, 2])(model, voice, is_speech)
    z, before = found.descriptor.z_BTZ, voice.descriptor.z_BTZ
    assert torch.equal(z[0, 0], before[1, 0]) and torch.equal(z[0, 8], before[1, 29])
    assert torch.equal(z[1, 0], before[0, 0]) and torch.equal(z[1, 29], before[0, 8])
    assert torch.equal(z[2], before[2])
    assert torch.equal(found.pooled_BP, voice.pooled_BP[[1, 0, 2]])


def test_a_swap_gives_every_clip_another_one_s_stream(heard):
    _, voice, _ = heard
    pooled = altered(heard, "descriptor", "swap").pooled_BP
    came_from = [int((voice.pooled_BP - row).abs().sum(-1).argmin()) for row in pooled]
    assert sorted(came_from) == [0, 1, 2]
    assert all(row != source for row, source in enumerate(came_from))


def test_nobody_is_their_own_partner():
    for count in range(2, 9):
        for seed in range(20):
            partners = derangement(count, torch.Generator().manual_seed(seed))
            assert sorted(partners) == list(range(count))
            assert all(clip != partner for clip, partner in enumerate(partners))


def test_the_same_seed_alters_alike(heard):
    model, voice, is_speech = heard
    with torch.no_grad():
        one, again, other = (
            alteration("content", "shuffle", seed)(model, voice, is_speech).content.z_BTZ
            for seed in (3, 3, 4)
        )
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_one_clip_can_be_zeroed_alone_and_nothing_else(heard):
    model, voice, _ = heard
    layers, is_speech = pad_frames(random_clips([9]))
    with torch.no_grad():
        voice = model.listen(layers, is_speech)
        assert not alteration("content", "zero")(model, voice, is_speech).content.z_BTZ.any()
        for how in ("mean", "swap", "shuffle"):
            with pytest.raises(InputError, match="1 clip with a voice"):
                alteration("content", how)(model, voice, is_speech)


def test_one_stream_cannot_be_told_apart():
    explainer = small_explainer(streams={"disentangled": False}, schedule={"strategy": "one-stage"})
    with pytest.raises(ModelError, match="has one stream"):
        require_two_streams(explainer)


def test_what_was_heard_is_not_changed(heard):
    _, voice, _ = heard
    before = voice.content.z_BTZ.clone()
    altered(heard, "both", "shuffle")
    assert torch.equal(voice.content.z_BTZ, before)
