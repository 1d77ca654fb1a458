"""What a foreign system answers, checked before any score rests on it.

Rule      label -> probability, at least one label, no empty one; probabilities finite, at least 0, their sum
          within MOST_OFF of 1 (then divided by it); the same labels for every clip of one system.
Text      claims are read out of it by `descriptors.free_text`; where it says two levels of one descriptor,
          or excludes one, that stays in the text alone, for `evidence.agreement` to judge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tonelens.descriptors.free_text import plain_claims
from tonelens.errors import ModelError
from tonelens.evidence.backend import Heard

MOST_OFF = 1e-3
"""How far from 1 the probabilities may sum."""
SHOWN_CHARACTERS = 80
FORM = '{"probabilities": {"anger": 0.8, "neutral": 0.2}, "text": "..."}'


@dataclass(slots=True)
class AnswerCheck:
    """Checks the answers of one system, and that their labels stay the same."""

    name: str
    """The system's, for messages."""
    _labels: tuple[str, ...] | None = field(default=None, init=False)

    def heard(self, clip: str, probabilities: object, text: object = "") -> Heard:
        """A checked answer to the clip of this name; labels in the order of the first answer.

        Raises:
            ModelError: the answer breaks a rule.
        """
        shares = self._probabilities(clip, probabilities)
        if not isinstance(text, str):
            raise self.refusal(clip, f"a text of type {type(text).__name__}", "a text is a string")
        labels = self._labels = self._labels or tuple(shares)
        if set(labels) != set(shares):
            found = f"the labels {_listed(shares)}, but {_listed(labels)} before"
            raise self.refusal(clip, found, "the labels are the same for every clip")
        return Heard(
            probabilities={label: shares[label] for label in labels}, claims=plain_claims(text), text=text
        )

    def heard_json(self, clip: str, answer: str | bytes) -> Heard:
        """The same from JSON: an object with `probabilities` and, if it likes, `text`.

        Raises:
            ModelError: it is no such JSON, or breaks a rule.
        """
        try:
            row = json.loads(answer)
        except (ValueError, RecursionError):  # no JSON, no UTF-8, or far too deep
            raise self.refusal(clip, _quoted(answer), f"an answer is JSON like {FORM}") from None
        if not isinstance(row, dict) or "probabilities" not in row:
            raise self.refusal(clip, _quoted(answer), f"an answer is JSON like {FORM}")
        text = row.get("text")
        return self.heard(clip, row["probabilities"], "" if text is None else text)

    def refusal(self, clip: str, found: str, rule: str) -> ModelError:
        """The error that names system, clip, what was found, the rule and the way out."""
        return ModelError(f"{self.name}: {clip}: answered {found}, but {rule}. Correct the system's answer.")

    def _probabilities(self, clip: str, answer: object) -> dict[str, float]:
        if not isinstance(answer, Mapping) or not answer:
            found = "no labels" if isinstance(answer, Mapping) else f"a {type(answer).__name__}"
            raise self.refusal(clip, found, "an answer maps labels to probabilities")
        for label in answer:
            if not isinstance(label, str) or not label.strip():
                raise self.refusal(clip, f"the label {label!r}", "a label is a word")
        shares = {label: _number(value) for label, value in answer.items()}
        for label, share in shares.items():
            if not math.isfinite(share) or share < 0:
                found = f"{label}: {answer[label]!r}"
                raise self.refusal(clip, found, "a probability is a number of at least 0")
        total = math.fsum(shares.values())
        if abs(total - 1) > MOST_OFF:
            rule = f"probabilities sum to 1 within {MOST_OFF:g}"
            raise self.refusal(clip, f"probabilities that sum to {total:.4g}", rule)
        return {label: share / total for label, share in shares.items()}


def first_line(error: BaseException) -> str:
    """What a foreign error says, in one line; its type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")


def _number(value: Any) -> float:
    """NaN for what is no number; numbers of numpy and torch are numbers."""
    if isinstance(value, bool | str | bytes):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return math.nan


def _quoted(answer: str | bytes) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    line = " ".join(text.split())
    if not line:
        return "nothing"
    return repr(line[:SHOWN_CHARACTERS] + "..." * (len(line) > SHOWN_CHARACTERS))


def _listed(labels: Mapping[str, float] | tuple[str, ...]) -> str:
    return ", ".join(sorted(labels))
