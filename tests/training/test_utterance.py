"""The stage before the turns, on synthetic rows and on the synthetic corpus."""

import json
from dataclasses import replace

import pytest
import torch

from builders import small_model, small_recipe
from tonelens.batching.augment import NO_CHANGE
from tonelens.model.checkpoint import own_weights
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.progress import Quiet
from tonelens.training import loop
from tonelens.training.data import training_data
from tonelens.training.features import Waveform, encoded, encoded_statistics, key_of
from tonelens.training.loop import train
from tonelens.training.utterance import UtteranceData, UtteranceSide, learn_utterance, utterance_data

CLIPS = 40


def recipe_of(**utterance):
    return small_recipe(
        streams={
            "pooling": "statistics",
            "utterance_hidden_width": 32,
            "utterance_members": 2,
            "utterance_dropout": 0.1,
            "statistics_dropout": 0.1,
        },
        objective={"descriptor_head_weight": 1.0},
        utterance={"epochs": 60, "batch_size": 8, "rate": 1e-2, **utterance},
    )


def told_apart(model, seed=0):
    """Rows in which one statistic tells the emotion, another the gender."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(2, CLIPS, len(model.pooling.statistics.mean_S), generator=generator)
    emotion = torch.arange(CLIPS) % 2
    gender = torch.arange(CLIPS) // 2 % 2
    rows[:, :, 0] = 6.0 * emotion - 3
    rows[:, :, 1] = 6.0 * gender - 3
    descriptors = torch.zeros(2, CLIPS, 4, dtype=torch.long)
    descriptors[:, :, 0] = gender
    teaches = torch.ones(2, dtype=torch.bool)
    return UtteranceData(rows, torch.full((2, CLIPS), 50), emotion, descriptors, teaches)


def test_it_learns_what_the_statistics_tell_and_states_every_epoch():
    recipe = recipe_of()
    model, _ = small_model(recipe)
    data = told_apart(model)
    rows = learn_utterance(UtteranceSide.of(model), data, recipe, Quiet())
    model.eval()
    with torch.no_grad():
        z_NP = model.pooling.of_rows(data.rows_ANS[0]).z_BTZ.squeeze(1)
        assert (model.emotion_head(z_NP).argmax(-1) == data.emotion_N).float().mean() > 0.95
        assert (
            model.descriptor_heads["gender"](z_NP).argmax(-1) == data.descriptors_ANQ[0, :, 0]
        ).float().mean() > 0.95
    assert [row["epoch"] for row in rows] == list(range(1, 61))
    assert rows[-1]["emotion_head"] < rows[0]["emotion_head"]
    objective = recipe.objective
    total = (
        objective.emotion_head_weight * rows[3]["emotion_head"]
        + objective.descriptor_head_weight * rows[3]["descriptor_heads"]
        + objective.beta * rows[3]["kl_utterance"]
    )
    assert rows[3]["loss"] == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize("by_votes", [False, True], ids=["labels", "votes"])
def test_a_version_that_teaches_no_emotion_teaches_its_descriptors_alone(by_votes):
    """The second version has the other emotion's rows: taught, it would confuse the head."""
    recipe = recipe_of()
    model, _ = small_model(recipe)
    data = told_apart(model)
    swapped = data.rows_ANS.clone()
    swapped[1, :, 0] *= -1
    classes = model.emotion_head.out_features
    votes = torch.nn.functional.one_hot(data.emotion_N, classes).float() if by_votes else None
    data = replace(data, rows_ANS=swapped, teaches_emotion_A=torch.tensor([True, False]), shares_NC=votes)
    learn_utterance(UtteranceSide.of(model), data, recipe, Quiet())
    model.eval()
    with torch.no_grad():
        z_NP = model.pooling.of_rows(data.rows_ANS[0]).z_BTZ.squeeze(1)
        assert (model.emotion_head(z_NP).argmax(-1) == data.emotion_N).float().mean() > 0.95
        genders = model.descriptor_heads["gender"](model.pooling.of_rows(data.rows_ANS[1]).z_BTZ.squeeze(1))
        assert (genders.argmax(-1) == data.descriptors_ANQ[1, :, 0]).float().mean() > 0.95


def test_a_step_without_any_emotion_to_learn_is_no_number_gone_wrong():
    recipe = recipe_of(epochs=2)
    model, _ = small_model(recipe)
    data = replace(told_apart(model), teaches_emotion_A=torch.tensor([False, False]))
    rows = learn_utterance(UtteranceSide.of(model), data, recipe, Quiet())
    assert [row["emotion_head"] for row in rows] == [0.0, 0.0]
    assert rows[-1]["descriptor_heads"] > 0


def test_only_its_own_parts_change_and_a_seed_gives_the_same_bits():
    recipe = recipe_of(epochs=2)
    ends = []
    for seed in (0, 0, 1):
        model, _ = small_model(recipe)
        before = {name: tensor.clone() for name, tensor in own_weights(model).items()}
        learn_utterance(UtteranceSide.of(model), told_apart(model), replace(recipe, seed=seed), Quiet())
        ends.append({name: tensor.clone() for name, tensor in own_weights(model).items()})
    changed = {name for name in before if not torch.equal(before[name], ends[0][name])}
    assert {name.split(".")[0] for name in changed} == {"pooling", "emotion_head", "descriptor_heads"}
    assert not any("statistics" in name for name in changed)
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in before)
    assert not all(torch.equal(ends[0][name], ends[2][name]) for name in before)


def test_an_epoch_meets_every_clip_once_in_either_version():
    model, _ = small_model(recipe_of())
    data = told_apart(model)
    marked = replace(data, rows_ANS=torch.arange(2.0 * CLIPS).reshape(2, CLIPS, 1))
    seen = torch.cat([batch[0] for batch in marked.batches(8, torch.Generator().manual_seed(0))])
    assert sorted((seen.flatten() % CLIPS).tolist()) == list(range(CLIPS))
    assert 0 < (seen >= CLIPS).sum() < CLIPS


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return SpeechEncoder.from_pretrained(str(encoder_folder))


def test_copies_are_other_voices_of_the_same_clips(cuts, measures, encoder, recipe_with, tmp_path):
    recipe = recipe_with(
        streams={"pooling": "statistics"}, utterance={"epochs": 1, "copies": 2, "speed": 0.2}
    )
    data = training_data(cuts, measures, recipe)
    waveforms = [Waveform(cut, NO_CHANGE) for cut in data.train]
    features = encoded(waveforms, encoder, tmp_path)
    found = utterance_data(recipe, data, encoder, features, tmp_path, Quiet())
    assert found.rows_ANS.shape == (3, len(data.train), 2 * encoder.layers * encoder.width)
    plain = features[key_of(data.train[0], NO_CHANGE)].float()
    width = encoder.layers * encoder.width
    assert torch.allclose(found.rows_ANS[0, 0, :width], plain.mean(0).flatten(), atol=1e-4)
    assert not torch.allclose(found.rows_ANS[1, 0], found.rows_ANS[0, 0], atol=1e-3)
    assert found.frames_AN[0, 0] == len(plain)
    assert found.frames_AN[1].tolist() != found.frames_AN[0].tolist(), "another speed, another length"
    again = utterance_data(replace(recipe, seed=9), data, encoder, features, tmp_path, Quiet())
    assert torch.equal(again.rows_ANS, found.rows_ANS), "copies do not follow the seed"


def test_statistics_are_made_once_or_kept_nowhere(cuts, encoder, tmp_path, monkeypatch):
    waveforms = [Waveform(cut, NO_CHANGE) for cut in cuts[:3]]
    features = encoded(waveforms, encoder, tmp_path / "frames")
    first = encoded_statistics(waveforms, encoder, features, tmp_path / "kept")
    assert torch.equal(encoded_statistics(waveforms, encoder, features, None), first)
    monkeypatch.setattr(type(features), "__getitem__", None)  # no frame is read a second time
    assert torch.equal(encoded_statistics(waveforms, encoder, features, tmp_path / "kept"), first)


def test_a_training_begins_with_the_stage(cuts, measures, recipe_with, tmp_path):
    recipe = recipe_with(
        streams={"pooling": "statistics"},
        utterance={"epochs": 2, "copies": 1, "speed": 0.1},
        schedule={"asr_epochs": 0, "ser_epochs": 1},
    )
    train(recipe, cuts, measures, tmp_path / "run")
    assert len((tmp_path / "run" / "utterance.jsonl").read_text("utf-8").splitlines()) == 2
    steps = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps[0]["emotion_head"] > 0, "still stated, though it does not change any more"


def test_a_run_stopped_after_the_stage_does_not_repeat_it(cuts, measures, recipe_with, tmp_path, monkeypatch):
    recipe = recipe_with(
        streams={"pooling": "statistics"},
        utterance={"epochs": 2},
        schedule={"asr_epochs": 0, "ser_epochs": 1},
    )
    whole = train(recipe, cuts, measures, tmp_path / "whole")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_turns", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, cuts, measures, tmp_path / "stopped")
    monkeypatch.setattr(loop, "learn_utterance", stopped)  # a second time it would end here
    resumed = train(recipe, cuts, measures, tmp_path / "stopped", resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
