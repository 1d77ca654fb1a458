"""Whether a model's own transcripts can be trusted: measured on sentences that its training did not have.

Clips     of voices that training did not have; of two kinds: known sentences (training had them, from other
          voices) and unheard ones. A model that has read few sentences writes one of them for an unheard
          one: that is an invented transcript.
Right     the same words after `transcripts.normalise`; every other transcript is wrong.
Threshold the lowest one that lets a wrong transcript through for at most MOST_INVENTED of the unheard clips,
          so that as few right ones as possible are refused. The score is `model.own_words.score`.
Source    decision 0012.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import Tensor

from tonelens.errors import CorpusError
from tonelens.evaluation.transcripts import normalise, word_errors
from tonelens.model.answering import Answerer
from tonelens.model.own_words import WordsCheck, score

MOST_INVENTED = 0.05
BATCH_SIZE = 16


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote for one clip, without any check."""

    reference: str
    text: str
    score: float
    """ln p of the transcript."""
    is_known: bool
    """Training had this sentence."""

    @property
    def is_right(self) -> bool:
        """Every word is right, and no other was written."""
        return normalise(self.text) == normalise(self.reference)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a threshold does; shares of clips, 0 to 1."""

    invented: float
    """Of the unheard clips: a wrong transcript is given."""
    wrong: float
    """Of the known clips: a wrong transcript is given."""
    refused: float
    """Of the known clips with a right transcript: it is not given. 0 where there are none."""
    given: float
    """Of the known clips: a right transcript is given."""


def write_words(
    answerer: Answerer, clips: Sequence[tuple[Tensor, str]], taught: Collection[str]
) -> list[Written]:
    """What a model writes for clips, each its hidden states (T, L, H) and its text.

    `taught` holds the texts of the training.
    """
    known = {normalise(text) for text in taught}
    order = sorted(range(len(clips)), key=lambda number: len(clips[number][0]))
    written: dict[int, Written] = {}
    for start in range(0, len(order), BATCH_SIZE):
        chosen = order[start : start + BATCH_SIZE]
        for number, answer in zip(
            chosen, answerer.answer([clips[number][0] for number in chosen]), strict=True
        ):
            text = clips[number][1]
            sure = score(answer.certainty["transcript"])
            written[number] = Written(text, answer.values["transcript"], sure, normalise(text) in known)
    return [written[number] for number in range(len(clips))]


def fit_words(
    written: Sequence[Written], fitted_on: str, *, most_invented: float = MOST_INVENTED
) -> WordsCheck:
    """The threshold that lets through at most `most_invented`.

    Raises:
        CorpusError: no clip of an unheard sentence, or none of a known one.
    """
    unheard = [clip for clip in written if not clip.is_known]
    known = [clip for clip in written if clip.is_known]
    if not unheard or not known:
        raise CorpusError(
            f"{len(known)} clips of training sentences and {len(unheard)} of others: words need both kinds. "
            f"Hold some sentences out of the training, and give clips of both kinds by other voices."
        )
    wrong = sorted((clip.score for clip in unheard if not clip.is_right), reverse=True)
    allowed = math.floor(most_invented * len(unheard))
    worst = wrong[allowed] if len(wrong) > allowed else min(clip.score for clip in written)
    threshold = math.nextafter(worst, math.inf) if len(wrong) > allowed else worst
    if not math.isfinite(threshold):
        threshold = 0.0  # nothing written: nothing is given
    found = rates(written, threshold)
    return WordsCheck(
        threshold=threshold,
        fitted_on=fitted_on,
        unheard=len(unheard),
        invented=found.invented,
        known=len(known),
        refused=found.refused,
    )


def rates(written: Sequence[Written], threshold: float) -> Rates:
    """What a threshold does on clips of both kinds."""
    unheard = [clip for clip in written if not clip.is_known]
    known = [clip for clip in written if clip.is_known]
    right = [clip for clip in known if clip.is_right]
    return Rates(
        invented=_share([clip.score >= threshold and not clip.is_right for clip in unheard]),
        wrong=_share([clip.score >= threshold and not clip.is_right for clip in known]),
        refused=_share([clip.score < threshold for clip in right]),
        given=_share([clip.score >= threshold and clip.is_right for clip in known]),
    )


def error_rate(written: Sequence[Written]) -> float:
    """Word error rate of what was written, unchecked.

    Raises:
        CorpusError: no reference has a word.
    """
    errors = [word_errors(clip.reference, clip.text) for clip in written]
    words = sum(found[3] for found in errors)
    if not words:
        raise CorpusError("no clip has a text, so there are no word errors. Give clips with texts.")
    return sum(sum(found[:3]) for found in errors) / words


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
