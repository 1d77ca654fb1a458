"""The paired bootstrap of several systems' scores: every system is scored on the same draws.

Shapes    N clips, S values of a clip that add up, L labels, A = L + 1 answers (the last did not parse),
          M runs (all seeds of all systems), Y systems, C clusters, R replicates.
Scores    an answer is one cell of an (L, A) confusion matrix; of a score by clip the mean is drawn.
Drawing   whole speakers with replacement; clips where speakers cannot be drawn (`evidence.clusters`).
Seeds     a system's score is the mean of its seeds' scores, in every replicate.
Source    Efron and Tibshirani 1993, chapter 13; Field and Welsh 2007, J. R. Stat. Soc. B 69 (clusters).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from tonelens.evaluation.confusion import macro_f1, unweighted_accuracy, weighted_accuracy
from tonelens.evaluation.paired import Difference, difference
from tonelens.evaluation.same_votes import VoteMetric
from tonelens.evidence.clusters import REPLICATES, SEED, Counts, Unit, clusters_of, drawn_sums

LabelMetric: TypeAlias = Literal["ua", "wa", "macro_f1"]
Metric: TypeAlias = LabelMetric | VoteMetric
METRICS: Mapping[LabelMetric, Callable[[Counts], Counts]] = {
    "ua": unweighted_accuracy,
    "wa": weighted_accuracy,
    "macro_f1": macro_f1,
}
"""Those that every comparison has; they are of the confusion matrix."""
LOWER_IS_BETTER: frozenset[Metric] = frozenset({"votes_cross_entropy", "votes_kl", "votes_total_variation"})


@dataclass(frozen=True, slots=True)
class Draws:
    """Scores of M runs and Y systems on all clips, and of the systems on every replicate."""

    runs_M: Mapping[Metric, Counts]
    values_Y: Mapping[Metric, Counts]
    drawn_RY: Mapping[Metric, Counts]
    unit: Unit
    clusters: int

    def difference(self, metric: Metric, first: int, second: int) -> Difference:
        """The second system's score less the first's."""
        values_Y, drawn_RY = self.values_Y[metric], self.drawn_RY[metric]
        gain_R = drawn_RY[:, second] - drawn_RY[:, first]
        return difference(float(values_Y[second] - values_Y[first]), gain_R, self.clusters)


def draw_scores(
    cells_NMLA: Counts,
    speakers: Sequence[str | None],
    seeds: Sequence[int],
    *,
    by_clip: Mapping[VoteMetric, Counts] | None = None,
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Draws:
    """Score all systems on all clips and on R draws.

    Args:
        cells_NMLA: a 1 where a run's answer to a clip falls; runs in the order of their systems.
        speakers: N names; None is unknown.
        seeds: runs of each of the Y systems; they sum to M.
        by_clip: metric -> what each run scores on each clip, shape (N, M).
        replicates: R.
        seed: of the draws.
    """
    count, runs, labels, answers = cells_NMLA.shape
    starts = np.cumsum([0, *seeds[:-1]])
    clusters = clusters_of(speakers)
    whole: dict[Metric, Counts] = {}
    drawn: dict[Metric, Counts] = {}

    def draw(values_NS: Counts, of_runs: Callable[[Counts], Mapping[Metric, Counts]]) -> None:
        sums = drawn_sums(clusters.sums(values_NS), replicates=replicates, seed=seed)
        blocks = [of_runs(sums_RS) for sums_RS in sums]
        for name, scores_1M in of_runs(values_NS.sum(axis=0, keepdims=True)).items():
            whole[name] = scores_1M
            drawn[name] = np.concatenate([block[name] for block in blocks])

    def of_confusion(sums_RS: Counts) -> dict[Metric, Counts]:
        confusion = sums_RS.reshape(-1, labels, answers)
        return {name: score(confusion).reshape(-1, runs) for name, score in METRICS.items()}

    def mean_as(metric: Metric) -> Callable[[Counts], Mapping[Metric, Counts]]:
        return lambda sums_RS: {metric: sums_RS[:, :-1] / sums_RS[:, -1:]}

    def of_systems(scores_RM: Counts) -> Counts:
        return np.asarray(np.add.reduceat(scores_RM, starts, axis=1) / np.asarray(seeds))

    draw(cells_NMLA.reshape(count, -1), of_confusion)
    for metric, scores_NM in (by_clip or {}).items():
        counted_NS = np.column_stack([scores_NM, np.ones(count)])
        draw(counted_NS, mean_as(metric))
    return Draws(
        runs_M={name: scores_1M[0] for name, scores_1M in whole.items()},
        values_Y={name: of_systems(scores_1M)[0] for name, scores_1M in whole.items()},
        drawn_RY={name: of_systems(scores_RM) for name, scores_RM in drawn.items()},
        unit=clusters.unit,
        clusters=clusters.count,
    )
