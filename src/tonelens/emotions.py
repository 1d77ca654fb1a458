"""Emotion label sets: the field's words, their synonyms, and anybody's own set.

A label is a lower-case word. `CANONICAL` is the union over the corpora; a corpus uses a part of it,
and a user's own set may hold any words at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tonelens.errors import LabelError

CANONICAL = (
    "neutral",
    "calm",
    "happiness",
    "sadness",
    "anger",
    "fear",
    "disgust",
    "surprise",
    "boredom",
)

SYNONYMS = {
    "happy": "happiness",
    "joy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "fearful": "fear",
    "anxiety": "fear",
    "disgusted": "disgust",
    "surprised": "surprise",
    "pleasant_surprise": "surprise",
    "ps": "surprise",
    "bored": "boredom",
}


def canonical(word: str) -> str:
    """`Angry` -> `anger`; a word without a known synonym is only trimmed and lower-cased."""
    cleaned = " ".join(word.strip().lower().split())
    return SYNONYMS.get(cleaned, cleaned)


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels a model chooses among, in a fixed order."""

    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise LabelError(f"a label set needs at least two labels, but has {list(self.labels)}.")
        for label in self.labels:
            if label != " ".join(label.split()) or not label or not label.isprintable():
                raise LabelError(f"label {label!r}: a label is one or more printable words. Rename it.")
        if len(set(self.labels)) != len(self.labels):
            raise LabelError(f"a label occurs twice in {list(self.labels)}. Name each once.")

    @classmethod
    def of(cls, words: Iterable[str]) -> LabelSet:
        """The set of all words seen: canonical ones in the field's order, then others by alphabet."""
        found = set(words)
        known = [label for label in CANONICAL if label in found]
        return cls(tuple(known + sorted(found - set(known))))

    def index(self, label: str) -> int:
        """Position of `label`.

        Raises:
            LabelError: the set does not have it.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise LabelError(
                f"label {label!r} is not one of {', '.join(self.labels)}. "
                f"Correct the label, or train with a label set that has it."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)
