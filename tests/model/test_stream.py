import dataclasses

import pytest
import torch

from tonelens.model.stream import Adapter, LayerMix, Pooling, Stream, with_gradient
from tonelens.recipe import StreamsConfig

CONFIG = StreamsConfig(latent_width=6, hidden_width=12, stack=4, adapter_width=16)


def test_layers_are_mixed_by_softmax_weights():
    mix = LayerMix(3)
    layers = torch.tensor([[[[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]]])  # one clip, one frame
    assert torch.allclose(mix(layers), torch.tensor([[[7 / 3, 70 / 3]]])), "at first the plain mean"
    with torch.no_grad():
        mix.logits.copy_(torch.tensor([1.0, 1.0, 2.0]).log())  # by hand: 1/4, 1/4, 2/4
    assert torch.allclose(mix(layers), torch.tensor([[[2.75, 27.5]]]))


@pytest.mark.parametrize(("frames", "tokens"), [(4, 1), (7, 1), (8, 2), (11, 2), (3, 0)])
def test_the_adapter_joins_frames_and_drops_the_remainder(frames, tokens):
    adapter = Adapter(latent_width=6, stack=4, hidden_width=16, llm_width=10)
    z = torch.randn(2, frames, 6)
    assert adapter(z).shape == (2, tokens, 10)
    assert torch.allclose(adapter(z), adapter(z[:, : tokens * 4])), "the remainder has no say"


def test_the_adapter_puts_neighbouring_frames_side_by_side():
    adapter = Adapter(latent_width=1, stack=2, hidden_width=2, llm_width=2)
    with torch.no_grad():
        for linear in (adapter.first, adapter.second):
            linear.weight.copy_(torch.eye(2))
            linear.bias.zero_()
    z = torch.tensor([[[1.0], [2.0], [3.0], [-4.0], [5.0]]])
    assert adapter(z).tolist() == [[[1.0, 2.0], [3.0, 0.0]]], "ReLU cuts the -4; the fifth frame is dropped"


def test_a_stream_without_a_bottleneck_has_no_latent_and_the_encoder_s_width():
    stream = Stream(dataclasses.replace(CONFIG, disentangled=False), layers=3, encoder_width=16, llm_width=10)
    output = stream(torch.randn(2, 9, 3, 16))
    assert output.latent is None
    assert output.tokens_BKD.shape == (2, 2, 10)
    assert output.z_BTZ.shape == (2, 9, 16)


def test_a_stream_s_tokens_are_made_of_its_latents():
    stream = Stream(CONFIG, layers=3, encoder_width=16, llm_width=10).train()
    output = stream(torch.randn(2, 9, 3, 16))
    assert torch.equal(output.tokens_BKD, stream.adapter(output.z_BTZ))
    assert output.z_BTZ is output.latent.z_BTZ


def test_a_share_of_the_gradient_passes_and_all_of_the_values():
    values = torch.tensor([1.0, -2.0], requires_grad=True)
    passed = with_gradient(values, 0.25)
    (passed * torch.tensor([3.0, 5.0])).sum().backward()
    assert torch.allclose(passed, values)
    assert values.grad.tolist() == [0.75, 1.25], "by hand: a quarter of 3 and of 5"


def test_the_llm_s_gradient_is_shared_out_before_the_adapter():
    torch.manual_seed(0)
    grads = {}
    for share in (1.0, 0.5):
        torch.manual_seed(0)
        stream = Stream(CONFIG, layers=3, encoder_width=16, llm_width=10, llm_gradient=share).eval()
        stream(torch.ones(1, 8, 3, 16)).tokens_BKD.sum().backward()
        grads[share] = (stream.adapter.first.weight.grad, stream.bottleneck.mean.weight.grad)
    assert torch.allclose(grads[0.5][0], grads[1.0][0]), "the adapter learns as ever"
    assert torch.allclose(grads[0.5][1], 0.5 * grads[1.0][1], atol=1e-6), "the latents half as much"


def test_pooling_with_level_scores_is_mean_and_standard_deviation():
    pooling = Pooling(1)
    with torch.no_grad():
        pooling.score[2].weight.zero_()
    z = torch.tensor([[[1.0], [5.0], [float("nan")]]])
    pooled = pooling(z, torch.tensor([[True, True, False]]))
    assert torch.allclose(pooled, torch.tensor([[3.0, 2.0]])), "by hand: mean of 1 and 5, deviation 2"


def test_pooling_ignores_padding():
    torch.manual_seed(0)
    pooling, z = Pooling(6), torch.randn(1, 7, 6)
    alone = pooling(z, torch.ones(1, 7, dtype=torch.bool))
    junk = torch.cat([z, torch.full((1, 5, 6), float("nan"))], dim=1)
    padded = pooling(junk, torch.arange(12).unsqueeze(0) < 7)
    assert torch.allclose(alone, padded, atol=1e-6)
