import numpy as np
import pytest
import torch

from tonelens.model.utterance import (
    LayerStatistics,
    UtteranceLatent,
    kept_statistics,
    member_logits,
    statistics,
)
from tonelens.recipe import StreamsConfig


def clips(lengths, layers=2, width=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(frames, layers, width, generator=generator) * 3 + 5 for frames in lengths]


def test_statistics_are_every_layer_s_means_then_its_deviations():
    (clip,) = clips([7])
    array = clip.numpy().reshape(7, -1)
    expected = np.concatenate([array.mean(axis=0), array.std(axis=0)])
    assert statistics(clip.unsqueeze(0))[0].numpy() == pytest.approx(expected, abs=1e-5)


def test_padding_has_no_weight():
    (clip,) = clips([5])
    padded = torch.full((1, 9, 2, 3), 1e3)
    padded[0, :5] = clip
    is_speech = torch.arange(9).unsqueeze(0) < 5
    assert torch.allclose(statistics(padded, is_speech), statistics(clip.unsqueeze(0)), atol=1e-5)


def test_a_channel_far_from_zero_keeps_its_small_deviation():
    clip = torch.tensor([1000.0, 1001.0]).reshape(2, 1, 1)
    assert statistics(clip.unsqueeze(0))[0].tolist() == pytest.approx([1000.5, 0.5])


def test_kept_frames_have_the_statistics_of_a_clip_of_them_alone():
    (clip,) = clips([40])
    keep = torch.rand(5, 40, generator=torch.Generator().manual_seed(3)) < 0.4
    for row, keep_T in zip(kept_statistics(clip + 1000, keep), keep, strict=True):
        array = (clip + 1000)[keep_T].double().numpy().reshape(int(keep_T.sum()), -1)
        expected = np.concatenate([array.mean(axis=0), array.std(axis=0)])
        assert row.numpy() == pytest.approx(expected, rel=1e-4)


def test_fitted_statistics_are_standardised_over_the_training_part():
    layer = LayerStatistics(12)
    several = clips([6, 9, 12, 30])
    layer.fit(torch.cat([statistics(clip.unsqueeze(0)) for clip in several]))
    rows = torch.cat(
        [layer(clip.unsqueeze(0), torch.ones(1, len(clip), dtype=torch.bool)) for clip in several]
    )
    assert torch.allclose(rows.mean(dim=0), torch.zeros(12), atol=1e-5)
    assert torch.allclose(rows.std(dim=0, unbiased=False), torch.ones(12), atol=1e-4)


def test_a_statistic_that_never_varies_stays_finite():
    layer = LayerStatistics(4)
    layer.fit(torch.cat([statistics(torch.ones(1, frames, 1, 2)) for frames in (4, 5)]))
    told = layer(torch.ones(1, 3, 1, 2), torch.ones(1, 3, dtype=torch.bool))
    assert torch.isfinite(told).all() and told.abs().max() < 1e-2


def test_the_fit_is_saved_with_the_weights():
    names = set(LayerStatistics(4).state_dict())
    assert names == {"mean_S", "std_S"}


def latent_of(members):
    config = StreamsConfig(utterance_hidden_width=8, latent_width=4, utterance_members=members)
    return UtteranceLatent(config, statistics=12)


def test_a_latent_a_clip_that_repeats_in_eval_and_varies_in_training():
    torch.manual_seed(0)
    part = latent_of(members=1)
    heard, is_speech = torch.randn(3, 6, 2, 3), torch.ones(3, 6, dtype=torch.bool)
    part.eval()
    first, again = part(heard, is_speech), part(heard, is_speech)
    assert first.z_BTZ.shape == (3, 1, 4) and torch.equal(first.z_BTZ, again.z_BTZ)
    assert torch.equal(first.z_BTZ, first.mean_BTZ)
    part.train()
    assert not torch.equal(part(heard, is_speech).z_BTZ, part(heard, is_speech).z_BTZ)


def test_members_stand_side_by_side_and_begin_differently():
    torch.manual_seed(0)
    part = latent_of(members=3).eval()
    z_B1P = part(torch.randn(2, 6, 2, 3), torch.ones(2, 6, dtype=torch.bool)).z_BTZ
    assert z_B1P.shape == (2, 1, 12)
    one, two, three = z_B1P.split(4, dim=-1)
    assert not torch.allclose(one, two) and not torch.allclose(two, three)


def test_a_head_on_all_members_is_the_mean_of_a_head_on_each():
    torch.manual_seed(0)
    head, z_BP = torch.nn.Linear(6, 2), torch.randn(5, 6)
    alone = member_logits(head, z_BP, 3)
    assert alone.shape == (5, 3, 2)
    second = 3 * z_BP[:, 2:4] @ head.weight[:, 2:4].T + head.bias  # two latents a member
    assert torch.allclose(alone[:, 1], second, atol=1e-6)
    assert torch.allclose(alone.mean(dim=1), head(z_BP), atol=1e-6)
