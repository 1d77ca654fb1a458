"""Do cited spans carry the decision? They are cut out, or kept alone, and compared with random spans.

Deletion    log-odds of the decided emotion that are lost without the cited spans, minus the mean loss without
            random spans: above 0 where cited spans matter more.
Insertion   log-odds of hearing the cited spans alone, minus the mean of hearing random spans alone.
Random      as many spans of the same lengths, without overlap, anywhere within the speech (silence before and
            after it would be too easy to beat), drawn DRAWS times. They may hit cited ones. Cited spans are
            found without them.
Test        Wilcoxon's signed ranks over clips, one-sided (cited beat random); effect: matched-pairs
            rank-biserial correlation, (sum of ranks for - against) / (sum of all), -1 to 1.
Circular    through the latents, cutting what was found by cutting must hurt: that only shows that several
            spans cut together hurt, too, and that they tell something alone. Silencing the waveform and
            asking again is the test: there the spans' sound is gone before anything hears it.
Source      V. Petsiuk, A. Das, K. Saenko 2018, arXiv:1806.07421, section 3.3 (deletion, insertion);
            D. Kerby 2014, Compr. Psychol. 3 (rank-biserial correlation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tonelens.audio import Audio
from tonelens.descriptors.measure import measure
from tonelens.errors import InputError
from tonelens.evidence.attribution import (
    Kept,
    Listener,
    Span,
    by_silencing,
    frames_of,
    through_latents,
)
from tonelens.evidence.backend import Backend
from tonelens.explain import Explainer

DRAWS = 10


@dataclass(frozen=True, slots=True)
class SpanTest:
    """Cited against random spans in one clip; nats of the decided emotion's log-odds."""

    deletion: float
    """Lost without the cited spans."""
    deletion_random: float
    """Lost without random ones, mean over the draws."""
    insertion: float
    """Log-odds from the cited spans alone."""
    insertion_random: float
    """From random ones alone, mean over the draws."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Cited against random spans over clips."""

    n: int
    median: float
    """Of the differences, nats."""
    effect: float
    """Rank-biserial correlation."""
    p: float
    """One-sided: cited beat random."""


def span_test(
    listener: Listener,
    spans: Sequence[Span],
    within: Span | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> SpanTest:
    """Cut and keep the cited spans and as many random ones, all in one batch.

    Args:
        listener: the clip, and who hears it.
        spans: one or more cited spans, found without this test.
        within: where random spans may lie; the whole clip where None, or where they do not fit.
        draws: how often random spans are drawn.
        seed: of the draws.

    Raises:
        InputError: no span, or spans that leave nothing of the clip.
    """
    cited_T = frames_of(spans, listener.frames)
    if not cited_T.any() or cited_T.all():
        raise InputError(
            f"{int(cited_T.sum())} of {listener.frames} frames are cited, to compare with others. Give "
            f"spans that hold some, but not all, of the clip."
        )
    chosen = np.random.default_rng(seed)
    room = frames_of([within], listener.frames) if within is not None else np.ones_like(cited_T)
    random_OT = np.stack([_random(cited_T, room, chosen) for _ in range(draws)])
    spans_OT = np.concatenate([cited_T[None], random_OT])
    everything_1T = np.ones((1, listener.frames), dtype=np.bool_)
    found = listener.log_odds(np.concatenate([everything_1T, ~spans_OT, spans_OT]))
    lost = found[0] - found[1 : draws + 2]
    alone = found[draws + 2 :]
    return SpanTest(float(lost[0]), float(lost[1:].mean()), float(alone[0]), float(alone[1:].mean()))


def deletion_test(
    explainer: Explainer, clip: Audio, spans: Sequence[Span], *, draws: int = DRAWS, seed: int = 0
) -> SpanTest:
    """`span_test` through the latents of a Tonelens model, against spans within the speech.

    Raises:
        InputError: see `span_test`.
    """
    return span_test(through_latents(explainer, clip), spans, speech_of(clip), draws=draws, seed=seed)


def audio_deletion_test(
    backend: Backend, clip: Audio, spans: Sequence[Span], *, draws: int = DRAWS, seed: int = 0
) -> SpanTest:
    """`span_test` by silencing the waveform, for any backend, against spans within the speech.

    Raises:
        InputError: see `span_test`.
    """
    return span_test(by_silencing(backend, clip), spans, speech_of(clip), draws=draws, seed=seed)


def speech_of(clip: Audio) -> Span | None:
    """From the first word to the last; None where no speech is found."""
    measures = measure(clip)
    if measures.speech_start_s is None or measures.speech_end_s is None:
        return None
    return Span(measures.speech_start_s, measures.speech_end_s)


def deletions(tests: Sequence[SpanTest]) -> Paired:
    """Whether cutting cited spans costs more than cutting random ones, over one clip or more."""
    return paired([test.deletion - test.deletion_random for test in tests])


def insertions(tests: Sequence[SpanTest]) -> Paired:
    """Whether cited spans alone tell more than random ones alone, over one clip or more."""
    return paired([test.insertion - test.insertion_random for test in tests])


def paired(differences: Sequence[float]) -> Paired:
    """Wilcoxon's test that differences lie above 0; those of 0 have no rank. Without any other p is 1."""
    values = np.asarray(differences, dtype=np.float64)
    ranked = values[values != 0]
    if not len(ranked):
        return Paired(len(values), 0.0, 0.0, 1.0)
    ranks = stats.rankdata(np.abs(ranked))
    effect = float((ranks * np.sign(ranked)).sum() / ranks.sum())
    p = float(stats.wilcoxon(ranked, alternative="greater").pvalue)
    return Paired(len(values), float(np.median(values)), effect, p)


def _random(cited_T: Kept, room_T: Kept, chosen: np.random.Generator) -> Kept:
    """Runs of the same lengths, in a random order and with random gaps, inside the room if they fit."""
    edges = np.flatnonzero(np.diff(cited_T.astype(np.int8), prepend=0, append=0))
    lengths = chosen.permutation(edges[1::2] - edges[::2])
    inside = np.flatnonzero(room_T)
    if len(inside) < lengths.sum():
        inside = np.arange(len(cited_T))
    gaps = np.sort(chosen.integers(0, len(inside) - lengths.sum() + 1, size=len(lengths)))
    starts = inside[0] + gaps + np.concatenate([[0], np.cumsum(lengths)[:-1]])
    drawn_T = np.zeros_like(cited_T)
    for start, length in zip(starts, lengths, strict=True):
        drawn_T[start : start + length] = True
    return drawn_T
