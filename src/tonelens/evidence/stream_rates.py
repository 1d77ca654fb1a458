"""How many nats a stream lets through: KL to the prior, of each dimension and in all.

A dimension whose KL is ACTIVE_NATS or less says next to nothing: the bottleneck has closed it. KL bounds what
a **sampled** latent tells about the sound, whatever that is about. The means, which the LLM gets at test time
and which probes read, are not bounded by it: the noise that training adds is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tonelens.evidence.latents import UTTERANCE, ClipLatents

ACTIVE_NATS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRate:
    """How much a stream lets through, over all frames of a corpus."""

    stream: str
    nats_Z: tuple[float, ...]
    """A frame and dimension; of the utterance latent a clip and dimension."""

    @property
    def nats(self) -> float:
        """Total a frame (a clip)."""
        return sum(self.nats_Z)

    @property
    def active(self) -> int:
        """Dimensions with more than ACTIVE_NATS."""
        return sum(nats > ACTIVE_NATS for nats in self.nats_Z)


def rates_of(latents: ClipLatents) -> tuple[StreamRate, ...]:
    """Nats of every stream: of frames the mean over all frames, of utterance latents over the clips."""
    frames_N = latents.frame_count_N.astype(np.float64)
    return tuple(
        StreamRate(
            stream=stream,
            nats_Z=tuple(
                np.average(nats_NZ, axis=0, weights=None if stream == UTTERANCE else frames_N).tolist()
            ),
        )
        for stream, nats_NZ in latents.kl.items()
    )
