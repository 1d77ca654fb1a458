import pytest
import torch

from builders import LABELS, LAYERS, WIDTH, random_clips, small_model, small_recipe
from tonelens.batching.batch import pad_frames
from tonelens.errors import ModelError
from tonelens.model.adaptation import (
    FEW_OF_A_MOOD,
    KAPPA,
    adapted_model,
    clip_statistics,
    fewest_moods,
    moods,
    require_adaptable,
    session_opinion,
)

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
    heard_BP = other.listen(layers_BTLH, is_speech_BT).pooled_BP[:, : answer_BP.shape[1]]
    assert not heard_BP.allclose(answer_BP)
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
    of_heads = model.pooling.heard_width
    assert after[:, of_heads : of_heads + 3].equal(before[:, of_heads:])
    assert not after[:, :of_heads].allclose(before[:, :of_heads])


def test_a_session_of_two_clips_has_an_opinion_worked_by_hand():
    """Rows of +1 and -1, labels apart: the ridge's lines are +1/7 and -1/7 (2 + 5 penalties of 1), scaled by
    7 to vary by 1 as the head does. One clip of each of two moods weighs 1 / 22."""
    told_NS, logits_NC = torch.tensor([[3.0, 4.0], [1.0, 4.0]]), torch.tensor([[3.0, 1.0], [0.0, 2.0]])
    opinion = session_opinion(told_NS, logits_NC, 2.0)
    assert opinion.centre_S.tolist() == [2.0, 4.0]
    assert opinion.lines_CS.flatten().tolist() == pytest.approx([1.0, 0.0, -1.0, 0.0], abs=1e-6)
    assert opinion.weight == pytest.approx(1 / 22)
    latent = opinion(torch.tensor([[4.0, 9.0]]))
    assert latent.z_BTZ.flatten().tolist() == pytest.approx([2.0, -2.0], abs=1e-6)
    joined_BC = opinion.joined(torch.tensor([[0.0, 22.0]]), torch.tensor([[99.0, 2.0, -2.0]]))
    assert joined_BC.flatten().tolist() == pytest.approx([2 / 22, 21 - 2 / 22])


def test_a_session_corrects_a_head_that_its_own_clips_contradict():
    """Two moods far apart in one direction of thirty; the head mistakes one clip in four, less surely."""
    draw = torch.Generator().manual_seed(0)
    truth_N = torch.arange(80) % 2
    told_NS = torch.randn(80, 30, generator=draw)
    told_NS[:, 0] += 12.0 * truth_N - 6.0
    logits_NC = 2.0 * torch.nn.functional.one_hot(truth_N, 2)
    logits_NC[::4] = logits_NC[::4].flip(-1) / 4
    logits_NC[1::4] += torch.rand(20, 2, generator=draw)
    assert (logits_NC.argmax(-1) == truth_N).float().mean() == 0.75
    opinion = session_opinion(told_NS, logits_NC, 2.0)
    joined_NC = opinion.joined(logits_NC, opinion(told_NS).z_BTZ.squeeze(1))
    assert (joined_NC.argmax(-1) == truth_N).all()


def test_how_many_moods_are_heard():
    sure = 50.0 * torch.eye(4)
    assert moods(sure) == pytest.approx(4.0), "each of four once"
    assert moods(sure[:1].expand(9, 4)) == pytest.approx(1.0)
    assert moods(torch.zeros(3, 4)) == pytest.approx(4.0), "no clip tells"
    assert moods(sure[:2]) == pytest.approx(2.0)


def test_a_model_of_two_labels_needs_less_than_two_moods():
    """2.5 of 4 are .66 of ln 4 nats; as much of ln 2 are 1.58 moods, of ln 3 are 2.07."""
    assert [fewest_moods(labels) for labels in (2, 3, 4, 9)] == pytest.approx(
        [1.58, 2.07, 2.5, 2.5], abs=5e-3
    )


def head_that_says(model, clips, *, apart: bool) -> None:
    """Clips told far apart, or all of them the first label."""
    model.pooling.statistics.fit(torch.stack([clip_statistics(clip) for clip in clips]))
    with torch.no_grad():
        if apart:
            model.emotion_head.weight.normal_(std=9.0, generator=torch.Generator().manual_seed(0))
            said_NC = model.emotion_head(model.pooling(*pad_frames(clips)).z_BTZ.squeeze(1))
            model.emotion_head.bias.copy_(-said_NC.mean(dim=0))
        else:
            model.emotion_head.weight.zero_()
            model.emotion_head.bias.copy_(torch.tensor([50.0, *[0.0] * (len(LABELS) - 1)]))


def test_a_session_of_several_moods_speaks_for_itself(model):
    clips = random_clips([9] * 30, seed=5)
    head_that_says(model, clips, apart=True)
    heard = listened(model, clips)
    said_NC = model.emotion_head(model.pooling(*pad_frames(clips)).z_BTZ.squeeze(1)).detach()
    of_a_mood = 30 / moods(said_NC)
    assert heard.pooling.opinion.weight == pytest.approx(of_a_mood / (2 * of_a_mood + FEW_OF_A_MOOD))
    assert heard.pooling.width == model.pooling.width + len(LABELS)
    assert model.pooling.opinion is None
    with torch.no_grad():
        model.emotion_head.weight.zero_()
        model.emotion_head.bias.zero_()
    forgotten = listened(heard, clips)
    assert forgotten.pooling.opinion is None, "an earlier session's, where all clips have one likeliest label"


def test_a_session_of_one_mood_is_not_listened_in_to(model):
    clips = random_clips([9] * 30, seed=5)
    head_that_says(model, clips, apart=False)
    assert listened(model, clips) is None


def test_a_model_without_layer_statistics_is_refused():
    model, _ = small_model(small_recipe(streams={"pooling": "attentive"}), LABELS)
    with pytest.raises(ModelError, match=r"^old: has no utterance latent.*streams\.pooling=statistics"):
        require_adaptable(model, "old")
