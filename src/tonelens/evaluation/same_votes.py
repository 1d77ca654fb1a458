"""Several systems on the clips that listeners' votes can judge, and what each clip scores.

Shapes    N clips, M runs (all seeds of all systems).
Scores    those of `votes`, clip by clip; a run's score is their mean. Lower is better, but for
          votes_majority_accuracy.
Rules     every run holds the same votes; for the three distances all give probabilities, over the same
          labels, as votes for labels that a system lacks are left out of its distance. A clip that one run
          cannot be scored on is left out of all, and a note says how many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from tonelens.errors import CorpusError
from tonelens.evaluation.prediction import SUM_TOLERANCE, Prediction
from tonelens.evaluation.same_clips import SameClips, System, some
from tonelens.evaluation.votes import distance, majority
from tonelens.evidence.clusters import Counts

VoteMetric: TypeAlias = Literal[
    "votes_cross_entropy", "votes_kl", "votes_total_variation", "votes_majority_accuracy"
]
VOTE_METRICS: tuple[VoteMetric, ...] = (
    "votes_cross_entropy", "votes_kl", "votes_total_variation", "votes_majority_accuracy"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SameVotes:
    """What is left to compare on."""

    same: SameClips
    scores_NM: Counts


def same_votes(same: SameClips, metric: VoteMetric) -> SameVotes:
    """Leave the clips that every run can be scored on.

    Raises:
        CorpusError: a run without votes or probabilities, different votes or labels, fewer than two clips.
    """
    runs = [
        (system.run_name(number), run) for system in same.systems for number, run in enumerate(system.runs)
    ]
    for name, run in runs:
        if not any(clip.reference_shares for clip in run):
            raise CorpusError(
                f"{name}: no listeners' votes, but {metric} is against them. Give the predictions.jsonl of "
                f"cuts with votes, or another --metric."
            )
    _refuse_different_votes(runs)
    if metric != "votes_majority_accuracy":
        _refuse_unlike_probabilities(runs, metric)
    scores_NM = np.array([[_score(clip, metric) for clip in clips] for clips in _side_by_side(runs)])
    is_scored_N = np.isfinite(scores_NM).all(axis=1)
    count, total = int(is_scored_N.sum()), len(is_scored_N)
    if count < 2:
        raise CorpusError(f"{count} of {total} clips can be scored by {metric}, but a difference needs two.")
    notes = [f"Only {metric} is against the listeners' votes; all other scores and tests are of the label."]
    if count < total:
        notes.append(f"{total - count} of {total} clips left out of everything: {_why(metric)}.")
    return SameVotes(_kept(same, is_scored_N.tolist(), notes), scores_NM[is_scored_N])


def _score(clip: Prediction, metric: VoteMetric) -> float:
    """Of one clip; NaN where it has none."""
    if not clip.reference_shares:
        return float("nan")
    if metric == "votes_majority_accuracy":
        label = majority(clip.reference_shares)
        return float("nan") if label is None else float(clip.predicted_emotion == label)
    far = distance(clip.reference_shares, clip.probabilities) if clip.probabilities else None
    return float("nan") if far is None else float(getattr(far, metric.removeprefix("votes_")))


def _why(metric: VoteMetric) -> str:
    if metric == "votes_majority_accuracy":
        return "no votes, or a shared first place"
    return "no votes, no probabilities, or no vote for any of their labels"


def _side_by_side(runs: Sequence[tuple[str, Sequence[Prediction]]]) -> list[tuple[Prediction, ...]]:
    """The M answers to each of the N clips."""
    return list(zip(*(run for _, run in runs), strict=True))


def _refuse_different_votes(runs: Sequence[tuple[str, Sequence[Prediction]]]) -> None:
    unlike = [
        clips[0].id
        for clips in _side_by_side(runs)
        if any(_differ(clips[0].reference_shares, clip.reference_shares) for clip in clips[1:])
    ]
    if unlike:
        raise CorpusError(
            f"the systems disagree on the listeners' votes of {some(unlike)}. Make all predictions from the "
            f"same cuts."
        )


def _differ(votes: Mapping[str, float], others: Mapping[str, float]) -> bool:
    labels = votes.keys() | others.keys()
    return any(abs(votes.get(label, 0.0) - others.get(label, 0.0)) > SUM_TOLERANCE for label in labels)


def _refuse_unlike_probabilities(
    runs: Sequence[tuple[str, Sequence[Prediction]]], metric: VoteMetric
) -> None:
    first: dict[str, str] = {}
    for name, run in runs:
        labels = {label for clip in run for label in clip.probabilities}
        if not labels:
            raise CorpusError(
                f"{name}: no probabilities, but {metric} needs them. Give them, or take "
                f"--metric votes_majority_accuracy."
            )
        first = first or dict.fromkeys(labels, name)
        if unlike := sorted(labels ^ first.keys()):
            raise CorpusError(
                f"{name} and {next(iter(first.values()))} have probabilities of different labels "
                f"({', '.join(unlike)}), so that {metric} is over different votes. Bring both to one label "
                f"set, or take --metric votes_majority_accuracy."
            )


def _kept(same: SameClips, is_kept: Sequence[bool], notes: Sequence[str]) -> SameClips:
    def of(row: Sequence[Prediction]) -> tuple[Prediction, ...]:
        return tuple(clip for clip, keep in zip(row, is_kept, strict=True) if keep)

    return replace(
        same,
        systems=tuple(System(system.name, tuple(map(of, system.runs))) for system in same.systems),
        references=tuple(word for word, keep in zip(same.references, is_kept, strict=True) if keep),
        speakers=tuple(who for who, keep in zip(same.speakers, is_kept, strict=True) if keep),
        notes=(*same.notes, *notes),
    )
