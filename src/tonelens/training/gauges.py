"""Fitting the gauges: least squares on whole-clip statistics, stopped where unheard voices are told best.

    training clips and changed copies -> statistics, measured values -> conjugate gradients, step by step
    -> for every gauge the number of steps with the smallest error on voices left out -> the same steps on all

Stopping early is the regularisation (there are more statistics than voices), and one path of steps costs
what one ridge costs to try, at any width of the encoder. A gauge of a started model is corrected, not begun
anew: the steps fit what it misses, and none is one of the choices.

Shapes    A versions of each clip (0 is the clip itself), N clips, S statistics, G gauges, C genders.
Source    conjugate gradients on the normal equations: M. Hestenes and E. Stiefel 1952, "Methods of conjugate
          gradients for solving linear systems", section 10; docs/decisions/0022.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.augment import Change
from tonelens.corpora.cuts import gender_of, speaker_of
from tonelens.descriptors.levels import DESCRIPTORS, Edges, Levels, Reference, Standard
from tonelens.descriptors.sentences import GENDERS
from tonelens.model.gauges import GAUGED
from tonelens.model.utterance import UtteranceLatent
from tonelens.progress import Reporter
from tonelens.training.data import TrainingData, changed_measures, spoken_gender

MOST_STEPS = 60
"""Of a path. The gauge that took most had 18 and 24 on two groups of EmoDB, 27 and 47 on two of RAVDESS."""
WITHOUT_VOICES = 15
"""Steps where there are no two groups of voices to choose by."""
SLOWEST = 0.1
"""Hz, syllables/s: what is slower stands for nothing said, and has no logarithm."""
SMALLEST_SPAN = 1e-6
"""Between edges that fell together, on a gauge's scale."""
SMALLEST_ERROR = 1e-3
ARRIVED = 1e-10
"""Of the first slope's square: what is left is rounding, and steps along it lead away."""
NOT_MEASURED = Edges(low=0.5, high=2.0, clips=0, quantiles=(0.0, 1.0))
"""Of a descriptor that no training clip has: the head says that it is unknown."""


def scaled(name: str, value: float) -> float:
    """A measured value on its gauge's scale: decibels as they are, rates in semitones."""
    return value if name == "volume" else 12 * math.log2(max(value, SLOWEST))


def edges_of(levels: Levels) -> Tensor:
    """Where levels meet, on the gauges' scales: (C, G, 2). A gender without edges has everybody's."""

    def of(gender: str, name: str) -> list[float]:
        by_key = _edges(levels, name)
        edges = by_key.get(f"group:{gender}", by_key["corpus"])
        return [scaled(name, edges.low), scaled(name, edges.high)]

    return torch.tensor([[of(gender, name) for name in GAUGED] for gender in GENDERS])


def _edges(levels: Levels, name: str) -> Mapping[str, Edges]:
    """Of the steadiest field that training clips have."""
    descriptor = DESCRIPTORS[name]
    known = [name if field == descriptor.field else field for field in descriptor.fields()]
    return next((levels.edges[one] for one in known if levels.edges.get(one)), {"corpus": NOT_MEASURED})


def gauge_values(
    data: TrainingData, versions: Sequence[Sequence[Change]], finest: Reference = "group"
) -> Tensor:
    """What the gauges shall read of every version of every clip: (A, N, G), NaN where nothing is measured.

    A value that has other edges than the gauge (another field, a speaker's own) is moved to where it stands
    between the gauge's: that is what its word is about.
    """
    edges = edges_of(data.levels).tolist()

    def values(cut: MonoCut, change: Change) -> list[float]:
        measures = changed_measures(cut, change, data)
        own = {"speaker": speaker_of(cut), "gender": gender_of(cut)}
        found = [data.levels.standard(name, measures, **own, finest=finest) for name in GAUGED]
        of_gender = edges[GENDERS.index(spoken_gender(cut))]
        return [moved(*known) for known in zip(GAUGED, found, of_gender, strict=True)]

    def moved(name: str, found: Standard | None, gauge: list[float]) -> float:
        if found is None:
            return math.nan
        low, high = scaled(name, found.edges.low), scaled(name, found.edges.high)
        share = (scaled(name, found.value) - low) / max(high - low, SMALLEST_SPAN)
        return float(gauge[0] + share * (gauge[1] - gauge[0]))

    return torch.tensor(
        [[values(*version) for version in zip(data.train, changes, strict=True)] for changes in versions]
    )


@torch.no_grad()
def fit_gauges(
    pooling: UtteranceLatent,
    rows_ANS: Tensor,
    values_ANG: Tensor,
    group_N: Tensor,
    edges_CG2: Tensor,
    reporter: Reporter,
) -> None:
    """Fit the gauges of an utterance latent in place, on top of what they read already.

    Args:
        pooling: with gauges, and with statistics fitted, whose deviations weigh alike.
        rows_ANS: statistics of every version of every clip.
        values_ANG: `gauge_values` of them.
        group_N: the group of voices of every clip (`crossfit.groups_of`); negative ones are never left out.
        edges_CG2: `edges_of` the levels.
        reporter: told of every path.
    """
    gauges = pooling.gauges
    assert gauges is not None
    missed_ANG = values_ANG - gauges.values(rows_ANS)
    offset_G = missed_ANG.nanmean(dim=(0, 1)).nan_to_num()
    missed_ANG = missed_ANG - offset_G
    centre_S, scale_S = rows_ANS.mean(dim=(0, 1)), pooling.statistics.std_S
    rows_ANS = (rows_ANS - centre_S) / scale_S
    groups = int(group_N.max()) + 1
    reporter.begin("gauges", groups + 1)
    squares_KG = torch.zeros(MOST_STEPS + 1, len(GAUGED))
    for group in range(groups if groups > 1 else 0):
        heard_NS, told_NG = rows_ANS[0, group_N == group], missed_ANG[0, group_N == group]
        path = conjugate_gradients(rows_ANS[:, group_N != group], missed_ANG[:, group_N != group], MOST_STEPS)
        squares_KG += torch.stack(
            [(heard_NS @ line_GS.T - told_NG).square().nansum(dim=0) for line_GS in path]
        )
        reporter.advance(group + 1)
    steps = squares_KG.argmin(dim=0).tolist() if groups > 1 else [WITHOUT_VOICES] * len(GAUGED)
    lines = list(conjugate_gradients(rows_ANS, missed_ANG, max(steps)))
    chosen_GS = torch.stack([lines[count][number] for number, count in enumerate(steps)])
    reporter.advance(groups + 1)
    judged_G = (~missed_ANG[0, group_N >= 0].isnan()).sum(dim=0).clamp(min=1)
    left_G = (rows_ANS[0] @ chosen_GS.T - missed_ANG[0]).square().nanmean(dim=0)
    error_G = (squares_KG.amin(dim=0) / judged_G if groups > 1 else left_G.nan_to_num()).sqrt()
    at_centre_G = gauges.values(centre_S.unsqueeze(0))[0] + offset_G
    gauges.weight_GS.add_(chosen_GS / scale_S)
    gauges.bias_G.copy_(at_centre_G)
    gauges.centre_S.copy_(centre_S)
    gauges.error_G.copy_(error_G.clamp(min=SMALLEST_ERROR))
    mean_G = values_ANG[0].nanmean(dim=0).nan_to_num()
    gauges.mean_G.copy_(mean_G)
    deviation_G = (values_ANG[0] - mean_G).square().nanmean(dim=0).nan_to_num().sqrt()
    gauges.deviation_G.copy_(deviation_G.clamp(min=SMALLEST_ERROR))
    gauges.edges_CG2.copy_(edges_CG2)


def conjugate_gradients(rows: Tensor, values: Tensor, steps: int) -> Iterator[Tensor]:
    """Lines (G, S) from nothing towards the least squares of rows (..., S) to values (..., G), step by step.

    Every gauge has a path of its own, over the rows that have a value for it (NaN is none). The first line is
    zero; `steps` more follow.
    """
    rows_MS, values_GM = rows.flatten(0, -2), values.flatten(0, -2).T
    has_value_GM, left_GM = ~values_GM.isnan(), values_GM.nan_to_num()
    slope_GS = left_GM @ rows_MS
    line_GS, way_GS, size_G1 = (
        torch.zeros_like(slope_GS),
        slope_GS,
        slope_GS.square().sum(dim=1, keepdim=True),
    )
    arrived_G1 = ARRIVED * size_G1
    yield line_GS
    for _ in range(steps):
        along_GM = has_value_GM * (way_GS @ rows_MS.T)
        length_G1 = size_G1 / along_GM.square().sum(dim=1, keepdim=True)
        length_G1 = torch.where(size_G1 > arrived_G1, length_G1, 0.0)
        line_GS = line_GS + length_G1 * way_GS
        left_GM = left_GM - length_G1 * along_GM
        slope_GS = left_GM @ rows_MS
        before_G1, size_G1 = size_G1, slope_GS.square().sum(dim=1, keepdim=True)
        way_GS = slope_GS + torch.where(size_G1 > arrived_G1, size_G1 / before_G1, 0.0) * way_GS
        yield line_GS
