"""The one inference path with altered streams, and with some frames only."""

import pytest
import torch

from builders import LABELS, random_clips, small_model, small_recipe
from tonelens.batching.batch import pad_frames
from tonelens.model.answering import Answerer

VERDICT = {"streams": {"pooling": "statistics", "utterance_hidden_width": 12}}
CLIPS = random_clips([9, 30, 17])


def answerer(louder=3.0, **tables):
    torch.manual_seed(0)
    model, prompter = small_model(small_recipe(**tables), louder=louder)
    return Answerer(model, prompter, LABELS)


@pytest.mark.parametrize("tables", [{}, VERDICT], ids=["attentive", "verdict"])
def test_latents_replaced_by_themselves_change_nothing(tables):
    def same(model, voice, is_speech_BT):
        return model.altered(
            voice,
            is_speech_BT,
            content_BTZ=voice.content.z_BTZ,
            descriptor_BTZ=voice.descriptor.z_BTZ,
            utterance_BTZ=None if voice.utterance is None else voice.utterance.z_BTZ,
        )

    asks = answerer(**tables)
    assert asks.answer(CLIPS, altered=same) == asks.answer(CLIPS)


def test_tokens_heads_and_summary_follow_the_latents():
    asks = answerer(**VERDICT)
    model = asks.model.eval()
    layers, is_speech = pad_frames(CLIPS)
    one, two = model.listen(layers, is_speech), model.listen(layers.flip(0), is_speech)
    altered = model.altered(
        one, is_speech, descriptor_BTZ=two.descriptor.z_BTZ, utterance_BTZ=two.utterance.z_BTZ
    )
    assert torch.equal(altered.content.tokens_BKD, one.content.tokens_BKD)
    assert torch.allclose(altered.descriptor.tokens_BKD, two.descriptor.tokens_BKD)
    assert torch.allclose(altered.pooled_BP, two.pooled_BP)
    assert torch.allclose(altered.summary_BKD, two.summary_BKD)


def test_what_the_gauges_decide_stands_beside_what_the_text_says():
    """Pitch far above its edges, volume far below, speed between; whatever the untrained LLM writes."""
    streams = {**VERDICT["streams"], "gauges": True}
    asks = answerer(streams=streams, objective={"descriptor_head_weight": 1.0})
    asks.model.pooling.gauges.bias_G.copy_(torch.tensor([9.0, -9.0, 0.0]))
    with torch.no_grad():
        for slot in ("pitch", "volume", "speed"):
            asks.model.descriptor_heads[slot].bias[3] = -99.0  # none of the levels
    said = asks.answer(CLIPS)
    assert [answer.gauged for answer in said] == [{"pitch": "high", "volume": "low", "speed": "normal"}] * 3
    assert all(answer.gauged == {} for answer in answerer(**VERDICT).answer(CLIPS))


def test_attentive_pooling_reads_the_altered_descriptor_stream():
    asks = answerer()
    model = asks.model.eval()
    layers, is_speech = pad_frames(CLIPS)
    voice = model.listen(layers, is_speech)
    silent = model.altered(voice, is_speech, descriptor_BTZ=torch.zeros_like(voice.descriptor.z_BTZ))
    deviation = 1e-3  # the least that pooling gives
    expected = torch.tensor([0.0] * 6 + [deviation] * 6).expand(3, -1)
    assert torch.allclose(silent.pooled_BP, expected, atol=1e-6)


def test_the_head_hears_the_kept_frames_as_if_they_were_the_clip():
    asks = answerer(**VERDICT)
    keep = torch.rand(20, 30, generator=torch.Generator().manual_seed(1)) < 0.5
    found = asks.of_frames(CLIPS[1], keep)
    for row, keep_T in zip(found, keep, strict=True):
        kept = CLIPS[1][keep_T]
        voice = asks.model.listen(kept.unsqueeze(0), torch.ones(1, len(kept), dtype=torch.bool))
        by_hand = asks.model.emotion_head(voice.pooled_BP).softmax(-1)[0].tolist()
        assert list(row) == list(LABELS)
        assert list(row.values()) == pytest.approx(by_hand, abs=1e-5)


def test_with_every_frame_the_llm_says_of_frames_what_it_answers():
    asks = answerer(louder=1.0)
    everything = torch.ones(18, 30, dtype=torch.bool)  # more than one chunk
    everything[1, :15] = False
    found = asks.of_frames(CLIPS[1], everything)
    (answer,) = asks.answer([CLIPS[1]])
    assert len(found) == 18
    for row in (found[0], found[17]):
        assert row == pytest.approx(answer.probabilities["emotion"], rel=1e-3)
    assert found[1]["anger"] != pytest.approx(answer.probabilities["emotion"]["anger"], rel=0.1)


def test_a_model_without_llm_answers_of_frames_by_its_head():
    asks = answerer(
        llm={"source": "none"},
        answer={"descriptors": False, "transcript": False},
        streams={"disentangled": False, "summary_token": False},
        schedule={"strategy": "one-stage"},
    )
    everything = torch.ones(2, 30, dtype=torch.bool)
    (answer,) = asks.answer([CLIPS[1]])
    assert asks.of_frames(CLIPS[1], everything)[1] == pytest.approx(answer.probabilities["emotion"], abs=1e-5)


def test_a_clip_of_fewer_frames_than_a_token_can_be_heard_in_part():
    asks = answerer()
    found = asks.of_frames(CLIPS[0][:3], torch.tensor([[True, True, False]]))
    assert sum(found[0].values()) == pytest.approx(1)


def test_a_model_whose_words_are_input_writes_none_itself():
    asks = answerer(answer={"given_transcript": True})
    assert [said.values["transcript"] for said in asks.answer(CLIPS)] == ["", "", ""]
    given = [{"transcript": "kids are talking"}, {}, {"transcript": "x"}]
    found = asks.answer(CLIPS, given)
    assert [said.values["transcript"] for said in found] == ["kids are talking", "", "x"]
    assert not any(said.certainty["transcript"] for said in found)
    hears = answerer()
    assert any(said.values["transcript"] for said in hears.answer(CLIPS))
    alike = hears.answer(CLIPS, given)[0].probabilities["emotion"]
    assert alike == pytest.approx(found[0].probabilities["emotion"], abs=1e-6), "the words are read alike"
