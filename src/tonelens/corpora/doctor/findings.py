"""What the doctor finds: how bad, which clips, what to do.

Severity  error     do not train on it: clips cannot be used, or labels or speakers contradict themselves
          warning   training works, but a score may mean less than it seems
          note      good to know
Reason    a stable word for programs; docs/doctor.md explains each.
Known     a case about single clips that the corpus lists among its known defects turns from a warning into
          a note. An error stays one, unless `prepare` leaves that clip out of every copy of the corpus.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
OF_ALL_CLIPS = ("speaker", "mixed", "text", "file", "recording", "count")
"""Reasons that begin so are about the corpus, and no known defect of a clip explains them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One clip, file or group of clips that a finding is about."""

    what: str
    ids: tuple[str, ...] = ()
    known: str | None = None
    """What the corpus's list of known defects says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong or worth knowing, with every clip it concerns."""

    severity: str
    reason: str
    found: str
    """One sentence: what was found, and the rule."""
    do: str
    """One sentence: the way out."""
    cases: tuple[Case, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id of its cases, once, in their order."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.ids))

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the JSON report."""
        return {
            "severity": self.severity,
            "reason": self.reason,
            "found": self.found,
            "do": self.do,
            "ids": list(self.ids),
            "cases": [{"what": case.what, "ids": list(case.ids), "known": case.known} for case in self.cases],
        }


def ordered(
    findings: Iterable[Finding], known: Mapping[str, str], left_out: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Errors first; known cases named as such, and parted from the others as notes.

    Args:
        findings: in any order.
        known: clip id -> what is known to be wrong with it.
        left_out: ids of known defects that `prepare` leaves out, so that even an error is only noted.
    """
    parted: list[Finding] = []
    for finding in findings:
        if finding.reason.startswith(OF_ALL_CLIPS):
            parted.append(finding)
            continue
        cases = [replace(case, known=_known(case, known)) for case in finding.cases]
        harmless = [
            case
            for case in cases
            if case.known and (finding.severity != ERROR or not set(case.ids) - set(left_out))
        ]
        if others := tuple(case for case in cases if case not in harmless):
            parted.append(replace(finding, cases=others))
        if harmless:
            do = "Nothing: the published corpus has this defect, and it is known."
            parted.append(replace(finding, severity=NOTE, do=do, cases=tuple(harmless)))
    return tuple(sorted(parted, key=lambda finding: SEVERITIES.index(finding.severity)))


def _known(case: Case, known: Mapping[str, str]) -> str | None:
    return next((known[name] for name in case.ids if name in known), None)


def counted(number: int, thing: str, *, plural: str | None = None) -> str:
    """`1 clip`, `2 clips`; the plural adds an s unless it is given."""
    return f"{number} {thing if number == 1 else plural or thing + 's'}"
