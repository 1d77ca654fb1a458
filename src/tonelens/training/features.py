"""Encoder features on disk: the frozen encoder runs once a clip (and augmented copy), not once an epoch.

A cache folder holds one file a waveform, `<key>.npy` (float16, (T, L, H)). The key is a hash of encoder,
clip and change, so that a changed clip or encoder never meets old features, runs on other folds share
them, and an interrupted encoding goes on where it was. Files are written aside and renamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.augment import NO_CHANGE, Change, changed_samples
from tonelens.corpora.cuts import load_audio
from tonelens.errors import StorageError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.model.utterance import statistics
from tonelens.storage import written_aside

Progress = Callable[[int, int], None]
"""Called with (done, total)."""
FEATURE_VERSION = 3


@dataclass(frozen=True, slots=True)
class Waveform:
    """One clip, or a changed copy of it, to be encoded."""

    cut: MonoCut
    change: Change


class Features:
    """Random access to the hidden states (T, L, H) of waveforms."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, key: str) -> Tensor:
        """Float16, read from disk.

        Raises:
            StorageError: the file is gone or damaged.
        """
        path = self._paths[key]
        try:
            return torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise StorageError(
                f"{path}: cannot be read ({error}). Delete it; it is made anew by --resume."
            ) from None


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
    fingerprint = encoder.fingerprint()
    paths: dict[str, Path] = {}
    for number, waveform in enumerate(waveforms):
        key = key_of(waveform.cut, waveform.change)
        path = paths[key] = _path(cache, [str(FEATURE_VERSION), fingerprint, key])
        if not path.is_file():
            with written_aside(path) as aside:
                np.save(aside, _states(waveform, encoder).numpy())
        progress(number + 1, len(waveforms))
    return Features(paths)


def encoded_statistics(
    waveforms: Sequence[Waveform],
    encoder: SpeechEncoder,
    features: Features,
    cache: Path | None,
    *,
    progress: Progress = lambda done, total: None,
) -> Tensor:
    """`statistics` (N, S) of all waveforms, read from `cache` or computed into it; None keeps nothing.

    Args:
        waveforms: what to listen to.
        encoder: the frozen encoder.
        features: where the unchanged waveforms' frames are; of changed ones no frame is kept.
        cache: the folder.
        progress: told of every waveform.

    Raises:
        StorageError: the cache cannot be written.
        AudioError: a clip cannot be read any more.
    """
    fingerprint = encoder.fingerprint()
    rows: list[Tensor] = []
    for number, waveform in enumerate(waveforms):
        key = key_of(waveform.cut, waveform.change)
        path = _path(cache, [str(FEATURE_VERSION), "statistics", fingerprint, key]) if cache else None
        if path is not None and path.is_file():
            rows.append(torch.from_numpy(np.load(path, allow_pickle=False)))
        else:
            is_kept = waveform.change == NO_CHANGE
            states_TLH = features[key] if is_kept else _states(waveform, encoder)
            rows.append(statistics(states_TLH.unsqueeze(0))[0])
            if path is not None:
                with written_aside(path) as aside:
                    np.save(aside, rows[-1].numpy())
        progress(number + 1, len(waveforms))
    return torch.stack(rows)


def _states(waveform: Waveform, encoder: SpeechEncoder) -> Tensor:
    """Hidden states as float16, whose range is guarded against outliers of deep layers."""
    samples = changed_samples(load_audio(waveform.cut).samples, waveform.change)
    return encoder.encode([samples])[0].clamp(-6e4, 6e4).to(torch.float16).cpu()


def _path(cache: Path, parts: Sequence[str]) -> Path:
    name = hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:24]
    return cache / name[:2] / f"{name[2:]}.npy"
