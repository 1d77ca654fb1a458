"""The clips to look at first: those whose claims the signal contradicts most, or whose claims do not follow.

Apart     how many levels lie between a contradicted claim and the measurement, summed over a clip's claims:
          "high" of a low voice is 2. An excluded level, or an emphasised word, counts 1.
Faults    changes that reached their level after which the claim did not come nearer although it could have,
          or after which another claim moved although its property stayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.evidence.agreement import Judged
from tonelens.evidence.examine import Row, trial_from
from tonelens.evidence.interventions import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class BadClip:
    """One clip, and what is wrong with it."""

    id: str
    labelled: str
    heard: str
    page: str | None
    """Stem of the page that `explain --report` writes of it; None where the row does not know."""
    size: int
    """Levels apart, or faults."""
    of: int
    """Claims, or changes that reached their level."""
    faults: tuple[str, ...]
    """In words."""


def most_contradicted(rows: Sequence[Row]) -> list[BadClip]:
    """Every clip with a contradicted claim; the farthest apart first."""
    found = []
    for row in rows:
        claims = [Judged(**claim) for claim in row.get("agreement", {}).get("claims", ())]
        wrong = [claim for claim in claims if claim.verdict == "contradicted"]
        if wrong:
            size = sum(map(levels_apart, wrong))
            found.append(_clip(row, size, len(claims), [_contradiction(claim) for claim in wrong]))
    return _sorted(found)


def least_following(rows: Sequence[Row]) -> list[BadClip]:
    """Every clip with a fault; the most first."""
    found = []
    for row in rows:
        trials = [trial_from(trial) for trial in row.get("interventions", ())]
        tested = [trial for trial in trials if trial.arrived]
        wrong = [faults for trial in tested if (faults := _faults(trial))]
        if wrong:
            found.append(_clip(row, len(wrong), len(tested), [fault for faults in wrong for fault in faults]))
    return _sorted(found)


def levels_apart(claim: Judged) -> int:
    """Of a contradicted claim: 1 or 2."""
    if claim.is_excluded or claim.measured_level is None or claim.descriptor not in DESCRIPTORS:
        return 1
    place = DESCRIPTORS[claim.descriptor].words.index
    return abs(place(claim.claimed) - place(claim.measured_level))


def _clip(row: Row, size: int, of: int, faults: Sequence[str]) -> BadClip:
    return BadClip(
        id=row["id"],
        labelled=row["emotion"],
        heard=row["heard"]["label"],
        page=row.get("page"),
        size=size,
        of=of,
        faults=tuple(faults),
    )


def _sorted(clips: list[BadClip]) -> list[BadClip]:
    return sorted(clips, key=lambda clip: (-clip.size, clip.of, clip.id))


def _contradiction(claim: Judged) -> str:
    said = f"{_named(claim.descriptor)} {'not ' * claim.is_excluded}{claim.claimed}"
    if claim.measured is None:
        return f"{said}: {claim.reason or 'the signal says otherwise'}"
    return f"{said}: {claim.measured:.4g} {claim.unit} is {claim.measured_level} for the {claim.reference}"


def _faults(trial: Trial) -> list[str]:
    edit = trial.edit
    change = f"{edit.descriptor} made {edit.target}"
    found = []
    if trial.had_to_move and not trial.moved:
        before, after = trial.before.claims[edit.descriptor], trial.after.claims[edit.descriptor]
        found.append(
            f"{change}: still called {after}"
            if after == before
            else f"{change}: was called {before}, then {after}"
        )
    if trial.others_kept:
        found += [
            f"{change}: {_named(name)} was called {word}, then {trial.after.claims.get(name, 'nothing')}"
            for name, word in trial.before.claims.items()
            if name != edit.descriptor and trial.after.claims.get(name) != word
        ]
    return found


def _named(descriptor: str) -> str:
    return descriptor.replace("_", " ")
