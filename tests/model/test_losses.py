import math

import pytest
import torch

from tonelens.batching.prompts import IGNORED
from tonelens.model.losses import Losses, emotion_cross_entropy, token_cross_entropy
from tonelens.recipe import ObjectiveConfig


def logits_of(*probabilities):
    """Logits (1, S, V) whose softmax is what is given."""
    return torch.tensor([probabilities]).log()


def test_token_cross_entropy_is_a_weighted_mean_over_the_answer():
    logits = logits_of([0.9, 0.1], [0.5, 0.5], [0.25, 0.75], [0.1, 0.9])
    targets = torch.tensor([[IGNORED, 0, 1, IGNORED]])
    weights = torch.tensor([[7.0, 1.0, 3.0, 7.0]])
    # By hand: (1 * ln 2 + 3 * ln 4/3) / 4; the ignored positions count in neither sum.
    expected = (math.log(2) + 3 * math.log(4 / 3)) / 4
    assert token_cross_entropy(logits, targets, weights).item() == pytest.approx(expected, rel=1e-6)


def test_weights_of_one_give_the_plain_mean():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 5, 9), torch.randint(9, (2, 5))
    targets[0, :3] = IGNORED
    plain = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    assert torch.allclose(token_cross_entropy(logits, targets, torch.ones(2, 5)), plain)


def test_what_stands_outside_the_answer_has_no_say_and_no_gradient():
    logits = logits_of([0.5, 0.5], [0.25, 0.75])
    logits[0, 0] = float("nan")
    logits.requires_grad_()
    targets = torch.tensor([[IGNORED, 1]])
    loss = token_cross_entropy(logits, targets, torch.ones(1, 2))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(4 / 3))
    assert logits.grad[0, 0].tolist() == [0.0, 0.0]


def test_the_objective_is_cross_entropy_plus_beta_kl_plus_the_head():
    losses = Losses(*map(torch.tensor, (2.0, 30.0, 10.0, 5.0, 0.5, 0.2)))
    assert losses.total(ObjectiveConfig()).item() == pytest.approx(2.45), "2 + 0.01 * (30 + 10 + 5)"
    ours = ObjectiveConfig(beta=0.1, emotion_head_weight=2.0, descriptor_head_weight=3.0)
    assert losses.total(ours).item() == pytest.approx(8.1), "2 + 0.1 * 45 + 2 * 0.5 + 3 * 0.2"
    assert losses.total(ObjectiveConfig(beta=0)).item() == 2.0


def test_every_term_is_named_and_detached():
    losses = Losses(*(torch.tensor(float(number), requires_grad=True) for number in range(6)))
    named = losses.named()
    assert list(named) == [
        "cross_entropy", "kl_content", "kl_descriptor", "kl_utterance", "emotion_head", "descriptor_heads",
    ]  # fmt: skip
    assert [value.item() for value in named.values()] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert not any(value.requires_grad for value in named.values())


def test_label_smoothing_spreads_a_share_over_all_labels():
    logits = torch.tensor([[0.7, 0.2, 0.1]]).log()
    # By hand: 0.7 of the target's loss + 0.1 of every label's loss (0.3 over three labels).
    expected = -(0.7 * math.log(0.7) + 0.1 * (math.log(0.7) + math.log(0.2) + math.log(0.1)))
    loss = emotion_cross_entropy(logits, torch.tensor([0]), smoothing=0.3)
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_mixup_weighs_both_labels_by_their_share():
    logits = torch.tensor([[0.5, 0.25, 0.25]]).log()
    loss = emotion_cross_entropy(
        logits, torch.tensor([0]), smoothing=0.0, mixed_with=torch.tensor([2]), share=0.75
    )
    assert loss.item() == pytest.approx(0.75 * math.log(2) + 0.25 * math.log(4), rel=1e-6)


def test_votes_are_learnt_by_their_cross_entropy():
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]).log()
    shares = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    # By hand, in units of ln 2: (0.5 * 1 + 0.5 * 2) and 2, averaged over two clips.
    loss = emotion_cross_entropy(logits, shares, smoothing=0.0)
    assert loss.item() == pytest.approx(1.75 * math.log(2), rel=1e-6)
    certain = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    by_index = emotion_cross_entropy(logits, torch.tensor([1, 0]), smoothing=0.2)
    assert emotion_cross_entropy(logits, certain, smoothing=0.2).item() == pytest.approx(by_index.item())


def test_mixup_mixes_the_votes():
    logits = torch.tensor([[0.5, 0.25, 0.25]]).log()
    first, second = torch.tensor([[0.5, 0.5, 0.0]]), torch.tensor([[0.0, 0.0, 1.0]])
    mixed = emotion_cross_entropy(logits, first, smoothing=0.0, mixed_with=second, share=0.75)
    # By hand: 0.375 on the first label, 0.375 and 0.25 on the others, at 1, 2 and 2 times ln 2.
    assert mixed.item() == pytest.approx((0.375 + 2 * 0.625) * math.log(2), rel=1e-6)
