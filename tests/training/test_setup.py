import pytest
import torch

from builders import small_recipe
from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import Choice, answer_grammar
from tonelens.model.language_model import train_tokenizer
from tonelens.training.data import training_data
from tonelens.training.setup import environment, mixed_precision, tokenizer_texts

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
