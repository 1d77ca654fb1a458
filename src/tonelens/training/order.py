"""The order of clips: batches of similar length, shuffled, the same for the same seed and epoch.

Every epoch has the same number of batches, so learning-rate schedules and resuming are exact.
(Why not Lhotse's buckets: docs/decisions/0004.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

POOL_BATCHES = 16
"""Clips are sorted by length within pools of this many batches: little padding, still well mixed."""


def batches_per_epoch(clips: int, batch_size: int) -> int:
    """The last, smaller batch counts too."""
    return -(-clips // batch_size)


def epoch_batches(
    durations_s: Mapping[str, float], batch_size: int, *, seed: int, stage: str, epoch: int
) -> list[list[str]]:
    """Every clip id once, in batches of `batch_size` (the last may be smaller)."""
    digest = hashlib.sha256(f"{seed}|{stage}|{epoch}".encode()).digest()
    rng = np.random.default_rng(list(digest[:16]))
    ids = sorted(durations_s)
    shuffled = [ids[i] for i in rng.permutation(len(ids))]
    pool = POOL_BATCHES * batch_size
    batches: list[list[str]] = []
    for start in range(0, len(shuffled), pool):
        by_length = sorted(shuffled[start : start + pool], key=durations_s.__getitem__)
        batches += [by_length[i : i + batch_size] for i in range(0, len(by_length), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def share_of_rank(batch: Sequence[str], rank: int, ranks: int) -> list[str]:
    """The clips of a global batch that one of several processes works on."""
    return list(batch[rank::ranks])
