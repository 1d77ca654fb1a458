"""Every claim of a system about a recording beside what the recording measures, and the verdict.

Claims    those of `Heard.claims`, and those that `descriptors.free_text` finds in `Heard.text`; one that is
          found in both counts once. What a text excludes ("not loud") is supported by every other level.
          An emphasised word is supported where an emphasised span was measured on it.
Measured  `descriptors.measure` of the recording; in words by edges that do not depend on the system: those of
          the default model's training clips, unless others are given (`reference_levels`).
Group     the reference is the group (male, female) where the gender is given or where the text names one
          alone, as `explain` does with what its model hears; else the whole training part.
Shares    of claims over clips, with 95 % intervals (Wilson). Clips count as independent, which those of one
          speaker are not.
Not shown agreement says that claims are true, not that the system used what they name: a system that reads
          its claims off a meter and its emotion off a dice agrees with everything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonelens.audio import Audio
from tonelens.descriptors.audible import why_inaudible
from tonelens.descriptors.free_text import claims_in, emphasised_in, gender_in, unclear_in
from tonelens.descriptors.levels import DESCRIPTORS, Level, Levels, Reference
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.naming import word_at
from tonelens.descriptors.verdicts import Outcome, Verdict, judge
from tonelens.evidence.backend import Backend, Heard
from tonelens.model.checkpoint import read_levels
from tonelens.model.find import DEFAULT, find_model
from tonelens.results import MARKS, TimedWord

EMPHASIS = "emphasis"
FINEST: Reference = "group"
"""One clip of a stranger cannot tell the stranger's habits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a recording beforehand; all of it may be left open."""

    gender: str | None = None
    """"male" or "female": whose edges judge; any other falls back to those of all."""
    transcript: str | None = None
    """The words: the pace is measured by them, where `language` allows to count their syllables."""
    language: str | None = None
    words: tuple[TimedWord, ...] = ()
    """The words with their times, to name emphasised spans."""
    measures: Measures | None = None
    """What `measure` makes of the recording, where somebody has measured it already: it takes longest."""

    def measured(self, audio: Audio) -> Measures:
        """`measures`, or those of the recording, made now."""
        return self.measures or measure(audio)


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One claim and its verdict."""

    descriptor: str
    """Of `DESCRIPTORS`, or EMPHASIS."""
    claimed: str
    """The level, or the word said to be emphasised."""
    is_excluded: bool = False
    """The claim is that the voice does not have this level."""
    said: str = ""
    """The words of the text that make the claim; empty where the text does not."""
    measured: float | None = None
    measured_level: str | None = None
    unit: str = ""
    reference: Reference | None = None
    """Whose clips `measured_level` compares with."""
    verdict: Outcome
    reason: str | None = None
    """Why it is contradicted or not measurable."""

    def __str__(self) -> str:
        measured = "" if self.measured is None else f"{self.measured:.4g} {self.unit}"
        level = f" is {self.measured_level} for the {self.reference}" if self.measured_level else ""
        name = self.descriptor.replace("_", " ")
        found = measured + level or self.reason or ""
        return (
            f"{MARKS[self.verdict]} {name} {'not ' * self.is_excluded}{self.claimed}: {found}: {self.verdict}"
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a system claims of one recording."""

    source: str
    claims: tuple[Judged, ...]
    unclear: tuple[str, ...] = ()
    """Words of the text that could be meant for two descriptors, so that nothing is judged: "a low voice"."""

    @property
    def contradictions(self) -> tuple[Judged, ...]:
        """The claims that the signal contradicts."""
        return tuple(claim for claim in self.claims if claim.verdict == "contradicted")

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """One line a claim, for a person."""
        lines = [f"{self.source}" + ("" if self.claims else ": no claim about the voice")]
        lines += [f"  {claim}" for claim in self.claims]
        lines += [f"  ? {words!r} may mean pitch or volume: not judged" for words in self.unclear]
        return "\n".join(lines)


def reference_levels(model: str | Path = DEFAULT) -> Levels:
    """The edges of a model or run folder; those of the default model judge foreign systems.

    Raises:
        ModelError: there is no such model, or its edges are damaged.
    """
    folder = find_model(model)
    inner = folder / "model" / "levels.json"
    return read_levels(inner if inner.is_file() else folder / "levels.json")


def agreements_of(
    backend: Backend, clips: Sequence[Audio], levels: Levels, known: Sequence[Known] | None = None
) -> list[Agreement]:
    """Ask a system about clips, and judge what it claims of each.

    Raises:
        ModelError: the system cannot be reached, or its answer cannot be understood.
        LabelError: it claims a level that does not exist.
    """
    facts = known if known is not None else [NOTHING_KNOWN] * len(clips)
    heard = backend.hear(clips)
    return [
        agreement_of(said, clip, levels, fact) for said, clip, fact in zip(heard, clips, facts, strict=True)
    ]


def agreement_of(heard: Heard, audio: Audio, levels: Levels, known: Known = NOTHING_KNOWN) -> Agreement:
    """Judge what a system claims of one recording.

    Raises:
        LabelError: it claims a level that does not exist.
    """
    measures = known.measured(audio).with_text(known.transcript, known.language)
    gender = known.gender or gender_in(heard.text)
    assigned: Mapping[str, Level] = levels.assign(measures, gender=gender, finest=FINEST)
    if (nobody := why_inaudible(measures)) is not None:
        assigned = {
            name: dataclasses.replace(level, word=None, reference=None, reason=level.reason or nobody.message)
            for name, level in assigned.items()
        }
    judged = [
        _judged(name, claimed, is_excluded, said, assigned)
        for (name, claimed, is_excluded), said in _claims(heard).items()
    ]
    emphasised = [_judged_word(word, measures, known) for word in emphasised_in(heard.text)]
    unclear = tuple(found.text for found in unclear_in(heard.text))
    return Agreement(audio.source, (*judged, *emphasised), unclear)


def _claims(heard: Heard) -> dict[tuple[str, str, bool], str]:
    """(descriptor, level, is excluded) -> the words that say it, in the order of `DESCRIPTORS`."""
    claims = {(name, level, False): "" for name, level in heard.claims.items()}
    for found in claims_in(heard.text):
        key = (found.descriptor, found.level, found.is_excluded)
        claims[key] = claims.get(key) or heard.text[found.start : found.end]
    places = {name: place for place, name in enumerate(DESCRIPTORS)}
    return dict(sorted(claims.items(), key=lambda item: places.get(item[0][0], len(places))))


def _judged(name: str, claimed: str, is_excluded: bool, said: str, assigned: Mapping[str, Level]) -> Judged:
    level = assigned.get(name, Level(None, None, "", None))
    verdict = judge(name, claimed, level)
    if is_excluded and level.word is not None:
        verdict = _turned(verdict, level)
    return Judged(
        descriptor=name,
        claimed=claimed,
        is_excluded=is_excluded,
        said=said,
        measured=level.measured,
        measured_level=level.word,
        unit=level.unit,
        reference=level.reference,
        verdict=verdict.outcome,
        reason=verdict.reason,
    )


def _turned(verdict: Verdict, level: Level) -> Verdict:
    """The verdict on excluding a level, from that on claiming it."""
    if verdict.outcome == "contradicted":
        return Verdict("supported")
    measured = f"{level.measured:.4g} {level.unit}"
    return Verdict("contradicted", f"{measured} is {level.word} for the {level.reference}")


def _judged_word(word: str, measures: Measures, known: Known) -> Judged:
    """Whether an emphasised span lies on any of the word's places."""
    spoken = {timed.word.strip(" .,!?;:'\"").lower() for timed in known.words}
    if word not in spoken:
        reason = "the times of the words are not known" if not spoken else "the word was not spoken"
        outcome: Outcome = "not measurable" if not spoken else "contradicted"
        return Judged(descriptor=EMPHASIS, claimed=word, said=word, verdict=outcome, reason=reason)
    named = (word_at(span.start_s, span.end_s, known.words) for span in measures.emphasis)
    emphasised = sorted({name.strip(" .,!?;:'\"").lower() for name in named if name is not None})
    if word in emphasised:
        return Judged(descriptor=EMPHASIS, claimed=word, said=word, verdict="supported")
    others = f"emphasised are {', '.join(emphasised)}" if emphasised else "no word is emphasised"
    return Judged(descriptor=EMPHASIS, claimed=word, said=word, verdict="contradicted", reason=others)
