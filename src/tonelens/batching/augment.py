"""Training-time changes, all drawn from named seeds so that a run can be repeated bit for bit.

Waveform  pitch and pace apart (through a vocoder) or together (by resampling), white noise, a channel, gain:
          before the encoder.
Features  time crops at both ends and whole channels dropped: after it.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import soxr
import torch
from torch import Tensor

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.batching.channel import Channel, draw_channel, through
from tonelens.descriptors.vocoder import analyse, moved, synthesise
from tonelens.recipe import AugmentConfig, UtteranceConfig


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a waveform. The default changes nothing."""

    speed: float = 1.0
    """Factor on pace and pitch."""
    gain_db: float = 0.0
    snr_db: float | None = None
    """Signal-to-noise ratio of added white noise; None adds none."""
    seed: int = 0
    """Of the noise."""
    channel: Channel | None = None
    """What the noisy clip is heard through; None is a perfect channel."""
    semitones: float = 0.0
    """F0 moved by a vocoder, pace and formants as they are."""
    pace: float = 1.0
    """Factor on the pace by a vocoder, pitch as it is."""

    @property
    def is_revoiced(self) -> bool:
        """Whether a vocoder takes part."""
        return self.semitones != 0 or self.pace != 1

    def key(self) -> str:
        """A stable name, for caches."""
        noise = "" if self.snr_db is None else f",snr={self.snr_db:.2f},seed={self.seed}"
        channel = "" if self.channel is None else f",channel({self.channel.key()})"
        revoiced = f",semitones={self.semitones:.2f},pace={self.pace:.3f}" if self.is_revoiced else ""
        return f"speed={self.speed:.4f},gain={self.gain_db:.2f}{noise}{channel}{revoiced}"


NO_CHANGE = Change()


def draw_change(config: AugmentConfig, seed: int, cut_id: str, copy: int) -> Change:
    """The change of copy number `copy` of a clip (copy 0 is the clip itself)."""
    if copy == 0:
        return NO_CHANGE
    digest = hashlib.sha256(f"{seed}|{cut_id}|{copy}".encode()).digest()
    rng = np.random.default_rng(list(digest[:16]))
    speed = round(1 + config.speed * rng.uniform(-1, 1), 2)
    gain_db = round(config.gain_db * rng.uniform(-1, 1), 1)
    snr_db = round(rng.uniform(config.noise_snr_db, config.noise_snr_db + 25), 1)
    is_noisy = config.noise_snr_db > 0 and rng.uniform() < 0.5
    return Change(
        speed=speed,
        gain_db=gain_db,
        snr_db=snr_db if is_noisy else None,
        seed=int.from_bytes(digest[16:20]),
        channel=_drawn_channel(config.channel, digest),
    )


def _drawn_channel(share: float, digest: bytes) -> Channel | None:
    """A channel for this share of the copies, from numbers of its own: the other draws stay as they are."""
    rng = np.random.default_rng(list(digest[:16] + b"channel"))
    return draw_channel(rng) if rng.uniform() < share else None


def draw_revoicing(config: UtteranceConfig, seed: int, cut_id: str, copy: int) -> Change:
    """The change of revoiced copy number `copy`: pitch, pace and level, each for itself."""
    digest = hashlib.sha256(f"revoiced|{seed}|{cut_id}|{copy}".encode()).digest()
    rng = np.random.default_rng(list(digest[:16]))
    low, high = -math.log(config.revoiced_pace), math.log(config.revoiced_pace)
    return Change(
        semitones=round(config.revoiced_semitones * rng.uniform(-1, 1), 1),
        pace=round(math.exp(rng.uniform(low, high)), 2),
        gain_db=round(config.gain_db * rng.uniform(-1, 1), 1),
    )


def changed_samples(samples: Samples, change: Change) -> Samples:
    """Apply a change to 16 kHz samples.

    Raises:
        ModelError: it needs the vocoder, and the extra `evidence` is not installed.
    """
    if change.is_revoiced:
        samples = _revoiced(samples, change)
    if change.speed != 1.0:
        samples = soxr.resample(samples, SAMPLE_RATE * change.speed, SAMPLE_RATE, quality="HQ")
    if change.snr_db is not None:
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        noise = np.random.default_rng(change.seed).standard_normal(len(samples))
        samples = samples + noise * np.sqrt(power / 10 ** (change.snr_db / 10))
    if change.channel is not None:
        samples = through(samples, change.channel)
    if change.gain_db:
        samples = samples * 10 ** (change.gain_db / 20)
    return np.asarray(samples, dtype=np.float32)


def _revoiced(samples: Samples, change: Change) -> Samples:
    """Through the vocoder, as loud as before (RMS)."""
    made = synthesise(moved(analyse(samples), semitones=change.semitones, pace=change.pace))
    power, before = (float(np.mean(np.square(wave, dtype=np.float64))) for wave in (made, samples))
    return np.asarray(made * math.sqrt(before / max(power, 1e-12)), dtype=np.float32)


def changed_features(
    layers_TLH: Tensor, config: AugmentConfig, generator: torch.Generator, keep: int
) -> Tensor:
    """Crop in time and drop channels; at least `keep` frames remain."""
    frames = len(layers_TLH)
    if config.crop:
        start, end = (config.crop * frames * torch.rand(2, generator=generator)).long().tolist()
        if frames - start - end >= keep:
            layers_TLH = layers_TLH[start : frames - end]
    if config.channel_drop:
        kept_H = torch.rand(layers_TLH.shape[-1], generator=generator) >= config.channel_drop
        layers_TLH = layers_TLH * kept_H.to(layers_TLH.dtype)
    return layers_TLH
