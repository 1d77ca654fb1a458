"""The rows of `examine` in parts: by emotion, corpus and sex, so that an average hides nobody.

Right      share of the clips whose likeliest emotion is the label of the corpus, among those whose label the
           system knows.
Supported  share of all claims of the part; moves and stays of all its changes (`interventions`).
Interval   Wilson, 95 %. Parts are small: overlapping intervals tell no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tonelens.evidence.examine import Row, trial_from
from tonelens.evidence.interventions import Scores
from tonelens.evidence.shares import Share, share

UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some of the clips."""

    name: str
    clips: int
    """Those that could be asked."""
    right: Share | None
    supported: Share | None
    """None, as the others, where nothing was claimed, changed or asked."""
    moves: Share | None
    stays: Share | None


def by_emotion(rows: Sequence[Row]) -> list[Slice]:
    """By the label of the corpus."""
    return _by(rows, lambda row: row["emotion"])


def by_corpus(rows: Sequence[Row]) -> list[Slice]:
    """By where the clips come from."""
    return _by(rows, lambda row: row["corpus"])


def by_sex(rows: Sequence[Row]) -> list[Slice]:
    """By the speaker's sex as the corpus states it; clips of which it says nothing come last."""
    return _by(rows, lambda row: row.get("gender"))


def _by(rows: Sequence[Row], of: Callable[[Row], str | None]) -> list[Slice]:
    asked = [row for row in rows if "refused" not in row]
    names = sorted({of(row) for row in asked} - {None}, key=str)
    parts = [_slice(str(name), [row for row in asked if of(row) == name]) for name in names]
    rest = [row for row in asked if of(row) is None]
    return [*parts, _slice(UNKNOWN, rest)] if rest else parts


def _slice(name: str, rows: Sequence[Row]) -> Slice:
    trials = [trial_from(trial) for row in rows for trial in row.get("interventions", ())]
    claims = [claim for row in rows for claim in row.get("agreement", {}).get("claims", ())]
    known = [row for row in rows if row["emotion"] in row["heard"]["probabilities"]]
    scores = Scores.of(trials)
    return Slice(
        name=name,
        clips=len(rows),
        right=_share(row["heard"]["label"] == row["emotion"] for row in known),
        supported=_share(claim["verdict"] == "supported" for claim in claims),
        moves=scores.moves,
        stays=scores.stays,
    )


def _share(hits: Iterable[bool]) -> Share | None:
    found = list(hits)
    return share(found) if found else None
