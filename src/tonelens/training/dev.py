"""The dev score that early stopping watches: emotion read from generated answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from lhotse import MonoCut

from tonelens.batching.augment import NO_CHANGE
from tonelens.corpora.cuts import emotion_of
from tonelens.model.answering import Answerer
from tonelens.training.data import TrainingData
from tonelens.training.features import Features, key_of

BATCH_SIZE = 16


@dataclass(frozen=True, slots=True)
class DevScore:
    """Fractions over the dev part."""

    ua: float
    """Macro recall."""
    wa: float
    """Accuracy."""

    def to_dict(self) -> dict[str, float]:
        """For metrics.jsonl."""
        return asdict(self)


def dev_score(answerer: Answerer, data: TrainingData, features: Features) -> DevScore:
    """Generate answers for the dev part and compare their emotion with the label."""
    heard = said_emotions(answerer, data.dev, features)
    truth = np.array([emotion_of(cut) for cut in data.dev])
    hit = np.array(heard) == truth
    recalls = [float(hit[truth == label].mean()) for label in sorted(set(truth))]
    return DevScore(ua=float(np.mean(recalls)), wa=float(hit.mean()))


def said_emotions(answerer: Answerer, cuts: Sequence[MonoCut], features: Features) -> list[str]:
    """The generated emotion of every cut, in order; computed in batches of similar length."""
    order = sorted(range(len(cuts)), key=lambda i: cuts[i].duration)
    said = [""] * len(cuts)
    for start in range(0, len(order), BATCH_SIZE):
        chosen = order[start : start + BATCH_SIZE]
        answers = answerer.answer([features[key_of(cuts[i], NO_CHANGE)] for i in chosen])
        for index, answer in zip(chosen, answers, strict=True):
            said[index] = answer.values["emotion"]
    return said
