"""What a system decides by, over a corpus, as sections of HTML: smallest flips, cited spans, words or voice.

A part without data keeps its heading and says why there is none: nothing that was not measured reads as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tonelens.evidence.alterations import HOWS
from tonelens.evidence.deletion import Paired
from tonelens.evidence.evidence_breakdown import UNITS, Differences, Pair, in_units
from tonelens.evidence.examined import Flips, Spans, Streams
from tonelens.evidence.means import Mean
from tonelens.evidence.page_frame import section, table
from tonelens.evidence.page_intervals import (
    HOW_TO_READ,
    Axis,
    absent,
    axis_around,
    counted,
    note,
    shown_difference,
    shown_mean,
    shown_share,
    signed,
    unmeasured,
)
from tonelens.evidence.shares import Share
from tonelens.evidence.streams import DONE

NOTHING = "–"
KIND_NAMES = {"pitch": "Pitch", "speed": "Pace", "volume": "Level", "variation": "Melody"}
STREAM_NAMES = {"content": "words", "descriptor": "voice", "both": "both"}


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
            shown_share(one.flipped, "no clip was searched"),
            unmeasured("none does")
            if one.median_steps is None
            else f"{in_units(kind, one.median_steps)} {escape(UNITS[kind])}",
        )
        for kind, one in found.items()
    ]
    head = ("Change", "Clips that flip", "Median of the smallest changes that do")
    shown = table(head, rows, caption="Changes that flip the emotion", kind="sums stack")
    text = f"{HOW_TO_READ}."
    if vocoder.count:
        text += (
            f" The vocoder's unchanged copy alone flips {vocoder.count} of {vocoder.n} clips: by pitch, pace "
            f"and melody these were not searched, and they do not count there."
        )
    return section("flips", heading, shown + note(text) + _pairs(by_pair))


def spans(found: Spans | None, beyond: Differences, why_not: str) -> str:
    """Whether cited spans carry the decision."""
    heading = "Do the cited spans carry the decision?"
    if found is None:
        return absent("spans", heading, why_not)
    lead = f"<p>Clips with a cited span: {counted(found.cited)}.</p>"
    if None in (found.deletion, found.insertion, beyond.deletion, beyond.insertion):
        none = unmeasured("no clip has cited spans that leave some of it to compare with")
        return section("spans", heading, f"{lead}\n<p>Against random spans: {none}.</p>")
    axis = axis_around(beyond.deletion, beyond.insertion)
    rows = [
        _tested("silenced: the decision loses more", found.deletion, beyond.deletion, axis),
        _tested("heard alone: they tell more", found.insertion, beyond.insertion, axis),
    ]
    head = ("Cited spans", "Clips", "Mean difference, nats", "Median", "Effect", "p")
    shown = table(head, rows, caption="Cited spans against random spans", kind="sums stack")
    text = note(
        "Cited minus random spans of the same lengths within the speech; the dashed line is no difference, "
        "the line the mean, the band its 95 % interval. p: Wilcoxon's signed ranks over clips, one-sided; "
        "effect: rank-biserial correlation, −1 to 1."
    )
    return section("spans", heading, f"{lead}\n{shown}{text}")


def streams(found: Streams | None, why_not: str) -> str:
    """Words or voice."""
    heading = "Words or voice?"
    if found is None:
        return absent("streams", heading, why_not)
    rows = [
        ("Carried by the voice", shown_mean(found.voice, "neither stream alone decides any clip")),
        ("Neither alone decides", shown_mean(found.neither)),
        *(
            (f"Mixtures that follow {escape(name)}", shown_mean(mean, counted="mixtures"))
            for name, mean in found.follows.items()
        ),
    ]
    if not found.follows:
        why = "no two clips of one speaker are decided differently"
        rows.append(("Mixtures that follow the words", unmeasured(why)))
    shown = table(("Of the decision", "Share"), rows, caption="Words or voice", kind="sums stack")
    drops = [
        (STREAM_NAMES.get(stream, escape(stream)), *(_fall(hows.get(how)) for how in HOWS))
        for stream, hows in found.drops.items()
    ]
    head = ("Altered", *(DONE[how].capitalize() for how in HOWS))
    falls = table(head, drops, caption="Change of the emotion's probability", kind="numbers")
    text = note(
        f"{HOW_TO_READ}. Mixtures: the words of one clip in the voice of another by the same speaker. Below: "
        f"percentage points by which the decided emotion's probability changes when a stream is altered, "
        f"with 95 % intervals."
    )
    return section("streams", heading, shown + text + falls)


def p_value(p: float) -> str:
    """`0.012`, `< 0.001`."""
    return "&lt;&nbsp;0.001" if p < 0.001 else f"{p:.2g}"


def _pairs(found: Sequence[Pair]) -> str:
    if not found:
        return "<p>No change that was tried makes another emotion of any clip.</p>"
    rows = [
        (
            f"{escape(pair.before)} → {escape(pair.after)}",
            *(
                f"{in_units(kind, pair.sizes[kind].median_steps)} (n {pair.sizes[kind].n})"
                if kind in pair.sizes
                else NOTHING
                for kind in UNITS
            ),
        )
        for pair in found
    ]
    head = ("Emotion", *(f"{KIND_NAMES[kind]}: {unit}" for kind, unit in UNITS.items()))
    lead = "<h3>Median size for each pair of emotions</h3>"
    caption = "Sizes of the smallest flips for each pair of emotions"
    text = note(f"{NOTHING}: no clip flips this way by this change. Sizes say how far, not which way.")
    return lead + table(head, rows, caption=caption, kind="numbers pairs") + text


def _tested(name: str, test: Paired | None, mean: Mean | None, axis: Axis) -> tuple[str, ...]:
    if test is None or mean is None:
        return (name, *[NOTHING] * 5)
    numbers = (signed(test.median, 2), signed(test.effect, 2), p_value(test.p))
    return (name, str(test.n), shown_difference(mean, axis), *numbers)


def _fall(mean: Mean | None) -> str:
    if mean is None:
        return NOTHING
    ends = "" if mean.n == 1 else f" ({signed(-100 * mean.high)} to {signed(-100 * mean.low)})"
    return f'<span class="said">{signed(-100 * mean.value)}{ends}</span>'
