"""The smallest change of a voice after which another emotion is heard.

    clip -> the vocoder's copy of it, and copies with one property changed in growing amounts -> the first
    amount of each kind and direction that flips the emotion -> halved a few times -> the smallest of all

Sizes     of different kinds are compared in steps that are about equally audible: STEPS (1 semitone, 1 dB ...
          are our choice, and stated). The amount found is the smallest of those tried: between them lie
          others, and emotions may flip back further on.
Vocoder   what flips through the vocoder alone has no counterfactual of that kind; loudness needs none.
Source    ours; docs/evidence.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tonelens.audio import Audio
from tonelens.descriptors.vocoder import Voice, analyse
from tonelens.evidence.backend import Backend, Heard
from tonelens.evidence.resynthesis import Change, Kind, resynthesised

TRIED: Mapping[Kind, tuple[tuple[float, ...], ...]] = MappingProxyType(
    {
        "pitch": ((1.0, 2.0, 4.0, 6.0), (-1.0, -2.0, -4.0, -6.0)),
        "speed": ((1.1, 1.25, 1.45), (1 / 1.1, 1 / 1.25, 1 / 1.45)),
        "volume": ((3.0, 6.0, 12.0), (-3.0, -6.0, -12.0)),
        "variation": ((0.5, 0.0), (1.5, 2.0)),
    }
)
"""Amounts of each kind, in growing distance from no change, one direction after the other."""
NOTHING: Mapping[Kind, float] = MappingProxyType(
    {"pitch": 0.0, "speed": 1.0, "volume": 0.0, "variation": 1.0}
)
STEPS: Mapping[Kind, float] = MappingProxyType(
    {"pitch": 1.0, "speed": math.log(1.1), "volume": 3.0, "variation": 0.5}
)
"""A semitone, a tenth of the pace, 3 dB, half of the melody: each counts as one step."""
HALVINGS = 2
"""More would state amounts that no listener could tell apart."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One change, and what is heard without and with it."""

    change: Change
    before: Heard
    after: Heard
    audio: Audio
    """The changed recording."""

    @property
    def steps(self) -> float:
        """Its size; see STEPS."""
        return size_of(self.change)

    def in_words(self) -> str:
        """`2.5 semitones lower and it would be heard as sadness (12 % before, 41 % then)`."""
        label = self.after.label
        shares = self.before.probabilities.get(label, 0.0), self.after.probabilities[label]
        likely = f"({shares[0]:.0%} before, {shares[1]:.0%} then)"
        return f"{described(self.change)} and it would be heard as {label} {likely}"


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that was tried on one clip."""

    smallest: tuple[Counterfactual, ...]
    """The smallest flip of each kind that flips at all, smallest first."""
    heard: Mapping[Change, Heard]
    """What is heard after each change tried, `none` among them."""
    original: Heard
    vocoder_flips: bool
    """Whether the vocoder alone makes another emotion of it."""


def size_of(change: Change) -> float:
    """In steps."""
    if change.kind not in STEPS:
        return 0.0
    kind, amount = change.kind, change.amount
    way = math.log(amount) if kind == "speed" else amount - NOTHING[kind]
    return abs(way) / STEPS[kind]


def described(change: Change) -> str:
    """In words for a person."""
    amount = change.amount
    match change.kind:
        case "pitch":
            return f"{abs(amount):.1f} semitones {'higher' if amount > 0 else 'lower'}"
        case "speed":
            return f"{abs(amount - 1):.0%} {'faster' if amount > 1 else 'slower'}"
        case "volume":
            return f"{abs(amount):.1f} dB {'louder' if amount > 0 else 'softer'}"
        case "variation" if amount == 0:
            return "without melody"
        case "variation":
            return f"with {amount:.0%} of its melody"
        case _:
            return str(change)


def search(backend: Backend, audio: Audio) -> Search:
    """Try every change of TRIED, then narrow the smallest flip of each kind down.

    Raises:
        ModelError: the extra `evidence` is not installed, or the backend fails.
    """
    voice = analyse(audio.samples)
    changes = [Change("none"), *_all_tried()]
    made = {change: resynthesised(audio, change, voice) for change in changes}
    original, *found = backend.hear([audio, *made.values()])
    heard = dict(zip(changes, found, strict=True))
    plain = heard[Change("none")]
    flips_alone = plain.label != original.label
    smallest = []
    for kind, ways in TRIED.items():
        before = original if kind == "volume" else plain
        if kind != "volume" and flips_alone:
            continue
        flips = [
            flip
            for way in ways
            if (flip := _narrowed(backend, audio, voice, _Way(kind, way), before, heard)) is not None
        ]
        smallest += sorted(flips, key=lambda flip: flip.steps)[:1]
    return Search(tuple(sorted(smallest, key=lambda flip: flip.steps)), heard, original, flips_alone)


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of one kind."""

    kind: Kind
    amounts: Sequence[float]


def _all_tried() -> list[Change]:
    return [Change(kind, amount) for kind, ways in TRIED.items() for way in ways for amount in way]


def _narrowed(
    backend: Backend, audio: Audio, voice: Voice, way: _Way, before: Heard, heard: dict[Change, Heard]
) -> Counterfactual | None:
    """The first flip on the way, halved HALVINGS times towards the amount before it."""
    inner = NOTHING[way.kind]
    for amount in way.amounts:
        if heard[Change(way.kind, amount)].label != before.label:
            break
        inner = amount
    else:
        return None
    outer, after = amount, heard[Change(way.kind, amount)]
    for _ in range(HALVINGS):
        middle = Change(way.kind, _between(way.kind, inner, outer))
        heard[middle] = backend.hear([resynthesised(audio, middle, voice)])[0]
        if heard[middle].label != before.label:
            outer, after = middle.amount, heard[middle]
        else:
            inner = middle.amount
    change = Change(way.kind, outer)
    return Counterfactual(change, before, after, resynthesised(audio, change, voice))


def _between(kind: Kind, one: float, two: float) -> float:
    return math.sqrt(one * two) if kind == "speed" else (one + two) / 2
