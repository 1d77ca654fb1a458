"""What a distillation trains on: the sound of every clip, the teacher's frames, and batches without padding.

Every batch holds crops of one length from clips of similar length, so that no frame is padding. Both the
sound (float32, 16 kHz) and the teacher's hidden states (float16) lie on disk, memory-mapped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor
from torch.nn import functional as F

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.batching.augment import NO_CHANGE
from tonelens.corpora.cuts import load_audio
from tonelens.errors import CorpusError, StorageError
from tonelens.model.speech_encoder import FRAME_SAMPLES, SpeechEncoder
from tonelens.progress import Reporter
from tonelens.storage import write_json, written_aside
from tonelens.training.distil_changes import changed
from tonelens.training.distil_config import DistilConfig
from tonelens.training.distil_student import Student, pooled
from tonelens.training.features import Features, Waveform, encoded, key_of

SCALE_CLIPS = 400
"""Clips from which the scale of the teacher's channels is taken."""


@dataclass(frozen=True, slots=True)
class Crops:
    """One batch."""

    inputs: Tensor
    """(B, 80, 2 T) log-mel, or (B, samples)."""
    firsts: tuple[int, ...]
    """Frame of its clip at which each crop begins."""
    targets_BTLH: Tensor


class Sounds:
    """Random access to the samples of clips."""

    def __init__(self, spans: dict[str, tuple[int, int]], samples: np.ndarray) -> None:
        self._spans = spans
        self._samples = samples

    def __getitem__(self, key: str) -> Samples:
        first, last = self._spans[key]
        return np.array(self._samples[first:last])


@dataclass(frozen=True, slots=True)
class DistilData:
    """Clips, sounds and teacher frames; `batch` puts them together."""

    config: DistilConfig
    cuts: dict[str, MonoCut]
    train: tuple[str, ...]
    dev: tuple[str, ...]
    sounds: Sounds
    features: Features
    layers: tuple[int, ...]
    """The teacher's hidden states to predict."""
    mean_LH: Tensor
    std_LH: Tensor
    pooled_std_LP: Tensor
    """Deviation between clips of `pooled` targets, P = 2 H."""

    def batch(
        self, student: Student, clips: Sequence[str], rng: np.random.Generator, *, changes: bool
    ) -> Crops:
        """Crops of one length at drawn places; without `changes` from the beginning, and as recorded."""
        keys = [key_of(self.cuts[clip], NO_CHANGE) for clip in clips]
        sounds = [self.sounds[key] for key in keys]
        states = [self.features[key] for key in keys]
        lengths = [min(len(t), student.frames(len(s))) for t, s in zip(states, sounds, strict=True)]
        frames = min(*lengths, round(self.config.crop_s * SAMPLE_RATE / FRAME_SAMPLES))
        firsts = tuple(int(rng.integers(length - frames + 1)) if changes else 0 for length in lengths)
        heard = []
        for number, (sound, first) in enumerate(zip(sounds, firsts, strict=True)):
            if changes and rng.uniform() < self.config.change_share:
                sound = changed(sound, sounds[:number] + sounds[number + 1 :], rng)
            heard.append(student.heard(sound, first, frames))
        targets = [
            self.targets(clip[first : first + frames]) for clip, first in zip(states, firsts, strict=True)
        ]
        return Crops(inputs=torch.stack(heard), firsts=firsts, targets_BTLH=torch.stack(targets))

    def targets(self, states_TLH: Tensor) -> Tensor:
        """The chosen layers, layer-normalised a frame, then centred and scaled a channel."""
        return (_normalised(states_TLH, self.layers) - self.mean_LH) / self.std_LH


def distil_data(
    config: DistilConfig, teacher: SpeechEncoder, cuts: Sequence[MonoCut], cache: Path, reporter: Reporter
) -> DistilData:
    """Encode with the teacher and decode every clip, once; divide the clips.

    Raises:
        AudioError: a clip cannot be read.
        CorpusError: no clip is left to train on.
        ConfigError: a layer that the teacher does not have.
        StorageError: the cache cannot be written.
    """
    layers = config.chosen_layers(teacher.layers)
    dev = tuple(cut.id for cut in cuts if is_held_out(cut, config.dev_share))
    train = tuple(cut.id for cut in cuts if cut.id not in set(dev))
    if not train:
        raise CorpusError(
            "No clip is left to train on: all are held out. Give more clips, or a smaller dev_share."
        )
    reporter.begin("encoding", len(cuts))
    waveforms = [Waveform(cut, NO_CHANGE) for cut in cuts]
    features = encoded(waveforms, teacher, cache / "teacher", progress=lambda done, _: reporter.advance(done))
    reporter.begin("decoding", len(cuts))
    sounds = decoded(cuts, cache / "sounds", reporter)
    by_id = {cut.id: cut for cut in cuts}
    scale = _scale([by_id[clip] for clip in train], features, layers)
    return DistilData(config, by_id, train, dev, sounds, features, layers, *scale)


def is_held_out(cut: MonoCut, share: float) -> bool:
    """By the bytes of the recording, so that copies of a clip fall on the same side."""
    name = (cut.custom or {}).get("sha256") or cut.id
    digest = hashlib.sha256(f"{name}|{cut.start:.4f}".encode()).digest()
    return int.from_bytes(digest[:4]) < share * 2**32


def decoded(cuts: Sequence[MonoCut], cache: Path, reporter: Reporter) -> Sounds:
    """The samples of all clips, read from `cache` or decoded into it.

    Raises:
        AudioError: a clip cannot be read.
        StorageError: the cache cannot be written, or is torn.
    """
    keys = [key_of(cut, NO_CHANGE) for cut in cuts]
    name = hashlib.sha256("\n".join(keys).encode("utf-8")).hexdigest()[:24]
    index_path, data_path = cache / f"{name}.json", cache / f"{name}.bin"
    if not (index_path.is_file() and data_path.is_file()):
        spans: dict[str, tuple[int, int]] = {}
        total = 0
        with written_aside(data_path) as aside, aside.open("wb") as file:
            for number, (cut, key) in enumerate(zip(cuts, keys, strict=True)):
                samples = load_audio(cut).samples
                file.write(samples.astype(np.float32).tobytes())
                spans[key] = (total, total + len(samples))
                total += len(samples)
                reporter.advance(number + 1)
        write_json(index_path, spans, indent=None)
    spans = {key: (first, last) for key, (first, last) in json.loads(index_path.read_text("utf-8")).items()}
    total = max(last for _, last in spans.values())
    if data_path.stat().st_size != 4 * total:
        raise StorageError(
            f"{data_path}: not the size its index says. Delete both files to have them made anew."
        )
    return Sounds(spans, np.memmap(data_path, dtype=np.float32, mode="r", shape=(total,)))


def _normalised(states_TLH: Tensor, layers: Sequence[int]) -> Tensor:
    chosen = states_TLH[:, list(layers)].float()
    return F.layer_norm(chosen, chosen.shape[-1:])


def _scale(cuts: Sequence[MonoCut], features: Features, layers: Sequence[int]) -> tuple[Tensor, ...]:
    """Mean and deviation (L, H) of the layer-normalised frames of clips spread over the training part, and
    the deviation (L, 2 H) of the scaled frames' `pooled` between these clips.

    Whisper's hidden states have a few channels of 10 times the deviation of the others, which would
    take most of any distance that weighs channels as they come.
    """
    chosen = cuts[:: -(-len(cuts) // SCALE_CLIPS)]
    clips = [_normalised(features[key_of(cut, NO_CHANGE)], layers) for cut in chosen]
    frames = torch.cat(clips)
    mean_LH, std_LH = frames.mean(0), frames.std(0).clamp_min(1e-3)
    pooled_NLP = torch.cat([pooled(((clip - mean_LH) / std_LH).unsqueeze(0)) for clip in clips])
    return mean_LH, std_LH, pooled_NLP.std(0, correction=0).clamp_min(1e-2)
