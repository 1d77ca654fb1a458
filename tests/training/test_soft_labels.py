"""Votes in place of labels: which distribution, which word, and that runs stay exact."""

import dataclasses
import math
from collections import Counter

import pytest
import torch

from builders import LABELS, small_model, small_recipe, voted
from tonelens.batching.batch import Example, collate
from tonelens.batching.prompts import IGNORED, AnswerTokens
from tonelens.errors import CorpusError
from tonelens.progress import Quiet
from tonelens.training import loop
from tonelens.training.batches import BatchMaker
from tonelens.training.data import training_data
from tonelens.training.features import Waveform, encoded
from tonelens.training.loop import train
from tonelens.training.soft_labels import drawn_label, label_shares
from tonelens.training.stages import SER_SED
from tonelens.training.utterance import UtteranceData, UtteranceSide, _of_members, learn_utterance

SOFT = {"protocol": "emobox", "hold_out_dev": False, "soft_labels": True}
VOTES = {"anger": 0.6, "sadness": 0.2, "disgust": 0.2}
"""`disgust` is none of LABELS (neutral, happiness, sadness, anger)."""


def test_votes_for_other_labels_are_left_out_and_the_rest_sums_to_one(cuts):
    (cut,) = voted(cuts[:1], VOTES)
    assert label_shares(cut, LABELS) == pytest.approx((0.0, 0.0, 0.2 / 0.8, 0.6 / 0.8))


@pytest.mark.parametrize("votes", [None, {"disgust": 1.0}])
def test_a_clip_without_votes_for_any_label_keeps_its_own(cuts, votes):
    supervision = dataclasses.replace(cuts[0].supervisions[0], custom={"emotion": "sadness"})
    cut = dataclasses.replace(cuts[0], supervisions=[supervision])
    (cut,) = [cut] if votes is None else voted([cut], votes)
    assert label_shares(cut, LABELS) == (0.0, 0.0, 1.0, 0.0)


def test_words_are_drawn_as_often_as_listeners_named_them():
    shares = (0.1, 0.0, 0.2, 0.7)
    drawn = Counter(drawn_label(shares, LABELS, seed=0, step=step, cut_id="c") for step in range(2000))
    assert drawn["happiness"] == 0
    for label, share in zip(LABELS, shares, strict=True):  # 4 standard deviations of a binomial count
        assert abs(drawn[label] - 2000 * share) <= 4 * math.sqrt(2000 * share * (1 - share))


def test_a_word_depends_on_seed_step_and_clip():
    def words(**given):
        return [
            drawn_label((0.25,) * 4, LABELS, **{"seed": 0, "step": step, "cut_id": "c", **given})
            for step in range(40)
        ]

    assert words() == words()
    assert len({tuple(words(**other)) for other in ({}, {"seed": 1}, {"step": 3}, {"cut_id": "d"})}) == 4


def test_a_batch_holds_the_shares_and_the_head_learns_them():
    examples = [
        Example(
            cut_id=str(number), layers_TLH=torch.zeros(3, 3, 16), prompt_ids=[1],
            answer=AnswerTokens((2,), ("",)), token_weights={}, emotion=0, emotion_shares=shares,
        )
        for number, shares in enumerate([(0.25, 0.75), (1.0, 0.0)])
    ]  # fmt: skip
    batch = collate(examples)
    assert batch.emotion_target.tolist() == [[0.25, 0.75], [1.0, 0.0]]
    assert batch.to(torch.device("cpu")).emotion_target is not None
    hard = collate([dataclasses.replace(example, emotion_shares=()) for example in examples])
    assert hard.emotion_shares_BC is None and hard.emotion_target.tolist() == [0, 0]


def test_members_learn_shares_and_pass_over_what_is_untaught():
    probabilities = torch.tensor([[[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], [[0.1, 0.8, 0.1]] * 2])
    shares = torch.tensor([[0.75, 0.25, 0.0], [0.0, 0.0, 0.0]])
    # By hand, of the first clip alone: members say 0.75 ln 2 + 0.25 ln 4 and 0.75 ln 4 + 0.25 ln 2.
    expected = ((0.75 + 0.5) + (1.5 + 0.25)) * math.log(2) / 2
    for taught, loss in (([True, False], expected), ([False, False], 0.0)):
        taught_B = torch.tensor(taught)
        found = _of_members(probabilities.log()[taught_B], shares[taught_B], 0.0)
        assert found.item() == pytest.approx(loss, rel=1e-5)


def test_the_utterance_stage_learns_how_far_listeners_disagree():
    """Two kinds of clips, 9 to 1 and 1 to 1; their single labels are the same."""
    recipe = small_recipe(
        streams={
            "pooling": "statistics", "utterance_hidden_width": 32, "utterance_dropout": 0.0,
            "statistics_dropout": 0.0,
        },
        objective={"label_smoothing": 0.0, "beta": 1e-4},
        utterance={"epochs": 60, "batch_size": 8, "rate": 1e-2},
    )  # fmt: skip
    model, _ = small_model(recipe)
    kind = torch.arange(40) % 2
    rows = torch.zeros(1, 40, len(model.pooling.statistics.mean_S))
    rows[0, :, 0] = 6.0 * kind - 3
    votes = torch.tensor([[0.9, 0.1, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]])
    data = UtteranceData(
        rows, torch.full((1, 40), 50), torch.zeros(40, dtype=torch.long),
        torch.zeros(1, 40, 4, dtype=torch.long),
        torch.ones(1, dtype=torch.bool), votes[kind],
    )  # fmt: skip
    learn_utterance(UtteranceSide.of(model), data, recipe, Quiet())
    model.eval()
    with torch.no_grad():
        found = UtteranceSide.of(model).emotion_logits(rows[0, :2]).softmax(-1)
    assert torch.allclose(found, votes, atol=0.05)
    assert torch.equal(data.of(torch.tensor([1, 2])).shares_NC, votes[torch.tensor([1, 0])])


@pytest.fixture(scope="module")
def maker(cuts, measures, encoder_folder, cache):
    from tonelens.batching.augment import NO_CHANGE
    from tonelens.model.build import build_model
    from tonelens.model.speech_encoder import SpeechEncoder
    from tonelens.training.setup import tokenizer_texts

    recipe = small_recipe(data=SOFT, llm={"vocabulary": 1024})
    data = training_data(voted(cuts, {"anger": 0.5, "fear": 0.5}), measures, recipe)
    waveforms = [Waveform(cut, NO_CHANGE) for cut in data.train]
    encoder = SpeechEncoder.from_pretrained(str(encoder_folder))
    features = encoded(waveforms, encoder, cache)
    model, prompter = build_model(
        recipe, data.labels, tokenizer_texts(recipe, data),
        encoder_layers=encoder.layers, encoder_width=encoder.width,
    )  # fmt: skip
    return BatchMaker(recipe, data, features, model, prompter)


def said(maker, batch):
    rows = [row[row != IGNORED].tolist()[:-1] for row in batch.targets_BS]
    return [maker.prompter.tokenizer.decode(row).split()[-1].rstrip(".") for row in rows]


def test_the_answer_says_now_one_now_the_other_and_the_head_both(maker):
    clip = [maker.data.train[0].id]
    batches = [maker.make(SER_SED, clip, step) for step in range(12)]
    words = [said(maker, batch)[0] for batch in batches]
    assert set(words) == {"anger", "fear"}
    assert words == [said(maker, maker.make(SER_SED, clip, step))[0] for step in range(12)]
    place = maker.data.labels.index
    for batch in batches:
        assert batch.emotion_shares_BC[0, place("anger")] == batch.emotion_shares_BC[0, place("fear")] == 0.5


def test_votes_are_asked_for_and_refused_where_there_are_none(cuts, measures):
    with pytest.raises(CorpusError, match="no training clip has listeners' votes") as caught:
        training_data(cuts, measures, small_recipe(data=SOFT))
    assert "\n" not in str(caught.value)


def test_a_run_on_votes_that_was_stopped_ends_with_the_same_bits(
    cuts, measures, cache, recipe_with, tmp_path, monkeypatch
):
    recipe = recipe_with(
        data=SOFT, streams={"pooling": "statistics"}, utterance={"epochs": 2}, augment={"mixup": 0.4}
    )
    clips = voted(cuts, {"anger": 0.5, "fear": 0.3, "sadness": 0.2})
    whole = train(recipe, clips, measures, tmp_path / "whole", cache=cache)
    real, steps = loop._forward_backward, []

    def stopping(run, step, batches):
        steps.append(step)
        if len(steps) == 5:  # in the second turn
            raise KeyboardInterrupt
        return real(run, step, batches)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_forward_backward", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, clips, measures, tmp_path / "cut", cache=cache, checkpoint_every_s=0)
    resumed = train(recipe, clips, measures, tmp_path / "cut", cache=cache, resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    hard = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, soft_labels=False))
    other = train(hard, clips, measures, tmp_path / "hard", cache=cache)
    assert (other / "model.safetensors").read_bytes() != (whole / "model.safetensors").read_bytes()
