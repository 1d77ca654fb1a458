"""Does the LLM say what the heads decide? Asked of the training clips themselves.

    training clips -> each is told another's utterance latent -> does the text name what the heads then say?

The heads are right on nearly all training clips, so an LLM that knows those clips by heart looks in every
loss like one that reads the heads. Exchanged latents part the two: frames of one clip, verdict of another.

Source    ours; docs/decisions/0021.
"""

from __future__ import annotations

from torch import Tensor

from tonelens.model.answering import Answerer
from tonelens.model.explainer_model import ExplainerModel, Voice
from tonelens.training.data import TrainingData, spoken_values
from tonelens.training.dev import answers_to
from tonelens.training.features import Features

MOST_CLIPS = 64
"""Asked, evenly spread over the training clips."""
FEWEST = 8
"""Clips with another verdict; with fewer nothing is said."""


def share_that_reads(answerer: Answerer, data: TrainingData, features: Features) -> float | None:
    """The share of clips whose text names what exchanged heads decide: the emotion, or the level read worst.

    Counted are clips whose heads, given another clip's utterance latent, decide for something else than what
    the clip was taught with; levels count where gauges decide them. None without an LLM or without deciding
    heads, and of too few such clips. Leaves the model in eval mode.
    """
    if answerer.model.llm is None or not answerer.model.recipe.head_decides:
        return None
    count = min(MOST_CLIPS, len(data.train))
    cuts = [data.train[len(data.train) * place // count] for place in range(count)]
    reads: dict[str, list[bool]] = {}
    answers = answers_to(cuts, answerer, data, features, altered=_exchanged)
    for cut, answer in zip(cuts, answers, strict=True):
        assert answer.heard is not None
        decided = {"emotion": max(answer.heard, key=answer.heard.__getitem__), **answer.gauged}
        own = spoken_values(cut, data.measures[cut.id], data.levels, answerer.model.recipe.data)
        for slot in decided.keys() & answer.values.keys():
            if decided[slot] != own[slot]:
                reads.setdefault(slot, []).append(answer.values[slot] == decided[slot])
    return min((sum(said) / len(said) for said in reads.values() if len(said) >= FEWEST), default=None)


def _exchanged(model: ExplainerModel, voice: Voice, is_speech_BT: Tensor) -> Voice:
    """Every clip of the batch with the utterance latent of the one before it."""
    assert voice.utterance is not None
    return model.altered(voice, is_speech_BT, utterance_BTZ=voice.utterance.z_BTZ.roll(1, dims=0))
