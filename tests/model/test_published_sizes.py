"""The sizes that plans are made with, against the counts that the models' authors publish."""

import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM

from tonelens.config import load_recipe, shipped_recipes
from tonelens.errors import ModelError
from tonelens.model.language_model import NONE, SCRATCH, small_llama_config
from tonelens.model.published_sizes import PUBLISHED, configuration


def weights(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("source", "published"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248),
        ("meta-llama/Llama-3.2-3B-Instruct", 3_212_749_824),
        ("meta-llama/Llama-3.2-1B-Instruct", 1_235_814_400),
        ("Qwen/Qwen2.5-0.5B-Instruct", 494_032_768),
    ],
)
def test_a_language_model_has_the_weights_that_its_page_states(source, published):
    with torch.device("meta"):
        assert weights(AutoModelForCausalLM.from_config(configuration(source))) == published


@pytest.mark.parametrize(
    ("source", "millions"),
    [
        ("facebook/hubert-large-ls960-ft", 316),
        ("microsoft/wavlm-large", 316),
        ("facebook/wav2vec2-large-960h", 317),
        ("facebook/hubert-base-ls960", 95),
        ("openai/whisper-tiny.en", 37.8),
    ],
)
def test_a_speech_encoder_has_them_within_half_a_percent(source, millions):
    with torch.device("meta"):
        assert weights(AutoModel.from_config(configuration(source))) / 1e6 == pytest.approx(
            millions, rel=7e-3
        )


def test_every_shipped_recipe_can_be_planned():
    for path in shipped_recipes().values():
        recipe = load_recipe(path)
        for source in (recipe.encoder.source, recipe.llm.source):
            assert source in PUBLISHED or source in (SCRATCH, NONE), path


@pytest.mark.parametrize(("study", "millions"), [("llm_1m", 0.98), ("llm_3m", 3.01), ("llm_10m", 9.99)])
def test_the_small_llms_of_the_size_study_have_the_weights_they_are_named_after(study, millions):
    """By hand: 1024 w of the tied embeddings; a layer has 4 w^2 of attention, 3 w i of the MLP, 2 w of norms,
    with i = 8 w / 3 rounded down to a multiple of 8; w of the last norm."""
    config = load_recipe(f"studies/{study}").llm
    with torch.device("meta"):
        found = weights(AutoModelForCausalLM.from_config(small_llama_config(config, config.vocabulary)))
    width, inner = {"llm_1m": (152, 400), "llm_3m": (240, 640), "llm_10m": (400, 1064)}[study]
    layer = 4 * width**2 + 3 * width * inner + 2 * width
    assert found == 1024 * width + config.layers * layer + width
    assert found / 1e6 == pytest.approx(millions, abs=0.01)


def test_a_size_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(ModelError, match="its size is not known"):
        configuration(str(tmp_path / "nowhere"))
