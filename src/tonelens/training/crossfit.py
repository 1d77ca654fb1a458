"""Honest probabilities without a dev part: every training clip is judged by a network that never heard it.

    training speakers -> GROUPS groups -> for each: a copy of the side learns from the others
    (training.utterance) -> emotion probabilities of the clips left out -> temperature and thresholds, as
    on a dev part

Speakers are dealt corpus by corpus, so that no network is without a whole corpus, which would judge it as
a stranger. With `data.divided` only that corpus is judged, as only its unheard voices will be; the others
train every network. Clips whose speaker is not known are groups of their own. A network begins as the model
does, with as many members: one alone is less calm than their mean and would make the model far too modest.
For the temperature all voices weigh alike, however many clips each has: an unheard voice is what it is for.

Shapes    N training clips, C labels.
Source    cross-validated calibration is J. Platt's, "Probabilistic outputs for support vector machines",
          1999, section 2.1; here the groups are speakers. docs/decisions/0016.
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.corpora.cuts import corpus_of, speaker_of
from tonelens.evaluation.calibration import MIN_CLIPS, fit_calibration
from tonelens.model.confidence import Calibration
from tonelens.progress import Reporter
from tonelens.recipe import Recipe
from tonelens.training.utterance import UtteranceData, UtteranceSide, learn_utterance

TRAINS_ALWAYS = -1
"""The group of clips that are not judged."""
GROUPS = 5
"""Of speakers; as many as speakers where there are fewer. With 3, a network has heard too few voices."""


class Voice(NamedTuple):
    """Whose a clip is."""

    corpus: str
    speaker: str
    """A name of its own for every clip whose speaker is not known."""


def voices_of(cuts: Sequence[MonoCut]) -> list[Voice]:
    """Of every clip."""
    return [Voice(corpus_of(cut), speaker_of(cut) or cut.id) for cut in cuts]


def crossfitted(
    side: UtteranceSide,
    data: UtteranceData,
    labels: Sequence[str],
    voices: Sequence[Voice],
    recipe: Recipe,
    reporter: Reporter,
) -> Calibration | None:
    """The calibration of the emotion head; None for too few clips, or a single speaker.

    Args:
        side: the parts to be calibrated, before they learn from the clips; they stay as they are.
        data: the training clips.
        labels: names of the head's classes.
        voices: of every training clip.
        recipe: as the side is trained.
        reporter: told of every epoch.
    """
    group_N = groups_of(voices, recipe.data.divided)
    judged = (group_N != TRAINS_ALWAYS).nonzero().squeeze(1)
    groups = int(group_N.max()) + 1
    if groups < 2 or len(judged) < MIN_CLIPS:
        return None
    shares_NC = torch.zeros(len(voices), len(labels))
    for group in range(groups):
        known, unknown = (group_N != group).nonzero().squeeze(1), (group_N == group).nonzero().squeeze(1)
        judge = copy.deepcopy(side)
        learn_utterance(judge, data.of(known), recipe, reporter, title=f"calibration {group + 1} of {groups}")
        judge.eval()
        with torch.no_grad():
            shares_NC[unknown] = judge.emotion_logits(data.rows_ANS[0, unknown]).softmax(dim=-1)
    return fit_calibration(
        [dict(zip(labels, shares, strict=True)) for shares in shares_NC[judged].tolist()],
        [labels[index] for index in data.emotion_N[judged].tolist()],
        fitted_on=_fitted_on(groups, recipe),
        reads="head",
        votes=None if data.shares_NC is None else data.shares_NC[judged].tolist(),
        weights=alike([voices[number] for number in judged.tolist()]),
    )


def alike(voices: Sequence[Voice]) -> list[float]:
    """A weight for every clip by which all voices weigh alike."""
    clips = Counter(voices)
    return [1 / clips[voice] for voice in voices]


def _fitted_on(groups: int, recipe: Recipe) -> str:
    clips = f"training clips of {recipe.data.divided}" if recipe.data.divided else "training clips"
    votes = ", their votes" if recipe.data.soft_labels else ""
    return f"{clips}, each judged without its speaker ({groups} groups){votes}"


def groups_of(voices: Sequence[Voice], divided: str = "") -> Tensor:
    """The group 0 to GROUPS - 1 of every clip (N,): speakers by hash, dealt corpus by corpus.

    With `divided`, clips of other corpora are TRAINS_ALWAYS.
    """

    def place(voice: Voice) -> tuple[str, str]:
        return voice.corpus, hashlib.sha256(voice.speaker.encode()).hexdigest()

    order = sorted({voice for voice in voices if divided in ("", voice.corpus)}, key=place)
    group = {voice: number % GROUPS for number, voice in enumerate(order)}
    return torch.tensor([group.get(voice, TRAINS_ALWAYS) for voice in voices])
