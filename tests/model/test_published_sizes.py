"""The sizes that plans are made with, against the counts that the models' authors publish."""

import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM

from tonelens.config import load_recipe, shipped_recipes
from tonelens.errors import ModelError
from tonelens.model.language_model import NONE, SCRATCH
from tonelens.model.published_sizes import PUBLISHED, configuration


def weights(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("source", "published"),
    [("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248), ("Qwen/Qwen2.5-0.5B-Instruct", 494_032_768)],
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


def test_a_size_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(ModelError, match="its size is not known"):
        configuration(str(tmp_path / "nowhere"))
