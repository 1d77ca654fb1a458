"""Encoder features on disk: the frozen encoder runs once a clip (and augmented copy), not once an epoch.

A cache folder holds, for one encoder and one variant of the waveforms, `<key>.bin` (float16, clip after
clip, each (T, L, H)) and `<key>.json` (offsets). The key is a hash of encoder, clips and variant, so
that a changed clip or encoder never meets old features. Files are written aside and renamed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.augment import Change, changed_samples
from tonelens.corpora.cuts import load_audio
from tonelens.errors import StorageError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.storage import write_json, written_aside

Progress = Callable[[int, int], None]
"""Called with (done, total)."""
FEATURE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Waveform:
    """One clip, or a changed copy of it, to be encoded."""

    cut: MonoCut
    change: Change


class Features:
    """Random access to the hidden states (T, L, H) of waveforms."""

    def __init__(self, spans: dict[str, tuple[int, int]], frames: np.ndarray) -> None:
        self._spans = spans
        self._frames = frames

    def __getitem__(self, key: str) -> Tensor:
        first, last = self._spans[key]
        return torch.from_numpy(np.array(self._frames[first:last]))


class LiveFeatures(Features):
    """The same without a cache: every access runs the encoder."""

    def __init__(self, waveforms: Sequence[Waveform], encoder: SpeechEncoder) -> None:
        self._waveforms = {key_of(waveform.cut, waveform.change): waveform for waveform in waveforms}
        self._encoder = encoder

    def __getitem__(self, key: str) -> Tensor:
        return _states(self._waveforms[key], self._encoder)


def key_of(cut: MonoCut, change: Change) -> str:
    """What identifies a waveform: the clip's bytes, its part, and the change."""
    custom = cut.custom or {}
    return f"{cut.id}|{custom.get('sha256')}|{cut.start:.4f}|{cut.duration:.4f}|{change.key()}"


def encoded(
    waveforms: Sequence[Waveform],
    encoder: SpeechEncoder,
    cache: Path,
    *,
    progress: Progress = lambda done, total: None,
) -> Features:
    """Features of all waveforms, read from `cache` or computed into it.

    Raises:
        StorageError: the cache cannot be written.
        AudioError: a clip cannot be read any more.
    """
    keys = [key_of(waveform.cut, waveform.change) for waveform in waveforms]
    name = _hash([str(FEATURE_VERSION), encoder.fingerprint(), *keys])
    index_path, data_path = cache / f"{name}.json", cache / f"{name}.bin"
    if not (index_path.is_file() and data_path.is_file()):
        spans = _compute(waveforms, keys, encoder, data_path, progress)
        write_json(index_path, spans, indent=None)
    spans = {key: (first, last) for key, (first, last) in json.loads(index_path.read_text("utf-8")).items()}
    total = max(last for _, last in spans.values())
    shape = (total, encoder.layers, encoder.width)
    if data_path.stat().st_size != 2 * int(np.prod(shape)):
        raise StorageError(
            f"{data_path}: not the size its index says. Delete both files to have them made anew."
        )
    return Features(spans, np.memmap(data_path, dtype=np.float16, mode="r", shape=shape))


def _compute(
    waveforms: Sequence[Waveform], keys: Sequence[str], encoder: SpeechEncoder, path: Path, progress: Progress
) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    first = 0
    with written_aside(path) as aside, aside.open("wb") as file:
        for number, (waveform, key) in enumerate(zip(waveforms, keys, strict=True)):
            states = _states(waveform, encoder)
            file.write(states.numpy().tobytes())
            spans[key] = (first, first + len(states))
            first += len(states)
            progress(number + 1, len(waveforms))
    return spans


def _states(waveform: Waveform, encoder: SpeechEncoder) -> Tensor:
    """Hidden states as float16, whose range is guarded against outliers of deep layers."""
    samples = changed_samples(load_audio(waveform.cut).samples, waveform.change)
    return encoder.encode([samples])[0].clamp(-6e4, 6e4).to(torch.float16).cpu()


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:24]
