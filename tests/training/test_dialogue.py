"""Earlier turns of a dialogue in training: who sees which words, what they cost, and that they can decide."""

import json
from dataclasses import replace

import pytest
import torch

from builders import LAYERS, WIDTH, random_clips, small_recipe
from journeys.command_line import tonelens
from tonelens.batching.augment import NO_CHANGE
from tonelens.batching.prompts import EARLIER, IGNORED
from tonelens.config import load_recipe
from tonelens.corpora.cuts import cuts_bytes, path_of
from tonelens.corpora.dialogues import KEY
from tonelens.errors import ConfigError, CorpusError, ModelError
from tonelens.evaluation.predict import predict
from tonelens.evaluation.prediction import read_predictions
from tonelens.explain import Explainer, Request
from tonelens.model.answering import Answerer
from tonelens.model.build import build_model
from tonelens.model.checkpoint import load_card
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.training.batches import BatchMaker
from tonelens.training.data import training_data
from tonelens.training.dev import dev_answers
from tonelens.training.dry_run import Workload, needs_of
from tonelens.training.features import Waveform, encoded, key_of
from tonelens.training.loop import train
from tonelens.training.setup import tokenizer_texts
from tonelens.training.stages import ASR, SER_SED
from tonelens.training.start import open_start

EMOBOX = {"protocol": "emobox", "hold_out_dev": False}
TURNS = {"dialogue_turns": 2}


def after(cut, *turns):
    """The cut with turns (id, words) before it."""
    said = [{"id": name, "speaker": "Ann", "text": text} for name, text in turns]
    return replace(cut, custom={**cut.custom, KEY: said})


def labelled(cut, emotion):
    supervision = cut.supervisions[0]
    return replace(cut, supervisions=[replace(supervision, custom={"emotion": emotion})])


@pytest.fixture(scope="module")
def talk(cuts):
    """One dialogue of three clips (train, test, train) and the others alone: fold 1 tests s01 and s02."""
    train_ids = [cut.id for cut in cuts if cut.custom["test_fold"] != 1]
    test_ids = [cut.id for cut in cuts if cut.custom["test_fold"] == 1]
    first, second, third = train_ids[0], test_ids[0], train_ids[1]
    before = {
        first: [],
        second: [(first, "apples")],
        third: [(first, "apples"), (second, "secret pears"), ("too-short", "plums"), ("odd", "quinces")],
    }
    return [after(cut, *before[cut.id]) if cut.id in before else cut for cut in cuts], third


@pytest.fixture(scope="module")
def maker(talk, measures, encoder_folder, cache):
    return made(talk[0], measures, encoder_folder, cache, TURNS)


def made(cuts, measures, encoder_folder, cache, answer):
    recipe = small_recipe(data=EMOBOX, llm={"vocabulary": 1024}, answer=answer)
    data = training_data(cuts, measures, recipe)
    waveforms = [Waveform(cut, NO_CHANGE) for cut in data.train]
    features = encoded(waveforms, SpeechEncoder.from_pretrained(str(encoder_folder)), cache)
    model, prompter = build_model(
        recipe, data.labels, tokenizer_texts(recipe, data), encoder_layers=LAYERS, encoder_width=WIDTH
    )
    return BatchMaker(recipe, data, features, model, prompter)


def prompt_text(maker, batch):
    return maker.prompter.tokenizer.decode([i for i in batch.ids_BS[0].tolist() if i >= 0])


def test_a_training_clip_sees_no_words_of_a_held_out_clip(talk, measures):
    cuts, third = talk
    data = training_data(cuts, measures, small_recipe(data=EMOBOX, answer={"dialogue_turns": 16}))
    assert data.earlier[third] == ["Ann: plums", "Ann: quinces"]
    assert "secret" not in str(data.earlier)
    assert data.protocol.endswith(
        ": no speaker stands in two parts (checked). The words of up to 16 earlier turns of the dialogue "
        "were input; 1 training clips saw fewer, because they may see no words of held-out clips."
    )
    near = training_data(cuts, measures, small_recipe(data=EMOBOX, answer={"dialogue_turns": 2}))
    assert near.earlier[third] == ["Ann: plums", "Ann: quinces"]
    assert near.protocol.endswith("earlier turns of the dialogue were input."), (
        "none of the last two is held out"
    )


def test_dev_clips_see_every_turn(talk, measures):
    cuts, third = talk
    parts = {"data": {"protocol": "official"}, "answer": {"dialogue_turns": 16}}
    dev = {third: "dev"}
    test = {cuts[i].id: "test" for i in range(len(cuts)) if cuts[i].custom["test_fold"] == 1}
    known = [
        replace(cut, custom={**cut.custom, "part": {**test, **dev}.get(cut.id, "train")}) for cut in cuts
    ]
    known[-1] = after(known[-1], ("elsewhere", "figs"))
    recipe = small_recipe(**{**parts, "data": {"protocol": "official", "allow_speaker_overlap": True}})
    data = training_data(known, measures, recipe)
    assert data.earlier[third] == ["Ann: apples", "Ann: secret pears", "Ann: plums", "Ann: quinces"]


def test_without_the_setting_nothing_is_read(talk, measures):
    data = training_data(talk[0], measures, small_recipe(data=EMOBOX))
    assert data.earlier == {} and "earlier turns" not in data.protocol


def test_clips_of_no_dialogue_are_refused_where_earlier_turns_are_asked_for(cuts, measures):
    with pytest.raises(CorpusError, match="no training clip has earlier turns that it may see"):
        training_data(cuts, measures, small_recipe(data=EMOBOX, answer=TURNS))


def test_a_tokenizer_learns_from_the_turns_that_training_sees(maker):
    texts = tokenizer_texts(maker.recipe, maker.data)
    assert "Ann: plums" in texts and EARLIER in texts
    assert not any("secret" in text for text in texts)


def test_a_batch_reads_the_turns_and_learns_none_of_them(maker, talk, measures, encoder_folder, cache):
    third = talk[1]
    told = maker.make(SER_SED, [third], 0)
    without = BatchMaker(
        maker.recipe, replace(maker.data, earlier={}), maker.features, maker.model, maker.prompter
    ).make(SER_SED, [third], 0)
    assert "Said before:\nAnn: plums\nAnn: quinces\n" in prompt_text(maker, told)
    more = told.ids_BS.shape[1] - without.ids_BS.shape[1]
    assert more > 0
    for ours, plain in ((told.targets_BS, without.targets_BS), (told.weights_BS, without.weights_BS)):
        assert torch.equal(ours[ours != ours[0, 0]], plain[plain != plain[0, 0]]), "the same answer is learnt"
    assert (told.targets_BS[0, :more] == IGNORED).all() and (told.weights_BS[0, :more] == 0).all()
    assert (told.targets_BS != IGNORED).sum() == (without.targets_BS != IGNORED).sum()


def test_the_asr_stage_reads_no_earlier_turns(maker, talk):
    assert "plums" not in prompt_text(maker, maker.make(ASR, [talk[1]], 0))


def test_an_answer_depends_on_the_turns_and_of_each_clip_on_its_own(maker):
    asks = Answerer(maker.model, maker.prompter, maker.data.labels)
    clips = random_clips([9, 30])
    one, two = asks.answer(clips, None, [["Ann: plums"], []])
    plain = asks.answer(clips)
    assert one.probabilities != plain[0].probabilities
    assert two.probabilities["emotion"] == pytest.approx(plain[1].probabilities["emotion"], abs=1e-5)


def test_dev_answers_read_the_turns_before_dev_clips(maker, talk):
    third = next(cut for cut in maker.data.train if cut.id == talk[1])
    data = replace(maker.data, dev=[third])
    asks = Answerer(maker.model, maker.prompter, maker.data.labels)
    (told,) = dev_answers(asks, data, maker.features)
    states = [maker.features[key_of(third, NO_CHANGE)]]
    assert told == asks.answer(states, None, [maker.data.earlier[third.id]])[0]
    assert told != asks.answer(states)[0]


def test_earlier_turns_need_an_llm_that_decides():
    with pytest.raises(ConfigError, match="here an emotion head decides"):
        small_recipe(answer=TURNS, streams={"pooling": "statistics"})
    with pytest.raises(ConfigError, match=r"answer.dialogue_turns is 17; cuts keep 0 to 16"):
        small_recipe(answer={"dialogue_turns": 17})
    with pytest.raises(ConfigError, match=r"answer.max_dialogue_tokens is 0"):
        small_recipe(answer={"max_dialogue_tokens": 0})


@pytest.fixture(scope="module")
def planted(tmp_path_factory, cuts, measures, encoder_folder, cache):
    """A model of clips that all sound alike, whose emotion the turn before tells, and the test clips."""
    said = {"anger": "you broke it", "happiness": "well done"}
    told = []
    for number, cut in enumerate(cuts):
        emotion = list(said)[number // 2 % 2]
        alike = replace(cut, recording=cuts[0].recording, duration=cuts[0].duration)
        told.append(after(labelled(alike, emotion), (f"before{number}", said[emotion])))
    recipe = small_recipe(
        data=EMOBOX,
        encoder={"source": str(encoder_folder)},
        streams={"summary_token": False},
        llm={"width": 32},
        answer={"dialogue_turns": 2, "descriptors": False, "transcript": False},
        objective={"emotion_head_weight": 0.0, "label_smoothing": 0.0},
        schedule={"asr_epochs": 0, "ser_epochs": 40},
        optimiser={"batch_size": 12, "ser_rate": 1e-2, "warmup_share": 0.1},
    )
    run = tmp_path_factory.mktemp("planted") / "run"
    train(recipe, told, measures, run, cache=cache)
    return run, [cut for cut in told if cut.custom["test_fold"] == 1]


def test_the_turn_before_decides_where_it_alone_can(planted):
    run, tested = planted
    explainer = Explainer.from_pretrained(run)
    found = predict(explainer, tested)
    assert [one.predicted_emotion for one in found.predictions] == [
        one.reference_emotion for one in found.predictions
    ]
    assert {one.reference_emotion for one in found.predictions} == {"anger", "happiness"}
    assert all(one.turns_before == 1 for one in found.predictions)
    assert found.notes()[0] == (
        "The corpus's words of up to 2 earlier turns of the dialogue were given to the model (12 of 12 "
        "clips have any): words only, none misheard."
    )
    bare = predict(explainer, tested, context=False)
    hits = sum(one.predicted_emotion == one.reference_emotion for one in bare.predictions)
    assert hits < 12 and all(one.turns_before == 0 for one in bare.predictions)
    assert bare.notes()[0].startswith("No earlier turns of the dialogue were given, although")
    assert "up to 2 earlier turns" in load_card(run).protocol


def test_explaining_one_recording_reads_what_was_said_before(planted):
    run, tested = planted
    explainer = Explainer.from_pretrained(run)
    path = path_of(tested[0])
    angry = explainer.explain(path, previous=["Ann: you broke it"])
    glad = explainer.explain(path, previous=["Ann: you broke it", "Ann: nothing", "Ann: well done"])
    assert (angry.emotion.label, angry.turns_before, glad.turns_before) == ("anger", 1, 2)
    assert glad.emotion.label == "happiness"
    assert "1 earlier turn of the dialogue, as given" in angry.to_text()
    (again,) = explainer.explain_all([Request(path, previous=("Ann: you broke it",))])
    assert again == angry
    assert "earlier turn" not in explainer.explain(path).to_text()


def test_the_commands_give_and_withhold_earlier_turns(planted, tmp_path):
    run, tested = planted
    (tmp_path / "cuts.jsonl.gz").write_bytes(cuts_bytes(tested[:3]))
    given = ("evaluate", run, tmp_path / "cuts.jsonl.gz", "--out")
    assert "earlier turns of the dialogue were given" in tonelens(*given, tmp_path / "told").stdout
    assert "No earlier turns of the dialogue" in tonelens(*given, tmp_path / "bare", "--no-context").stdout
    read = [read_predictions(tmp_path / name / "predictions.jsonl") for name in ("told", "bare")]
    assert [[one.turns_before for one in found] for found in read] == [[1, 1, 1], [0, 0, 0]]
    asked = ("explain", path_of(tested[0]), "--model", run, "--previous", "Ann: nothing")
    told = tonelens(*asked, "--previous", "Ann: well done", "--json")
    assert json.loads(told.stdout)["emotion"]["label"] == "happiness"
    ended = tonelens(*asked, "--report", tmp_path / "page", "--evidence")
    assert ended.exit_code == 2 and "--evidence asks of a recording alone" in ended.stderr


def test_fine_tuning_on_clips_of_no_dialogue_goes_on_without(planted, cuts):
    start = open_start(planted[0])
    asked = small_recipe(data=EMOBOX)
    assert start.recipe(asked, [*planted[1], *planted[1]]).answer.dialogue_turns == 2
    alone = [labelled(cut, ("anger", "happiness")[number % 2]) for number, cut in enumerate(cuts)]
    assert start.recipe(asked, alone).answer.dialogue_turns == 0


def test_a_dry_run_counts_the_most_words_that_earlier_turns_may_take():
    told, plain = (
        needs_of(load_recipe("studies/dialogue_tiny", [f"answer.dialogue_turns={turns}"]), Workload(clips=8))
        for turns in (4, 0)
    )
    assert told.stages["ser-sed"].flops > 1.5 * plain.stages["ser-sed"].flops
    assert told.stages["asr"].flops == plain.stages["asr"].flops


def test_a_model_trained_without_turns_refuses_them(tmp_path, cuts, measures, cache, recipe_with):
    run = tmp_path / "run"
    train(recipe_with(data=EMOBOX), cuts, measures, run, cache=cache)
    explainer = Explainer.from_pretrained(run)
    with pytest.raises(
        ModelError, match=r"^small-test: trained without earlier turns of a dialogue, so none"
    ) as error:
        explainer.explain(path_of(cuts[0]), previous=["Ann: Hi."])
    assert "\n" not in str(error.value)
    with pytest.raises(ModelError, match="trained without earlier turns"):
        predict(explainer, cuts[:1], context=True)
    found = predict(explainer, [after(cuts[0], ("before", "well done"))])
    assert found.notes() == [] and "turns_before" not in found.predictions[0].to_row()
