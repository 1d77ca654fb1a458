"""The student: which layer predicts which, how far a prediction is, where a crop stands in its clip."""

import pytest
import torch

from tonelens.config import with_settings
from tonelens.training.distil_config import DistilConfig
from tonelens.training.distil_student import Student, distance, pooled, tapped_layers


@pytest.mark.parametrize(
    ("teacher", "student", "taps"),
    [
        (4, 4, (0, 1, 2, 3)),
        (2, 4, (1, 3)),
        (1, 4, (3,)),
        (4, 2, (0, 0, 1, 1)),
        (12, 4, (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)),
    ],
)
def test_every_teacher_layer_is_predicted_at_the_same_depth(teacher, student, taps):
    assert tapped_layers(teacher, student) == taps


@pytest.mark.parametrize(
    ("target", "expected"), [((2.0, 0.0), 0.0), ((0.0, 2.0), 2.0 + 1.0), ((-2.0, 0.0), 2.0 + 2.0)]
)
def test_the_distance_is_l1_and_one_minus_cosine(target, expected):
    """From (2, 0): mean absolute differences 0, 2 and 2; cosines 1, 0 and -1."""
    predicted = torch.tensor([[[[2.0, 0.0]]]])
    assert distance(predicted, torch.tensor([[[target]]])).item() == pytest.approx(expected, abs=1e-6)


def test_a_clip_is_pooled_into_mean_and_deviation():
    """Frames 1 and 5 of one channel: mean 3, deviation 2."""
    both = pooled(torch.tensor([1.0, 5.0]).reshape(1, 2, 1, 1))
    assert both.flatten().tolist() == pytest.approx([3.0, 2.0], abs=1e-3)


def test_a_crop_s_positions_count_from_the_beginning_of_its_clip():
    settings = ["width=16", "layers=2", "heads=2", "feedforward=24"]
    student = Student(with_settings(DistilConfig, settings), 2, 8).eval()
    inputs = torch.randn(1, 80, 20, generator=torch.Generator().manual_seed(0)).repeat(2, 1, 1)
    with torch.no_grad():
        at_0, at_7 = student.states(inputs, [0, 7])[1]
        assert not torch.allclose(at_0, at_7, atol=1e-3)
        positions = student.body.embed_positions.weight
        positions[:10] = positions[7:17].clone()
        assert torch.allclose(student.states(inputs, [0, 7])[1][0], at_7, atol=1e-5)


def test_positions_are_sinusoids_that_do_not_train():
    student = Student(DistilConfig(), 4, 384)
    positions = student.body.embed_positions.weight
    assert not positions.requires_grad
    assert torch.allclose(positions[0], torch.cat([torch.zeros(128), torch.ones(128)])), "sin 0, cos 0"
