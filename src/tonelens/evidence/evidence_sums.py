"""The sums of a corpus as sections of HTML: claims, changed voices, flips, spans, words or voice.

A part without data keeps its heading and says why there is none: nothing that was not measured reads as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tonelens.evidence.agreement_summary import AgreementSummary, DescriptorAgreement
from tonelens.evidence.alterations import HOWS
from tonelens.evidence.deletion import Paired
from tonelens.evidence.evidence_breakdown import UNITS, Differences, Pair, in_units
from tonelens.evidence.examined import Flips, Spans, Streams
from tonelens.evidence.interventions import KINDS, Scores
from tonelens.evidence.means import Mean
from tonelens.evidence.page_frame import percent, section, table
from tonelens.evidence.page_intervals import (
    WHOLE,
    Axis,
    axis_around,
    interval,
    said_mean,
    said_share,
    unmeasured,
)
from tonelens.evidence.shares import Share
from tonelens.evidence.streams import DONE

NOTHING = "–"
SCALE = "0 to 100 %"
KIND_NAMES = {"pitch": "Pitch", "speed": "Pace", "volume": "Level", "variation": "Melody"}
STREAM_NAMES = {"content": "words", "descriptor": "voice", "both": "both"}
HOW_TO_READ = "In the bars: the line is the share, the band its 95 % interval"


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
            said_share(one.supported),
            interval(one.supported, mark=None if one.best_constant is None else one.best_constant.value),
            _count(one.contradicted),
            _count(one.not_measurable),
            _constant(one),
        )
        for one in found.descriptors
    ]
    head = ("Claim", "Claims", "Supported", SCALE, "Contradicted", "Not measurable", "Best constant claim")
    shown = table(head, rows, caption="Verdicts on the claims of each descriptor", kind="sums stack")
    notes = [
        f"{HOW_TO_READ}, the dashed line what the best constant claim would have had on the measurable claims: "
        f"a system that does not exceed it has not listened to that descriptor."
    ]
    if found.silent:
        notes.append(f"Of {found.silent} of {found.clips} clips nothing is claimed.")
    if found.unclear:
        notes.append(f"{found.unclear} phrases may mean two things and were not judged.")
    return section("agreement", heading, shown + _note(" ".join(notes)))


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
            unmeasured("no change was possible") if scores.arrived is None else _of(scores.arrived),
            said_share(scores.moves, _why_no_move(scores)),
            interval(scores.moves),
            said_share(scores.stays, _why_no_stay(scores)),
            interval(scores.stays),
            _plain(scores.flips, _why_nothing(scores)),
        )
        for name, scores in found.items()
    ]
    head = (
        "Property", "Changes that arrived", "Its claim moves", f"Moves, {SCALE}", "Others stay",
        f"Others stay, {SCALE}", "Another emotion",
    )  # fmt: skip
    shown = table(head, rows, caption="Claims about changed voices", kind="sums stack")
    note = _note(
        f"{HOW_TO_READ}. One property of each recording is moved into another level, and the system asked again; "
        f"only changes that the measurement confirms count. Read both shares: who always says the same has "
        f"moves 0 % and stays 100 %."
    )
    return section("interventions", heading, shown + note + _strays(strays))


def flips(
    found: Mapping[str, Flips] | None, vocoder: Share | None, by_pair: Sequence[Pair], why_not: str
) -> str:
    """How large a change makes another emotion of a voice."""
    heading = "What would change the emotion?"
    if found is None or vocoder is None:
        return absent("flips", heading, why_not)
    rows = [
        (
            KIND_NAMES[kind],
            said_share(one.flipped),
            interval(one.flipped),
            NOTHING
            if one.median_steps is None
            else f"{in_units(kind, one.median_steps)} {escape(UNITS[kind])}",
        )
        for kind, one in found.items()
    ]
    head = ("Change", "Clips that flip", SCALE, "Median of the smallest changes that do")
    shown = table(head, rows, caption="Changes that flip the emotion", kind="sums stack")
    note = _note(
        f"{HOW_TO_READ}. Of the clips, the vocoder's unchanged copy alone flips {_of(vocoder)}; in these, pitch, "
        f"pace and melody were not searched, and they count as not flipped by them."
    )
    return section("flips", heading, shown + note + _pairs(by_pair))


def spans(found: Spans | None, beyond: Differences, why_not: str) -> str:
    """Whether cited spans carry the decision."""
    heading = "Do the cited spans carry the decision?"
    if found is None:
        return absent("spans", heading, why_not)
    lead = f"<p>A span is cited in {said_share(found.cited)} clips.</p>"
    if found.deletion is None or found.insertion is None:
        none = unmeasured("no clip has cited spans that leave some of it to compare with")
        return section("spans", heading, f"{lead}\n<p>Against random spans: {none}.</p>")
    axis = axis_around(beyond.deletion, beyond.insertion)
    rows = [
        _tested("silenced: the decision loses more", found.deletion, beyond.deletion, axis),
        _tested("heard alone: they tell more", found.insertion, beyond.insertion, axis),
    ]
    head = ("Cited spans", "Clips", "Mean difference, nats", "Difference", "Median", "Effect", "p")
    shown = table(head, rows, caption="Cited spans against random spans", kind="sums stack")
    note = _note(
        "Cited minus random spans of the same lengths within the speech; the dashed line is no difference, the "
        "band the 95 % interval of the mean. p: Wilcoxon's signed ranks over clips, one-sided; effect: "
        "rank-biserial correlation, -1 to 1."
    )
    return section("spans", heading, f"{lead}\n{shown}{note}")


def streams(found: Streams | None, why_not: str) -> str:
    """Words or voice."""
    heading = "Words or voice?"
    if found is None:
        return absent("streams", heading, why_not)
    no_voice = "neither stream alone decides any clip"
    shares = [("voice carries", found.voice, no_voice), ("neither alone decides", found.neither, "")]
    shares += [(f"mixtures follow {name}", mean, "") for name, mean in found.follows.items()]
    rows = [(escape(name), said_mean(mean, why), interval(mean)) for name, mean, why in shares]
    if not found.follows:
        why = "no two clips of one speaker are decided differently"
        rows.append(("mixtures follow", unmeasured(why), ""))
    shown = table(("Of the decision", "Share", SCALE), rows, caption="Words or voice", kind="sums stack")
    drops = [
        (STREAM_NAMES.get(stream, escape(stream)), *(_fall(hows.get(how)) for how in HOWS))
        for stream, hows in found.drops.items()
    ]
    head = ("Altered", *(DONE[how].capitalize() for how in HOWS))
    falls = table(head, drops, caption="Change of the emotion's probability", kind="numbers")
    note = _note(
        f"{HOW_TO_READ}. Mixtures: the words of one clip in the voice of another by the same speaker "
        f"({found.pairs} mixtures). Below: percentage points by which the decided emotion's probability changes "
        f"when a stream is altered, with 95 % intervals."
    )
    return section("streams", heading, shown + note + falls)


def absent(name: str, heading: str, why: str) -> str:
    """A section that says why it has nothing to say."""
    return section(name, heading, f"<p>{unmeasured(why)}.</p>".replace("not measured", "Not measured", 1))


def p_value(p: float) -> str:
    """`0.012`, `< 0.001`."""
    return "&lt; 0.001" if p < 0.001 else f"{p:.2g}"


def _strays(found: Mapping[str, Mapping[str, Share]]) -> str:
    others = dict.fromkeys(other for of in found.values() for other in of)
    if not others:
        return "<p>Which other claims moved: " + unmeasured("there is no other claim to compare") + ".</p>"
    rows = [
        (
            f"{changed} changed",
            *(
                NOTHING if changed == other else _plain(found[changed].get(other), "no such change")
                for other in others
            ),
        )
        for changed in KINDS
    ]
    head = ("", *(f"{_named(other).capitalize()} claim moves" for other in others))
    lead = "<h3>Which other claims moved wrongly</h3>"
    return lead + table(
        head, rows, caption="Claims that moved although their property stayed", kind="sums stack"
    )


def _pairs(found: Sequence[Pair]) -> str:
    if not found:
        return "<p>No change that was tried makes another emotion of any clip.</p>"
    kinds = tuple(KIND_NAMES)
    rows = [
        (
            f"{escape(pair.before)} → {escape(pair.after)}",
            *(
                f"{in_units(kind, pair.sizes[kind].median_steps)} (n {pair.sizes[kind].n})"
                if kind in pair.sizes
                else NOTHING
                for kind in kinds
            ),
        )
        for pair in found
    ]
    head = ("Emotion", *(f"{KIND_NAMES[kind]}, {UNITS[kind]}" for kind in UNITS))
    lead = "<h3>Median size for each pair of emotions</h3>"
    content = table(
        head, rows, caption="Sizes of the smallest flips for each pair of emotions", kind="numbers"
    )
    note = _note(f"{NOTHING}: no clip flips this way by this change. Sizes say how far, not which way.")
    return lead + content + note


def _tested(name: str, test: Paired, mean: Mean | None, axis: Axis) -> tuple[str, ...]:
    said = NOTHING
    if mean is not None:
        ends = "one clip, no interval" if mean.n == 1 else f"({mean.low:+.2f} to {mean.high:+.2f})"
        said = f"<b>{mean.value:+.2f}</b> {ends}"
    numbers = (f"{test.median:+.2f}", f"{test.effect:+.2f}", p_value(test.p))
    return (name, str(test.n), said, interval(mean, axis, 0.0), *numbers)


def _why_nothing(scores: Scores) -> str:
    if scores.arrived is None:
        return "no change was possible"
    return "no change reached its level" if not scores.arrived.count else ""


def _why_no_move(scores: Scores) -> str:
    why = "no such claim is made" if scores.names is None else "no claim had anywhere to move"
    return _why_nothing(scores) or why


def _why_no_stay(scores: Scores) -> str:
    return _why_nothing(scores) or "no other claim to compare"


def _fall(mean: Mean | None) -> str:
    if mean is None:
        return NOTHING
    low, high = sorted((-100 * mean.low, -100 * mean.high))
    ends = "" if mean.n == 1 else f" ({low:+.0f} to {high:+.0f})"
    return f"{-100 * mean.value:+.0f}{ends}"


def _constant(one: DescriptorAgreement) -> str:
    if one.best_constant is None:
        why = "it has no levels" if one.not_measurable.count < one.claims else "no claim is measurable"
        return unmeasured(why)
    return _of(one.best_constant)


def _count(found: Share) -> str:
    return _of(found)


def _of(found: Share) -> str:
    return f"{percent(found.value)}, {found.count} of {found.n}"


def _plain(found: Share | None, why_not: str) -> str:
    return unmeasured(why_not) if found is None else _of(found)


def _note(text: str) -> str:
    return f'<p class="soft note">{escape(text)}</p>'


def _named(descriptor: str) -> str:
    return escape(descriptor.replace("_", " "))
