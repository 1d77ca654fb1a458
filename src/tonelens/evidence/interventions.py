"""Do the claims follow the voice? One property is moved into another level, and the system is asked again.

    clip -> the changes that put its pitch, pace or loudness clearly into a neighbouring level -> changed
    voices (`aimed`), measured again -> what is claimed before and after

A claim is tested only where the measurement agrees that the level has changed. Changes that go through the
vocoder are compared with the clip through the vocoder, so that its sound does not count as an effect.

Scores    moves     share of the changes after which the changed property's claim lies nearer the new level
                    (those whose claim stood there before are left out: it had nowhere to go)
          names     share of the changes after which the claim is the new level
          stays     share of the changes after which every other claim is as before, among the changes that
                    left every other measured level as it was
          flips     share of the changes after which another emotion is heard: no right or wrong, the size
                    of an effect
          A system that always claims the same has moves 0 and stays 1: read both.
Source    ours; docs/evidence.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tonelens.audio import Audio
from tonelens.descriptors.levels import DESCRIPTORS, Levels, Reference, Standard
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.vocoder import analyse
from tonelens.evidence.agreement import NOTHING_KNOWN, Known
from tonelens.evidence.aimed import aimed
from tonelens.evidence.backend import Backend, Heard
from tonelens.evidence.resynthesis import Change, Kind, resynthesised
from tonelens.evidence.shares import Share, share

KINDS: Mapping[str, Kind] = MappingProxyType({"pitch": "pitch", "volume": "volume", "speed": "speed"})
"""The change that moves each descriptor."""
MARGINS: Mapping[str, float] = MappingProxyType({"pitch": 2.5, "volume": 4.0, "speed": math.log(1.15)})
"""How far beyond an edge a change aims: semitones, dB, logarithm of the pace. Our choice: a difference that
listeners hear at once. Nearer to an edge a score would ask how fine a claim is, not what it follows."""
FARTHEST: Mapping[str, float] = MappingProxyType({"pitch": 8.0, "volume": 20.0, "speed": math.log(1.6)})
"""Larger changes are not tried: the result would sound like no voice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A recording, and what is known of it."""

    audio: Audio
    known: Known = NOTHING_KNOWN
    speaker: str | None = None

    def measures(self, changed: Audio | None = None) -> Measures:
        """Of the recording, or of a changed one with the same words."""
        plain = measure(changed) if changed else self.known.measured(self.audio)
        return plain.with_text(self.known.transcript, self.known.language)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one descriptor into a neighbouring level."""

    descriptor: str
    target: str
    change: Change


@dataclass(frozen=True, slots=True)
class Trial:
    """One edit of one clip, and what was said before and after."""

    edit: Edit
    arrived: bool
    """Whether the changed voice measures as the new level."""
    others_kept: bool
    """Whether every other claimable level measures as before."""
    before: Heard
    after: Heard
    speaker: str | None = None

    @property
    def had_to_move(self) -> bool:
        """Whether the claim can be tested: it is made, and is not the new level already."""
        name = self.edit.descriptor
        return (
            self.arrived
            and name in self.before.claims
            and name in self.after.claims
            and self.before.claims[name] != self.edit.target
        )

    @property
    def moved(self) -> bool:
        """Whether the claim lies nearer the new level than before."""
        name = self.edit.descriptor
        place = DESCRIPTORS[name].words.index
        goal = place(self.edit.target)
        return abs(place(self.after.claims[name]) - goal) < abs(place(self.before.claims[name]) - goal)

    @property
    def names_target(self) -> bool:
        """Whether the claim is the new level."""
        return self.after.claims.get(self.edit.descriptor) == self.edit.target

    @property
    def others_stayed(self) -> bool:
        """Whether every other claim is as before."""
        return all(
            self.after.claims.get(name) == word
            for name, word in self.before.claims.items()
            if name != self.edit.descriptor
        )

    @property
    def flipped(self) -> bool:
        """Whether another emotion is heard."""
        return self.before.label != self.after.label


def edits_for(subject: Subject, measures: Measures, levels: Levels, finest: Reference) -> list[Edit]:
    """The smallest changes that put pitch, volume and pace clearly into each neighbouring level."""
    found = []
    for name in KINDS:
        standard = levels.standard(name, measures, gender=subject.known.gender, finest=finest)
        if standard is None:
            continue
        words = DESCRIPTORS[name].words
        here = words.index(standard.edges.word(standard.value, words))
        for there in (here - 1, here + 1):
            if 0 <= there < len(words):
                way = _way(name, standard, there)
                if abs(way) <= FARTHEST[name]:
                    amount = math.exp(way) if name == "speed" else way
                    found.append(Edit(name, words[there], Change(KINDS[name], amount)))
    return found


def _way(name: str, standard: Standard, there: int) -> float:
    """How far to go on the descriptor's scale to stand a margin inside level `there`."""

    def scale(value: float) -> float:
        return {"pitch": 12 * math.log2(value), "speed": math.log(value)}[name] if name != "volume" else value

    value, low, high = scale(standard.value), scale(standard.edges.low), scale(standard.edges.high)
    margin = MARGINS[name]
    if there == 1:
        inside = min(margin, (high - low) / 2)
        goal = low + inside if value <= low else high - inside
    else:
        goal = low - margin if there == 0 else high + margin
    return goal - value


def intervene(
    backend: Backend, subject: Subject, levels: Levels, *, finest: Reference = "group"
) -> list[Trial]:
    """Every edit of one clip, heard by the backend; [] where nothing of it can be measured.

    Raises:
        ModelError: the extra `evidence` is not installed, or the backend fails.
    """
    measures = subject.measures()
    edits = edits_for(subject, measures, levels, finest)
    if not edits:
        return []
    voice = analyse(subject.audio.samples)
    plain = resynthesised(subject.audio, Change("none"), voice)
    made = [
        aimed(subject.audio, edit.change, voice, before=measures, measured=subject.measures) for edit in edits
    ]
    heard, heard_plain, *after = backend.hear([subject.audio, plain, *(audio for audio, _ in made)])
    before_words = _words(levels, measures, subject, finest)
    plain_words = _words(levels, subject.measures(plain), subject, finest)
    trials = []
    for edit, (_, told), found in zip(edits, made, after, strict=True):
        is_plain = edit.change.kind != "volume"
        words = _words(levels, told, subject, finest)
        start = plain_words if is_plain else before_words
        trials.append(
            Trial(
                edit=edit,
                arrived=words[edit.descriptor] == edit.target != start[edit.descriptor],
                others_kept=all(words[name] == start[name] for name in KINDS if name != edit.descriptor),
                before=heard_plain if is_plain else heard,
                after=found,
                speaker=subject.speaker,
            )
        )
    return trials


def _words(levels: Levels, measures: Measures, subject: Subject, finest: Reference) -> dict[str, str | None]:
    found = levels.assign(measures, gender=subject.known.gender, finest=finest)
    return {name: found[name].word for name in KINDS}


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one descriptor's edits, or of all; None where nothing could be tested."""

    arrived: Share | None
    moves: Share | None
    names: Share | None
    stays: Share | None
    flips: Share | None

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Scores:
        """See the module's docstring."""
        tested = [trial for trial in trials if trial.arrived]
        claiming = [trial for trial in tested if trial.edit.descriptor in trial.after.claims]
        compared = [trial for trial in tested if trial.others_kept and len(trial.before.claims) > 1]
        return cls(
            arrived=_share(trial.arrived for trial in trials),
            moves=_share(trial.moved for trial in tested if trial.had_to_move),
            names=_share(trial.names_target for trial in claiming),
            stays=_share(trial.others_stayed for trial in compared),
            flips=_share(trial.flipped for trial in tested),
        )


def _share(hits: Iterable[bool]) -> Share | None:
    known = list(hits)
    return share(known) if known else None


def scores_by_descriptor(trials: Sequence[Trial]) -> dict[str, Scores]:
    """Of each descriptor, and of `all`."""
    by_name = {name: [trial for trial in trials if trial.edit.descriptor == name] for name in KINDS}
    return {name: Scores.of(found) for name, found in {**by_name, "all": list(trials)}.items()}
