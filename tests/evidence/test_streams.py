"""Shares of words and voice: worked by hand for a head whose weights are known, and for planted faults."""

import math

import pytest
import torch

from evidence.small import VERDICT, TwoStreams, deaf, known, noise, small_explainer
from journeys.trained import explainer, journey
from tonelens import audio
from tonelens.errors import InputError
from tonelens.evidence.backend import OwnBackend
from tonelens.evidence.streams import ClipShares, altered_backend, stream_shares
from tonelens.model.confidence import Calibration

CLIPS = [noise(1.0 + 0.1 * number, seed=number) for number in range(5)]
CALIBRATION = Calibration(2.0, "nothing", 1, 0.0, 0.0, (), reads="head")


def unheard(explainer, *parts):
    """The LLM gets the same tokens whatever these parts say: their last layers are zero."""
    model = explainer.loaded.model
    with torch.no_grad():
        for part in parts:
            layer = model.summary if part == "summary" else getattr(model, part).adapter.second
            layer.weight.zero_()
            layer.bias.zero_()
    return explainer


def drops(found, stream):
    return [drop for row in found.clips for drop in row.drops[stream].values()]


def test_a_zeroed_voice_falls_to_what_the_head_says_of_nothing():
    """An LLM that hears nothing always says one label, which gets the head's highest probability.

    Zeroed, the head says its bias (8, 4, 2, 2) / 16; at temperature 2 the highest is sqrt 8 of the roots.
    """
    asks = unheard(small_explainer(CALIBRATION, **VERDICT), "content", "descriptor", "summary")
    with torch.no_grad():
        asks.loaded.model.emotion_head.bias.copy_(torch.tensor([8.0, 4.0, 2.0, 2.0]).log())
    told_nothing = math.sqrt(8) / (math.sqrt(8) + 2 + 2 * math.sqrt(2))
    found = stream_shares(asks, CLIPS, hows=("zero",))
    states = asks.loaded.encoder.encode([clip.samples for clip in CLIPS])
    for row, emotion in zip(found.clips, asks.emotions(states), strict=True):
        assert row.probability == pytest.approx(max(emotion.probabilities.values()), abs=1e-5)
        assert row.drops["descriptor"]["zero"] == pytest.approx(row.probability - told_nothing, abs=1e-5)
        assert row.drops["content"]["zero"] == pytest.approx(0, abs=1e-6)
    mean = sum(row.probability for row in found.clips) / 5 - told_nothing
    assert found.drops["descriptor"]["zero"].value == pytest.approx(mean, abs=1e-5)


def test_a_model_that_hears_nothing_has_no_share():
    """The planted fault: the head and the LLM say the same whatever they are given."""
    asks = unheard(deaf(small_explainer(CALIBRATION, **VERDICT)), "content", "descriptor", "summary")
    found = stream_shares(asks, CLIPS)
    for stream in ("content", "descriptor", "both"):
        assert drops(found, stream) == pytest.approx([0.0] * 20, abs=1e-6)
    assert found.voice is None and found.neither.value == 1.0
    assert str(found.clips[0]) == "neither alone (neither is needed)"


def sigmoid(odds):
    return 1 / (1 + math.exp(-odds))


def test_shares_of_two_known_streams_are_worked_by_hand():
    """Anger has ln odds 1 x content + 2 x descriptor; without one the other is left, without both nothing."""
    clips = [known(1.0, 1.0), known(-1.0, -0.5, frames=14)]
    first, second = stream_shares(TwoStreams(1.0, 2.0), clips, hows=("zero", "swap")).clips
    whole = sigmoid(3)
    assert (first.label, first.probability) == ("anger", pytest.approx(whole))
    assert first.drops["content"] == pytest.approx({"zero": whole - sigmoid(2), "swap": whole - sigmoid(1)})
    assert first.drops["descriptor"] == pytest.approx(
        {"zero": whole - sigmoid(1), "swap": whole - sigmoid(0)}
    )
    assert first.drops["both"] == pytest.approx({"zero": whole - 0.5, "swap": whole - sigmoid(-2)})
    words, voice = whole - (sigmoid(2) + sigmoid(1)) / 2, whole - (sigmoid(1) + 0.5) / 2
    assert first.voice == pytest.approx(voice / (words + voice))
    assert (second.label, second.probability) == ("fear", pytest.approx(sigmoid(2)))


def test_the_mean_and_the_shuffle_are_over_the_frames_of_the_batch():
    clips = [known(1.0, 1.0, frames=10), known(-1.0, -0.5, frames=30)]
    first, _ = stream_shares(TwoStreams(1.0, 0.0), clips, hows=("mean", "shuffle")).clips
    assert first.drops["content"]["mean"] == pytest.approx(sigmoid(1) - sigmoid(-0.5))
    assert 0 < first.drops["content"]["shuffle"] < sigmoid(1) - sigmoid(-1)


@pytest.mark.parametrize(("words", "voice", "share"), [(3.0, 0.0, 0.0), (0.0, 3.0, 1.0)])
def test_a_model_that_ignores_a_stream_gives_it_no_share(words, voice, share):
    """The planted fault: one stream is carried along and never read."""
    found = stream_shares(TwoStreams(words, voice), [known(1.0, 1.0), known(-1.0, -1.0), known(1.2, 0.8)])
    assert drops(found, "content" if voice else "descriptor") == [0.0] * 12
    assert [row.voice for row in found.clips] == [share] * 3
    assert found.voice.value == share and found.neither.value == 0


def test_streams_that_say_the_same_twice_carry_nothing_alone():
    found = stream_shares(TwoStreams(9.0, 9.0), [known(1.0, 1.0)], hows=("zero",))
    assert str(found.clips[0]) == "neither alone (either suffices)"
    assert found.neither.value == 1


def test_every_clip_keeps_its_own_row_when_batches_are_drawn():
    clips = [known(0.1 * number, 1.0) for number in range(1, 35)]
    found = stream_shares(TwoStreams(1.0, 1.0), clips, hows=("zero",))
    for number, row in enumerate(found.clips, start=1):
        assert row.drops["content"]["zero"] == pytest.approx(sigmoid(0.1 * number + 1) - sigmoid(1), abs=1e-6)


def test_shares_are_the_drops_beside_one_another():
    row = ClipShares(
        "anger", 0.9,
        {
            "content": {"zero": 0.1, "swap": 0.1}, "descriptor": {"zero": 0.4, "swap": 0.2},
            "both": {"zero": 0.6, "swap": 0.6},
        },
    )  # fmt: skip
    assert (row.voice, row.words) == pytest.approx((0.75, 0.25))
    assert str(row) == "75% voice, 25% words"


@pytest.mark.parametrize(("both", "why"), [(0.6, "either suffices"), (0.0, "neither is needed")])
def test_neither_alone_says_which_of_two_reasons(both, why):
    row = ClipShares(
        "anger", 0.9, {"content": {"zero": 0.01}, "descriptor": {"zero": -0.3}, "both": {"zero": both}}
    )
    assert row.voice is row.words is None
    assert str(row) == f"neither alone ({why})"


def test_one_clip_alone_has_shares_by_zeroing():
    asks = small_explainer(CALIBRATION, **VERDICT)
    alone = stream_shares(asks, CLIPS[:1], hows=("zero",)).clips[0]
    together = stream_shares(asks, CLIPS, hows=("zero",)).clips[0]
    assert alone.drops["descriptor"]["zero"] == pytest.approx(together.drops["descriptor"]["zero"], abs=1e-5)
    with pytest.raises(InputError, match="1 clip with a voice"):
        stream_shares(asks, CLIPS[:1])


def test_an_altered_model_is_asked_as_explain_asks():
    clips = [audio.load(journey().clip(speaker, 1)) for speaker in ("s01", "s02")]
    whole = OwnBackend(explainer()).hear(clips)
    backend = altered_backend(explainer(), "descriptor", "zero")
    assert backend.name == f"{explainer().loaded.card.name}, descriptor zeroed"
    zeroed = backend.hear(clips)
    assert backend.hear(clips[:1])[0].probabilities == pytest.approx(zeroed[0].probabilities, abs=1e-5)
    assert zeroed[0].probabilities == pytest.approx(zeroed[1].probabilities, abs=1e-3)
    assert OwnBackend(explainer()).hear(clips) == whole, "the model itself stays as it was"
    assert backend.hear([]) == []
    assert altered_backend(explainer(), "both", "swap").name.endswith("both streams swapped")
