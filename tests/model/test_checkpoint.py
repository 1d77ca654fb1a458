import json

import pytest
import torch
from safetensors.torch import load_file
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from builders import (
    LABELS,
    LAYERS,
    WIDTH,
    random_clips,
    save_llama,
    save_whisper_encoder,
    saved,
    small_model,
    small_recipe,
    whisper_config,
)
from tonelens.descriptors.levels import LevelItem, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.errors import InputError, ModelError
from tonelens.model.answering import Answerer
from tonelens.model.checkpoint import ModelCard, load_card, load_model, own_weights, read_levels, save_model
from tonelens.model.speech_encoder import SpeechEncoder

CLIPS = random_clips([9, 30, 17])


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory):
    return save_whisper_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return save_llama(tmp_path_factory.mktemp("llama"), chat_template=False)


def card_for(encoder_folder):
    return ModelCard(
        name="small-test", labels=LABELS, encoder_source=str(encoder_folder),
        encoder_fingerprint=SpeechEncoder.from_pretrained(str(encoder_folder)).fingerprint(),
        encoder_layers=LAYERS, encoder_width=WIDTH, protocol="Split none (9 train).",
        split_fingerprint="f" * 64, licence="as the training corpora allow: synthetic",
        parts={"dev": [], "test": ["a"]}, train_speakers=["synthetic-s01"],
    )  # fmt: skip


def store(folder, recipe, encoder_folder, *, louder=8.0):
    """An untrained model, shaken so that LoRA says something too, and saved."""
    model, prompter = small_model(recipe, louder=louder)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.3)
    levels = fit_levels([LevelItem("a", "male", Measures(duration_s=1.0, speech_s=0.8, f0_median_hz=120.0))])
    save_model(folder, model, prompter, levels, card_for(encoder_folder), own_weights(model))
    return Answerer(model, prompter, LABELS)


@pytest.mark.parametrize("kind", ["scratch", "lora"])
def test_a_loaded_model_answers_as_the_saved_one(tmp_path, encoder_folder, llama, kind):
    llm = {"source": "scratch"} if kind == "scratch" else {"source": str(llama), "lora_rank": 4}
    asks = store(
        tmp_path / "model", small_recipe(llm=llm), encoder_folder, louder=3.0 if kind == "scratch" else 1.0
    )
    torch.manual_seed(12345)  # loading must not depend on what was drawn before
    loaded = load_model(tmp_path)  # a run's folder: its `model` is taken
    assert loaded.model.recipe == asks.model.recipe
    assert loaded.card == card_for(encoder_folder) == load_card(tmp_path / "model")
    again = Answerer(loaded.model, loaded.prompter, loaded.card.labels)
    assert again.answer(CLIPS) == asks.answer(CLIPS)


def test_a_lora_model_folder_holds_lora_and_streams_only(tmp_path, encoder_folder, llama):
    store(tmp_path, small_recipe(llm={"source": str(llama), "lora_rank": 4}), encoder_folder)
    names = set(load_file(tmp_path / "model.safetensors"))
    assert {name.split(".")[0] for name in names} == {
        "llm", "content", "descriptor", "pooling", "summary", "emotion_head",
    }  # fmt: skip
    assert {name for name in names if name.startswith("llm.") and "lora_" not in name} == set()
    assert sum("lora_" in name for name in names) == 2 * 2 * 7, "A and B, two layers, seven projections"


def test_a_small_llama_is_saved_whole_and_its_tied_matrix_once(tmp_path, encoder_folder):
    asks = store(tmp_path, small_recipe(), encoder_folder)
    weights = load_file(tmp_path / "model.safetensors")
    trained = sum(parameter.numel() for parameter in asks.model.parameters())  # counts a tied tensor once
    assert sum(tensor.numel() for tensor in weights.values()) == trained
    assert not list(tmp_path.rglob("*.bin")) and not list(tmp_path.rglob("*.pt"))


def test_the_folder_needs_its_encoder_and_no_other(tmp_path, encoder_folder):
    own = tmp_path / "own"
    saved(WhisperEncoder, whisper_config(), own)
    store(tmp_path / "model", small_recipe(), own)
    assert load_model(tmp_path / "model").encoder.fingerprint()
    save_whisper_encoder(own, seed=1)
    with pytest.raises(ModelError, match="not the encoder this model was trained on"):
        load_model(tmp_path / "model")


def test_a_damaged_or_foreign_folder_is_refused(tmp_path, encoder_folder):
    with pytest.raises(ModelError, match=r"not a model folder \(no model\.json\)"):
        load_model(tmp_path / "none")
    folder = tmp_path / "model"
    store(folder, small_recipe(), encoder_folder)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-100])
    with pytest.raises(ModelError, match="the weights cannot be read"):
        load_model(folder)
    (folder / "model.safetensors").write_bytes(weights)
    described = json.loads((folder / "model.json").read_text("utf-8"))
    described["recipe"]["streams"]["latent_width"] = 7
    (folder / "model.json").write_text(json.dumps(described), "utf-8")
    with pytest.raises(ModelError, match=r"does not fit its recipe .*of other shape"):
        load_model(folder)
    (folder / "model.json").write_text(json.dumps({"schema": "tonelens/model@0"}), "utf-8")
    with pytest.raises(ModelError, match="reads tonelens/model@1"):
        load_model(folder)
    (folder / "model.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match="damaged"):
        load_model(folder)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"schema": "tonelens/levels@2"}'])
def test_damaged_levels_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "levels.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_levels(path)
    assert "levels" in str(caught.value) and "\n" not in str(caught.value)
