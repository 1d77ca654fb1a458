"""A system's claims over a corpus as sections of HTML: against the signal, and against changed voices.

A part without data keeps its heading and says why there is none: nothing that was not measured reads as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.evidence.agreement_summary import AgreementSummary, DescriptorAgreement
from tonelens.evidence.interventions import Scores
from tonelens.evidence.page_frame import section, table
from tonelens.evidence.page_intervals import HOW_TO_READ, absent, counted, note, shown_share, unmeasured
from tonelens.evidence.shares import Share

NOTHING = "–"


def agreement(found: AgreementSummary | None, why_not: str) -> str:
    """What the signal says of the claims."""
    heading = "Do the claims fit the signal?"
    if found is None:
        return absent("agreement", heading, why_not)
    if not found.descriptors:
        return absent("agreement", heading, "the system makes no claim about the voice that can be judged")
    rows = [
        (
            _named(one.descriptor),
            str(one.claims),
            shown_share(one.supported, mark=None if one.best_constant is None else one.best_constant.value),
            counted(one.contradicted),
            counted(one.not_measurable),
            _constant(one),
        )
        for one in found.descriptors
    ]
    head = ("Claim", "Claims", "Supported", "Contradicted", "Not measurable", "Best constant claim")
    shown = table(head, rows, caption="Verdicts on the claims of each descriptor", kind="sums stack")
    notes = [
        f"{HOW_TO_READ}, the dashed line what the best constant claim would have had on the measurable "
        f"claims: a system that does not exceed it has not listened to that descriptor."
    ]
    if found.silent:
        notes.append(f"Of {found.silent} of {found.clips} clips nothing is claimed.")
    if found.unclear:
        notes.append(f"{found.unclear} phrases may mean two things and were not judged.")
    return section("agreement", heading, shown + note(" ".join(notes)))


def interventions(
    found: Mapping[str, Scores] | None, strays: Mapping[str, Mapping[str, Share]], why_not: str
) -> str:
    """Whether claims follow a changed voice, and which others move although they should not."""
    heading = "Do the claims follow the voice?"
    if found is None:
        return absent("interventions", heading, why_not)
    rows = [
        (
            _named(name),
            counted(scores.arrived, "no change was possible"),
            shown_share(scores.moves, _why_no_move(scores)),
            shown_share(scores.stays, _why_no_stay(scores)),
            counted(scores.flips, _why_nothing(scores)),
        )
        for name, scores in found.items()
    ]
    head = ("Property", "Changes that arrived", "Its claim moves", "Others stay", "Another emotion is heard")
    shown = table(head, rows, caption="Claims about changed voices", kind="sums stack")
    text = note(
        f"{HOW_TO_READ}. One property of each recording is moved into another level, and the system asked "
        f"again; only changes that the measurement confirms count. Read both shares: who always says the "
        f"same has moves 0 % and stays 100 %."
    )
    return section("interventions", heading, shown + text + _strays(strays))


def _strays(found: Mapping[str, Mapping[str, Share]]) -> str:
    claimed = {other for of in found.values() for other in of}
    lead = "<h3>Which other claims moved wrongly</h3>"
    if not claimed:
        return f"{lead}<p>{unmeasured('there is no other claim to compare')}</p>"
    others = [name for name in DESCRIPTORS if name in claimed]
    rows = [
        (
            f"{changed} changed",
            *(NOTHING if changed == other else counted(of.get(other), "no such change") for other in others),
        )
        for changed, of in found.items()
    ]
    head = ("Property", *(f"{_named(other).capitalize()} claim moves" for other in others))
    caption = "Claims that moved although their property stayed"
    return lead + table(head, rows, caption=caption, kind="sums stack")


def _why_nothing(scores: Scores) -> str:
    if scores.arrived is None:
        return "no change was possible"
    return "no change reached its level" if not scores.arrived.count else ""


def _why_no_move(scores: Scores) -> str:
    why = "no such claim is made" if scores.names is None else "no claim had anywhere to move"
    return _why_nothing(scores) or why


def _why_no_stay(scores: Scores) -> str:
    return _why_nothing(scores) or "no other claim to compare"


def _constant(one: DescriptorAgreement) -> str:
    why = "no claim is measurable" if one.not_measurable.count == one.claims else "it has no levels"
    return counted(one.best_constant, why)


def _named(descriptor: str) -> str:
    return escape(descriptor.replace("_", " "))
