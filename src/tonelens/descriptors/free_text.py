"""What a text says about a voice, as claims: "speaks quickly in a loud voice" -> speed fast, volume high.

    text -> tokens without quotes -> clauses -> level words beside their heads -> claims

Rules     of each clause, in this order; a level word is used once:
          alone      `shouts` means it by itself
          group      level words before a head: "a loud, high-pitched voice", "normal pitch and volume"
          predicate  level words behind a head and a copula: "her voice is slow", "pitch: high"
          verb       adverbs about a verb of speaking: "speaks very quickly"
Negation  "not loud" does not say which level is right, only that one is wrong: the claim has that level and
          `is_excluded`. It is true of a voice that was measured as any other level.
Not said  changes ("gets louder"), comparisons with somebody ("faster than she did"), other things ("a fast
          car", "music in the background") and what is quoted make no claim. "A low voice" may mean pitch or
          volume: it is given by `unclear_in`, not guessed.
Words     `free_text_words`; measured on sentences labelled by hand: tests/descriptors/test_free_text.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tonelens.descriptors import free_text_words as words
from tonelens.descriptors.free_text_clause import Clause, Hit
from tonelens.descriptors.free_text_tokens import clauses_of, without_quotes


@dataclass(frozen=True, slots=True, order=True)
class FoundClaim:
    """One claim in a text."""

    start: int
    """Of its first character."""
    end: int
    """Behind its last character."""
    descriptor: str
    level: str
    is_excluded: bool = False
    """The text says that the voice does *not* have this level."""

    def __str__(self) -> str:
        return f"{self.descriptor.replace('_', ' ')} {'not ' * self.is_excluded}{self.level}"


@dataclass(frozen=True, slots=True, order=True)
class Unclear:
    """Words that could be meant for more than one descriptor."""

    start: int
    end: int
    text: str


def claims_in(text: str) -> tuple[FoundClaim, ...]:
    """Every claim of an English text, in its order; contradictory ones, too.

    >>> [str(claim) for claim in claims_in("She speaks quickly, but not in a loud voice.")]
    ['speed fast', 'volume not high']
    """
    return tuple(
        sorted(
            FoundClaim(hit.start, hit.end, hit.descriptor, hit.level, hit.is_excluded)
            for hit in _hits(text)
            if hit.descriptor != words.UNCLEAR
        )
    )


def unclear_in(text: str) -> tuple[Unclear, ...]:
    """Words of a text that say something of pitch or volume, but not of which: "a low voice"."""
    found = (hit for hit in _hits(text) if hit.descriptor == words.UNCLEAR)
    return tuple(sorted(Unclear(hit.start, hit.end, text[hit.start : hit.end]) for hit in found))


def plain_claims(text: str) -> dict[str, str]:
    """The level of each descriptor of which the text says exactly one; exclusions are no level.

    >>> plain_claims("A loud, slow voice. It is fast.")
    {'volume': 'high'}
    """
    said: dict[str, set[str]] = {}
    for claim in claims_in(text):
        if not claim.is_excluded:
            said.setdefault(claim.descriptor, set()).add(claim.level)
    return {descriptor: levels.pop() for descriptor, levels in said.items() if len(levels) == 1}


def gender_in(text: str) -> str | None:
    """`male` or `female`, where a text speaks of one of them alone: the group that its levels refer to."""
    spoken_of = re.findall(r"\w+", without_quotes(text).lower())
    found = {
        gender for gender, cell in words.GENDERS.items() if not set(words.entries(cell)).isdisjoint(spoken_of)
    }
    return found.pop() if len(found) == 1 else None


def emphasised_in(text: str) -> tuple[str, ...]:
    """The quoted words that a text calls emphasised: "with emphasis on 'never'" -> never."""
    return tuple(match.group(1).strip(" .,!?").lower() for match in _EMPHASISED.finditer(text))


def _hits(text: str) -> Iterator[Hit]:
    for clause in clauses_of(text):
        yield from Clause(clause).read()


_EMPHASISED = re.compile(
    rf"\b(?:{'|'.join(words.entries(words.EMPHASISES))})(?:\s+(?:is|laid|put|on|upon|the|word|falls))*"
    r"\s+[\"'“‘]([\w’'-]+?[.,!?]?)[\"'”’](?!\w)",
    re.IGNORECASE,
)


__all__ = ["FoundClaim", "Unclear", "claims_in", "emphasised_in", "gender_in", "plain_claims", "unclear_in"]
