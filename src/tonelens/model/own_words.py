"""Whether the words that a model wrote were heard, or are a sentence it learnt by heart.

Why       a small LLM that has read a few hundred sentences can write no others. On a sentence it never read
          it recites one that it knows; only how unsure it was betrays that.
Score     the sum of ln p over the tokens of the transcript and the closing quote (`Answer.certainty`): the
          log-probability of the whole sentence, so that one doubtful token is enough to make it unlikely.
Rule      at or above the threshold the transcript is kept, below it is not given.
Stored    in model.json as `words`; fitted by `tonelens.evaluation.own_words` on clips of voices and sentences
          that training did not have. A model without it keeps its transcripts, and says that nobody checked.
Source    decision 0012.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tonelens.errors import ModelError


@dataclass(frozen=True, slots=True)
class WordsCheck:
    """From which score on a model's own transcript is given, and what that means where it was fitted."""

    threshold: float
    """Nats; 0 or less. Transcripts at or above it are given."""
    fitted_on: str
    """Which clips, in words."""
    unheard: int
    """Clips of sentences that training did not have."""
    invented: float
    """Share of those that get a wrong transcript."""
    known: int
    """Clips of training sentences by unheard voices."""
    refused: float
    """Share of right transcripts of those that are not given."""

    def trusts(self, certainty: Sequence[float]) -> bool:
        """Whether a transcript with these token log-probabilities is given."""
        return score(certainty) >= self.threshold

    @classmethod
    def from_dict(cls, row: Any) -> WordsCheck:
        """The inverse of `to_dict`.

        Raises:
            ModelError: not such an object.
        """
        try:
            found = cls(**row)
            is_usable = math.isfinite(found.threshold)
        except TypeError as error:
            raise ModelError(
                f"model.json: words is damaged ({error!r}). Copy or train the model again."
            ) from None
        if not is_usable:
            raise ModelError(
                f"model.json: words has the threshold {found.threshold}, but it must be a finite number. "
                f"Copy or train the model again."
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)


def score(certainty: Sequence[float]) -> float:
    """ln p of a whole transcript; nothing written is not sure of anything."""
    return sum(certainty) if certainty else -math.inf
