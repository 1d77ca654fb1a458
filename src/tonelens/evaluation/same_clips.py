"""Several systems' answers, brought to the same clips in the same order, or refused.

Terms     a system has one run a seed: the same recipe trained again. Every run answers every clip.
Rules     all runs answer the same clips, or `common` restricts them to the clips that all answer, and a note
          says how many each run lost. All agree on a clip's reference and, where they know it, its speaker;
          a speaker that one run knows counts as known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tonelens.errors import CorpusError
from tonelens.evaluation.prediction import Prediction, check_predictions

NAMED = 3
"""Clips that an error names; their number is always told."""


@dataclass(frozen=True, slots=True)
class System:
    """One of the systems compared."""

    name: str
    runs: tuple[tuple[Prediction, ...], ...]
    """One a seed."""

    def run_name(self, number: int) -> str:
        """How messages call a run."""
        return self.name if len(self.runs) == 1 else f"{self.name}, seed {number + 1}"


@dataclass(frozen=True, slots=True)
class SameClips:
    """Systems whose runs all hold the same N clips in the order of their ids."""

    systems: tuple[System, ...]
    references: tuple[str, ...]
    speakers: tuple[str | None, ...]
    notes: tuple[str, ...]
    """What was left out."""


def same_clips(systems: Sequence[System], *, common: bool = False) -> SameClips:
    """Bring all runs to the same clips.

    Args:
        systems: two or more, with different names.
        common: restrict to the clips that every run answers.

    Raises:
        CorpusError: too few systems, equal names, different clips, references or speakers, no common clip.
    """
    names = [system.name for system in systems]
    if len(systems) < 2:
        raise CorpusError(f"{len(systems)} system to compare, but two or more are needed. Give another file.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CorpusError(f"two systems are called {twice[0]!r}. Name them apart: NAME=FILE.")
    runs = [
        (system.run_name(number), {clip.id: clip for clip in _checked(run, system.run_name(number))})
        for system in systems
        for number, run in enumerate(system.runs)
    ]
    shared = set.intersection(*(set(clips) for _, clips in runs))
    if not shared:
        raise CorpusError("no clip is answered by every system. Give predictions for the same test part.")
    if not common:
        _refuse_different(runs, shared)
    ids = sorted(shared)
    _agreed(ids, runs, "reference_emotion", "Bring both to one label set.")
    return SameClips(
        systems=tuple(
            System(system.name, tuple(tuple(_ordered(run, ids)) for run in system.runs)) for system in systems
        ),
        references=tuple(clip.reference_emotion for clip in _ordered(systems[0].runs[0], ids)),
        speakers=tuple(_agreed(ids, runs, "speaker", "Correct one, or leave its speakers out.")),
        notes=tuple(
            f"{name}: {len(clips) - len(ids)} of {len(clips)} clips left out, because not every system "
            f"answers them."
            for name, clips in runs
            if len(clips) > len(ids)
        ),
    )


def _checked(run: Sequence[Prediction], name: str) -> Sequence[Prediction]:
    check_predictions(run, name=name)
    return run


def _ordered(run: Iterable[Prediction], ids: Sequence[str]) -> Iterable[Prediction]:
    clips = {clip.id: clip for clip in run}
    return (clips[clip] for clip in ids)


def _refuse_different(runs: Sequence[tuple[str, dict[str, Prediction]]], shared: set[str]) -> None:
    """Name the first run that lacks clips which another answers."""
    answered = set[str]().union(*(clips for _, clips in runs))
    for name, clips in runs:
        if missing := sorted(answered - clips.keys()):
            raise CorpusError(
                f"{name}: without {some(missing)}, which another system answers; {len(shared)} clips are "
                f"common to all. Add the answers, or restrict the comparison to common clips (--common)."
            )


def _agreed(
    ids: Sequence[str], runs: Sequence[tuple[str, dict[str, Prediction]]], field: str, way_out: str
) -> list[str | None]:
    """What the runs say of every clip, in the one word that all who know use."""
    values: list[str | None] = []
    wrong: dict[str, str] = {}
    for clip in ids:
        said = {getattr(clips[clip], field): name for name, clips in reversed(runs)}
        said.pop(None, None)
        if len(said) > 1:
            wrong[clip] = " and ".join(f"{value!r} in {name}" for value, name in sorted(said.items())[:2])
        values.append(next(iter(said), None))
    if wrong:
        what, first = field.replace("_", " "), next(iter(wrong))
        raise CorpusError(
            f"the systems disagree on the {what} of {some(wrong)}: for {first!r} it is {wrong[first]}. "
            f"{way_out}"
        )
    return values


def some(ids: Collection[str]) -> str:
    """`2 clips ('a', 'b')`, `9 clips ('a', 'b', 'c' ...)`."""
    named = ", ".join(repr(clip) for clip in list(ids)[:NAMED])
    return f"{len(ids)} clip{'s' * (len(ids) > 1)} ({named}{' ...' * (len(ids) > NAMED)})"
