"""A text as the tokens that `free_text` reads: quotes left out, phrases joined, cut into clauses.

Token     one word, one phrase of the tables ("than normal"), or one punctuation mark, in lower case, with its
          place in the text. "isn't" is `is` and `n't`, "high-pitched" is `high`, glued to `pitched`.
Quotes    what stands in quotation marks, or behind "says:", was spoken and says nothing about the voice.
          An apostrophe within a word, or behind one, opens no quote. A quote that never closes, as in an
          answer that was cut off, reaches to the end of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tonelens.descriptors import free_text_words as words

_TOKEN = re.compile(r"n['’]t\b|['’](?:s|re)\b|\w+?(?=n['’]t\b)|\w+|[^\w\s]|\n")
_CLOSING = {'"': r'"', "“": r"[”\"]", "„": r"[“”\"]", "«": "»", "'": r"'(?!\w)", "‘": r"’(?!\w)"}
_OPENING = re.compile(r"[\"“„«]|(?<!\w)['‘]")
_ANNOUNCED = re.compile(r"\b(?:says?|said|saying|transcript|words|text)\s*:\s*(?=\w)", re.IGNORECASE)
_HYPHENS = "-‐‑"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, phrase or mark."""

    text: str
    start: int
    """Of its first character in the text."""
    end: int
    """Behind its last character."""
    is_glued: bool = False
    """A hyphen joins it to the next."""


def clauses_of(text: str) -> list[list[Token]]:
    """The tokens outside of quotes, clause by clause."""
    clauses: list[list[Token]] = [[]]
    for token in _joined(_tokens(without_quotes(text))):
        if token.text in _ENDS or token.text == "\n":
            clauses.append([])
        else:
            clauses[-1].append(token)
    return [clause for clause in clauses if clause]


def without_quotes(text: str) -> str:
    """The text with a comma and blanks in place of what was spoken, so that all places stay as they are."""
    kept = list(text)

    def cover(start: int, end: int) -> None:
        kept[start:end] = ["," if place == start else " " for place in range(start, end)]

    place = 0
    while (opening := _OPENING.search(text, place)) is not None:
        start = opening.start()
        closing = re.compile(_CLOSING[opening.group()]).search(text, start + 1)
        is_quote = closing is not None or opening.group() not in "'‘" or _is_announced(text[:start])
        end = closing.end() if closing else len(text)
        if is_quote:
            cover(start, end)
        place = end if is_quote else start + 1
    for said in _ANNOUNCED.finditer("".join(kept)):
        stop = re.compile(r"[.!?\n]|$").search(text, said.end())
        cover(said.end(), stop.start() if stop else len(text))
    return "".join(kept)


def _is_announced(before: str) -> bool:
    last = re.search(r"(\w+)[\s,:]*$", before)
    return last is not None and last.group(1).lower() in words.entries(words.HEADS["verb"])


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        word, start, end = match.group().lower().replace("’", "'"), *match.span()
        if word in _HYPHENS and tokens and tokens[-1].end == start and text[end : end + 1].isalnum():
            last = tokens[-1]
            tokens[-1] = Token(last.text, last.start, last.end, is_glued=True)
        else:
            tokens.append(Token("," if word in _HYPHENS else word, start, end))
    return tokens


def _phrases() -> dict[str, list[tuple[str, ...]]]:
    """Every entry of several words, by its first word, the longest first."""
    cells = [*words.HEADS.values(), *(row[0] for row in words.LEVEL_WORDS)]
    cells += [row[0] for row in (*words.NONE_AT_ALL, *words.ALONE)]
    cells += [words.BASELINES, words.CHANGING, words.NEGATIONS, words.NO_NEGATIONS, words.DEGREES]
    cells += [words.COPULAS, words.FOREIGN]
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for entry in {entry for cell in cells for entry in words.entries(cell)}:
        parts = tuple(token.text for token in _tokens(entry))
        if len(parts) > 1:
            by_first.setdefault(parts[0], []).append(parts)
    return {first: sorted(found, key=len, reverse=True) for first, found in by_first.items()}


def _joined(tokens: list[Token]) -> list[Token]:
    """Neighbours that make a phrase of the tables become one token."""
    joined: list[Token] = []
    place = 0
    while place < len(tokens):
        length = _phrase_length(tokens, place)
        part = tokens[place : place + length]
        text = part[0].text if length == 1 else _key([token.text for token in part])
        joined.append(Token(text, part[0].start, part[-1].end, part[-1].is_glued))
        place += length
    return joined


def _phrase_length(tokens: list[Token], place: int) -> int:
    for phrase in _PHRASES.get(tokens[place].text, ()):
        found = [token.text for token in tokens[place : place + len(phrase)]]
        if len(found) == len(phrase) and all(map(_fits, phrase, found)):
            return len(phrase)
    return 1


def _fits(wanted: str, found: str) -> bool:
    return found in _POSSESSIVES if wanted == "*" else found == wanted


def _key(parts: list[str]) -> str:
    """A phrase as the tables write it, a possessive in its middle as `*`."""
    starred = [parts[0], *("*" if part in _POSSESSIVES else part for part in parts[1:])]
    for candidate in (parts, starred):
        if tuple(candidate) in _PHRASES[parts[0]]:
            return " ".join(candidate)
    raise AssertionError(parts)


def entry_key(entry: str) -> str:
    """The text that a token of this entry has."""
    return " ".join(token.text for token in _tokens(entry))


_POSSESSIVES = frozenset(words.entries(words.POSSESSIVES))
_ENDS = frozenset(words.entries(words.CLAUSE_ENDS))
_PHRASES = _phrases()
