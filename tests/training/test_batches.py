import dataclasses
import re
from types import SimpleNamespace

import pytest
import torch

from builders import LAYERS, WIDTH, small_recipe
from tonelens.batching.prompts import IGNORED
from tonelens.corpora.cuts import emotion_of
from tonelens.model.build import build_model
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.training.batches import BatchMaker, changes_of
from tonelens.training.data import changed_values, training_data
from tonelens.training.features import Waveform, encoded
from tonelens.training.setup import tokenizer_texts
from tonelens.training.stages import ASR, SER_SED

EMOBOX = {"protocol": "emobox", "hold_out_dev": False}


@pytest.fixture(scope="module")
def maker(cuts, measures, encoder_folder, cache):
    recipe = small_recipe(
        data=EMOBOX,
        augment={"copies": 2, "gain_db": 40.0, "crop": 0.2, "channel_drop": 0.1},
        llm={"vocabulary": 1024},
    )
    data = training_data(cuts, measures, recipe)
    waveforms = [Waveform(cut, change) for cut in data.train for change in changes_of(recipe, cut.id)]
    features = encoded(waveforms, SpeechEncoder.from_pretrained(str(encoder_folder)), cache)
    model, prompter = build_model(
        recipe, data.labels, tokenizer_texts(recipe, data), encoder_layers=LAYERS, encoder_width=WIDTH
    )
    return BatchMaker(recipe, data, features, model, prompter)


@pytest.fixture
def clips(maker):
    return [cut.id for cut in maker.data.train[:3]]


def answers(maker, batch):
    """What each row's targets say."""
    rows = [row[row != IGNORED].tolist()[:-1] for row in batch.targets_BS]
    return [maker.prompter.tokenizer.decode(row) for row in rows]


def test_a_step_s_batch_is_the_same_whenever_it_is_made(maker, clips):
    first = maker.make(SER_SED, clips, step=5)
    maker.make(ASR, clips, step=6)
    again = maker.make(SER_SED, clips, step=5)
    assert torch.equal(first.layers_BTLH, again.layers_BTLH) and torch.equal(first.ids_BS, again.ids_BS)
    other = maker.make(SER_SED, clips, step=6)
    assert first.layers_BTLH.shape != other.layers_BTLH.shape or not torch.equal(
        first.layers_BTLH, other.layers_BTLH
    )


def test_the_asr_stage_learns_the_transcript_and_nothing_else(maker, clips):
    batch = maker.make(ASR, clips, step=0)
    assert answers(maker, batch) == [f"'{cut.supervisions[0].text}'." for cut in maker.data.train[:3]]
    assert set(batch.weights_BS.unique().tolist()) == {0.0, 1.0}


def test_the_answer_describes_the_copy_that_is_heard(maker, clips):
    """40 dB up or down decide on the volume; some step of these must meet such copies."""
    seen = set()
    cut = maker.data.train[0]
    said = {
        changed_values(cut, change, maker.data, maker.recipe.data)["volume"]
        for change in changes_of(maker.recipe, cut.id)
    }
    for step in range(12):
        sentence = answers(maker, maker.make(SER_SED, clips[:1], step))[0]
        seen.add(next(word for word in ("low", "normal", "high") if f" a {word} volume" in sentence))
    assert seen == said and len(said) > 1


def test_label_and_descriptor_tokens_carry_the_recipe_s_weights(maker, clips):
    batch = maker.make(SER_SED, clips, step=0)
    for row in range(3):
        weights = batch.weights_BS[row].tolist()
        assert weights.count(4.0) == 1, "the emotion is one token"
        assert weights.count(2.0) == 4, "gender, speed, pitch and volume"


def test_clips_without_a_text_are_not_for_the_asr_stage(maker):
    first, *others = maker.data.train
    mute = dataclasses.replace(first, supervisions=[dataclasses.replace(first.supervisions[0], text=None)])
    data = dataclasses.replace(maker.data, train=[mute, *others])
    made = BatchMaker(maker.recipe, data, maker.features, maker.model, maker.prompter)
    assert set(made.durations_s(ASR)) == {cut.id for cut in others}
    assert set(made.durations_s(SER_SED)) == {first.id, *(cut.id for cut in others)}


def test_words_that_are_input_stand_in_the_answer_and_cost_nothing(maker, clips):
    recipe = dataclasses.replace(
        maker.recipe, answer=dataclasses.replace(maker.recipe.answer, given_transcript=True)
    )
    given = BatchMaker(recipe, maker.data, maker.features, maker.model, maker.prompter)
    heard, told = maker.make(SER_SED, clips[:1], 0), given.make(SER_SED, clips[:1], 0)
    assert torch.equal(heard.targets_BS, told.targets_BS)
    text = maker.data.train[0].supervisions[0].text
    free = len(maker.prompter.tokens(text))
    answered = told.targets_BS != IGNORED
    assert (told.weights_BS[answered] == 0).sum() == free > 0
    assert torch.equal(heard.weights_BS[told.weights_BS > 0], told.weights_BS[told.weights_BS > 0])
    asr = given.make(ASR, clips[:1], 0)
    assert (asr.weights_BS[asr.targets_BS != IGNORED] == 1).all(), "the ASR stage still hears them"


def exchanging(maker, share, has_heads=True):
    """The same with an exchange, in a recipe that allows it; batches do not ask for its pooling or heads."""
    recipe = dataclasses.replace(
        maker.recipe,
        streams=dataclasses.replace(maker.recipe.streams, pooling="statistics"),
        augment=dataclasses.replace(maker.recipe.augment, exchange=share),
    )
    model = SimpleNamespace(
        stack=maker.model.stack,
        stream_tokens=maker.model.stream_tokens,
        descriptor_heads=torch.nn.ModuleDict() if has_heads else None,
    )
    return BatchMaker(recipe, maker.data, maker.features, model, maker.prompter)


def parts(sentence):
    """What an answer says of the voice, the words it quotes, and the emotion."""
    return re.fullmatch(r"(.*), saying '(.*)'\. Based on .* is (\w+)\.", sentence).groups()


@pytest.mark.parametrize("has_heads", [True, False])
def test_an_exchanged_clip_has_to_say_what_heads_decide_of_the_clip_before(maker, has_heads):
    """Emotion and, where heads tell it, the voice; the words are always the clip's own."""
    clips = distinct(maker, 4)
    own, told = (exchanging(maker, share, has_heads).make(SER_SED, clips, step=3) for share in (0.0, 1.0))
    assert own.told_B is None
    assert told.told_B.tolist() == [3, 0, 1, 2]
    before = [parts(sentence) for sentence in answers(maker, own)]
    after = [parts(sentence) for sentence in answers(maker, told)]
    assert len({emotion for *_, emotion in before}) > 1 and len({voice for voice, *_ in before}) > 1
    for row in range(4):
        voice, _, emotion = before[row - 1]
        assert after[row] == (voice if has_heads else before[row][0], before[row][1], emotion)
    for name in ("layers_BTLH", "emotion_B", "descriptors_BQ"):
        assert torch.equal(getattr(own, name), getattr(told, name)), f"the heads learn the clip's own {name}"


def test_this_share_of_the_explained_clips_is_exchanged_and_none_of_the_transcribed(maker):
    half = exchanging(maker, 0.5)
    clips = distinct(maker, 4)
    own = torch.arange(4)
    rows = [half.make(SER_SED, clips, step).told_B for step in range(50)]
    exchanged = sum((own != told).sum().item() for told in rows if told is not None)
    assert 70 <= exchanged <= 130, "100 of 200 are expected, with a standard deviation of 7"
    plain = maker.make(ASR, clips, 0)
    words = half.make(ASR, clips, 0)
    assert words.told_B is None and torch.equal(words.targets_BS, plain.targets_BS)


def distinct(maker, count):
    """Clips of alternating emotions and texts."""
    by_text = {(cut.supervisions[0].text, emotion_of(cut)): cut.id for cut in maker.data.train}
    chosen = list(by_text.values())[:: max(1, len(by_text) // count)]
    assert len(chosen) >= count
    return chosen[:count]
