import pytest
import torch

from builders import LABELS, LAYERS, WIDTH, random_clips, small_model, small_recipe
from tonelens.batching.batch import pad_frames
from tonelens.errors import ModelError
from tonelens.model.adaptation import KAPPA, adapted_model, clip_statistics, require_adaptable

STATISTICS = {"pooling": "statistics"}


@pytest.fixture
def model():
    built, _ = small_model(small_recipe(streams=STATISTICS), LABELS)
    built.pooling.statistics.mean_S.fill_(1.0)
    built.pooling.statistics.std_S.fill_(2.0)
    return built.eval()


def listened(model, clips):
    return adapted_model(model, [clip_statistics(clip) for clip in clips])


def constant(value: float, frames: int = 5) -> torch.Tensor:
    """A clip whose every channel stays at one value: mean `value`, deviation 0 (1e-6 as computed)."""
    return torch.full((frames, LAYERS, WIDTH), value)


def test_statistics_move_by_the_share_of_the_clips(model):
    """As many clips as KAPPA weigh one half: means 1 and 5 give 3; variances 4 and 4 (clips at 3 and 7) 4."""
    clips = [constant(3.0), constant(7.0)] * int(KAPPA / 2)
    moved = listened(model, clips).pooling.statistics
    half = LAYERS * WIDTH
    assert moved.mean_S[:half].tolist() == pytest.approx([3.0] * half)
    assert moved.std_S[:half].tolist() == pytest.approx([2.0] * half)
    assert moved.mean_S[half:].tolist() == pytest.approx([0.5] * half, abs=1e-5), "deviations of 1 and 0"
    assert moved.std_S[half:].tolist() == pytest.approx([2.0**0.5] * half, abs=1e-5), "half the variance"


def test_the_model_that_was_there_stays_and_shares_its_weights(model):
    clips = random_clips([9, 12])
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    layers_BTLH, is_speech_BT = pad_frames(clips)
    answer_BP = model.listen(layers_BTLH, is_speech_BT).pooled_BP
    other = listened(model, random_clips([7, 8, 9], seed=5))
    assert all(tensor.equal(before[name]) for name, tensor in model.state_dict().items())
    assert model.listen(layers_BTLH, is_speech_BT).pooled_BP.equal(answer_BP)
    assert not other.listen(layers_BTLH, is_speech_BT).pooled_BP.allclose(answer_BP)
    shared = {name: tensor.data_ptr() for name, tensor in model.named_parameters()}
    assert shared == {name: tensor.data_ptr() for name, tensor in other.named_parameters()}
    assert not other.training


def test_clips_like_the_training_part_change_next_to_nothing(model):
    clips = random_clips([40] * 30, seed=3)
    model.pooling.statistics.fit(torch.stack([clip_statistics(clip) for clip in clips]))
    moved = listened(model, clips).pooling.statistics
    assert moved.mean_S.allclose(model.pooling.statistics.mean_S, atol=1e-5)
    assert moved.std_S.allclose(model.pooling.statistics.std_S, atol=1e-5)


def test_gauges_hear_a_session_as_they_hear_a_clip():
    """A voice that is high is high among high ones, too."""
    model, _ = small_model(
        small_recipe(streams={**STATISTICS, "gauges": True}, objective={"descriptor_head_weight": 1.0}),
        LABELS,
    )
    model.pooling.gauges.weight_GS.normal_()
    layers_BTLH, is_speech_BT = pad_frames(random_clips([9, 12]))
    before = model.eval().listen(layers_BTLH, is_speech_BT).pooled_BP
    after = listened(model, random_clips([7, 8, 9], seed=5)).listen(layers_BTLH, is_speech_BT).pooled_BP
    assert after[:, -3:].equal(before[:, -3:])
    assert not after[:, :-3].allclose(before[:, :-3])


def test_a_model_without_layer_statistics_is_refused():
    model, _ = small_model(small_recipe(streams={"pooling": "attentive"}), LABELS)
    with pytest.raises(ModelError, match=r"^old: has no utterance latent.*streams\.pooling=statistics"):
        require_adaptable(model, "old")
