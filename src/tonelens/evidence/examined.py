"""What a system's explanations are worth, over many clips: the rows of `examine` summed up.

Counterfactuals   share of the clips with a flip of each kind, and the median size of the smallest in steps
                  (`counterfactual.STEPS`) among them; clips that the vocoder alone flips are apart.
Spans             share of clips with a cited span, and whether silencing cited spans costs more log-odds than
                  silencing random ones (`deletion`: Wilcoxon over clips).
Everything else is explained where it is made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tonelens.evidence.agreement import Agreement, Judged
from tonelens.evidence.agreement_summary import AgreementSummary, summarise
from tonelens.evidence.alterations import HOWS
from tonelens.evidence.conflict import ConflictSet
from tonelens.evidence.counterfactual import STEPS
from tonelens.evidence.deletion import Paired, SpanTest, deletions, insertions
from tonelens.evidence.examine import Row, trial_from
from tonelens.evidence.interventions import Scores, scores_by_descriptor
from tonelens.evidence.means import Mean
from tonelens.evidence.shares import Share, share
from tonelens.evidence.streams import DONE, StreamShares

SCHEMA = "tonelens/evidence@1"


@dataclass(frozen=True, slots=True)
class Flips:
    """Of one kind of change."""

    flipped: Share | None
    """Clips that some amount of it flips, of those searched: one that the vocoder's unchanged copy flips is
    searched by level alone."""
    median_steps: float | None
    """Of the smallest amounts that do; None where none does."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Where in time."""

    cited: Share
    """Clips with a cited span."""
    deletion: Paired | None
    """None where nothing could be tested."""
    insertion: Paired | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Words or voice."""

    voice: Mean | None
    """Share of the voice, of the clips that have one."""
    neither: Mean
    """Share of the clips that neither stream alone decides."""
    drops: dict[str, dict[str, Mean]]
    """How far the decided emotion's probability falls, by stream and way of altering it."""
    follows: dict[str, Mean]
    """In the conflict set: words, voice or neither."""
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One system."""

    system: str
    clips: int
    refused: int
    agreement: AgreementSummary | None
    """None, as the others, where the part was not asked for."""
    interventions: dict[str, Scores] | None
    vocoder_flips: Share | None
    counterfactuals: dict[str, Flips] | None
    spans: Spans | None
    streams: Streams | None
    protocol: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    def to_text(self) -> str:
        """For a person."""
        refused = f", {self.refused} without a voice left out" if self.refused else ""
        lines = [f"{self.system}, {self.clips} clips{refused}"]
        if self.agreement is not None:
            lines += ["", "claims against the signal", *_agreement_lines(self.agreement)]
        if self.interventions is not None:
            lines += ["", "one property changed: does the claim follow, and do the others stay?"]
            lines += _intervention_lines(self.interventions)
        if self.counterfactuals is not None and self.vocoder_flips is not None:
            lines += ["", "the smallest change that flips the emotion"]
            lines += _flip_lines(self.counterfactuals, self.vocoder_flips)
        if self.spans is not None:
            lines += ["", "cited spans against random ones, silenced", *_span_lines(self.spans)]
        if self.streams is not None:
            lines += ["", "words or voice: whose stream carries the decision", *_stream_lines(self.streams)]
        return "\n".join([*lines, "", f"protocol: {self.protocol}"])


def examined(
    system: str,
    rows: Sequence[Row],
    streams: tuple[StreamShares, ConflictSet] | None = None,
    *,
    protocol: str,
) -> Examined:
    """Sum the rows of one system up; parts that no row has are left out."""
    asked = [row for row in rows if "refused" not in row]

    def having(part: str) -> list[Row]:
        return [row for row in asked if part in row]

    searched, spanned, edited = having("counterfactual"), having("spans"), having("interventions")
    trials = [trial_from(trial, row.get("speaker")) for row in edited for trial in row["interventions"]]
    agreements = [_agreement_from(row["agreement"]) for row in having("agreement")]
    return Examined(
        system=system,
        clips=len(rows),
        refused=len(rows) - len(asked),
        agreement=summarise(agreements) if agreements else None,
        interventions=scores_by_descriptor(trials) if edited else None,
        vocoder_flips=share(row["counterfactual"]["vocoder_flips"] for row in searched) if searched else None,
        counterfactuals={kind: _flips(kind, searched) for kind in STEPS} if searched else None,
        spans=_spans(spanned) if spanned else None,
        streams=None if streams is None else _streams(*streams),
        protocol=protocol,
    )


def _streams(shares: StreamShares, conflicts: ConflictSet) -> Streams:
    return Streams(
        voice=shares.voice,
        neither=shares.neither,
        drops={
            stream: {str(how): mean for how, mean in hows.items()} for stream, hows in shares.drops.items()
        },
        follows={str(kind): mean for kind, mean in conflicts.follows.items()},
        pairs=len(conflicts.conflicts),
    )


def _agreement_from(row: Row) -> Agreement:
    claims = tuple(Judged(**claim) for claim in row["claims"])
    return Agreement(row["source"], claims, tuple(row["unclear"]))


def _flips(kind: str, rows: Sequence[Row]) -> Flips:
    found = [row["counterfactual"] for row in rows]
    searched = [one["flips"] for one in found if kind == "volume" or not one["vocoder_flips"]]
    steps = [[flip["steps"] for flip in flips if flip["kind"] == kind] for flips in searched]
    smallest = [step for each in steps for step in each]
    return Flips(share(map(bool, steps)) if steps else None, median(smallest) if smallest else None)


def _spans(rows: Sequence[Row]) -> Spans:
    tests = [SpanTest(**row["spans"]["test"]) for row in rows if row["spans"]["test"] is not None]
    cited = share(bool(row["spans"]["cited"]) for row in rows)
    return Spans(cited, deletions(tests) if tests else None, insertions(tests) if tests else None)


def _agreement_lines(found: AgreementSummary) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "claims", "supported", "contradicted", "best constant claim")]
    for one in found.descriptors:
        constant = "-" if one.best_constant is None else str(one.best_constant)
        rows.append((one.descriptor, str(one.claims), str(one.supported), str(one.contradicted), constant))
    return _table(rows)


def _intervention_lines(found: dict[str, Scores]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("", "changes", "claim moves", "claim names it", "others stay", "emotion flips")
    ]
    for name, scores in found.items():
        changes = "0" if scores.arrived is None else str(scores.arrived.count)
        shares = (scores.moves, scores.names, scores.stays, scores.flips)
        rows.append((name, changes, *("-" if one is None else str(one) for one in shares)))
    return _table(rows)


def _flip_lines(found: dict[str, Flips], vocoder: Share) -> list[str]:
    rows = [("", "clips that flip", "median smallest")]
    for kind, flips in found.items():
        steps = "-" if flips.median_steps is None else f"{flips.median_steps:.1f} steps"
        rows.append((kind, "-" if flips.flipped is None else str(flips.flipped), steps))
    rows.append(("vocoder alone", str(vocoder), ""))
    return _table(rows)


def _span_lines(found: Spans) -> list[str]:
    rows = [("", "clips", "median nats more", "effect", "p"), ("cited", str(found.cited), "", "", "")]
    for name, test in (("silenced", found.deletion), ("heard alone", found.insertion)):
        if test is not None:
            rows.append((name, str(test.n), f"{test.median:+.3f}", f"{test.effect:+.2f}", f"{test.p:.2g}"))
    return _table(rows)


def _stream_lines(found: Streams) -> list[str]:
    rows: list[tuple[str, ...]] = [("", *(DONE[how] for how in HOWS))]
    for stream, hows in found.drops.items():
        falls = [f"-{100 * hows[how].value:.0f} points" if how in hows else "" for how in HOWS]
        rows.append(({"content": "words", "descriptor": "voice"}.get(stream, stream), *falls))
    lines = _table(rows)
    voice = "no clip has one" if found.voice is None else _mean(found.voice)
    lines.append(f"  share of the voice {voice}; neither alone decides {_mean(found.neither)} of the clips")
    if found.follows:
        said = ", ".join(f"{kind} {_mean(mean)}" for kind, mean in found.follows.items())
        lines.append(f"  words of one clip in the voice of another follow: {said} ({found.pairs} mixtures)")
    return lines


def _mean(found: Mean) -> str:
    return f"{100 * found.value:.0f} % ({100 * found.low:.0f} to {100 * found.high:.0f})"


def _table(rows: Iterable[Sequence[str]]) -> list[str]:
    known = list(rows)
    widths = [max(map(len, column)) for column in zip(*known, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in known
    ]
