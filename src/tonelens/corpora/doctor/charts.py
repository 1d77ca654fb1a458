"""Small bar charts as inline SVG: no script, no font, no colour that print or a dark page would lose.

A chart has a title and a description for screen readers; the numbers stand in a table beside it.
Units     user units are pixels at the natural size; the picture scales with the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 520
ROW = 24
NAME_WIDTH = 110
PLOT_HEIGHT = 110
MARGIN = 12
HEAD = 24


def bars(title: str, rows: Sequence[tuple[str, int, int | None]]) -> str:
    """Horizontal bars of (name, count, expected); what is expected is drawn as a line across."""
    most = max([1, *(max(count, expected or 0) for _, count, expected in rows)])
    room = WIDTH - NAME_WIDTH - 90
    parts = []
    for place, (name, count, expected) in enumerate(rows):
        y = place * ROW
        parts.append(
            f'<text x="{NAME_WIDTH - 8}" y="{y + 16}" text-anchor="end">{escape(_short(name))}</text>'
            f'<rect x="{NAME_WIDTH}" y="{y + 4}" width="{room * count / most:.1f}" height="{ROW - 8}"/>'
        )
        told = str(count)
        if expected is not None:
            x = NAME_WIDTH + room * expected / most
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y + 1}" y2="{y + ROW - 1}"/>')
            told += f" of {expected}" if expected != count else ""
        end = NAME_WIDTH + room * max(count, expected or 0) / most
        parts.append(f'<text x="{end + 8:.1f}" y="{y + 16}">{told}</text>')
    said = ", ".join(f"{name} {count}" for name, count, _ in rows)
    return _svg(title, said, len(rows) * ROW, "".join(parts))


def histogram(title: str, counts: Sequence[int], least: float, largest: float, unit: str) -> str:
    """Vertical bars of equal steps from `least` to `largest`."""
    step = (WIDTH - 2 * MARGIN) / len(counts)
    most = max([1, *counts])
    parts = []
    for place, count in enumerate(counts):
        height = PLOT_HEIGHT * count / most
        parts.append(
            f'<rect x="{MARGIN + place * step + 0.5:.1f}" y="{PLOT_HEIGHT + HEAD - height:.1f}" '
            f'width="{step - 1:.1f}" height="{height:.1f}"/>'
        )
    base = PLOT_HEIGHT + HEAD
    parts.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{base}" y2="{base}"/>')
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        value = least + share * (largest - least)
        x = MARGIN + share * (WIDTH - 2 * MARGIN)
        parts.append(f'<text x="{x:.1f}" y="{base + 18}" text-anchor="{anchor}">{value:.1f} {unit}</text>')
    parts.append(f'<text x="{MARGIN}" y="15">up to {most} clips a bar</text>')
    said = f"{sum(counts)} clips between {least:.1f} and {largest:.1f} {unit}"
    return _svg(title, said, base + 24, "".join(parts))


def _short(name: str, most: int = 15) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _svg(title: str, said: str, height: int, content: str) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(f"{title}: {said}")}">'
        f"{content}</svg></figure>"
    )
