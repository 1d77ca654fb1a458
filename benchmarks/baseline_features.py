"""What the baselines see of a clip: eGeMAPS functionals, or mean and std over frames of each encoder layer.

Shapes    N clips, L = 5 hidden states of Whisper-tiny (embedding, then 4 layers), H = 384 channels.
          egemaps (N, 88); encoder (N, L, 2 H), mean before std.
Encoder   the mel frames of the clip alone, not padded to 30 s; position embeddings cut to their number; the
          last hidden state before the encoder's final layer norm (after it, layers 1-4 lose 0.3 points).
Licence   opensmile is free for research only: here and nowhere in the package.
Cache     one .npz a kind, named after the hash of the manifest and the weights: a second run reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from tonelens import audio
from tonelens.storage import written_aside

Features: TypeAlias = NDArray[np.float32]


def egemaps(paths: Sequence[Path], *, cache: Path) -> Features:
    """The 88 functionals of eGeMAPS v02, shape (N, 88)."""
    return _cached(cache / f"egemaps-{_digest(paths)}.npz", lambda: np.stack(list(_egemaps(paths))))


def encoder_statistics(paths: Sequence[Path], weights: Path, *, cache: Path) -> Features:
    """Mean and std over frames of every hidden state of the frozen Whisper encoder, shape (N, L, 2 H)."""
    name = f"encoder-{_digest([*paths, weights / 'model.safetensors'])}.npz"
    sounds = (audio.load(path).samples for path in track(paths, "encoder hidden states"))
    return _cached(cache / name, lambda: np.stack(list(statistics_of(sounds, weights))))


def _egemaps(paths: Sequence[Path]) -> Iterator[Features]:
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
    )
    for path in track(paths, "eGeMAPS functionals"):
        samples = audio.load(path).samples
        yield smile.process_signal(samples, audio.SAMPLE_RATE).to_numpy()[0].astype(np.float32)


def statistics_of(sounds: Iterable[audio.Samples], weights: Path) -> Iterator[Features]:
    """Mean and std over frames of every hidden state of each 16 kHz clip, shape (L, 2 H)."""
    import torch
    from torch.nn.functional import gelu
    from transformers import WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    mel_of = WhisperFeatureExtractor.from_pretrained(weights)
    encoder = WhisperEncoder.from_pretrained(weights, dtype=torch.float32).eval()
    for samples in sounds:
        mel = mel_of(samples, sampling_rate=audio.SAMPLE_RATE, padding=False, return_tensors="pt")
        with torch.inference_mode():
            frames_1HT = gelu(encoder.conv2(gelu(encoder.conv1(mel.input_features))))
            state_1TH = frames_1HT.transpose(1, 2) + encoder.embed_positions.weight[: frames_1HT.shape[2]]
            states = [state_1TH]
            for layer in encoder.layers:
                states.append(layer(states[-1], None))
            state_LTH = torch.cat(states)
            yield torch.cat([state_LTH.mean(dim=1), state_LTH.std(dim=1)], dim=1).numpy()


def _digest(paths: Sequence[Path]) -> str:
    """Names and sizes of the files: enough to tell corpora, corrections and weights apart."""
    listed = "\n".join(f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in paths)
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def _cached(path: Path, compute: Callable[[], Features]) -> Features:
    if not path.is_file():
        features = compute()
        with written_aside(path) as aside:
            np.savez(aside, features=features)
    with np.load(path, allow_pickle=False) as stored:
        loaded: Features = stored["features"]
    return loaded
