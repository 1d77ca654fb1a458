"""A model from a recipe: seeded, so that the same recipe and texts give the same first weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import SPOKEN_CHOICES
from tonelens.emotions import LabelSet
from tonelens.model import language_model
from tonelens.model.explainer_model import ExplainerModel
from tonelens.recipe import Recipe

LOUDNESS = 1.5
"""Of the emotion's word in the summary token. At 1 and with a random bias the LLM may not find it in time, at
3 it hears the levels no more beside it."""


def build_model(
    recipe: Recipe, labels: LabelSet, texts: Iterable[str], *, encoder_layers: int, encoder_width: int
) -> tuple[ExplainerModel, Prompter]:
    """The untrained model and its prompter.

    Args:
        recipe: sizes and sources.
        labels: what it chooses among.
        texts: what a `scratch` tokenizer learns its words from (training part only).
        encoder_layers: L.
        encoder_width: H.

    Raises:
        ModelError: a pretrained part cannot be loaded.
    """
    torch.manual_seed(recipe.seed)
    if recipe.llm.source in (language_model.SCRATCH, language_model.NONE):
        tokenizer = language_model.train_tokenizer(texts, recipe.llm.vocabulary)
        is_none = recipe.llm.source == language_model.NONE
        llm = None if is_none else language_model.small_llama(recipe.llm, tokenizer)
    else:
        tokenizer = language_model.load_tokenizer(recipe.llm.source)
        llm = language_model.load_pretrained(recipe.llm, tokenizer, dtype=weight_type())
    model = ExplainerModel(
        recipe, llm, encoder_layers=encoder_layers, encoder_width=encoder_width, labels=len(labels)
    )
    prompter = Prompter(tokenizer, recipe.answer)
    if model.summary is not None and model.emotion_head is not None:
        begin_with_words(model, prompter, labels)
    return model, prompter


def begin_with_words(model: ExplainerModel, prompter: Prompter, labels: LabelSet) -> None:
    """Let the summary token begin as the expected word of the emotion head.

    A label's column becomes LOUDNESS times the LLM's embedding of the label's word (the mean, where that is
    several tokens), and the bias zero. From random columns an LLM learns to read the head late or never, and
    learns the training clips by heart. Where every head has a token of its own, so do the levels' columns;
    in one token for all they stay random: low pitch and low volume are the same word (docs/decisions/0021).
    """
    assert model.summary is not None and model.emotion_head is not None
    llm: Any = model.llm
    embeddings_VD = llm.get_input_embeddings().weight
    first = model.emotion_head.in_features if model.tells_latents else 0
    words = list(labels)
    if model.recipe.streams.verdict_tokens and model.descriptor_heads is not None:
        words += [word for slot in model.descriptor_heads for word in SPOKEN_CHOICES[slot]]
    with torch.no_grad():
        for column, word in enumerate(words, start=first):
            word_D = embeddings_VD[prompter.tokens(f" {word}")].float().mean(dim=0)
            model.summary.weight[:, column] = LOUDNESS * word_D
        model.summary.bias.zero_()


def weight_type() -> torch.dtype:
    """bfloat16 on a CUDA device, where an 8B model would not fit otherwise; float32 on a CPU."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32
