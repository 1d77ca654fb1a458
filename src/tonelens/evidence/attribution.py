"""Where in time the evidence lies: how far the decision falls when a short span is not heard.

Span        SPAN_S long, one every half of it, on the grid of the encoder's frames (20 ms).
Importance  log-odds of the decided emotion with everything heard, minus those without the span, in nats.
            Log-odds, as a decision at 0.99 loses evidence long before its probability moves.
Without     `through_latents`: the span's frames enter neither the utterance statistics nor the pooling, and
            both streams' latents are zero there. The encoder has heard them: neighbours still know of them.
            `by_silencing`: the span is faded out of the waveform (FADE_S each side) and the system asked
            again; for anybody's Backend. Silence is a sound, too: a system may hear a pause in it.
Cited       the strongest spans that do not overlap, at most MOST and half of the clip, each at least LEAST
            nats and SHARE of the strongest; adjacent ones are merged. None of a decision that no span moves.
Shows       what one span alone carries beyond the rest. Evidence that is spread evenly, or said twice, has no
            span that matters; spans do not add up.
Shapes      T frames, O choices of frames.
Source      M. Zeiler and R. Fergus 2014, arXiv:1311.2901, section 4.2 (occlusion).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.evidence.backend import Backend
from tonelens.explain import Explainer

FRAME_SAMPLES = 320
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE
SPAN_S = 0.2
SPAN, HOP = 10, 5
"""Frames of a span, and from one span to the next."""
FADE_S = 0.01
MOST = 3
LEAST = 0.02
"""Nats: less is no evidence; our choice."""
SHARE = 1 / 3
SMALLEST = 1e-6
"""Probabilities are kept this far from 0 and 1, so that log-odds are finite."""

Kept: TypeAlias = NDArray[np.bool_]
"""(O, T): which frames are heard, each time."""
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a clip."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Listener:
    """One clip that can be heard again with only some of its frames."""

    label: str
    """The emotion decided with everything heard."""
    frames: int
    log_odds: Callable[[Kept], Floats]
    """Of the label, for every choice of frames."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much every span of a clip carries."""

    label: str
    log_odds: float
    """With everything heard."""
    spans: tuple[Span, ...]
    importance: tuple[float, ...]
    """Nats, one a span; below 0 where the span spoke against the decision."""


def through_latents(explainer: Explainer, clip: Audio, label: str | None = None) -> Listener:
    """A clip as a Tonelens model hears it; encoded once.

    Args:
        explainer: the model.
        clip: a recording with a voice.
        label: the emotion in question; by default the likeliest.
    """
    (clip_TLH,) = explainer.loaded.encoder.encode([clip.samples])

    def shares(kept_OT: Kept) -> list[dict[str, float]]:
        return explainer.emotions_of_frames(clip_TLH, torch.from_numpy(kept_OT))

    if label is None:
        (whole,) = shares(np.ones((1, len(clip_TLH)), dtype=np.bool_))
        label = max(whole, key=whole.__getitem__)
    named = label
    return Listener(
        named, len(clip_TLH), lambda kept_OT: _log_odds([found[named] for found in shares(kept_OT)])
    )


def by_silencing(backend: Backend, clip: Audio, label: str | None = None) -> Listener:
    """A clip as any backend hears it, other frames faded out of the waveform; `label` as above."""
    named = label if label is not None else backend.hear([clip])[0].label

    def log_odds(kept_OT: Kept) -> Floats:
        heard = backend.hear([silenced(clip, kept_T) for kept_T in kept_OT])
        return _log_odds([found.probabilities[named] for found in heard])

    return Listener(named, len(clip.samples) // FRAME_SAMPLES, log_odds)


def occlusion(listener: Listener) -> Attribution:
    """The importance of every span: all spans are asked in one batch."""
    spans_OT = windows(listener.frames)
    everything_1T = np.ones((1, listener.frames), dtype=np.bool_)
    log_odds = listener.log_odds(np.concatenate([everything_1T, ~spans_OT]))
    return Attribution(
        label=listener.label,
        log_odds=float(log_odds[0]),
        spans=tuple(span for frames_T in spans_OT for span in spans_of(frames_T)),
        importance=tuple((log_odds[0] - log_odds[1:]).tolist()),
    )


def cited_spans(attribution: Attribution, most: int = MOST) -> tuple[Span, ...]:
    """The spans that carry the decision, in order of time; see the module."""
    frames = max(_frame(span.end_s) for span in attribution.spans)
    least = max(LEAST, SHARE * max(attribution.importance))
    chosen_T = np.zeros(frames, dtype=np.bool_)
    for number in np.argsort(attribution.importance, kind="stable")[::-1]:
        span_T = frames_of([attribution.spans[number]], frames)
        is_too_much = (chosen_T | span_T).sum() > max(min(most * SPAN, frames // 2), SPAN)
        if attribution.importance[number] < least or is_too_much:
            break
        if not (chosen_T & span_T).any():
            chosen_T |= span_T
    return spans_of(chosen_T)


def spans_by_silencing(backend: Backend, clip: Audio) -> tuple[Span, ...]:
    """The cited spans of anybody's system: it is asked once for every tenth of a second."""
    return cited_spans(occlusion(by_silencing(backend, clip)))


def windows(frames: int) -> Kept:
    """The frames of every span (O, T); the last one ends with the clip."""
    starts = [*range(0, max(frames - SPAN, 0), HOP), max(frames - SPAN, 0)]
    place_T = np.arange(frames)
    return np.stack([(place_T >= start) & (place_T < start + SPAN) for start in starts])


def frames_of(spans: Sequence[Span], frames: int) -> Kept:
    """Which frames spans hold, shape (T,)."""
    inside_T = np.zeros(frames, dtype=np.bool_)
    for span in spans:
        inside_T[_frame(span.start_s) : _frame(span.end_s)] = True
    return inside_T


def spans_of(inside_T: Kept) -> tuple[Span, ...]:
    """The runs of True frames, in seconds."""
    edges = np.flatnonzero(np.diff(inside_T.astype(np.int8), prepend=0, append=0)).tolist()
    return tuple(
        Span(round(start * FRAME_S, 3), round(end * FRAME_S, 3))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def silenced(clip: Audio, kept_T: Kept) -> Audio:
    """The recording with every other frame faded out; what follows the last whole frame goes with it."""
    gain_N = np.repeat(kept_T.astype(np.float64), FRAME_SAMPLES)
    gain_N = np.pad(gain_N, (0, len(clip.samples) - len(gain_N)), mode="edge")
    fade = int(FADE_S * SAMPLE_RATE)
    padded = np.pad(gain_N, (fade, fade), mode="edge")
    gain_N = np.convolve(padded, np.full(2 * fade + 1, 1 / (2 * fade + 1)), mode="valid")
    samples = np.asarray(clip.samples * gain_N, dtype=np.float32)
    digest = hashlib.sha256(samples.tobytes()).hexdigest()
    return replace(clip, samples=samples, source=f"{clip.source} (silenced)", sha256=digest)


def _frame(seconds: float) -> int:
    return round(seconds / FRAME_S)


def _log_odds(probabilities: Sequence[float]) -> Floats:
    share_O = np.clip(np.asarray(probabilities, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(share_O) - np.log1p(-share_O))
