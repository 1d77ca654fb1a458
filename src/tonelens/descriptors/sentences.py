"""Reference sentences: what the LLM is taught to answer, as a grammar that also reads it back.

A grammar is a tuple of pieces, in order:

    Fixed(" pitch and a")                  always these words
    Choice("pitch", ("low", "normal", "high"))   one of these
    Free("transcript")                     any text, closed by the next fixed piece's quote

Two styles:

    template   the sequel's (arXiv:2606.14086): `The <gender> speaks with a <speed>, a <pitch> and a
               <volume>, saying '<transcript>'. Based on the audio caption, the emotional state of this
               speaker is <emotion>.` Its <age> is left out: none of our corpora state it.
    caption    the paper's order of facts (arXiv:2505.23236, section 3): gender, pitch, volume, pace,
               quoted transcript, emotion.

Quotes inside a transcript become U+2019, so that the closing quote is unambiguous; reading back
undoes it. `read(grammar, write(grammar, values)) == values` for every value the grammar can say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tonelens.emotions import LabelSet
from tonelens.errors import InputError

GENDERS = ("male", "female", "person")
"""`person` where the gender is not known."""
PITCH_LEVELS = ("low", "normal", "high")
VOLUME_LEVELS = ("low", "normal", "high")
SPEED_LEVELS = ("slow", "normal", "fast")
UNKNOWN = "doubtful"
"""The level of a descriptor that could not be measured in the training clip."""

SPOKEN_CHOICES: dict[str, tuple[str, ...]] = {
    "gender": GENDERS,
    "speed": (*SPEED_LEVELS, UNKNOWN),
    "pitch": (*PITCH_LEVELS, UNKNOWN),
    "volume": (*VOLUME_LEVELS, UNKNOWN),
}
"""What an answer can say of a voice, by slot, in the template's order."""

QUOTE = "'"
SAFE_QUOTE = "\u2019"


@dataclass(frozen=True, slots=True)
class Fixed:
    """Words that never change."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several words; `text` of a choice is a space and the option."""

    slot: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Free:
    """Any text without a straight quote."""

    slot: str


Piece: TypeAlias = Fixed | Choice | Free
Grammar: TypeAlias = tuple[Piece, ...]


def answer_grammar(
    labels: LabelSet,
    *,
    style: Literal["template", "caption"] = "template",
    descriptors: bool = True,
    transcript: bool = True,
) -> Grammar:
    """The grammar of the SER-SED answer for these tasks (emotion is always one of them)."""
    voice: list[Piece] = []
    said: list[Piece] = []
    if style == "template":
        if descriptors:
            voice = [
                Fixed("The"), _choice("gender"), Fixed(" speaks with a"),
                _choice("speed"), Fixed(" speed, a"),
                _choice("pitch"), Fixed(" pitch and a"),
                _choice("volume"), Fixed(" volume"),
            ]  # fmt: skip
        if transcript:
            said = [
                Fixed(", saying '" if descriptors else "The speaker says '"),
                Free("transcript"),
                Fixed("'"),
            ]
        lead = ". Based on the audio caption, the" if voice or said else "The"
        tail: list[Piece] = [
            Fixed(lead + " emotional state of this speaker is"),
            Choice("emotion", labels.labels),
            Fixed("."),
        ]
    else:
        if descriptors:
            voice = [
                Fixed("A"), _choice("gender"), Fixed(" voice with a"),
                _choice("pitch"), Fixed(" pitch, a"),
                _choice("volume"), Fixed(" volume and a"),
                _choice("speed"), Fixed(" pace"),
            ]  # fmt: skip
        if transcript:
            said = [Fixed(" says '" if descriptors else "A voice says '"), Free("transcript"), Fixed("'")]
        lead = ", in a tone of" if voice or said else "A tone of"
        tail = [Fixed(lead), Choice("emotion", labels.labels), Fixed(".")]
    return _joined([*voice, *said, *tail])


def _choice(slot: str) -> Choice:
    return Choice(slot, SPOKEN_CHOICES[slot])


TRANSCRIPT_GRAMMAR: Grammar = (Fixed(QUOTE), Free("transcript"), Fixed(QUOTE + "."))
"""The answer of the ASR stage: the transcript in quotes, so that one decoder closes both."""


def write(grammar: Grammar, values: Mapping[str, str]) -> str:
    """The sentence that says `values`.

    Raises:
        InputError: a slot has no value, or one that the grammar cannot say.
    """
    return "".join(piece_text(piece, values) for piece in grammar)


def piece_text(piece: Piece, values: Mapping[str, str]) -> str:
    """What one piece contributes to the sentence."""
    match piece:
        case Fixed(text):
            return text
        case Choice(slot, options):
            value = values.get(slot, "")
            if value not in options:
                raise InputError(f"{slot} is {value!r}, but an answer can only say {', '.join(options)}.")
            return " " + value
        case Free(slot):
            return " ".join(values.get(slot, "").replace(QUOTE, SAFE_QUOTE).split())


def read(grammar: Grammar, sentence: str) -> dict[str, str] | None:
    """The values a sentence says; None where it does not follow the grammar."""
    pattern = "".join(_pattern(piece) for piece in grammar)
    match = re.fullmatch(pattern, sentence.strip(), flags=re.DOTALL)
    if match is None:
        return None
    free = {piece.slot for piece in grammar if isinstance(piece, Free)}
    return {
        slot: value.replace(SAFE_QUOTE, QUOTE) if slot in free else value
        for slot, value in match.groupdict().items()
    }


def _pattern(piece: Piece) -> str:
    match piece:
        case Fixed(text):
            return re.escape(text)
        case Choice(slot, options):
            longest_first = sorted(options, key=len, reverse=True)
            return f" (?P<{slot}>" + "|".join(map(re.escape, longest_first)) + ")"
        case Free(slot):
            return f"(?P<{slot}>[^{QUOTE}]*)"


def _joined(pieces: list[Piece]) -> Grammar:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and isinstance(piece, Fixed) and isinstance(joined[-1], Fixed):
            joined[-1] = Fixed(joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)
