import dataclasses
import math

import pytest
import torch

from builders import LABELS, batch_of, random_clips, small_model, small_recipe
from tonelens.batching.batch import pad_frames
from tonelens.batching.prompts import CONTENT, DESCRIPTOR, SUMMARY
from tonelens.descriptors.sentences import SPOKEN_CHOICES
from tonelens.model.bottleneck import kl_to_standard_normal
from tonelens.training.stages import ASR, JOINT, SER_SED

ONE_STREAM = {"streams": {"disentangled": False}, "schedule": {"strategy": "one-stage"}}
FRAMES = [9, 30, 13, 4]


@pytest.fixture(scope="module")
def small():
    return small_model(small_recipe())


def losses_of(model, batch, stage):
    with torch.no_grad():
        return {name: value.item() for name, value in model.eval()(batch, stage).named().items()}


@pytest.mark.parametrize("stage", [ASR, SER_SED, JOINT], ids=lambda stage: stage.name)
@pytest.mark.parametrize("pooling", ["attentive", "statistics"])
def test_padding_never_changes_a_loss(pooling, stage):
    """Padded frames hold NaN here: any leak would show in every number."""
    model, prompter = small_model(small_recipe(streams={"pooling": pooling, "utterance_hidden_width": 12}))
    clips = random_clips(FRAMES)
    batch = batch_of(model, prompter, clips)
    poisoned = batch.layers_BTLH.masked_fill(~batch.is_speech_BT[..., None, None], float("nan"))
    together = losses_of(model, dataclasses.replace(batch, layers_BTLH=poisoned), stage)
    assert together == losses_of(model, batch, stage)


def test_a_batch_s_terms_are_those_of_its_clips(small):
    model, prompter = small
    clips = random_clips(FRAMES)
    batch = batch_of(model, prompter, clips)
    together = losses_of(model, batch, JOINT)
    rows = [
        dataclasses.replace(
            batch, layers_BTLH=batch.layers_BTLH[i : i + 1, :count],
            is_speech_BT=batch.is_speech_BT[i : i + 1, :count],
            ids_BS=batch.ids_BS[i : i + 1], is_token_BS=batch.is_token_BS[i : i + 1],
            targets_BS=batch.targets_BS[i : i + 1], weights_BS=batch.weights_BS[i : i + 1],
            emotion_B=batch.emotion_B[i : i + 1],
        )
        for i, count in enumerate(FRAMES)
    ]  # fmt: skip
    alone = [losses_of(model, row, JOINT) for row in rows]
    for name in ("kl_content", "kl_descriptor", "emotion_head"):  # means over the clips
        assert together[name] == pytest.approx(sum(one[name] for one in alone) / len(alone), rel=1e-4)
    weights = [row.weights_BS.sum().item() for row in rows]  # a weighted mean over all answer tokens
    expected = sum(one["cross_entropy"] * w for one, w in zip(alone, weights, strict=True)) / sum(weights)
    assert together["cross_entropy"] == pytest.approx(expected, rel=1e-4)


def test_more_padding_never_changes_tokens_latents_or_the_head(small):
    model, _ = small
    model.eval()
    clips = random_clips([9, 30])
    layers, is_speech = pad_frames(clips)
    together = model.listen(layers, is_speech)
    alone = model.listen(clips[0].unsqueeze(0), torch.ones(1, 9, dtype=torch.bool))
    assert torch.allclose(together.content.tokens_BKD[0, :2], alone.content.tokens_BKD[0], atol=1e-5)
    assert torch.allclose(together.descriptor.z_BTZ[0, :9], alone.descriptor.z_BTZ[0], atol=1e-5)
    assert torch.allclose(together.summary_BKD[0], alone.summary_BKD[0], atol=1e-5)
    assert torch.allclose(
        model.emotion_head(together.pooled_BP)[0], model.emotion_head(alone.pooled_BP)[0], atol=1e-5
    )


@pytest.mark.parametrize("summary_tokens", [1, 5])
def test_stream_tokens_stand_where_the_prompt_has_their_ids(summary_tokens):
    heads = {"emotion_head_weight": 1.0, "descriptor_head_weight": 1.0}
    streams = {"pooling": "statistics", "verdict_tokens": summary_tokens > 1}
    model, prompter = small_model(small_recipe(streams=streams, objective=heads))
    model.eval()
    clips = random_clips([9, 30])
    batch = batch_of(model, prompter, clips)
    voice = model.listen(batch.layers_BTLH, batch.is_speech_BT)
    embeds = model.splice(batch.ids_BS, voice, batch.is_speech_BT)
    for row, tokens in enumerate([2, 7]):  # 9 // 4 and 30 // 4
        ids = batch.ids_BS[row]
        assert torch.equal(embeds[row, ids == CONTENT], voice.content.tokens_BKD[row, :tokens])
        assert torch.equal(embeds[row, ids == DESCRIPTOR], voice.descriptor.tokens_BKD[row, :tokens])
        assert torch.equal(embeds[row, ids == SUMMARY], voice.summary_BKD[row])
        assert (ids == SUMMARY).sum() == summary_tokens
        words = model.llm.get_input_embeddings()(ids[ids >= 0])
        assert torch.equal(embeds[row, ids >= 0], words)


def test_the_asr_stage_feeds_zeros_for_descriptor_and_summary_only(small):
    model, prompter = small
    batch = batch_of(model, prompter, random_clips([9, 30]))
    voice = model.eval().listen(batch.layers_BTLH, batch.is_speech_BT)
    fed = model.splice(batch.ids_BS, voice, batch.is_speech_BT)
    words_only = model.listen(batch.layers_BTLH, batch.is_speech_BT, to_descriptor=ASR.feeds_descriptor)
    zeroed = model.splice(batch.ids_BS, words_only, batch.is_speech_BT)
    is_zero = (zeroed == 0).all(dim=-1)
    assert torch.equal(is_zero, (batch.ids_BS == DESCRIPTOR) | (batch.ids_BS == SUMMARY))
    assert torch.equal(zeroed[~is_zero], fed[~is_zero]), "everything else is fed as ever"
    assert not (fed == 0).all(dim=-1).any()
    assert SER_SED.feeds_descriptor and JOINT.feeds_descriptor


def test_each_stage_has_its_own_loss_terms(small):
    model, prompter = small
    batch = batch_of(model, prompter, random_clips(FRAMES))
    assert {name for name, v in losses_of(model, batch, ASR).items() if v} == {"cross_entropy", "kl_content"}
    assert {name for name, v in losses_of(model, batch, SER_SED).items() if v} == {
        "cross_entropy", "kl_descriptor", "emotion_head",
    }  # fmt: skip
    assert {name for name, v in losses_of(model, batch, JOINT).items() if v} == {
        "cross_entropy", "kl_content", "kl_descriptor", "emotion_head",
    }  # fmt: skip


WHOLE_CLIP = {
    "streams": {"pooling": "statistics", "utterance_hidden_width": 12},
    "objective": {"descriptor_head_weight": 1.0},
}


def test_an_utterance_latent_and_descriptor_heads_have_terms_of_their_own():
    model, prompter = small_model(small_recipe(**WHOLE_CLIP))
    batch = batch_of(model, prompter, random_clips(FRAMES))
    batch = dataclasses.replace(batch, descriptors_BQ=torch.tensor([[0, 1, 2, 3]] * len(FRAMES)))
    assert all(losses_of(model, batch, JOINT).values())
    asr = losses_of(model, batch, ASR)
    assert asr["kl_utterance"] == asr["descriptor_heads"] == 0
    voice = model.eval().listen(batch.layers_BTLH, batch.is_speech_BT)
    by_hand = [
        torch.nn.functional.cross_entropy(head(voice.pooled_BP), batch.descriptors_BQ[:, column])
        for column, head in enumerate(model.descriptor_heads.values())
    ]
    assert list(model.descriptor_heads) == ["gender", "speed", "pitch", "volume"]
    assert losses_of(model, batch, SER_SED)["descriptor_heads"] == pytest.approx(sum(by_hand).item() / 4)


def test_the_utterance_s_nats_are_spread_over_the_clip_s_frames():
    model, prompter = small_model(small_recipe(**WHOLE_CLIP))
    batch = batch_of(model, prompter, random_clips(FRAMES))
    batch = dataclasses.replace(batch, descriptors_BQ=torch.zeros(len(FRAMES), 4, dtype=torch.long))
    latent = model.eval().listen(batch.layers_BTLH, batch.is_speech_BT).utterance
    nats = kl_to_standard_normal(
        latent.mean_BTZ, latent.std_BTZ, torch.ones(len(FRAMES), 1, dtype=torch.bool)
    )
    by_hand = sum(kl.item() / frames for kl, frames in zip(nats, FRAMES, strict=True)) / len(FRAMES)
    assert losses_of(model, batch, SER_SED)["kl_utterance"] == pytest.approx(by_hand, rel=1e-4)


def test_of_an_utterance_latent_the_summary_token_hears_the_heads_probabilities_alone():
    model, prompter = small_model(small_recipe(**WHOLE_CLIP))
    batch = batch_of(model, prompter, random_clips(FRAMES))
    voice = model.eval().listen(batch.layers_BTLH, batch.is_speech_BT)
    heads = [model.emotion_head, *model.descriptor_heads.values()]
    told = torch.cat([(6 * head(voice.pooled_BP)).softmax(-1) for head in heads], dim=-1)
    assert told.shape[1] == model.summary.in_features == len(LABELS) + 3 + 4 + 4 + 4
    assert torch.allclose(voice.summary_BKD[:, 0], model.summary(told), atol=1e-6)


def test_the_kl_in_the_loss_is_that_of_the_stream(small):
    model, prompter = small
    batch = batch_of(model, prompter, random_clips(FRAMES))
    latent = model.eval().listen(batch.layers_BTLH, batch.is_speech_BT).descriptor.latent
    by_clip = kl_to_standard_normal(latent.mean_BTZ, latent.std_BTZ, batch.is_speech_BT)
    assert losses_of(model, batch, SER_SED)["kl_descriptor"] == pytest.approx(by_clip.mean().item())


def test_one_plain_stream_has_no_kl_and_no_descriptor_tokens():
    model, prompter = small_model(small_recipe(**ONE_STREAM))
    assert model.descriptor is None
    assert model.stream_tokens(9) == {"content": 2, "descriptor": 0, "summary": 1}
    losses = losses_of(model, batch_of(model, prompter, random_clips(FRAMES)), JOINT)
    assert losses["kl_content"] == losses["kl_descriptor"] == 0
    assert losses["emotion_head"] > 0


def test_the_paper_s_system_has_no_pooling_head_or_summary():
    recipe = small_recipe(streams={"summary_token": False}, objective={"emotion_head_weight": 0.0})
    model, prompter = small_model(recipe)
    assert {name for name, _ in model.named_children()} == {"llm", "content", "descriptor"}
    assert model.stream_tokens(9) == {"content": 2, "descriptor": 2, "summary": 0}
    batch = batch_of(model, prompter, random_clips(FRAMES))
    for stage in (ASR, SER_SED, JOINT):
        losses = losses_of(model, batch, stage)
        assert losses["emotion_head"] == 0 and losses["cross_entropy"] > 0


def test_a_clip_shorter_than_one_token_is_heard_alike_alone_and_in_company():
    model, prompter = small_model(small_recipe())
    model.eval()
    clips = random_clips([3, 30])
    prompt = prompter.prompt("explain", **model.stream_tokens(3))

    def spliced(chosen):
        layers, is_speech = pad_frames(chosen, at_least=model.stack)
        voice = model.listen(layers, is_speech)
        ids = torch.tensor([prompt] * len(chosen))[:1]
        first = dataclasses.replace(voice.content, tokens_BKD=voice.content.tokens_BKD[:1])
        other = dataclasses.replace(voice.descriptor, tokens_BKD=voice.descriptor.tokens_BKD[:1])
        only = dataclasses.replace(voice, content=first, descriptor=other, summary_BKD=voice.summary_BKD[:1])
        return model.splice(ids, only, is_speech[:1])

    assert torch.allclose(spliced(clips[:1]), spliced(clips), atol=1e-5)


def test_mixup_mixes_only_while_training():
    recipe = small_recipe(augment={"mixup": 0.4})
    model, prompter = small_model(recipe)
    batch = batch_of(model, prompter, random_clips(FRAMES))
    assert losses_of(model, batch, SER_SED) == losses_of(model, batch, SER_SED)
    model.train()
    for part in (model.content, model.descriptor):
        part.eval()
    heads = {model(batch, SER_SED).emotion_head.item() for _ in range(3)}
    assert len(heads) > 1
    assert len(LABELS) == model.emotion_head.out_features


def fed_to_the_llm(model, batch, stage):
    """What the LLM is given in a step, (B, S, D)."""
    given = []
    hook = model.llm.register_forward_pre_hook(
        lambda _, args, kwargs: given.append(kwargs["inputs_embeds"]), with_kwargs=True
    )
    with torch.no_grad():
        model(batch, stage)
    hook.remove()
    return given[0]


def test_the_verdicts_on_another_clip_are_told_in_place_of_the_own():
    """Nothing but the summary token changes, and it becomes the other clip's."""
    heads = {"emotion_head_weight": 1.0, "descriptor_head_weight": 1.0}
    model, prompter = small_model(small_recipe(streams={"pooling": "statistics"}, objective=heads))
    batch = batch_of(model.eval(), prompter, random_clips([30] * 4))
    batch = dataclasses.replace(batch, descriptors_BQ=torch.zeros(4, 4, dtype=torch.long))
    others = torch.tensor([3, 1, 0, 2])
    own = fed_to_the_llm(model, batch, SER_SED)
    told = fed_to_the_llm(model, dataclasses.replace(batch, told_B=others), SER_SED)
    summary = batch.ids_BS == SUMMARY
    assert torch.allclose(told[summary], own[summary][others], atol=1e-6)
    moved = (told[summary] - own[summary]).abs().amax(dim=-1)
    assert moved[1] == 0 and moved[[0, 2, 3]].min() > 1e-3
    assert torch.equal(told[~summary], own[~summary])


def gauged_model():
    heads = {"emotion_head_weight": 1.0, "descriptor_head_weight": 1.0}
    streams = {"pooling": "statistics", "utterance_members": 2, "gauges": True}
    model, prompter = small_model(small_recipe(streams=streams, objective=heads))
    model.pooling.gauges.edges_CG2[:] = torch.tensor([-1.0, 1.0])
    return model.eval(), prompter


def test_gauges_and_heads_tell_the_levels_and_the_head_how_likely_none_of_them_is():
    """Pitch 3 errors above its upper edge, volume in the middle, speed 3 below its lower one. A head's odds
    count for half beside a gauge's: with odds of 2 to 1 for normal, those for high are e^3 / sqrt(2)."""
    model, _ = gauged_model()
    pooled = torch.cat([torch.randn(1, 2 * model.content.latent_width), torch.tensor([[4.0, 0.0, -4.0]])], -1)
    with torch.no_grad():
        model.descriptor_heads["pitch"].weight.zero_()
        model.descriptor_heads["pitch"].bias.copy_(torch.tensor([2.0, 2.0, 1.0, 1.0]).log())
        said = dict(zip(SPOKEN_CHOICES, model.descriptor_logits(pooled), strict=True))
    for slot, level in (("pitch", 2), ("volume", 1), ("speed", 0)):
        head = model.descriptor_heads[slot]
        none = head(pooled[:, :-3]).softmax(dim=-1)[0, 3].detach()
        shares = said[slot].softmax(dim=-1)[0]
        assert shares[3] == pytest.approx(float(none), rel=1e-4)
        assert shares[:3].argmax() == level
    odds = math.exp(float(said["pitch"][0, 2] - said["pitch"][0, 1]))
    assert odds == pytest.approx(math.exp(3.0) / math.sqrt(2.0), rel=1e-4)
    gender = model.descriptor_heads["gender"](pooled[:, :-3]).softmax(dim=-1)
    assert torch.allclose(said["gender"].softmax(dim=-1), gender)


def test_gauges_leave_the_emotion_alone_and_reach_the_summary():
    model, prompter = gauged_model()
    batch = batch_of(model, prompter, random_clips([30, 20]))

    def heard():
        with torch.no_grad():
            voice = model.listen(batch.layers_BTLH, batch.is_speech_BT)
            return model.emotion_logits(voice.pooled_BP), voice.summary_BKD

    emotion, summary = heard()
    model.pooling.gauges.bias_G.fill_(5.0)
    same, moved = heard()
    assert torch.equal(emotion, same) and not torch.allclose(summary, moved, atol=1e-3)


@pytest.mark.parametrize("normalises", [True, False])
def test_normalised_layers_weigh_alike_whatever_their_scale(normalises):
    model, _ = small_model(small_recipe(streams={"normalise_layers": normalises}))
    layers, is_speech = pad_frames(random_clips([12]))
    louder = layers * torch.tensor([1.0, 10.0, 100.0]).view(3, 1)
    heard = [model.eval().listen(one, is_speech).content.z_BTZ for one in (layers, louder)]
    assert torch.allclose(*heard, atol=1e-3) == normalises
