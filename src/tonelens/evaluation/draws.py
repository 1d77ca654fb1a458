"""The paired bootstrap of several systems' scores: every system is scored on the same draws.

Shapes    N clips, L labels, A = L + 1 answers (the last did not parse), M runs (all seeds of all systems),
          Y systems, C clusters, R replicates. An answer is one cell of an (L, A) confusion matrix.
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
from tonelens.evaluation.intervals import SEED, Counts, drawn_sums
from tonelens.evaluation.paired import Difference, difference
from tonelens.evidence.clusters import REPLICATES, Unit, clusters_of

Metric: TypeAlias = Literal["ua", "wa", "macro_f1"]
METRICS: Mapping[Metric, Callable[[Counts], Counts]] = {
    "ua": unweighted_accuracy,
    "wa": weighted_accuracy,
    "macro_f1": macro_f1,
}


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
    replicates: int = REPLICATES,
    seed: int = SEED,
) -> Draws:
    """Score all systems on all clips and on R draws.

    Args:
        cells_NMLA: a 1 where a run's answer to a clip falls; runs in the order of their systems.
        speakers: N names; None is unknown.
        seeds: runs of each of the Y systems; they sum to M.
        replicates: R.
        seed: of the draws.
    """
    _, runs, labels, answers = cells_NMLA.shape
    starts = np.cumsum([0, *seeds[:-1]])
    cells_NS = cells_NMLA.reshape(len(cells_NMLA), -1)

    def of_runs(sums_RS: Counts) -> dict[Metric, Counts]:
        confusion = sums_RS.reshape(-1, labels, answers)
        return {name: score(confusion).reshape(-1, runs) for name, score in METRICS.items()}

    def of_systems(scores_RM: Counts) -> Counts:
        return np.asarray(np.add.reduceat(scores_RM, starts, axis=1) / np.asarray(seeds))

    clusters = clusters_of(speakers)
    clusters_CS = clusters.sums(cells_NS)
    blocks = [of_runs(sums_RS) for sums_RS in drawn_sums(clusters_CS, replicates=replicates, seed=seed)]
    whole = of_runs(cells_NS.sum(axis=0, keepdims=True))
    return Draws(
        runs_M={name: whole[name][0] for name in METRICS},
        values_Y={name: of_systems(whole[name])[0] for name in METRICS},
        drawn_RY={name: of_systems(np.concatenate([block[name] for block in blocks])) for name in METRICS},
        unit=clusters.unit,
        clusters=clusters.count,
    )
