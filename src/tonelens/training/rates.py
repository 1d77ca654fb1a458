"""The one shape of learning rates: a linear rise, then a cosine to zero."""

from __future__ import annotations

import math


def warmup_cosine(peak: float, step: int, steps: int, warmup_share: float) -> float:
    """Rate of step `step` (from 0) of `steps`, the first `warmup_share` of which rise."""
    warmup = warmup_steps(steps, warmup_share)
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def warmup_steps(steps: int, warmup_share: float) -> int:
    """How many steps the rise takes; at least one."""
    return max(1, round(warmup_share * steps))
