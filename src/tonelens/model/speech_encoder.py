"""The frozen speech encoder: samples in, hidden states of all layers out.

One interface over transformers' HuBERT, WavLM, wav2vec2, data2vec-audio and Whisper's encoder.
Clips are encoded one by one, unpadded: models with group normalisation or unmasked attention
(HuBERT-base, Whisper) would otherwise give a clip other numbers in other company.

Shapes    T frames (50 a second), L hidden states (transformer layers + 1, the first is the
          input of layer 1), H width.
Source    arXiv:2505.23236, section 2 ("hidden states of all layers"); Whisper on unpadded frames
          is ours (cosine to padded frames >= 0.976, at a fraction of the cost).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.errors import ModelError

FRAME_SAMPLES = 320
"""Samples a frame: 20 ms at 16 kHz in every supported family."""
WAVEFORM_FAMILIES = ("hubert", "wavlm", "wav2vec2", "data2vec-audio")


class SpeechEncoder(nn.Module):
    """A frozen encoder; call `encode`."""

    def __init__(self, body: nn.Module, *, normalise_wave: bool, mel: Any = None) -> None:
        super().__init__()
        self.body = body.eval().requires_grad_(False)
        self.mel = mel
        self.normalise_wave = normalise_wave
        config: Any = body.config
        self.family: str = config.model_type
        self.width = int(config.hidden_size)
        self.layers = int(config.num_hidden_layers) + 1

    @classmethod
    def from_pretrained(cls, source: str) -> SpeechEncoder:
        """Load by hub name or folder.

        Raises:
            ModelError: not found, or not one of the supported families.
        """
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{source}: no speech encoder can be loaded ({_first_line(error)}). "
                f"Give a folder with config.json and model.safetensors, or a hub name while online."
            ) from None
        if config.model_type == "whisper":
            return cls._whisper(source)
        if config.model_type not in WAVEFORM_FAMILIES:
            raise ModelError(
                f"{source}: a {config.model_type!r} model is not a supported speech encoder. "
                f"Supported: {', '.join((*WAVEFORM_FAMILIES, 'whisper'))}."
            )
        return cls._waveform(source, config)

    @classmethod
    def _waveform(cls, source: str, config: Any) -> SpeechEncoder:
        from transformers import AutoFeatureExtractor, AutoModel

        body = AutoModel.from_pretrained(source, use_safetensors=True, dtype=torch.float32)
        try:
            normalise = bool(AutoFeatureExtractor.from_pretrained(source).do_normalize)
        except (OSError, ValueError):  # no preprocessor_config.json: layer-norm models were trained so
            normalise = getattr(config, "feat_extract_norm", "layer") == "layer"
        return cls(body, normalise_wave=normalise)

    @classmethod
    def _whisper(cls, source: str) -> SpeechEncoder:
        from transformers import WhisperFeatureExtractor
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        body = WhisperEncoder.from_pretrained(source, use_safetensors=True, dtype=torch.float32)
        bins = int(body.config.num_mel_bins)
        return cls(body, normalise_wave=False, mel=WhisperFeatureExtractor(feature_size=bins))

    def train(self, mode: bool = True) -> SpeechEncoder:
        """Stays in evaluation mode: the encoder is frozen."""
        return super().train(False)

    def fingerprint(self) -> str:
        """Twelve hex digits that change with any weight or with the configuration."""
        digest = hashlib.sha256(json.dumps([self.family, self.layers, self.width]).encode())
        for name, tensor in sorted(self.body.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()[:12]

    @torch.no_grad()
    def encode(self, clips: Sequence[Samples]) -> list[Tensor]:
        """Hidden states (T, L, H), float32, one tensor a clip of 16 kHz samples."""
        return [self._whisper_states(clip) if self.mel else self._wave_states(clip) for clip in clips]

    def _wave_states(self, clip: Samples) -> Tensor:
        wave = torch.from_numpy(np.asarray(clip, dtype=np.float32)).to(self._device())
        if self.normalise_wave:
            wave = (wave - wave.mean()) / (wave.var(unbiased=False) + 1e-7).sqrt()
        states = self.body(wave.unsqueeze(0), output_hidden_states=True).hidden_states
        return torch.stack([state[0] for state in states], dim=1).float()

    def _whisper_states(self, clip: Samples) -> Tensor:
        body: Any = self.body
        usable = len(clip) - len(clip) % FRAME_SAMPLES
        features = self.mel(
            clip[:usable],
            sampling_rate=SAMPLE_RATE,
            padding="do_not_pad",
            truncation=False,
            return_tensors="pt",
        ).input_features.to(self._device())
        hidden = F.gelu(body.conv2(F.gelu(body.conv1(features)))).transpose(1, 2)
        if hidden.shape[1] > body.embed_positions.num_embeddings:
            raise ModelError(
                f"a clip of {len(clip) / SAMPLE_RATE:.0f} s is longer than this encoder's "
                f"{body.embed_positions.num_embeddings * FRAME_SAMPLES / SAMPLE_RATE:.0f} s. Cut it, or use HuBERT."
            )
        hidden = hidden + body.embed_positions.weight[: hidden.shape[1]]
        states = [hidden]
        for layer in body.layers:
            output = layer(hidden, None)
            hidden = output[0] if isinstance(output, tuple) else output
            states.append(hidden)
        states[-1] = body.layer_norm(states[-1])
        return torch.stack([state[0] for state in states], dim=1).float()

    def _device(self) -> torch.device:
        return next(self.body.parameters()).device


def folder_or_name(source: str) -> str:
    """An absolute path where `source` is a folder on this machine, else the hub name."""
    return str(Path(source).resolve()) if Path(source).is_dir() else source


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
