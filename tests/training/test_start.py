import pytest
import torch

from builders import LABELS, LAYERS, WIDTH, small_model, small_recipe
from tonelens.batching.prompts import Prompter
from tonelens.descriptors.levels import Levels
from tonelens.emotions import LabelSet
from tonelens.errors import ConfigError, CorpusError, ModelError
from tonelens.model.checkpoint import LoadedModel, ModelCard
from tonelens.recipe import DataConfig
from tonelens.training.data import training_data
from tonelens.training.start import FEWEST_FOR_LEVELS, Start, open_start

NEW = LabelSet(("cross", "sadness"))
"""`sadness` is the third of LABELS; `cross` nobody has heard of."""
POOLED = {"attentive": 12, "statistics": 6}
"""Twice the latent width, and the latent width."""


def start_of(recipe, tmp_path, levels=None) -> Start:
    model, prompter = small_model(recipe)
    card = ModelCard(
        name="old", labels=LABELS, encoder_source="log-mel", encoder_fingerprint="f", encoder_layers=LAYERS,
        encoder_width=WIDTH, protocol="Split none.", split_fingerprint="s", licence="free", parts={},
        train_speakers=["a"],
    )  # fmt: skip
    loaded = LoadedModel(
        model=model, prompter=Prompter(prompter.tokenizer, recipe.answer), encoder=None, levels=levels,
        card=card, fingerprint="0123",
    )  # fmt: skip
    return Start(tmp_path, loaded)


@pytest.mark.parametrize("pooling", ["attentive", "statistics"])
def test_what_belongs_to_no_new_label_is_carried_over(pooling, tmp_path):
    recipe = small_recipe(streams={"pooling": pooling}, objective={"descriptor_head_weight": 1.0})
    start = start_of(recipe, tmp_path)
    before = start.loaded.model
    if pooling == "statistics":
        before.pooling.statistics.mean_S.fill_(5.0)
    model, _ = start.model(recipe, NEW)
    pooled = POOLED[pooling]
    old, new = before.state_dict(), model.state_dict()
    assert new["emotion_head.weight"].shape == (2, pooled)
    assert new["emotion_head.weight"][1].equal(old["emotion_head.weight"][2])
    assert new["emotion_head.bias"][1].equal(old["emotion_head.bias"][2])
    told_before, told = old["summary.weight"], new["summary.weight"]
    if pooling == "statistics":
        pooled = 0  # the summary tells no latents, the heads' verdicts alone
    assert told[:, :pooled].equal(told_before[:, :pooled])
    assert told[:, pooled + 1].equal(told_before[:, pooled + 2]), "what the LLM reads of sadness"
    assert told[:, pooled + 2 :].equal(told_before[:, pooled + 4 :]), "what it reads of the descriptors"
    resized = {"emotion_head.weight", "emotion_head.bias", "summary.weight"}
    assert all(new[name].equal(tensor) for name, tensor in old.items() if name not in resized)


@pytest.mark.parametrize(("pooling", "epochs"), [("attentive", 0), ("statistics", 7)])
def test_only_an_utterance_latent_has_a_stage_before_the_turns(pooling, epochs, cuts, tmp_path):
    start = start_of(small_recipe(streams={"pooling": pooling}), tmp_path)
    asked = small_recipe(streams={"pooling": "statistics"}, utterance={"epochs": 7})
    assert start.recipe(asked, cuts).utterance.epochs == epochs


def test_the_recipe_takes_its_parts_from_the_started_model(cuts, tmp_path):
    start = start_of(small_recipe(objective={"emotion_head_weight": 3.0}), tmp_path)
    asked = small_recipe(
        name="mine", streams={"latent_width": 99}, schedule={"patience": 2, "asr_epochs": 0},
        objective={"emotion_head_weight": 0.5, "beta": 0.25},
    )  # fmt: skip
    found = start.recipe(asked, cuts)
    assert (found.name, found.streams.latent_width) == ("old-mine", 6)
    assert (found.objective.emotion_head_weight, found.objective.beta) == (3.0, 0.25)
    assert len(cuts) < FEWEST_FOR_LEVELS
    assert (found.data.hold_out_dev, found.schedule.patience) == (False, 0), "too few clips for a dev part"
    assert found.answer.transcript, "every clip has a text"


def test_few_clips_are_put_into_words_by_the_started_models_levels(cuts, measures, tmp_path):
    levels = Levels.from_dict(
        training_data(cuts, measures, small_recipe(data={"protocol": "none"})).levels.to_dict()
    )
    start = start_of(small_recipe(), tmp_path, levels)
    data = training_data(cuts, measures, small_recipe(data={"hold_out_dev": False}))
    assert data.levels is not levels
    assert start.data(data, cuts).levels is levels


def test_a_label_whose_speakers_are_all_held_out_is_named(cuts, measures, tmp_path):
    clips = [cut for cut in cuts if cut.supervisions[0].custom["emotion"] != "fear" or "s01" in cut.id]
    data = training_data(clips, measures, small_recipe(data={"hold_out_dev": False}))
    with pytest.raises(CorpusError, match=r"^fear: no training clip has this label"):
        start_of(small_recipe(), tmp_path).data(data, clips)


@pytest.mark.parametrize(
    ("speakers", "protocol", "folds"),
    [(("a", "b", "c", "d"), "speaker-disjoint", 4), (("a", "b"), "random", 5), (("a", None), "random", 5)],
)
def test_voices_are_kept_apart_where_three_or_more_are_known(
    cuts, tmp_path, monkeypatch, speakers, protocol, folds
):
    names = {cut.id: speakers[number % len(speakers)] for number, cut in enumerate(cuts)}
    monkeypatch.setattr("tonelens.training.start.speaker_of", lambda cut: names[cut.id])
    asked = small_recipe(data={"protocol": "speaker-disjoint"}, schedule={"asr_epochs": 0})
    found = start_of(small_recipe(), tmp_path).recipe(asked, cuts).data
    wanted = DataConfig(
        protocol=protocol, folds=folds, hold_out_dev=False, allow_speaker_overlap=protocol == "random"
    )
    assert found == wanted


def test_a_start_is_found_or_refused_in_one_line(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        open_start(tmp_path / "nothing")
    with pytest.raises(ModelError, match="not a model folder"):
        open_start(tmp_path)
    with pytest.raises(ConfigError, match=r"^--set streams\.stack=3: with --start"):
        open_start(tmp_path, ["data.fold=2", "streams.stack=3"])


def test_random_first_rows_do_not_depend_on_what_was_drawn_before(tmp_path):
    recipe = small_recipe()
    start = start_of(recipe, tmp_path)
    one, _ = start.model(recipe, NEW)
    torch.rand(7)
    two, _ = start.model(recipe, NEW)
    assert all(tensor.equal(two.state_dict()[name]) for name, tensor in one.state_dict().items())
