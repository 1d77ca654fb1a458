"""Two or more systems on the same clips: scores, differences with intervals and p, and a verdict.

Shapes    N clips, M runs (all seeds of all systems), Y systems.
Seeds     a system's score is the mean over its seeds. Clips are drawn, seeds are not: intervals and p hold
          for these trained seeds and say nothing about training again; `seed_sd` shows how far seeds differ.
Family    every other system against the first, the reference; Holm's correction over the bootstrap's p of
          one metric, chosen beforehand. The p of the other metrics and tests stand uncorrected.
Source    the tests and their sources are in `paired`, the bootstrap in `draws`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from tonelens.errors import CorpusError
from tonelens.evaluation.confusion import confusion_cells
from tonelens.evaluation.draws import LOWER_IS_BETTER, Draws, Metric, draw_scores
from tonelens.evaluation.emotion import calibration_error
from tonelens.evaluation.paired import ALPHA, Difference, McNemar, TTest, holm, mcnemar, t_test
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.same_clips import SameClips, System, same_clips
from tonelens.evaluation.same_votes import VOTE_METRICS, VoteMetric, same_votes
from tonelens.evidence.clusters import MIN_SPEAKERS, REPLICATES, SEED, Counts, Unit

Verdict: TypeAlias = Literal["better", "worse", "not different"]
SEEDS_REASON = "a system has several seeds, and their answers to the same clip are not independent"
ALIKE_REASON = "the difference is the same on every clip, so it has no spread to compare with"


@dataclass(frozen=True, slots=True)
class Score:
    """One score of one system, mean over its seeds."""

    value: float
    seed_sd: float | None
    """Standard deviation over the seeds; None with one."""


@dataclass(frozen=True, slots=True)
class SystemScores:
    """What one system reaches."""

    name: str
    seeds: int
    scores: Mapping[Metric, Score]
    ece: float | None
    """Mean over the seeds; None unless every clip has probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One system against the reference."""

    first: str
    """The reference."""
    second: str
    differences: Mapping[Metric, Difference]
    """Second minus first."""
    holm_p: float
    """Of the chosen metric, corrected for all comparisons."""
    verdict: Verdict
    """Of the second, at 5 % after Holm; "not different" means that no difference was found."""
    mcnemar: McNemar | None
    mcnemar_reason: str | None
    t_test: TTest | None
    t_test_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All systems side by side."""

    metric: Metric
    """The one that Holm's correction, the marks and the verdicts are about."""
    clips: int
    speakers: int
    """Different known speakers."""
    unit: Unit
    clusters: int
    """Units drawn."""
    replicates: int
    systems: tuple[SystemScores, ...]
    """The first is the reference."""
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]


def compare(
    systems: Sequence[System],
    *,
    metric: Metric = "ua",
    common: bool = False,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Comparison:
    """Compare every system with the first.

    Args:
        systems: two or more; the first is the reference.
        metric: what Holm's correction and the verdicts are about; UA, WA and macro-F1 stand beside it.
        common: restrict to the clips that all answer, and say so in a note.
        replicates: R.
        seed: the same seed gives the same intervals.

    Raises:
        CorpusError: systems that cannot be compared (see `same_clips`, `same_votes`), or a single clip.
    """
    same = same_clips(systems, common=common)
    by_clip: dict[VoteMetric, Counts] = {}
    if metric in VOTE_METRICS:
        voted = same_votes(same, metric)
        same, by_clip = voted.same, {metric: voted.scores_NM}
    if len(same.references) < 2:
        raise CorpusError("1 clip to compare on, but a difference needs two or more. Give more clips.")
    seeds = [len(system.runs) for system in same.systems]
    draws = draw_scores(_cells(same), same.speakers, seeds, by_clip=by_clip, replicates=replicates, seed=seed)
    right_YN = [_right(system) for system in same.systems]
    found = [
        {name: draws.difference(name, 0, other) for name in draws.runs_M} for other in range(1, len(seeds))
    ]
    chosen = [differences[metric] for differences in found]
    corrected = holm([1.0 if one.p is None else one.p for one in chosen])
    return Comparison(
        metric=metric,
        clips=len(same.references),
        speakers=len(set(same.speakers) - {None}),
        unit=draws.unit,
        clusters=draws.clusters,
        replicates=replicates,
        systems=tuple(
            _scores(system, draws, place, sum(seeds[:place])) for place, system in enumerate(same.systems)
        ),
        pairs=tuple(
            _pair(same.systems, other, differences, p, metric, right_YN)
            for other, (differences, p) in enumerate(zip(found, corrected, strict=True), start=1)
        ),
        notes=(*same.notes, *_notes(same, draws, chosen)),
    )


def _cells(same: SameClips) -> Counts:
    """Every answer's cell in its run's confusion matrix, shape (N, M, L, L + 1)."""
    answers = [[clip.predicted_emotion for clip in run] for system in same.systems for run in system.runs]
    labels = sorted({*same.references, *(word for run in answers for word in run if word is not None)})
    cells = [confusion_cells(same.references, run, labels) for run in answers]
    return np.stack(cells, axis=1).reshape(len(same.references), len(answers), len(labels), -1)


def _right(system: System) -> Counts:
    """Share of the seeds that answer a clip right, shape (N,)."""
    right = [[clip.predicted_emotion == clip.reference_emotion for clip in run] for run in system.runs]
    return np.asarray(np.mean(np.array(right, dtype=np.float64), axis=0))


def _scores(system: System, draws: Draws, place: int, start: int) -> SystemScores:
    seeds = len(system.runs)
    scores: dict[Metric, Score] = {}
    for name in draws.runs_M:
        of_seeds = draws.runs_M[name][start : start + seeds]
        sd = float(of_seeds.std(ddof=1)) if seeds > 1 else None
        scores[name] = Score(float(draws.values_Y[name][place]), sd)
    errors = [_ece(run) for run in system.runs]
    known = [error for error in errors if error is not None]
    return SystemScores(system.name, seeds, scores, sum(known) / seeds if len(known) == seeds else None)


def _ece(run: Sequence[Prediction]) -> float | None:
    """Expected calibration error; None unless every clip has probabilities."""
    if not all(clip.probabilities for clip in run):
        return None
    best = [max(clip.probabilities, key=clip.probabilities.__getitem__) for clip in run]
    told = list(zip(run, best, strict=True))
    return calibration_error(
        [clip.probabilities[label] for clip, label in told],
        [clip.reference_emotion == label for clip, label in told],
    )


def _pair(
    systems: Sequence[System],
    other: int,
    differences: Mapping[Metric, Difference],
    holm_p: float,
    metric: Metric,
    right_YN: Sequence[Counts],
) -> Pair:
    first, second = systems[0], systems[other]
    single = len(first.runs) == len(second.runs) == 1
    t = t_test(right_YN[0], right_YN[other])
    return Pair(
        first=first.name,
        second=second.name,
        differences=differences,
        holm_p=holm_p,
        verdict=_verdict(metric, differences[metric].value, holm_p),
        mcnemar=mcnemar(right_YN[0], right_YN[other]) if single else None,
        mcnemar_reason=None if single else SEEDS_REASON,
        t_test=t,
        t_test_reason=None if t else ALIKE_REASON,
    )


def _verdict(metric: Metric, value: float, p: float) -> Verdict:
    if p >= ALPHA:
        return "not different"
    return "worse" if (value > 0) == (metric in LOWER_IS_BETTER) else "better"


def _notes(same: SameClips, draws: Draws, chosen: Sequence[Difference]) -> list[str]:
    """Sentences that belong beside the numbers."""
    notes = []
    if draws.unit == "clip":
        unknown = sum(speaker is None for speaker in same.speakers)
        speakers = len(set(same.speakers) - {None})
        why = (
            f"{unknown} of {len(same.speakers)} clips have no known speaker"
            if unknown
            else f"{speakers} speakers are too few to draw from ({MIN_SPEAKERS} are needed)"
        )
        notes.append(
            f"Clips were drawn, because {why}: clips of one speaker are alike, so the intervals are likely "
            f"too narrow and the p too small, and they say nothing about new speakers."
        )
    if any(len(system.runs) > 1 for system in same.systems):
        notes.append(
            "Seeds are averaged; intervals and p are over clips and hold for these trained seeds, not for "
            "training again."
        )
    for system in same.systems:
        told = sum(bool(clip.probabilities) for run in system.runs for clip in run)
        if 0 < told < (answers := sum(map(len, system.runs))):
            notes.append(f"{system.name}: {told} of {answers} answers have probabilities, so it has no ECE.")
    if any(one.p is None for one in chosen):
        notes.append(
            "A difference that is the same in everything drawn has no standard error; it counts as p = 1."
        )
    return notes
