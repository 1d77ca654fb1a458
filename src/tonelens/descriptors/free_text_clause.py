"""One clause of a text: which level words stand beside which heads, and which of them are negated.

The rules are applied in the order of `free_text`; the words are those of `free_text_words`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tonelens.descriptors import free_text_words as words
from tonelens.descriptors.free_text_tokens import Token, entry_key

FARTHEST = 9
"""Tokens between a level word and its head."""
MOST_UNKNOWN = 2
"""Unknown words that a negation reaches across."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A level that a clause speaks of."""

    start: int
    end: int
    descriptor: str
    """`words.UNCLEAR` where it could be one of two."""
    level: str
    is_excluded: bool


def _kind(cell: str) -> frozenset[str]:
    return frozenset(map(entry_key, words.entries(cell)))


def _levels(rows: tuple[tuple[str, str, str, str], ...]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """(word, class of head) -> (descriptor, level)."""
    return {
        (entry_key(word), head): (descriptor, level)
        for cell, heads, descriptor, level in rows
        for word in words.entries(cell)
        for head in words.entries(heads)
    }


HEADS = {entry_key(head): kind for kind, cell in words.HEADS.items() for head in words.entries(cell)}
LEVELS = _levels(words.LEVEL_WORDS)
NONE_AT_ALL = _levels(words.NONE_AT_ALL)
ALONE = {entry_key(word): row[1:] for row in words.ALONE for word in words.entries(row[0])}
LEVEL_WORDS = {word for word, _ in LEVELS}
ADJECTIVAL, BASELINES, CHANGING = _kind(words.ADJECTIVAL), _kind(words.BASELINES), _kind(words.CHANGING)
NEGATIONS, DEGREES, COPULAS = _kind(words.NEGATIONS), _kind(words.DEGREES), _kind(words.COPULAS)
DETERMINERS, PREPOSITIONS, TOPICS = _kind(words.DETERMINERS), _kind(words.PREPOSITIONS), _kind(words.TOPICS)
CONNECTORS, SUBJECTS, FOREIGN = _kind(words.CONNECTORS), _kind(words.SUBJECTS), _kind(words.FOREIGN)
MODALS = _kind(words.MODALS)
ELSEWHERE, SKIPPED = _kind(words.ELSEWHERE), DEGREES | _kind(words.NO_NEGATIONS) | BASELINES
PARTS = DETERMINERS | PREPOSITIONS | SUBJECTS | TOPICS
"""Words that begin another part of the clause."""


@dataclass(slots=True)
class Clause:
    """One clause while it is read."""

    tokens: list[Token]
    hits: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict)
    """(place of the level word, descriptor) -> level, place where the claim ends."""

    def read(self) -> Iterator[Hit]:
        """All claims; unclear ones have no level."""
        if any(token.text in ELSEWHERE for token in self.tokens):
            return
        for place, token in enumerate(self.tokens):
            if token.text in ALONE and not self._is_in_general(place):
                descriptor, level = ALONE[token.text]
                self.hits[place, descriptor] = (level, place)
        heads = [
            place for place in range(len(self.tokens)) if self._head(place) not in ("", "verb", "person")
        ]
        groups: dict[int, list[int]] = {}
        for head in sorted(heads, key=lambda place: self._text(place) not in ADJECTIVAL):
            groups[head] = self._read_group(head, groups)
        for head in range(len(self.tokens)):
            if self._head(head) not in ("", "verb"):
                self._read_predicate(head)
        for head in range(len(self.tokens)):
            if self._head(head) == "verb":
                self._read_verb(head)
        for (place, descriptor), (level, last) in self.hits.items():
            is_excluded = descriptor != words.UNCLEAR and self._is_negated(place)
            start, end = self.tokens[place].start, self.tokens[last].end
            yield Hit(start, end, descriptor, level, is_excluded)

    def _is_in_general(self, place: int) -> bool:
        """Whether an act is spoken of, not done: "whispering cannot be told from noise"."""
        return place == 0 and self._text(place).endswith("ing") and self._text(1) in MODALS

    def _read_group(self, head: int, groups: dict[int, list[int]]) -> list[int]:
        """Level words before a head; for `volume` of "low pitch and volume" those of `pitch`."""
        kind = self._head(head)
        found: list[int] = []
        stop = head - 1
        while stop >= 0 and head - stop <= FARTHEST and not self._ends_group(stop, head):
            if (self._word(stop), kind) in LEVELS:
                found.append(stop)
            stop -= 1
        if not found and kind in words.DIMENSIONS and stop >= 0:
            found = self._shared(head, stop, groups)
        if not found and stop >= 0 and (self._text(stop), kind) in NONE_AT_ALL:
            descriptor, level = NONE_AT_ALL[self._text(stop), kind]
            self.hits[stop, descriptor] = (level, head)
        if self._text(head - 1) == "in" and kind in words.DIMENSIONS:
            found += [head - 2] if (self._word(head - 2), kind) in LEVELS else []
        for place in found:
            self._attach(place, kind, head if head == place + 1 else place, shared=place < stop)
        return found

    def _ends_group(self, place: int, head: int) -> bool:
        text, kind = self._text(place), self._head(place)
        if text in CONNECTORS:
            return place == head - 1
        if kind not in ("", "person"):
            return text not in ADJECTIVAL
        return text in PARTS or text in COPULAS or text in NEGATIONS or text in FOREIGN

    def _shared(self, head: int, stop: int, groups: dict[int, list[int]]) -> list[int]:
        """The level words of the head before, where only a connector stands between the two."""
        before = head - 1
        while before >= 0 and self._text(before) in CONNECTORS:
            before -= 1
        is_next = before < head - 1 and self._head(before) in words.DIMENSIONS
        is_subject = self._text(head + 1) in COPULAS
        return groups.get(before, []) if is_next and not is_subject else []

    def _read_predicate(self, head: int) -> None:
        """Level words behind a copula: "the volume of her voice is low"; also behind a bare dimension."""
        place = head + 1
        if self._is_complement(head):
            return
        if self._text(place) == "of":
            place = next((p for p in range(place, place + 4) if self._text(p) in COPULAS), place)
        while self._text(place) in SKIPPED or self._text(place) in NEGATIONS:
            place += 1
        if self._text(place) in COPULAS:
            place += 1
        elif not self._is_bare_predicate(head, place):
            return
        while place < len(self.tokens) and not self._ends_predicate(place):
            for subject in (head, *self._coordinated(head)):
                self._attach(place, self._head(subject), place, shared=subject != head)
            place += 1

    def _is_bare_predicate(self, head: int, place: int) -> bool:
        """Whether `place` ends a list entry without copula: "volume high, pace slow"."""
        is_level = self._word(place) in LEVEL_WORDS and self._head(place + 1) not in words.DIMENSIONS
        return is_level and self._head(head) in words.DIMENSIONS

    def _is_complement(self, head: int) -> bool:
        """Whether the head belongs to another noun: `voice` in "the state of her voice is"."""
        first = head - 1
        while first >= 0 and self._text(first) not in PARTS and self._text(first) not in COPULAS:
            first -= 1
        return "of" in (self._text(first), self._text(first - 1))

    def _coordinated(self, head: int) -> list[int]:
        """The dimensions before a head: `pitch` of "pitch and volume are"."""
        found, place = [], head - 1
        while place >= 1 and self._text(place) in CONNECTORS and self._head(place - 1) in words.DIMENSIONS:
            found.append(place - 1)
            place -= 2
        return found

    def _ends_predicate(self, place: int) -> bool:
        text, is_head = self._text(place), self._head(place) not in ("", "person")
        is_before_head = self._head(place + 1) in words.DIMENSIONS and self._text(place + 1) not in ADJECTIVAL
        is_level = self._word(place) in LEVEL_WORDS
        return text in PARTS or (is_head and text not in ADJECTIVAL) or (is_level and is_before_head)

    def _read_verb(self, head: int) -> None:
        """Adverbs behind a verb of speaking up to its topic, and directly before it."""
        place, is_bare = head + 1, True
        while place < len(self.tokens) and not self._ends_verb(place):
            is_bare = is_bare and self._text(place) not in PARTS
            if is_bare or self._word(place).endswith("ly"):
                self._attach(place, "verb", place)
            place += 1
        place = head - 1
        is_adjectival = self._text(head) in ADJECTIVAL
        while place >= 0 and self._is_beside_verb(place):
            if is_adjectival or self._word(place).endswith("ly"):
                self._attach(place, "verb", head if head == place + 1 else place)
            place -= 1

    def _is_beside_verb(self, place: int) -> bool:
        return (self._word(place), "verb") in LEVELS or self._text(place) in CONNECTORS | DEGREES

    def _ends_verb(self, place: int) -> bool:
        text = self._text(place)
        return text in TOPICS or text in SUBJECTS or text in COPULAS or self._head(place) == "verb"

    def _attach(self, place: int, kind: str, last: int, *, shared: bool = False) -> None:
        """Keep a level word beside a head; a used one only where heads share it."""
        meant = LEVELS.get((self._word(place), kind))
        is_used = any(used == place for used, _ in self.hits)
        if meant is not None and self._is_level(place) and (shared or not is_used):
            self.hits.setdefault((place, meant[0]), (meant[1], last))

    def _is_level(self, place: int) -> bool:
        """Whether a level word says how the voice is, rather than how it changes or compares."""
        token, following = self.tokens[place], self._text(place + 1)
        if following in FOREIGN or self._text(place - 1) in CHANGING:
            return False
        if token.is_glued and not (following in HEADS or following in LEVEL_WORDS | BASELINES | CONNECTORS):
            return False
        twice = (self._text(place + 2), self._text(place - 2))
        if "and" in (following, self._text(place - 1)) and token.text in twice:  # louder and louder
            return False
        is_compared = token.text in words.COMPARATIVES or self._text(place - 1) == "more"
        ahead = [self._text(later) for later in range(place + 1, place + 5)]
        return not (is_compared and "than" in ahead)

    def _is_negated(self, place: int) -> bool:
        count, unknown = 0, 0
        used = {used for used, _ in self.hits}
        for before in range(place - 1, -1, -1):
            text = self._text(before)
            if before not in used and text in NEGATIONS:
                count += 1
                if text == "nor":
                    break
            elif self._ends_scope(before):
                break
            unknown += self._is_unknown(before)
            if unknown > MOST_UNKNOWN:
                break
        return count % 2 == 1

    def _ends_scope(self, place: int) -> bool:
        text, following = self._text(place), self._text(place + 1)
        if text in ("but", "yet", ","):
            return True
        return text == "and" and (following in PARTS | COPULAS | NEGATIONS or self._head(place + 1) != "")

    def _is_unknown(self, place: int) -> bool:
        text = self._text(place)
        known = (PARTS, COPULAS, NEGATIONS, SKIPPED, CONNECTORS, LEVEL_WORDS)
        return (
            text not in HEADS and self._word(place) not in LEVEL_WORDS and not any(text in k for k in known)
        )

    def _text(self, place: int) -> str:
        return self.tokens[place].text if 0 <= place < len(self.tokens) else ""

    def _word(self, place: int) -> str:
        """The token without its comparison."""
        return words.COMPARATIVES.get(self._text(place), self._text(place))

    def _head(self, place: int) -> str:
        """The class of a head, empty where there is none or where it belongs to something else."""
        is_foreign = self._text(place - 1) in FOREIGN
        return "" if is_foreign else HEADS.get(self._text(place), "")
