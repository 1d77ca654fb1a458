"""How often `tonelens compare` finds a difference where there is none, and one of the stated size.

Worlds    two systems, 3 balanced classes, each right on 70 % of the clips on average.
          independent-600, -2000   clips of unknown speakers: no clip knows of another
          speakers-CxN             C speakers of N clips; for a speaker the second system is better by a draw
                                   of a normal with mean 0 and standard deviation 0.15
          speakers-uneven          20 speakers of 10 to 60 clips, the same otherwise
Protocols no-difference            the share found significant at 5 % should be 0.05
          detectable-difference    the second is better by the mean of the stated minimal detectable
                                   differences: the share should be 0.80
Systems   mcnemar (two-sided), t-test (one-sided: the second is better), bootstrap-METRIC (over speakers
          where they are known: t interval), bootstrap-clips-ua (speakers ignored), percentile-ua (over
          speakers: percentiles of the replicates instead of the t interval)
Metric    significant: share of the worlds drawn, with its 95 % interval (Wilson); n worlds
Run       python benchmarks/compare_calibration.py [--only WORLD]  -> docs/results/compare_calibration.json
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from figures import Figure, write_figures
from tonelens.evaluation.draws import METRICS, draw_scores
from tonelens.evaluation.paired import ALPHA, Difference, mcnemar, t_test
from tonelens.evidence.clusters import Counts
from tonelens.evidence.shares import share

LABELS = 3
RIGHT = 0.7
SPREAD = 0.15
REPLICATES = 500
"""Enough for a standard error within 3 %; `tonelens compare` draws 2000."""


@dataclass(frozen=True, slots=True)
class World:
    """What is drawn again and again."""

    name: str
    clips_C: tuple[int, ...]
    """Clips of every speaker."""
    spread: float = SPREAD
    """Standard deviation over speakers of the difference between the systems."""

    @property
    def speakers(self) -> list[str | None]:
        """Of every clip; None where no clip knows of another."""
        if self.spread == 0:
            return [None] * sum(self.clips_C)
        return [f"s{place}" for place, clips in enumerate(self.clips_C) for _ in range(clips)]

    def draw(self, random: np.random.Generator, gain: float = 0.0) -> Counts:
        """The cells of both systems, shape (N, 2, L, L + 1); the second is better by `gain` on average."""
        effect_C = gain + self.spread * random.standard_normal(len(self.clips_C))
        effect_N = np.repeat(effect_C, self.clips_C)
        chance_N2 = RIGHT + effect_N[:, None] * np.array([-0.5, 0.5])
        reference_N = np.arange(len(effect_N)) % LABELS
        is_right_N2 = random.random(chance_N2.shape) < chance_N2
        wrong_N2 = (reference_N[:, None] + random.integers(1, LABELS, chance_N2.shape)) % LABELS
        answer_N2 = np.where(is_right_N2, reference_N[:, None], wrong_N2)
        cells = np.zeros((len(effect_N), 2, LABELS, LABELS + 1))
        np.put_along_axis(
            cells.reshape(len(effect_N), 2, -1),
            (reference_N[:, None] * (LABELS + 1) + answer_N2)[:, :, None],
            1.0,
            axis=2,
        )
        return cells


WORLDS = (
    World("independent-600", (1,) * 600, spread=0.0),
    World("independent-2000", (1,) * 2000, spread=0.0),
    World("speakers-6x100", (100,) * 6),
    World("speakers-10x60", (60,) * 10),
    World("speakers-20x30", (30,) * 20),
    World("speakers-uneven", tuple(np.linspace(10, 60, 20).astype(int).tolist())),
)


def is_significant(found: Difference) -> bool:
    """Whether a two-sided test at 5 % finds it; never where nothing varies."""
    return found.p is not None and found.p < ALPHA


def findings(world: World, cells_N2LA: Counts, seed: int) -> tuple[dict[str, bool], float]:
    """System -> whether it finds a difference at 5 %; and the minimal detectable difference in UA."""
    right_N2 = np.einsum("nyll->ny", cells_N2LA[:, :, :, :-1])
    draws = draw_scores(cells_N2LA, world.speakers, (1, 1), replicates=REPLICATES, seed=seed)
    t = t_test(right_N2[:, 0], right_N2[:, 1])
    found = {
        "mcnemar": mcnemar(right_N2[:, 0], right_N2[:, 1]).p < ALPHA,
        "t-test": t is not None and t.p < ALPHA,
    }
    for metric in METRICS:
        found[f"bootstrap-{metric}"] = is_significant(draws.difference(metric, 0, 1))
    if draws.unit == "speaker":
        nobody = [None] * len(right_N2)
        naive = draw_scores(cells_N2LA, nobody, (1, 1), replicates=REPLICATES, seed=seed)
        found["bootstrap-clips-ua"] = is_significant(naive.difference("ua", 0, 1))
        gain_R = draws.drawn_RY["ua"][:, 1] - draws.drawn_RY["ua"][:, 0]
        low, high = np.percentile(gain_R, [100 * ALPHA / 2, 100 * (1 - ALPHA / 2)])
        found["percentile-ua"] = not low <= 0 <= high
    return found, draws.difference("ua", 0, 1).minimal_detectable or 0.0


def shares(world: World, worlds: int, *, gain: float, seed: int) -> tuple[dict[str, int], float]:
    """System -> worlds in which it finds a difference; and the mean detectable difference."""
    random = np.random.default_rng(seed)
    counts: dict[str, int] = defaultdict(int)
    detectable = 0.0
    for number in range(worlds):
        found, least = findings(world, world.draw(random, gain), seed=seed + number)
        detectable += least / worlds
        for system, is_found in found.items():
            counts[system] += is_found
    return dict(counts), detectable


def figures_of(world: World, protocol: str, counts: Mapping[str, int], worlds: int) -> Sequence[Figure]:
    """One figure a system."""
    rows = []
    for system, count in counts.items():
        found = share(number < count for number in range(worlds))
        rows.append(
            Figure(
                system=system,
                corpus=world.name,
                protocol=protocol,
                metric="significant",
                value=found.value,
                low=round(found.low, 4),
                high=round(found.high, 4),
                n=worlds,
            )
        )
    return rows


def main() -> None:
    """Every world, without a difference and with the detectable one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--worlds", type=int, default=5_000)
    parser.add_argument("--only", action="append", default=None, help="this world; may be repeated")
    options = parser.parse_args()
    worlds = options.worlds
    for place, world in enumerate(WORLDS):
        if options.only and world.name not in options.only:
            continue
        counts, detectable = shares(world, worlds, gain=0.0, seed=1_000_000 * place)
        rows = list(figures_of(world, "no-difference", counts, worlds))
        counts, _ = shares(world, worlds, gain=detectable, seed=1_000_000 * place + 500_000)
        sound = {name: counts[name] for name in ("bootstrap-ua", "bootstrap-wa", "bootstrap-macro_f1")}
        rows += figures_of(world, "detectable-difference", sound, worlds)
        for row in rows:
            print(f"{row.corpus:18} {row.protocol:22} {row.system:20} {100 * row.value:5.1f} %", flush=True)
        print(write_figures("compare_calibration", rows), flush=True)


if __name__ == "__main__":
    main()
