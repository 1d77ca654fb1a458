import pytest
import torch

from builders import small_recipe
from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import Choice, answer_grammar
from tonelens.model.adaptation import KAPPA
from tonelens.model.language_model import train_tokenizer
from tonelens.progress import Quiet
from tonelens.training.data import training_data
from tonelens.training.loop import train
from tonelens.training.run_folder import RunFolder
from tonelens.training.setup import environment, mixed_precision, prepare, tokenizer_texts
from tonelens.training.start import open_start

ALL = {"protocol": "none"}
EMOBOX = {"protocol": "emobox", "hold_out_dev": False}


@pytest.mark.parametrize("style", ["template", "caption"])
def test_every_word_an_answer_chooses_among_is_one_token(cuts, measures, style):
    recipe = small_recipe(data=EMOBOX, answer={"style": style}, llm={"vocabulary": 1024})
    data = training_data(cuts, measures, recipe)
    prompter = Prompter(train_tokenizer(tokenizer_texts(recipe, data), 1024), recipe.answer)
    pieces = [piece for piece in answer_grammar(data.labels, style=style) if isinstance(piece, Choice)]
    assert len(pieces) == 5
    for piece in pieces:
        lengths = {option: len(prompter.tokens(" " + option)) for option in piece.options}
        assert set(lengths.values()) == {1}, lengths


def test_the_tokenizer_learns_from_the_training_part_only(cuts, measures):
    recipe = small_recipe(data=EMOBOX)
    data = training_data(cuts, measures, recipe)
    texts = " ".join(tokenizer_texts(recipe, data))
    held_out = {
        cut.supervisions[0].text for cut in cuts if data.split.parts[cut.id] == "test"
    } - {cut.supervisions[0].text for cut in data.train}  # fmt: skip
    assert held_out, "the speakers of the test part say sentences of their own"
    assert not any(sentence in texts for sentence in held_out)


def test_the_environment_says_what_a_figure_needs():
    facts = {"tonelens", "python", "torch", "transformers", "cores", "threads", "device", "precision"}
    assert facts <= set(environment("no"))


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [({"avx2": True}, "no"), ({"avx512_bf16": True}, "bf16"), ({"amx_bf16": True}, "bf16"), ({}, "no")],
)
def test_auto_precision_is_bf16_only_where_the_processor_computes_in_it(monkeypatch, capabilities, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert mixed_precision("auto") == precision
    assert mixed_precision("fp16") == "fp16"


def test_a_started_model_hears_the_new_clips_against_themselves(cuts, measures, recipe_with, cache, tmp_path):
    """Between what the start knew and what a training of its own would know, as `--adapt` does it."""
    recipe = recipe_with(
        streams={"pooling": "statistics"}, schedule={"asr_epochs": 0, "ser_epochs": 1}, data=ALL,
        utterance={"epochs": 1},
    )  # fmt: skip

    def heard(name, start=None):
        asked = start.recipe(recipe, cuts) if start else recipe
        folder = RunFolder(tmp_path / name)
        model = prepare(asked, cuts, measures, folder, cache, False, Quiet(), start).model
        return model.pooling.statistics

    before = train(recipe, cuts[: len(cuts) // 2], measures, tmp_path / "before", cache=cache)
    start = open_start(before)
    known, own = start.loaded.model.pooling.statistics, heard("own")
    moved = heard("moved", start)
    weight = len(cuts) / (len(cuts) + KAPPA)
    torch.testing.assert_close(moved.mean_S, (1 - weight) * known.mean_S + weight * own.mean_S)
    assert not torch.allclose(known.mean_S, own.mean_S, rtol=1e-3)
    variance_S = (1 - weight) * known.std_S**2 + weight * own.std_S**2
    torch.testing.assert_close(moved.std_S, variance_S.sqrt(), rtol=1e-4, atol=1e-5)
