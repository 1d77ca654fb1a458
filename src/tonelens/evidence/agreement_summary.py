"""Agreement over many clips: of each descriptor's claims, how many the signal supports.

Shares    supported, contradicted and not measurable are shares of all claims about a descriptor: they sum
          to 1.
Constant  what the best constant claim would have had on the same measurable claims: the share of the most
          frequent measured level; claims that exclude a level do not count. A system that does not exceed
          it has not listened to that descriptor.
Interval  Wilson, 95 %; claims count as independent, which those about one speaker are not.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.evidence.agreement import EMPHASIS, Agreement, Judged
from tonelens.evidence.shares import Share, share


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorAgreement:
    """All claims about one descriptor."""

    descriptor: str
    claims: int
    supported: Share
    contradicted: Share
    not_measurable: Share
    best_constant: Share | None
    """Supported of the measurable claims, had they all been the best single level; None without any, and
    for emphasis, which has no levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSummary:
    """A system over many clips."""

    clips: int
    silent: int
    """Clips of which it claims nothing."""
    unclear: int
    """Phrases that were not judged, as they may mean two things."""
    descriptors: tuple[DescriptorAgreement, ...]
    contradictions: tuple[tuple[str, Judged], ...]
    """Every one: the clip and the claim."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """A table for a person, and every contradiction under it."""
        head = f"{self.clips} clips, {self.silent} without a claim, {self.unclear} unclear phrases not judged"
        columns = ("", "claims", "supported", "contradicted", "not measurable", "best constant")
        rows = [columns, *(_row(row) for row in self.descriptors)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        listed = [f"  {source}: {claim}" for source, claim in self.contradictions]
        return "\n".join([head, *table, f"{len(listed)} contradictions", *listed])


def summarise(agreements: Sequence[Agreement]) -> AgreementSummary:
    """All verdicts of one system, by descriptor; descriptors that it never speaks of have no row."""
    by_name: dict[str, list[Judged]] = {name: [] for name in (*DESCRIPTORS, EMPHASIS)}
    for agreement in agreements:
        for claim in agreement.claims:
            by_name[claim.descriptor].append(claim)
    return AgreementSummary(
        clips=len(agreements),
        silent=sum(not agreement.claims for agreement in agreements),
        unclear=sum(len(agreement.unclear) for agreement in agreements),
        descriptors=tuple(_of_one(name, claims) for name, claims in by_name.items() if claims),
        contradictions=tuple((found.source, claim) for found in agreements for claim in found.contradictions),
    )


def _of_one(name: str, claims: Sequence[Judged]) -> DescriptorAgreement:
    compared = (claim.measured_level for claim in claims if not claim.is_excluded)
    measured = [level for level in compared if level is not None]
    commonest = Counter(measured).most_common(1)[0][0] if measured else None
    return DescriptorAgreement(
        descriptor=name,
        claims=len(claims),
        supported=share(claim.verdict == "supported" for claim in claims),
        contradicted=share(claim.verdict == "contradicted" for claim in claims),
        not_measurable=share(claim.verdict == "not measurable" for claim in claims),
        best_constant=share(level == commonest for level in measured) if measured else None,
    )


def _row(row: DescriptorAgreement) -> tuple[str, ...]:
    shares = (row.supported, row.contradicted, row.not_measurable)
    constant = "-" if row.best_constant is None else str(row.best_constant)
    return (row.descriptor.replace("_", " "), str(row.claims), *map(str, shares), constant)
