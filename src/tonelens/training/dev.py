"""What the dev part is for: the score that early stopping watches, and the final weights' calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from lhotse import MonoCut

from tonelens.batching.augment import NO_CHANGE
from tonelens.corpora.cuts import corpus_of, emotion_of, text_of
from tonelens.evaluation.calibration import fit_calibration
from tonelens.model.answering import Alteration, Answerer
from tonelens.model.checkpoint import ModelCard
from tonelens.model.confidence import naming
from tonelens.model.decoding import Answer
from tonelens.training.data import TrainingData
from tonelens.training.features import Features, key_of
from tonelens.training.soft_labels import label_shares

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
    heard = [answer.values["emotion"] for answer in dev_answers(answerer, data, features)]
    truth = np.array([emotion_of(cut) for cut in data.dev])
    hit = np.array(heard) == truth
    recalls = [float(hit[truth == label].mean()) for label in sorted(set(truth))]
    return DevScore(ua=float(np.mean(recalls)), wa=float(hit.mean()))


def dev_answers(answerer: Answerer, data: TrainingData, features: Features) -> list[Answer]:
    """The answer to every dev clip, in order."""
    return answers_to(data.dev, answerer, data, features)


def answers_to(
    cuts: Sequence[MonoCut],
    answerer: Answerer,
    data: TrainingData,
    features: Features,
    *,
    altered: Alteration | None = None,
) -> list[Answer]:
    """The answer to every one of the data's clips, in order; in batches of similar length, given words as in
    training. `altered` changes what the streams say of a batch."""
    takes_words = answerer.model.recipe.answer.given_transcript
    order = sorted(range(len(cuts)), key=lambda i: cuts[i].duration)
    said: dict[int, Answer] = {}
    for start in range(0, len(order), BATCH_SIZE):
        chosen = order[start : start + BATCH_SIZE]
        words = [{"transcript": text_of(cuts[i]) or ""} for i in chosen] if takes_words else None
        earlier = [data.earlier.get(cuts[i].id, ()) for i in chosen]
        clips = [features[key_of(cuts[i], NO_CHANGE)] for i in chosen]
        answers = answerer.answer(clips, words, earlier, altered=altered)
        said.update(zip(chosen, answers, strict=True))
    return [said[number] for number in range(len(cuts))]


def calibrated(card: ModelCard, answerer: Answerer, data: TrainingData, features: Features) -> ModelCard:
    """The card with what the dev part says of the model's probabilities; without enough clips unchanged."""
    if not data.dev:
        return card
    answers = dev_answers(answerer, data, features)
    is_soft = answerer.model.recipe.data.soft_labels
    heard = [naming(answer.values["emotion"], answer.heard) for answer in answers if answer.heard is not None]
    fitted = fit_calibration(
        heard or [answer.probabilities["emotion"] for answer in answers],
        [emotion_of(cut) for cut in data.dev],
        fitted_on=f"dev part of {', '.join(sorted({corpus_of(cut) for cut in data.dev}))}"
        + (", its votes" if is_soft else ""),
        reads="head" if heard else "text",
        votes=_votes(data) if is_soft else None,
    )
    return replace(card, calibration=fitted)


def _votes(data: TrainingData) -> list[tuple[float, ...]]:
    """Of every dev clip; none of those whose label was never trained, which count for no temperature."""
    return [
        label_shares(cut, data.labels) if emotion_of(cut) in data.labels.labels else () for cut in data.dev
    ]
