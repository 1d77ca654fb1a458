"""What a model's streams hold of clips: the numbers that leakage probes read.

Views     content, descriptor    z of the two streams: the means, as at test time, or `sampled` with the noise
                                 of training, which a closed dimension drowns in (`stream_rates`)
          random                 Gaussian projection of the same encoder frames to the same width Z: what any
                                 bottleneck of that width leaks, without having learnt anything
          utterance              the clip's own latent, where the model has one (`model.utterance`)
          random utterance       Gaussian projection of the layer statistics it reads, to its width P
Pooling   of the first three: mean and (biased) standard deviation over the frames that hold speech by
          `descriptors.loudness`; silence around and between the words does not count.
Frames    FRAMES_A_CLIP speech frames of every clip, drawn by (seed, clip id), so neither order nor company
          of clips matters. Frame t is taken to be centred on (t + 1/2) 20 ms; encoders' own centres differ
          from it by at most 10 ms. F0 is that of the nearest 10 ms frame of `track_pitch`, the level is
          that of the 20 ms themselves.
KL        nats of every dimension, mean over all frames of a clip, silence too: the reduction that
          beta weighs in training (`model.bottleneck`); of the utterance latent nats a clip.
Shapes    N clips, T frames, L encoder layers, H encoder width, Z latent width, P utterance width,
          M drawn frames.
Memory    float32: 4 (6 Z + 2 P + 2 Z + P + 3 Z FRAMES_A_CLIP) bytes a clip, 14 kB for Z 64 and P 192; hidden
          states are never kept.
Source    ours; what is probed follows arXiv:2410.03037 (probes of a two-stream bottleneck).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from lhotse import MonoCut
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.batching.batch import pad_frames
from tonelens.corpora.cuts import load_audio
from tonelens.descriptors.annotate import measures_of
from tonelens.descriptors.audible import why_inaudible
from tonelens.descriptors.loudness import track_loudness
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.pitch import HOP_S, track_pitch
from tonelens.errors import AudioError, CorpusError, ModelError
from tonelens.explain import Explainer
from tonelens.model.bottleneck import Latent, kl_to_standard_normal
from tonelens.model.checkpoint import LoadedModel
from tonelens.model.speech_encoder import FRAME_SAMPLES
from tonelens.model.utterance import UtteranceLatent
from tonelens.progress import Quiet, Reporter

Matrix: TypeAlias = NDArray[np.float32]

CONTENT, DESCRIPTOR, RANDOM = "content", "descriptor", "random"
UTTERANCE, RANDOM_UTTERANCE = "utterance", "random utterance"
FRAMES_A_CLIP = 12
REFERENCE_HZ = 100.0
"""F0 in semitones is counted from here."""
LOWEST_DBFS = -100.0
"""Level of a frame of digital silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSamples:
    """Drawn speech frames of all clips."""

    clip_M: NDArray[np.intp]
    """Row of the clip in `ClipLatents`."""
    views: Mapping[str, Matrix]
    """View -> (M, Z)."""
    f0_semitones_M: Matrix
    """Above REFERENCE_HZ; NaN where unvoiced."""
    level_dbfs_M: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLatents:
    """N clips as the streams hold them, with what was measured on them."""

    cuts: tuple[MonoCut, ...]
    measures: tuple[Measures, ...]
    pooled: Mapping[str, Matrix]
    """View -> (N, 2 Z), or (N, P) of the utterance views."""
    frames: FrameSamples
    frame_count_N: NDArray[np.intp]
    """Frames of each clip, silence too."""
    kl: Mapping[str, Matrix]
    """`content` and `descriptor` -> (N, Z), nats a frame; `utterance` -> (N, P), nats a clip."""
    left_out: Mapping[str, str]
    """Id -> reason of the clips that could not be used."""


@dataclass(frozen=True, slots=True)
class _Clip:
    """One row of everything."""

    measures: Measures
    pooled: Mapping[str, Matrix]
    frames: Mapping[str, Matrix]
    f0_semitones: Matrix
    level_dbfs: Matrix
    frame_count: int
    kl: Mapping[str, Matrix]


@dataclass(frozen=True, slots=True)
class _Controls:
    """The Gaussian projections, one for all clips."""

    frame_EZ: Tensor
    """E = L H, all layers of a frame side by side."""
    clip_SP: Tensor | None


def latents_of(
    explainer: Explainer,
    cuts: Sequence[MonoCut],
    reporter: Reporter | None = None,
    *,
    sampled: bool = False,
    seed: int = 0,
) -> ClipLatents:
    """Listen to every cut, one by one; cuts that carry measures (`tonelens annotate`) are not measured again.

    Args:
        explainer: the model.
        cuts: the clips; those that cannot be read, or hold no voice, are named in `left_out`.
        reporter: told of every clip.
        sampled: add the bottlenecks' noise to the latents of both streams and of the utterance.
        seed: of the projections, of the frames that are drawn, and of the noise.

    Raises:
        ModelError: the model does not have two streams.
        CorpusError: none of the clips can be used.
    """
    loaded = explainer.loaded
    if not loaded.model.recipe.streams.disentangled:
        raise ModelError(
            f"{loaded.card.name}: has one stream without a bottleneck, and leakage is between two. "
            f"Give a model that was trained with streams.disentangled=true."
        )
    controls = _controls(loaded, seed)
    reporter = reporter or Quiet()
    reporter.begin("listening", len(cuts))
    rows: list[_Clip] = []
    used: list[MonoCut] = []
    left_out: dict[str, str] = {}
    for done, cut in enumerate(cuts, start=1):
        try:
            rows.append(_row(loaded, cut, controls, _Draws(seed, cut.id, sampled)))
            used.append(cut)
        except AudioError as error:
            left_out[cut.id] = str(error)
        reporter.advance(done)
    if not rows:
        first = next(iter(left_out.values()), "no clips were given")
        raise CorpusError(f"none of {len(cuts)} clips can be probed. First: {first}")
    return ClipLatents(
        cuts=tuple(used),
        measures=tuple(row.measures for row in rows),
        pooled={view: np.stack([row.pooled[view] for row in rows]) for view in rows[0].pooled},
        frames=FrameSamples(
            clip_M=np.repeat(np.arange(len(rows)), [len(row.level_dbfs) for row in rows]),
            views={view: np.concatenate([row.frames[view] for row in rows]) for view in rows[0].frames},
            f0_semitones_M=np.concatenate([row.f0_semitones for row in rows]),
            level_dbfs_M=np.concatenate([row.level_dbfs for row in rows]),
        ),
        frame_count_N=np.array([row.frame_count for row in rows]),
        kl={stream: np.stack([row.kl[stream] for row in rows]) for stream in rows[0].kl},
        left_out=left_out,
    )


def _controls(loaded: LoadedModel, seed: int) -> _Controls:
    generator = torch.Generator().manual_seed(seed)
    model, inputs = loaded.model, loaded.encoder.layers * loaded.encoder.width
    device = next(model.parameters()).device

    def gaussian(count: int, width: int) -> Tensor:
        drawn: Tensor = torch.randn(count, width, generator=generator) / count**0.5
        return drawn.to(device)

    frame_EZ = gaussian(inputs, model.content.latent_width)
    if not isinstance(model.pooling, UtteranceLatent):
        return _Controls(frame_EZ, None)
    return _Controls(frame_EZ, gaussian(2 * inputs, model.pooling.width))


@dataclass(frozen=True, slots=True)
class _Draws:
    """Everything random about one clip: the same in any company."""

    seed: int
    clip: str
    sampled: bool

    def frames(self, speech: NDArray[np.intp]) -> NDArray[np.intp]:
        """FRAMES_A_CLIP of the frames that hold speech, in order."""
        return np.sort(self._random(0).choice(speech, size=min(FRAMES_A_CLIP, len(speech)), replace=False))

    def latent(self, latent: Latent, count: int, stream: int) -> Matrix:
        """The first `count` latents of the one clip, (T, Z), with noise where that is asked for."""
        mean_TZ, std_TZ = _matrix(latent.mean_BTZ[0, :count]), _matrix(latent.std_BTZ[0, :count])
        if not self.sampled:
            return mean_TZ
        return mean_TZ + std_TZ * self._random(stream).standard_normal(mean_TZ.shape, dtype=np.float32)

    def _random(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.clip.encode()), purpose])


@torch.inference_mode()
def _row(loaded: LoadedModel, cut: MonoCut, controls: _Controls, draws: _Draws) -> _Clip:
    clip = load_audio(cut)
    loaded.encoder.check_length(clip.duration_s, clip.source)
    measures = measures_of(cut) if "measures" in (cut.custom or {}) else measure(clip)
    if (reason := why_inaudible(measures)) is not None:
        raise AudioError(f"{cut.id}: {reason.message}.", reason=reason.reason)
    (states_TLH,) = loaded.encoder.encode([clip.samples])
    model, count = loaded.model, len(states_TLH)
    layers_BTLH, is_real_BT = (part.to(states_TLH) for part in pad_frames([states_TLH], at_least=model.stack))
    is_real_BT = is_real_BT.bool()
    voice = model.listen(layers_BTLH, is_real_BT)
    assert voice.descriptor is not None and voice.content.latent and voice.descriptor.latent
    heard_TLH = layers_BTLH[0, :count]
    if model.recipe.streams.normalise_layers:
        heard_TLH = F.layer_norm(heard_TLH, heard_TLH.shape[-1:])
    frames = {
        CONTENT: draws.latent(voice.content.latent, count, 1),
        DESCRIPTOR: draws.latent(voice.descriptor.latent, count, 2),
        RANDOM: _matrix(heard_TLH.flatten(1) @ controls.frame_EZ),
    }
    kl = {
        CONTENT: _nats(voice.content.latent, count),
        DESCRIPTOR: _nats(voice.descriptor.latent, count),
    }
    times_T = (np.arange(count) + 0.5) * FRAME_SAMPLES / SAMPLE_RATE
    speech = _speech_frames(clip.samples, times_T)
    pooled = {
        view: np.concatenate([z[speech].mean(axis=0), z[speech].std(axis=0)]) for view, z in frames.items()
    }
    if voice.utterance is not None and controls.clip_SP is not None:
        assert isinstance(model.pooling, UtteranceLatent)
        kl[UTTERANCE] = _nats(voice.utterance, 1)
        pooled[UTTERANCE] = draws.latent(voice.utterance, 1, 3)[0]
        told_BS = model.pooling.statistics(layers_BTLH, is_real_BT)
        pooled[RANDOM_UTTERANCE] = _matrix(told_BS[0] @ controls.clip_SP)
    drawn = draws.frames(speech)
    return _Clip(
        measures=measures,
        pooled=pooled,
        frames={view: z[drawn] for view, z in frames.items()},
        f0_semitones=_f0(clip.samples, times_T[drawn]),
        level_dbfs=frame_levels(clip.samples, drawn),
        frame_count=count,
        kl=kl,
    )


def _matrix(values: Tensor) -> Matrix:
    return np.asarray(values.float().cpu().numpy(), dtype=np.float32)


def _nats(latent: Latent, count: int) -> Matrix:
    """KL of every dimension, mean over the first `count` frames of the one clip: (Z,)."""
    mean_ZT1 = latent.mean_BTZ[0, :count].T.unsqueeze(-1)  # a dimension takes the place of a clip
    std_ZT1 = latent.std_BTZ[0, :count].T.unsqueeze(-1)
    is_counted_ZT = torch.ones_like(mean_ZT1[..., 0], dtype=torch.bool)
    return _matrix(kl_to_standard_normal(mean_ZT1, std_ZT1, is_counted_ZT))


def _speech_frames(samples: Samples, times_T: NDArray[np.float64]) -> NDArray[np.intp]:
    """Numbers of the frames that hold speech; all of them where it lies between their centres."""
    loudness = track_loudness(samples)
    is_speech_T = np.interp(times_T, loudness.times_s, loudness.is_speech.astype(np.float64)) > 0.5
    return np.flatnonzero(is_speech_T) if is_speech_T.any() else np.arange(len(times_T))


def _f0(samples: Samples, times_M: NDArray[np.float64]) -> Matrix:
    """Semitones above REFERENCE_HZ at some times; NaN where there is no voice."""
    pitch = track_pitch(samples)
    if len(pitch.times_s) == 0:
        return np.full(len(times_M), np.nan, dtype=np.float32)
    nearest = np.rint((times_M - pitch.times_s[0]) / HOP_S).astype(int)
    f0_hz = pitch.f0_hz[np.clip(nearest, 0, len(pitch.times_s) - 1)]
    return np.asarray(12 * np.log2(f0_hz / REFERENCE_HZ), dtype=np.float32)


def frame_levels(samples: Samples, frames: NDArray[np.intp]) -> Matrix:
    """Level in dBFS of some 20 ms frames."""
    parts = [samples[frame * FRAME_SAMPLES : (frame + 1) * FRAME_SAMPLES] for frame in frames]
    power_M = np.array([np.square(part, dtype=np.float64).mean() for part in parts])
    return np.asarray(np.maximum(10 * np.log10(np.maximum(power_M, 1e-30)), LOWEST_DBFS), dtype=np.float32)
