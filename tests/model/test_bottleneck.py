import math

import pytest
import torch

from tonelens.model.bottleneck import SMALLEST_STD, Bottleneck, kl_to_standard_normal

SPEECH = torch.ones(1, 3, dtype=torch.bool)


def test_padding_frames_cost_nothing():
    mean, std = torch.ones(1, 3, 4), torch.ones(1, 3, 4)  # by hand: 4 dims x 0.5 = 2 nats
    mean[:, 2] = float("nan")  # the padded frame: any leak shows
    kl = kl_to_standard_normal(mean, std, torch.tensor([[True, True, False]]))
    assert kl.tolist() == [2.0]


def test_a_standard_normal_costs_nothing():
    assert kl_to_standard_normal(torch.zeros(1, 3, 4), torch.ones(1, 3, 4), SPEECH).tolist() == [0.0]


def test_the_kl_is_that_of_the_textbook():
    # By hand, one dimension: mean 3, std 2: 0.5 * (9 + 4 - 2 ln 2 - 1) = 6 - ln 2.
    kl = kl_to_standard_normal(torch.full((1, 3, 1), 3.0), torch.full((1, 3, 1), 2.0), SPEECH)
    assert kl.item() == pytest.approx(6 - math.log(2))


def test_the_kl_agrees_with_torch_distributions():
    torch.manual_seed(0)
    mean, std = torch.randn(2, 5, 6), torch.rand(2, 5, 6) + 0.1
    normal = torch.distributions.Normal
    per_frame = torch.distributions.kl_divergence(normal(mean, std), normal(0.0, 1.0)).sum(-1)
    kl = kl_to_standard_normal(mean, std, torch.ones(2, 5, dtype=torch.bool))
    assert torch.allclose(kl, per_frame.mean(-1))


def test_the_kl_is_the_mean_over_frames_not_over_clips_and_frames():
    mean = torch.zeros(2, 2, 1)
    mean[0] = 2.0  # by hand: 0.5 * 4 = 2 nats in each of one frame; the other clip costs nothing
    is_speech = torch.tensor([[True, False], [True, True]])
    assert kl_to_standard_normal(mean, torch.ones(2, 2, 1), is_speech).tolist() == [2.0, 0.0]


def test_z_is_the_mean_in_eval_and_a_sample_while_training():
    torch.manual_seed(0)
    bottleneck, speech = Bottleneck(8, 16, 4), torch.randn(2, 5, 8)
    latent = bottleneck.eval()(speech)
    assert torch.equal(latent.z_BTZ, latent.mean_BTZ)
    first, second = bottleneck.train()(speech), bottleneck(speech)
    assert torch.equal(first.mean_BTZ, latent.mean_BTZ)
    assert not torch.equal(first.z_BTZ, first.mean_BTZ)
    assert not torch.equal(first.z_BTZ, second.z_BTZ)


def test_samples_have_the_mean_and_the_deviation_that_the_heads_say():
    torch.manual_seed(0)
    bottleneck = Bottleneck(3, 8, 2).train()
    latent = bottleneck(torch.randn(1, 1, 3).expand(1, 20_000, 3))
    z = latent.z_BTZ[0]
    assert torch.allclose(z.mean(0), latent.mean_BTZ[0, 0], atol=0.03)
    assert torch.allclose(z.std(0), latent.std_BTZ[0, 0], rtol=0.03)


def test_the_deviation_stays_positive_where_softplus_underflows():
    bottleneck = Bottleneck(2, 4, 3).eval()
    with torch.no_grad():
        bottleneck.std.weight.zero_()
        bottleneck.std.bias.fill_(-200.0)
    latent = bottleneck(torch.zeros(1, 3, 2))
    assert (latent.std_BTZ >= SMALLEST_STD).all()
    assert kl_to_standard_normal(latent.mean_BTZ, latent.std_BTZ, SPEECH).isfinite().all()


def test_the_gradient_of_a_sample_reaches_mean_and_deviation():
    torch.manual_seed(0)
    bottleneck = Bottleneck(3, 8, 2).train()
    bottleneck(torch.randn(1, 4, 3)).z_BTZ.sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in bottleneck.mean.parameters())
    assert all(parameter.grad.abs().sum() > 0 for parameter in bottleneck.std.parameters())
