"""Words or voice: how far a decision falls when one stream of the model is altered.

Drop      of the probability of the emotion decided with both streams, as `explain` states it (calibrated),
          when the content stream ("words"), the descriptor side ("voice") or both are altered.
Share     of voice: its drop / (words' drop + voice's drop), each the mean over the ways to alter, below 0
          counting as 0; of words the rest. No share, "neither alone", where neither drop reaches LEAST: then
          the drop of both tells whether either stream suffices (it falls) or neither is needed.
Shows     from which stream this model reads its decision. It cannot show that the streams hold what they are
          named after: how much voice the content stream carries, and how many words the descriptor side
          does, is for leakage probes. A share of voice near 1 does not say that the words of the clip are
          free of emotion; in acted corpora, where one sentence is said in every mood, they are. All drops but
          those of "zero" depend on which clips are asked together.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from torch import Tensor

from tonelens.audio import Audio
from tonelens.evidence.alterations import (
    HOWS,
    STREAMS,
    How,
    Stream,
    alteration,
    require_two_streams,
)
from tonelens.evidence.backend import Backend, Heard, heard_of
from tonelens.evidence.means import Mean, clustered_mean
from tonelens.explain import Explainer

DONE: dict[How, str] = {"zero": "zeroed", "mean": "averaged", "swap": "swapped", "shuffle": "shuffled"}
LEAST = 0.05
"""A drop of probability that counts; our choice."""
MOST_CLIPS = 16
"""Of a batch."""


@dataclass(frozen=True, slots=True)
class AlteredBackend:
    """A Tonelens model with a stream altered, asked as `tonelens explain` asks it."""

    explainer: Explainer
    """Altered already."""
    name: str

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """Unless a stream is zeroed, the answers depend on the clips that are asked together.

        Raises:
            InputError: one clip with a voice alone, and a stream that is to come from others.
        """
        if not clips:
            return []
        size = math.ceil(len(clips) / math.ceil(len(clips) / MOST_CLIPS))
        return [heard_of(found) for found in self.explainer.explain_clips(clips, batch_size=size)]


def altered_backend(explainer: Explainer, stream: Stream, how: How = "zero", seed: int = 0) -> Backend:
    """The model with one stream altered, for any score that a `Backend` can be given.

    Raises:
        ModelError: the model has one stream only.
    """
    require_two_streams(explainer)
    named = "both streams" if stream == "both" else stream
    return AlteredBackend(
        explainer.altered(alteration(stream, how, seed)), f"{explainer.loaded.card.name}, {named} {DONE[how]}"
    )


@dataclass(frozen=True, slots=True)
class ClipShares:
    """What the decision on one clip rests on."""

    label: str
    """The decision."""
    probability: float
    drops: Mapping[Stream, Mapping[How, float]]
    """How far the probability falls when a stream is altered; below 0 where it rises."""

    def drop(self, stream: Stream) -> float:
        """Mean over the ways to alter, at least 0."""
        return max(0.0, fmean(self.drops[stream].values()))

    @property
    def voice(self) -> float | None:
        """Share of the voice, 0 to 1; None where neither stream alone carries the decision."""
        words, voice = self.drop("content"), self.drop("descriptor")
        return None if max(words, voice) < LEAST else voice / (words + voice)

    @property
    def words(self) -> float | None:
        """Share of the words, the rest."""
        return None if self.voice is None else 1 - self.voice

    def __str__(self) -> str:
        """For reports."""
        if self.voice is None:
            why = "either suffices" if self.drop("both") >= LEAST else "neither is needed"
            return f"neither alone ({why})"
        return f"{self.voice:.0%} voice, {1 - self.voice:.0%} words"


@dataclass(frozen=True, slots=True)
class StreamShares:
    """All clips, and their means."""

    clips: tuple[ClipShares, ...]
    drops: Mapping[Stream, Mapping[How, Mean]]
    voice: Mean | None
    """Mean share among the clips that have one; None where none has."""
    neither: Mean
    """Share of clips with "neither alone"."""


def stream_shares(
    explainer: Explainer,
    clips: Sequence[Audio],
    speakers: Sequence[str | None] | None = None,
    *,
    hows: Sequence[How] = HOWS,
    seed: int = 0,
) -> StreamShares:
    """Shares of words and voice, clip by clip and over all.

    Clips are put into batches in a random order, drawn from `seed`, of at most MOST_CLIPS each.

    Args:
        explainer: a model with two streams.
        clips: one or more recordings with a voice; of a single one `hows` can be `("zero",)` alone.
        speakers: of every clip, for the intervals; None is unknown.
        hows: the ways to alter.
        seed: of batches, swaps and shuffles.

    Raises:
        ModelError: the model has one stream only.
        InputError: one clip, and a way to alter that needs more.
    """
    require_two_streams(explainer)
    states = explainer.loaded.encoder.encode([clip.samples for clip in clips])
    order = list(range(len(clips)))
    random.Random(seed).shuffle(order)
    batches = math.ceil(len(order) / MOST_CLIPS)
    found: dict[int, ClipShares] = {}
    for number in range(batches):
        batch = order[number::batches]
        shares = _of_batch(explainer, [states[clip] for clip in batch], hows, seed)
        found |= dict(zip(batch, shares, strict=True))
    rows = tuple(found[clip] for clip in range(len(clips)))
    of = speakers if speakers is not None else [None] * len(clips)
    decided = [(row.voice, who) for row, who in zip(rows, of, strict=True) if row.voice is not None]
    return StreamShares(
        clips=rows,
        drops={
            stream: {how: clustered_mean([row.drops[stream][how] for row in rows], of, seed) for how in hows}
            for stream in STREAMS
        },
        voice=clustered_mean([v for v, _ in decided], [who for _, who in decided], seed) if decided else None,
        neither=clustered_mean([float(row.voice is None) for row in rows], of, seed),
    )


def _of_batch(
    explainer: Explainer, states: Sequence[Tensor], hows: Sequence[How], seed: int
) -> list[ClipShares]:
    """Every clip of a batch under every alteration."""
    heard = [likeliest(found.probabilities) for found in explainer.emotions(states)]
    again = {
        (stream, how): explainer.altered(alteration(stream, how, seed)).emotions(states)
        for stream in STREAMS
        for how in hows
    }
    return [
        ClipShares(
            label,
            probability,
            {
                stream: {how: probability - again[stream, how][clip].probabilities[label] for how in hows}
                for stream in STREAMS
            },
        )
        for clip, (label, probability) in enumerate(heard)
    ]


def likeliest(probabilities: Mapping[str, float]) -> tuple[str, float]:
    """The label said (also where the Explainer abstains) and its probability."""
    return max(probabilities.items(), key=lambda item: item[1])
