"""Shares and means with their 95 % intervals, as text and as bars on a common axis.

The text says everything that the bar shows: the bar is hidden from those who hear the page. What was not
measured has words, and no bar. All functions give HTML.
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from tonelens.evidence.means import Mean
from tonelens.evidence.page_frame import percent, section
from tonelens.evidence.shares import Share

Axis: TypeAlias = tuple[float, float]
WHOLE: Axis = (0.0, 1.0)
HOW_TO_READ = "Bars run from 0 to 100 %: the line is the share, the band its 95 % interval"


def shown_share(found: Share | None, why_not: str = "", mark: float | None = None) -> str:
    """`82 % (52 to 95), 9 of 11` over its bar; `mark` is what to compare with."""
    if found is None:
        return unmeasured(why_not)
    text = f"<b>{_percent(found.value)} %</b> {_ends(found.low, found.high)}, {found.count} of {found.n}"
    return f'<div><span class="said">{text}</span>{interval(found, mark=mark)}</div>'


def shown_mean(found: Mean | None, why_not: str = "", counted: str = "clips") -> str:
    """`50 % (44 to 56), 20 clips` over its bar; one clip has no interval."""
    if found is None:
        return unmeasured(why_not)
    ends = "(no interval of one)" if found.n == 1 else _ends(found.low, found.high)
    text = f"<b>{_percent(found.value)} %</b> {ends}, {found.n} {escape(counted)}"
    return f'<div><span class="said">{text}</span>{interval(found)}</div>'


def shown_difference(found: Mean, axis: Axis) -> str:
    """`+0.61 (+0.37 to +1.00)` over its bar, with a dashed line at no difference."""
    ends = "(no interval of one)" if found.n == 1 else f"({signed(found.low, 2)} to {signed(found.high, 2)})"
    text = f"<b>{signed(found.value, 2)}</b> {ends}"
    return f'<div><span class="said">{text}</span>{interval(found, axis, 0.0)}</div>'


def counted(found: Share | None, why_not: str = "") -> str:
    """`82 %, 9 of 11`, without an interval."""
    if found is None:
        return unmeasured(why_not)
    return f'<span class="said">{escape(percent(found.value))}, {found.count} of {found.n}</span>'


def unmeasured(why: str) -> str:
    """That there is no number, and why."""
    return f'<span class="soft">not measured: {escape(why)}</span>'


def absent(name: str, heading: str, why: str) -> str:
    """A section that says why it has nothing to say."""
    return section(name, heading, f"<p>Not measured: {escape(why)}.</p>")


def note(text: str) -> str:
    """How to read what stands above; plain text."""
    return f'<p class="soft note">{escape(text)}</p>'


def signed(value: float, digits: int = 0) -> str:
    """`+0.61`, `−50`, `0`."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'−' if value < 0 else '+'}{text}"


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
    return escape(percent(value).removesuffix(" %"))
