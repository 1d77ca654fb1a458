"""The picture of a page: waveform above spectrogram on one time axis, with F0 contour and marked spans.

Inline SVG. Along time everything stands in per cent, upwards in pixels, so that it fills any width while type
and lines keep their size. Nothing is said by colour alone: emphasised spans are hatched and numbered, cited
ones have a dashed frame and letters.

Units     times in seconds, frequencies in Hz, places in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeAlias

import numpy as np

from tonelens.audio import Audio, Samples
from tonelens.descriptors.pitch import PitchTrack
from tonelens.evidence.page_frame import data_uri
from tonelens.evidence.spectrogram import HIGH_HZ, LOW_HZ, height_of, png, spectrogram

Kind: TypeAlias = Literal["emphasised", "cited"]

KINDS: tuple[Kind, ...] = ("emphasised", "cited")
LANE = 18
"""Height of the line that holds the labels of one kind."""
WAVE, GAP, SPECTRUM, AXIS = 100, 8, 240, 22
"""Heights of waveform, gap, spectrogram and time axis."""
ENVELOPE_POINTS = 700
TICKS_HZ = (100, 200, 400, 1000, 2000, 4000)
STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
MOST_STEPS = 9
LEAST_APART = 0.03
"""Labels closer than this share of the width would overlap: the second is left out (the list has it)."""
GRID = 1_000
"""Width and height of the coordinates that lines are drawn in."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the recording that the picture shows."""

    label: str
    kind: Kind
    start_s: float
    end_s: float


def picture(clip: Audio, pitch: PitchTrack, marks: Sequence[Mark]) -> str:
    """The figure in HTML, its legend included."""
    lanes = [kind for kind in KINDS if any(mark.kind == kind for mark in marks)]
    wave_y = LANE * len(lanes)
    spectrum_y = wave_y + WAVE + GAP
    bottom = spectrum_y + SPECTRUM
    length_s = clip.duration_s
    parts = [
        _PATTERN,
        f'<svg y="{wave_y}" width="100%" height="{WAVE}" viewBox="0 0 {GRID} {GRID}" '
        f'preserveAspectRatio="none"><path class="wave" d="{_envelope(clip.samples)}"/></svg>',
        f'<image class="spectrum" y="{spectrum_y}" width="100%" height="{SPECTRUM}" '
        f'preserveAspectRatio="none" href="{data_uri("image/png", png(spectrogram(clip.samples)))}"/>',
        f'<rect class="frame" y="{spectrum_y}" width="100%" height="{SPECTRUM}"/>',
        *_marks(marks, lanes, length_s, bottom),
        f'<svg y="{spectrum_y}" width="100%" height="{SPECTRUM}" viewBox="0 0 {GRID} {GRID}" '
        f'preserveAspectRatio="none">{_contour(pitch, length_s)}</svg>',
        *_seconds(length_s, bottom),
        f'<line class="playhead" id="playhead" x1="0" x2="0" y1="{wave_y}" y2="{bottom}"/>',
    ]
    return (
        f'<figure><div class="plot">\n<svg class="scale" height="{bottom + AXIS}" aria-hidden="true">'
        f"{''.join(_hertz(spectrum_y))}</svg>\n"
        f'<svg class="panels" id="panels" height="{bottom + AXIS}" data-length="{length_s:.4f}" role="img" '
        f'aria-label="{escape(described(clip, pitch, marks))}">\n' + "\n".join(parts) + "\n</svg></div>\n"
        f'<p class="needs-js position"><label class="unseen" for="position">Position in the recording</label>'
        f'<output id="clock" for="position">0.00 s</output>'
        f'<input type="range" id="position" min="0" max="{length_s:.3f}" step="0.01" value="0"></p>\n'
        f"<figcaption>{_legend(lanes, pitch)}</figcaption></figure>"
    )


def described(clip: Audio, pitch: PitchTrack, marks: Sequence[Mark]) -> str:
    """What the picture shows, in words."""
    said = [f"Waveform and spectrogram ({LOW_HZ:.0f} to {HIGH_HZ:.0f} Hz) of {clip.duration_s:.1f} s."]
    if pitch.is_voiced.any():
        f0_hz = pitch.f0_hz[pitch.is_voiced]
        said.append(
            f"The F0 contour lies between {f0_hz.min():.0f} and {f0_hz.max():.0f} Hz, "
            f"half of it above {np.median(f0_hz):.0f} Hz."
        )
    else:
        said.append("No F0 was found: nothing is voiced.")
    for kind in KINDS:
        spans = [f"{mark.start_s:.2f} to {mark.end_s:.2f} s" for mark in marks if mark.kind == kind]
        if spans:
            said.append(f"{kind.capitalize()}: {', '.join(spans)}.")
    return " ".join(said)


_PATTERN = (
    '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line class="hatch" x1="0" x2="0" y1="0" y2="7"/></pattern></defs>'
)


def _envelope(samples: Samples) -> str:
    """Least and largest sample of every column, as one closed path."""
    edges = np.unique(np.linspace(0, len(samples), ENVELOPE_POINTS + 1).astype(np.intp))[:-1]
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    peak = max(float(np.abs(samples).max()), 1e-9)
    x = edges * GRID / len(samples)
    up, down = (GRID / 2 * (1 - side / peak) for side in (high, low))
    there = [f"{a:.0f} {b:.0f}" for a, b in zip(x, up, strict=True)]
    back = [f"{a:.0f} {b:.0f}" for a, b in zip(x[::-1], down[::-1], strict=True)]
    return f"M{'L'.join(there + back)}Z"


def _contour(pitch: PitchTrack, length_s: float) -> str:
    """The F0 contour, broken where there is no voice; drawn twice, wider below, to stand out."""
    pieces: list[str] = []
    was_voiced = False
    for time_s, f0_hz, voiced in zip(pitch.times_s, pitch.f0_hz, pitch.is_voiced, strict=True):
        if voiced:
            pieces.append(
                f"{'L' if was_voiced else 'M'}{GRID * time_s / length_s:.1f} {GRID * height_of(f0_hz):.1f}"
            )
        was_voiced = bool(voiced)
    path = "".join(pieces)
    return f'<path class="halo" d="{path}"/><path class="f0" d="{path}"/>' if path else ""


def _marks(marks: Sequence[Mark], lanes: Sequence[Kind], length_s: float, bottom: int) -> Iterator[str]:
    for lane, kind in enumerate(lanes):
        last = -1.0
        for mark in (mark for mark in marks if mark.kind == kind):
            start, middle = mark.start_s / length_s, (mark.start_s + mark.end_s) / 2 / length_s
            width = min(mark.end_s, length_s) / length_s - start
            place = f'x="{100 * start:.2f}%" width="{100 * width:.2f}%"'
            top = LANE * len(lanes)
            yield f'<rect class="{kind}" {place} y="{top}" height="{bottom - top}"/>'
            if middle - last >= LEAST_APART:
                yield (
                    f'<text class="label" x="{100 * middle:.2f}%" y="{LANE * (lane + 1) - 5}" '
                    f'text-anchor="middle">{escape(mark.label)}</text>'
                )
                last = middle


def _hertz(top: int) -> Iterator[str]:
    for tick_hz in TICKS_HZ:
        y = top + SPECTRUM * height_of(tick_hz)
        name = f"{tick_hz // 1000}k" if tick_hz >= 1000 else str(tick_hz)
        yield f'<text x="100%" dx="-6" y="{y + 4:.0f}" text-anchor="end">{name}</text>'
    yield f'<text x="100%" dx="-6" y="{top + 10}" text-anchor="end">Hz</text>'


def _seconds(length_s: float, bottom: int) -> Iterator[str]:
    step_s = next((step for step in STEPS_S if length_s / step <= MOST_STEPS), STEPS_S[-1])
    for number in range(int(length_s / step_s) + 1):
        time_s = number * step_s
        place = 100 * time_s / length_s
        anchor = "start" if number == 0 else "end" if place > 97 else "middle"
        name = f"{time_s:g} s" if number == 0 else f"{time_s:g}"
        yield f'<line class="tick" x1="{place:.2f}%" x2="{place:.2f}%" y1="{bottom}" y2="{bottom + 5}"/>'
        yield f'<text x="{place:.2f}%" y="{bottom + 18}" text-anchor="{anchor}">{name}</text>'


def _legend(lanes: Sequence[Kind], pitch: PitchTrack) -> str:
    swatches = {
        "f0": ('<line class="f0" x1="1" x2="27" y1="7" y2="7"/>', "F0, the pitch of the voice"),
        "emphasised": ('<rect class="emphasised" width="28" height="14"/>', "emphasised (numbers)"),
        "cited": ('<rect class="cited" x="1" y="1" width="26" height="12"/>', "cited (letters)"),
    }
    shown = [*(("f0",) if pitch.is_voiced.any() else ()), *lanes]
    samples = "".join(
        f'<span><svg class="swatch" aria-hidden="true">{swatches[name][0]}</svg> {swatches[name][1]}</span>'
        for name in shown
    )
    none = "" if pitch.is_voiced.any() else "<span>No F0: nothing is voiced.</span>"
    return f"{samples}{none}<span>Above: waveform. Below: spectrogram, stronger is louder.</span>"
