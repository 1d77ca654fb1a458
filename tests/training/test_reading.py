"""Frames of one clip, verdict of another: which of the two does the text follow?"""

from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from builders import random_clips, small_model, small_recipe
from tonelens.emotions import LabelSet
from tonelens.model.answering import Answerer
from tonelens.model.decoding import Answer
from tonelens.training import dev, reading
from tonelens.training.reading import FEWEST, share_that_reads

LABELS = LabelSet(("anger", "sadness", "happiness", "neutral"))
CLIPS = 24


class Scripted(Answerer):
    """Hears as the model does, and says what `says(clip, heads' verdict)` returns."""

    says = staticmethod(lambda clip, verdict: verdict)
    gauged, says_pitch = (), "low"
    """What the gauge decides of every clip, in order, where there is one; what the text says of all."""

    @torch.no_grad()
    def answer(self, clips, given=None, earlier=None, *, altered=None):
        layers_BTLH, is_speech_BT = self._padded(clips)
        voice = self.model.listen(layers_BTLH, is_speech_BT)
        voice = altered(self.model, voice, is_speech_BT) if altered else voice
        found = self._emotion_shares(voice)
        verdicts = [max(LABELS, key=shares.__getitem__) for shares in found]
        answers = [
            Answer({"emotion": self.says(clip, verdict)}, {"emotion": shares}, "", heard=shares)
            for clip, verdict, shares in zip(clips, verdicts, found, strict=True)
        ]
        for answer, level in zip(answers, self.gauged, strict=False):
            answer.gauged["pitch"], answer.values["pitch"] = level, self.says_pitch
        return answers


def data_of(train):
    return SimpleNamespace(train=train, earlier={}, measures=dict.fromkeys(range(CLIPS)), levels=None)


@pytest.fixture
def asked(monkeypatch):
    """An answerer, and training clips whose label is what the heads say of them."""
    model, prompter = small_model(
        small_recipe(streams={"pooling": "statistics", "utterance_hidden_width": 12, "utterance_members": 2})
    )
    with torch.no_grad():
        model.emotion_head.weight.normal_(generator=torch.Generator().manual_seed(1))
        model.emotion_head.bias.zero_()
    answerer = Scripted(model, prompter, LABELS)
    kinds = 3 * torch.randn(5, *random_clips([1])[0].shape[1:], generator=torch.Generator().manual_seed(2))
    noise = random_clips(list(range(8, 8 + CLIPS)))
    clips = {number: kinds[number % 5] + clip for number, clip in enumerate(noise)}
    verdicts = [answer.values["emotion"] for answer in answerer.answer(list(clips.values()))]
    unlike = sum(one != other for one, other in pairwise(verdicts))
    assert unlike > FEWEST, "else nothing could be exchanged"
    train = [SimpleNamespace(id=number, duration=float(number), label=verdicts[number]) for number in clips]
    monkeypatch.setattr(reading, "spoken_values", lambda cut, *_: {"emotion": cut.label, "pitch": "normal"})
    monkeypatch.setattr(dev, "key_of", lambda cut, _: cut.id)
    return answerer, data_of(train), clips


def test_a_text_that_says_what_the_heads_decide_reads_all_of_them(asked):
    assert share_that_reads(*asked) == 1.0


def test_a_text_that_knows_its_clips_by_heart_reads_none(asked):
    answerer, data, clips = asked
    label = {id(clips[cut.id]): cut.label for cut in data.train}
    answerer.says = lambda clip, verdict: label[id(clip)]
    assert share_that_reads(answerer, data, clips) == 0.0


def test_a_level_that_the_text_does_not_take_from_its_gauge_counts_as_well(asked):
    """Of each batch of 16 and 8 clips the first 8 are gauged: low 3 times, high 3 times, as taught twice."""
    answerer, data, clips = asked
    answerer.gauged = ["low"] * 3 + ["high"] * 3 + ["normal"] * 2
    assert share_that_reads(answerer, data, clips) == 0.5
    answerer.gauged = ["low"] * 8
    assert share_that_reads(answerer, data, clips) == 1.0


def test_the_verdict_is_that_of_the_clip_before_in_the_batch(asked):
    """16 and 8 clips: the first of a batch is told the verdict of its last."""
    answerer, data, clips = asked
    told = []
    answerer.says = lambda clip, verdict: told.append(verdict) or verdict
    share_that_reads(answerer, data, clips)
    own = [cut.label for cut in data.train]
    assert told == [own[15], *own[:15], own[23], *own[16:23]]


def test_the_clips_asked_are_spread_over_all_of_them(asked, monkeypatch):
    answerer, data, clips = asked
    monkeypatch.setattr(reading, "MOST_CLIPS", 16)
    number = {id(clip): place for place, clip in clips.items()}
    heard = []
    answerer.says = lambda clip, verdict: heard.append(number[id(clip)]) or verdict
    share_that_reads(answerer, data, clips)
    assert heard == [0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22], "two of every three of 24"


def test_too_few_exchanged_clips_say_nothing(asked):
    answerer, data, clips = asked
    assert share_that_reads(answerer, data_of(data.train[: FEWEST - 1]), clips) is None
    for cut in data.train:  # whatever is exchanged, it is the same verdict
        cut.label = "anger"
    with torch.no_grad():
        answerer.model.emotion_head.bias[LABELS.index("anger")] = 1e6
    assert share_that_reads(answerer, data, clips) is None


def test_where_no_head_decides_nothing_is_asked(asked):
    _, data, clips = asked
    attentive, prompter = small_model(small_recipe())
    assert share_that_reads(Answerer(attentive, prompter, LABELS), data, clips) is None
