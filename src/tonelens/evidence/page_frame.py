"""The HTML that every page shares: a document that fetches nothing and runs only its own script.

The Content-Security-Policy names the hash of the one style and the one script (CSP level 3, section 2.3.1),
so that nothing else runs, even if a name or a transcript held markup. Pictures and sound are data: only.
A hash allows no style attributes: widths of bars are attributes of SVG.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar chart."""

    name: str
    share: float
    """0 to 1; what lies outside is drawn at the edge, and written as it is."""
    value: str
    """As written beside the bar."""
    is_chosen: bool = False


def document(title: str, body: str, script: str | None = None) -> str:
    """A whole page.

    Args:
        title: plain text.
        body: HTML: header, main and footer.
        script: the file of this folder that the page runs; without one it may run none.
    """
    style, code = _file("page.css"), None if script is None else _file(script)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            "script-src 'none'" if code is None else f"script-src '{_hash(code)}'",
            "img-src data:",
            "media-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="tonelens">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{body}\n{'' if code is None else f'<script>{code}</script>'}\n</body>\n</html>\n"
    )


def data_uri(kind: str, content: bytes) -> str:
    """`data:image/png;base64,...`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def section(name: str, heading: str, content: str) -> str:
    """A landmark with its heading; `name` is its id."""
    return (
        f'<section aria-labelledby="{name}-h" id="{name}">\n<h2 id="{name}-h">{escape(heading)}</h2>\n'
        f"{content}\n</section>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, kind: str = "") -> str:
    """A table whose first column names the rows.

    Args:
        head: plain text.
        rows: cells in HTML.
        caption: plain text, for those who cannot see where the table stands.
        kind: classes.
    """
    heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(map(_cell, head[1:], row[1:])) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="{kind}"><caption class="unseen">{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def bars(head: tuple[str, str], rows: Iterable[Bar], *, caption: str) -> str:
    """A bar chart that is a table: name, value, bar; the chosen row has a sign, bold type, a fuller bar."""
    lines = "\n".join(
        f'<tr{" class=chosen" if row.is_chosen else ""}><th scope="row">'
        f"{'<span aria-hidden=true>▶ </span>' if row.is_chosen else ''}{escape(row.name)}</th>"
        f"<td>{escape(row.value)}</td><td>{_bar(row.share)}</td></tr>"
        for row in rows
    )
    return (
        f'<table class="bars"><caption class="unseen">{escape(caption)}</caption><thead class="unseen"><tr>'
        f'<th scope="col">{escape(head[0])}</th><th scope="col">{escape(head[1])}</th><td></td></tr></thead>'
        f"\n<tbody>\n{lines}\n</tbody></table>"
    )


def facts(rows: Mapping[str, str]) -> str:
    """Names (plain text) with their values (HTML)."""
    pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in rows.items())
    return f"<dl>{pairs}</dl>"


def percent(share: float) -> str:
    """`86 %`; what is neither all nor nothing never rounds to it: `> 99 %`, `< 1 %`."""
    if 0 < share < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def _cell(name: str, content: str) -> str:
    """A cell that knows its heading, for narrow pages, on which rows are stacked."""
    return f'<td data-head="{escape(name)}">{content}</td>'


def _bar(share: float) -> str:
    width = 100 * min(max(share, 0.0), 1.0)
    return (
        f'<svg class="bar" aria-hidden="true"><rect class="rail" width="100%" height="100%"/>'
        f'<rect class="fill" width="{width:.1f}%" height="100%"/></svg>'
    )


@cache
def _file(name: str) -> str:
    return (resources.files("tonelens.evidence") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
