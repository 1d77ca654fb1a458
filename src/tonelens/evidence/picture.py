"""One picture of an explained recording: waveform, pitch, emotions, and each claim with its verdict.

Plain values in, a PNG of 1200 x 800 pixels out. Colours are Okabe & Ito's (jfly.uni-koeln.de/color), which
colour-blind readers can tell apart, and nothing is said by colour alone: emphasis is hatched, the chosen
emotion has a marker and bold type, verdicts have a sign and a word. Matplotlib's object interface is used,
so that drawing neither touches pyplot's state nor needs a display.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.storage import written_aside

INK, GREY, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
BLUE, ORANGE, GREEN, VERMILION = "#0072b2", "#e69f00", "#00795a", "#b84700"
SIGNS = {
    "supported": ("✓", GREEN),
    "contradicted": ("✗", VERMILION),
    "not measurable": ("–", GREY),
    "measured": ("·", INK),
}
UNPARSED: dict[str, Any] = {"parse_math": False}
"""File names and words may hold a $, which is no mathematics."""
PLAIN = UNPARSED | {"color": INK}
SMALL = PLAIN | {"size": 11}
OFFSET: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
PITCH_TICKS_HZ = (40, 50, 60, 80, 100, 125, 150, 200, 250, 300, 400, 500, 600, 800, 1000)
MOST_EMOTIONS = 9
MOST_CLAIMS = 7
ENVELOPE_POINTS = 1_200
"""Columns of the waveform: one per pixel is all that can be seen."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class EmphasisSpan:
    """A stretch that the speaker emphasised, and the word that was spoken there if it is known."""

    start_s: float
    end_s: float
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the table: what was said about the voice, what was measured, and whether they agree."""

    name: str
    level: str
    measured: str
    verdict: Literal["supported", "contradicted", "not measurable", "measured"]
    """`measured`: read off the signal, the system made no claim."""


def draw_explanation(
    audio: Audio,
    f0_times_s: Floats,
    f0_hz: Floats,
    emphasis_spans: Sequence[EmphasisSpan],
    probabilities: Mapping[str, float],
    *,
    title: str,
    claims: Sequence[Claim],
    path: Path,
) -> None:
    """Draw the explanation of `audio` into a PNG at `path`.

    Args:
        audio: the recording, at most a minute.
        f0_times_s: shape (F,), the middle of each pitch frame in seconds.
        f0_hz: shape (F,), 0 or NaN where there is no pitch.
        emphasis_spans: what to shade.
        probabilities: of each emotion, as fractions that sum to 1; the largest is the chosen one.
        title: one or two lines of plain text.
        claims: the rows of the table; those named pitch ..., volume and speed also title their panel.
        path: where to write; written aside and renamed.

    Raises:
        StorageError: the disk is full or not writable.
    """
    figure = Figure(figsize=(12, 8), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        3, 2, height_ratios=(1, 1, 1.15), width_ratios=(2.1, 1), left=0.065, right=0.975, top=0.865,
        bottom=0.03, hspace=0.5, wspace=0.34,
    )  # fmt: skip
    heading = textwrap.fill(_shortened(title, 150), 80)
    figure.text(0.02, 0.97, heading, size=16, weight="bold", va="top", **PLAIN)
    waveform = figure.add_subplot(grid[0, 0])
    pitch = figure.add_subplot(grid[1, 0], sharex=waveform)
    _draw_waveform(waveform, audio, emphasis_spans)
    _draw_pitch(pitch, f0_times_s, f0_hz, emphasis_spans)
    _head(waveform, "Waveform", _levels(claims, ("volume", "speed", "pauses")))
    _head(pitch, "Pitch", _levels(claims, ("pitch", "pitch variation", "pitch_variation")))
    _draw_emotions(figure.add_subplot(grid[:2, 1]), probabilities)
    _draw_claims(figure.add_subplot(grid[2, :]), claims)
    with warnings.catch_warnings(), written_aside(path) as aside:
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)  # drawn as a box
        figure.savefig(aside, format="png")


def _draw_waveform(axes: Axes, audio: Audio, spans: Sequence[EmphasisSpan]) -> None:
    edges = np.unique(np.linspace(0, len(audio.samples), ENVELOPE_POINTS + 1).astype(np.int64))[:-1]
    low, high = np.minimum.reduceat(audio.samples, edges), np.maximum.reduceat(audio.samples, edges)
    axes.fill_between(edges / SAMPLE_RATE, low, high, color=BLUE, linewidth=0.6)
    peak = 1.1 * float(np.abs(audio.samples).max())
    axes.set(xlim=(0, audio.duration_s), ylim=(-peak, 1.35 * peak), yticks=[])
    _shade(axes, spans)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    for span in spans:
        middle_s = (span.start_s + span.end_s) / 2
        axes.text(
            middle_s, 1.29 * peak, span.word or "emphasised", ha="center", va="top", bbox=paper, **SMALL
        )
    _plain_frame(axes)


def _draw_pitch(axes: Axes, times_s: Floats, f0_hz: Floats, spans: Sequence[EmphasisSpan]) -> None:
    voiced = np.isfinite(f0_hz) & (f0_hz > 0)
    axes.set_yscale("log")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("seconds", loc="left", labelpad=1, size=11)
    _shade(axes, spans)
    _plain_frame(axes)
    if not voiced.any():
        axes.text(0.5, 0.5, "no pitch found: nothing voiced", ha="center", transform=axes.transAxes, **SMALL)
        axes.set_yticks([])
        return
    median_hz = float(np.median(f0_hz[voiced]))
    note = f"dashed: median {median_hz:.0f} Hz" + ("; hatched: emphasised" if spans else "")
    axes.axhline(median_hz, color=GREY, linestyle=(0, (4, 3)), linewidth=1)
    axes.annotate(note, (1, 0), (0, -32), ha="right", **OFFSET, **SMALL)
    axes.plot(
        times_s, np.where(voiced, f0_hz, np.nan), color=VERMILION, linewidth=2.2, marker=".", markersize=3
    )
    low = min(f0_hz[voiced].min() / 1.1, median_hz / 1.5)
    high = max(f0_hz[voiced].max() * 1.1, median_hz * 1.5)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in PITCH_TICKS_HZ if low <= tick <= high]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.set_ylabel("Hz", labelpad=2)


def _draw_emotions(axes: Axes, probabilities: Mapping[str, float]) -> None:
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    rest = ranked[MOST_EMOTIONS:]
    if rest:
        ranked = [*ranked[:MOST_EMOTIONS], (f"{len(rest)} others", sum(share for _, share in rest))]
    for row, (emotion, share) in enumerate(ranked):
        chosen = row == 0
        axes.barh(row, share, height=0.62, color=ORANGE if chosen else FAINT, edgecolor=INK, linewidth=0.8)
        weight = "bold" if chosen else "normal"
        name = f"▶ {emotion}" if chosen else emotion
        axes.text(-0.03, row, _shortened(name, 18), ha="right", va="center", size=12, weight=weight, **PLAIN)
        axes.text(share + 0.02, row, _percent(share), va="center", size=12, weight=weight, **PLAIN)
    axes.set(xlim=(0, 1.12), ylim=(max(len(ranked), 4) - 0.4, -0.6), xticks=[], yticks=[])
    axes.axvline(0, color=INK, linewidth=1)
    axes.spines[:].set_visible(False)
    _head(axes, "Emotion", "")


def _draw_claims(axes: Axes, claims: Sequence[Claim]) -> None:
    axes.set(xlim=(0, 1), ylim=(MOST_CLAIMS + 1.2, -0.2))
    axes.set_axis_off()
    places = (0.0, 0.2, 0.42, 0.76)
    for place, heading in zip(places, ("Claim", "Said", "Measured", "Verdict"), strict=True):
        axes.text(place, 0.35, heading, size=12, weight="bold", va="center", **PLAIN)
    axes.axhline(0.9, color=INK, linewidth=1)
    shown = claims if len(claims) <= MOST_CLAIMS else claims[: MOST_CLAIMS - 1]
    for row, claim in enumerate(shown, start=1):
        sign, colour = SIGNS[claim.verdict]
        said = (claim.name, 24), (claim.level, 26), (claim.measured, 44)
        for place, (text, width) in zip(places[:3], said, strict=True):
            axes.text(place, row + 0.5, _shortened(text, width), size=12, va="center", **PLAIN)
        for place, text in ((places[3], sign), (places[3] + 0.022, claim.verdict)):
            axes.text(place, row + 0.5, text, size=12, va="center", weight="bold", color=colour)
    if len(shown) < len(claims):
        axes.text(0, MOST_CLAIMS + 0.5, f"and {len(claims) - len(shown)} more", va="center", **SMALL)


def _head(axes: Axes, name: str, levels: str) -> None:
    axes.annotate(name, (0, 1), (0, 9), size=13, weight="bold", **OFFSET, **PLAIN)
    axes.annotate(_shortened(levels, 60), (1, 1), (0, 9), size=12, ha="right", **OFFSET, **PLAIN)


def _levels(claims: Sequence[Claim], names: tuple[str, ...]) -> str:
    return "     ".join(f"{claim.name}: {claim.level}" for claim in claims if claim.name in names)


def _shade(axes: Axes, spans: Sequence[EmphasisSpan]) -> None:
    for span in spans:
        axes.axvspan(span.start_s, span.end_s, facecolor=ORANGE, alpha=0.25, linewidth=0, zorder=0)
        axes.axvspan(
            span.start_s, span.end_s, facecolor="none", edgecolor=ORANGE, hatch="///", linewidth=1, zorder=0
        )


def _plain_frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=11, color=GREY, labelcolor=INK)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else "< 1 %"


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
