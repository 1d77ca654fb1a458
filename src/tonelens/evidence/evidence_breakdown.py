"""What the sums of `examined` leave open: which other claims moved, which emotion became which, by how much.

Strays      of the changes of one property that `Scores.stays` counts: how often the claim about each other
            property is another one afterwards.
Pairs       of the smallest flips: how many make emotion B of emotion A by each kind of change, and the median
            size in its own unit (`in_units`).
Difference  mean over clips of what cited spans cost (or tell) more than random ones, nats, with a bootstrap
            interval over speakers (`means`); the test beside it is of `deletion`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.evidence.counterfactual import STEPS
from tonelens.evidence.examine import Row
from tonelens.evidence.interventions import KINDS, Trial
from tonelens.evidence.means import Mean, clustered_mean
from tonelens.evidence.shares import Share, share

UNITS: Mapping[str, str] = {
    "pitch": "semitones",
    "speed": "times faster or slower",
    "volume": "dB",
    "variation": "more or less melody",
}
"""Of `in_units`; of sizes, so that they say how far and not which way."""


@dataclass(frozen=True, slots=True)
class Size:
    """Flips of one kind."""

    n: int
    median_steps: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Flips that make one emotion of another."""

    before: str
    after: str
    sizes: Mapping[str, Size]
    """By kind; kinds that never do it are not there."""

    @property
    def n(self) -> int:
        """Flips of every kind."""
        return sum(size.n for size in self.sizes.values())


@dataclass(frozen=True, slots=True)
class Differences:
    """Cited minus random, nats; None where nothing was tested."""

    deletion: Mean | None
    insertion: Mean | None


def strays(trials: Sequence[Trial]) -> dict[str, dict[str, Share]]:
    """By changed property, then by the property of the claim that should have stayed."""
    found: dict[str, dict[str, Share]] = {}
    for changed in KINDS:
        compared = [
            trial
            for trial in trials
            if trial.edit.descriptor == changed and trial.arrived and trial.others_kept
        ]
        made = {name for trial in compared for name in trial.before.claims} - {changed}
        others = [name for name in DESCRIPTORS if name in made]
        found[changed] = {
            other: share(
                trial.after.claims.get(other) != trial.before.claims[other]
                for trial in compared
                if other in trial.before.claims
            )
            for other in others
        }
    return found


def pairs(rows: Sequence[Row]) -> list[Pair]:
    """Commonest first."""
    steps: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for flip in row.get("counterfactual", {}).get("flips", ()):
            steps[flip["before"], flip["after"]][flip["kind"]].append(flip["steps"])
    found = [
        Pair(before, after, {kind: Size(len(of), median(of)) for kind, of in kinds.items()})
        for (before, after), kinds in steps.items()
    ]
    return sorted(found, key=lambda pair: (-pair.n, pair.before, pair.after))


def in_units(kind: str, steps: float) -> str:
    """A size in steps as a number of UNITS: `2.5`, `1.21`, `6.0`, `50 %`."""
    match kind:
        case "speed":
            return f"{math.exp(steps * STEPS['speed']):.2f}"
        case "variation":
            return f"{100 * steps * STEPS['variation']:.0f} %"
        case "volume":
            return f"{steps * STEPS['volume']:.1f}"
        case _:
            return f"{steps:.1f}"


def differences(rows: Sequence[Row]) -> Differences:
    """Over the clips whose spans were tested."""
    tested = [row for row in rows if row.get("spans", {}).get("test") is not None]
    speakers = [row["speaker"] for row in tested]
    tests = [row["spans"]["test"] for row in tested]
    if not tests:
        return Differences(None, None)
    return Differences(
        clustered_mean([test["deletion"] - test["deletion_random"] for test in tests], speakers),
        clustered_mean([test["insertion"] - test["insertion_random"] for test in tests], speakers),
    )
