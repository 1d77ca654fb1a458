"""Shares and means with their 95 % intervals, as text and as bars on a common axis.

The text says everything that the bar shows: the bar is hidden from those who hear the page. What was not
measured has words, and no bar.
"""

from __future__ import annotations

from html import escape

from tonelens.evidence.means import Mean
from tonelens.evidence.shares import Share

Axis = tuple[float, float]
WHOLE: Axis = (0.0, 1.0)


def said_share(found: Share | None, why_not: str = "") -> str:
    """`82 % (52 to 95), 9 of 11`, as HTML."""
    if found is None:
        return unmeasured(why_not)
    return f"<b>{100 * found.value:.0f} %</b> {_ends(found.low, found.high)}, {found.count} of {found.n}"


def said_mean(found: Mean | None, why_not: str = "") -> str:
    """`50 % (44 to 56), 20 clips`, as HTML; one clip has no interval."""
    if found is None:
        return unmeasured(why_not)
    value = f"<b>{_percent(found.value)} %</b>"
    if found.n == 1:
        return f"{value}, 1 clip, no interval"
    return f"{value} {_ends(found.low, found.high)}, {found.n} clips"


def unmeasured(why: str) -> str:
    """That there is no number, and why."""
    return f'<span class="soft">not measured: {escape(why)}</span>'


def interval(found: Share | Mean | None, axis: Axis = WHOLE, mark: float | None = None) -> str:
    """A bar from end to end, a line at the value, and a dashed line at `mark`; nothing for None.

    Args:
        found: the value and its ends.
        axis: values at the left and the right edge.
        mark: what the value is to be compared with.
    """
    if found is None:
        return ""
    left, right = _place(found.low, axis), _place(found.high, axis)
    parts = [
        '<rect class="rail" width="100%" height="100%"/>',
        f'<rect class="reach" x="{left:.1f}%" width="{right - left:.1f}%" y="25%" height="50%"/>',
        _line("point", _place(found.value, axis)),
    ]
    if mark is not None:
        parts.append(_line("mark", _place(mark, axis)))
    return f'<svg class="interval" aria-hidden="true">{"".join(parts)}</svg>'


def axis_around(*found: Mean | None) -> Axis:
    """An axis that holds zero and every end, with some room."""
    ends = [0.0, *(end for one in found if one is not None for end in (one.low, one.high))]
    room = 0.05 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _line(kind: str, place: float) -> str:
    return f'<line class="{kind}" x1="{place:.1f}%" x2="{place:.1f}%" y1="0" y2="100%"/>'


def _place(value: float, axis: Axis) -> float:
    left, right = axis
    return 100 * min(max((value - left) / (right - left), 0.0), 1.0)


def _ends(low: float, high: float) -> str:
    return f"({_percent(low)} to {_percent(high)})"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}".replace("-0", "0") if round(100 * value) == 0 else f"{100 * value:.0f}"
