"""Does the LLM say what the heads decide? Asked of the training clips themselves.

    training clips -> each is told another's utterance latent -> does the text name what the heads then say?

The heads are right on nearly all training clips, so an LLM that knows those clips by heart looks in every
loss like one that reads the heads. Exchanged latents part the two: frames of one clip, verdict of another.

Source    ours; docs/decisions/0021.
"""

from __future__ import annotations

from torch import Tensor

from tonelens.corpora.cuts import emotion_of
from tonelens.model.answering import Answerer
from tonelens.model.explainer_model import ExplainerModel, Voice
from tonelens.training.data import TrainingData
from tonelens.training.dev import answers_to
from tonelens.training.features import Features

MOST_CLIPS = 64
"""Asked, evenly spread over the training clips."""
FEWEST = 8
"""Clips with another emotion's verdict; with fewer nothing is said."""


def share_that_reads(answerer: Answerer, data: TrainingData, features: Features) -> float | None:
    """The share of clips whose text names the emotion that exchanged heads decide.

    Counted are clips whose heads, given another clip's utterance latent, decide for another emotion than
    the clip's label. None without an LLM or without deciding heads, and of too few such clips. Leaves the
    model in eval mode.
    """
    if answerer.model.llm is None or not answerer.model.recipe.head_decides:
        return None
    count = min(MOST_CLIPS, len(data.train))
    cuts = [data.train[len(data.train) * place // count] for place in range(count)]
    reads: list[bool] = []
    answers = answers_to(cuts, answerer, data, features, altered=_exchanged)
    for cut, answer in zip(cuts, answers, strict=True):
        assert answer.heard is not None
        decided = max(answer.heard, key=answer.heard.__getitem__)
        if decided != emotion_of(cut):
            reads.append(answer.values["emotion"] == decided)
    return sum(reads) / len(reads) if len(reads) >= FEWEST else None


def _exchanged(model: ExplainerModel, voice: Voice, is_speech_BT: Tensor) -> Voice:
    """Every clip of the batch with the utterance latent of the one before it."""
    assert voice.utterance is not None
    return model.altered(voice, is_speech_BT, utterance_BTZ=voice.utterance.z_BTZ.roll(1, dims=0))
