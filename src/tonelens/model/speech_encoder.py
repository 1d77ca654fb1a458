"""The frozen speech encoder: samples in, hidden states of all layers out.

One interface over transformers' HuBERT, WavLM, wav2vec2, data2vec-audio and Whisper's encoder.
Clips are encoded one by one, unpadded: models with group normalisation or unmasked attention
(HuBERT-base, Whisper) would otherwise give a clip other numbers in other company.

Shapes    T frames (50 a second), L hidden states (transformer layers + 1, the first is the
          input of layer 1), H width.
Source    arXiv:2505.23236, section 2 ("hidden states of all layers"); Whisper on unpadded frames
          is ours (cosine to padded frames >= 0.976, at a fraction of the cost), and so is taking
          Whisper's last layer before its final layer norm: the norm adds nothing (docs/decisions/0007).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.audio import MAX_DURATION_S, SAMPLE_RATE, Samples
from tonelens.errors import AudioError, ModelError

MEL_BINS = 80
FRAME_SAMPLES = 320
"""Samples a frame: 20 ms at 16 kHz in every supported family."""
LOG_MEL = "log-mel"
"""A source without weights: plain log-mel frames, for where no pretrained encoder is at hand."""
UNUSED_WEIGHTS = {"masked_spec_embed"}
"""Used in the encoders' own pretraining only; some checkpoints leave it out."""
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
        positions = getattr(config, "max_source_positions", None) if mel else None
        self.longest_s = positions * FRAME_SAMPLES / SAMPLE_RATE if positions else MAX_DURATION_S

    @classmethod
    def from_pretrained(cls, source: str) -> SpeechEncoder:
        """Load by hub name or folder; `log-mel` needs no weights.

        Raises:
            ModelError: not found, or not one of the supported families.
        """
        from transformers import AutoConfig

        if source == LOG_MEL:
            return cls(LogMel(), normalise_wave=False)
        try:
            config = AutoConfig.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{source}: no speech encoder can be loaded ({_first_line(error)}). "
                f"Give a folder with config.json and model.safetensors, or a hub name while online."
            ) from None
        if config.model_type == "whisper":
            return cls._whisper(source, config)
        if config.model_type not in WAVEFORM_FAMILIES:
            raise ModelError(
                f"{source}: a {config.model_type!r} model is not a supported speech encoder. "
                f"Supported: {', '.join((*WAVEFORM_FAMILIES, 'whisper'))}."
            )
        return cls._waveform(source, config)

    @classmethod
    def _waveform(cls, source: str, config: Any) -> SpeechEncoder:
        from transformers import AutoFeatureExtractor, AutoModel

        body = _all_loaded(AutoModel, source)
        try:
            normalise = bool(AutoFeatureExtractor.from_pretrained(source).do_normalize)
        except (OSError, ValueError):  # no preprocessor_config.json: layer-norm models were trained so
            normalise = getattr(config, "feat_extract_norm", "layer") == "layer"
        return cls(body, normalise_wave=normalise)

    @classmethod
    def _whisper(cls, source: str, config: Any) -> SpeechEncoder:
        from transformers import WhisperFeatureExtractor, WhisperModel
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        is_encoder_alone = "WhisperEncoder" in (config.architectures or [])
        body = (
            _all_loaded(WhisperEncoder, source)
            if is_encoder_alone
            else _all_loaded(WhisperModel, source).encoder
        )
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
        for clip in clips:
            self.check_length(len(clip) / SAMPLE_RATE, "a clip")
        return [self._states(clip) for clip in clips]

    def _states(self, clip: Samples) -> Tensor:
        if isinstance(self.body, LogMel):
            return self.body(clip)  # type: ignore[no-any-return]
        return self._whisper_states(clip) if self.mel else self._wave_states(clip)

    def check_length(self, duration_s: float, name: str) -> None:
        """Refuse what is longer than the encoder has positions for (Whisper: 30 s).

        Raises:
            AudioError: with the reason `too-long`.
        """
        if duration_s > self.longest_s:
            raise AudioError(
                f"{name}: {duration_s:.1f} s of audio, but this model's encoder takes at most "
                f"{self.longest_s:.0f} s. Cut it into utterances, or use a model with a HuBERT encoder.",
                reason="too-long",
            )

    def _wave_states(self, clip: Samples) -> Tensor:
        wave = torch.from_numpy(np.asarray(clip, dtype=np.float32)).to(self._device())
        if self.normalise_wave:
            wave = (wave - wave.mean()) / (wave.var(unbiased=False) + 1e-7).sqrt()
        states = self.body(wave.unsqueeze(0), output_hidden_states=True).hidden_states
        return torch.stack([state[0] for state in states], dim=1).float()

    def _whisper_states(self, clip: Samples) -> Tensor:
        states = whisper_states(self.body, _mel_frames(self.mel, clip).to(self._device()))
        return torch.stack([state[0] for state in states], dim=1).float()

    def _device(self) -> torch.device:
        device: torch.device = next(chain(self.body.parameters(), self.body.buffers())).device
        return device


class LogMel(nn.Module):
    """Log-mel frames at 50 a second as the only "hidden state": two 10 ms frames of MEL_BINS, joined."""

    class Config:
        """What `SpeechEncoder` asks of a configuration."""

        model_type = LOG_MEL
        hidden_size = 2 * MEL_BINS
        num_hidden_layers = 0

    def __init__(self) -> None:
        super().__init__()
        from transformers import WhisperFeatureExtractor

        self.config = self.Config()
        self.extractor = WhisperFeatureExtractor(feature_size=MEL_BINS)
        self.place: Tensor
        self.register_buffer("place", torch.zeros(1), persistent=False)

    def forward(self, clip: Samples) -> Tensor:
        """(N,) samples -> (T, 1, 2 * MEL_BINS)."""
        mel = _mel_frames(self.extractor, clip)
        return mel[0].T.reshape(-1, 1, 2 * MEL_BINS).float().to(self.place.device)


def whisper_states(body: Any, mel_BMN: Tensor) -> list[Tensor]:
    """Hidden states (B, T, H), the input of layer 1 first, of unpadded log-mel frames (B, bins, N = 2 T)."""
    hidden = F.gelu(body.conv2(F.gelu(body.conv1(mel_BMN)))).transpose(1, 2)
    hidden = hidden + body.embed_positions.weight[: hidden.shape[1]]
    states = [hidden]
    for layer in body.layers:
        output = layer(hidden, None)
        hidden = output[0] if isinstance(output, tuple) else output
        states.append(hidden)
    return states


def _mel_frames(extractor: Any, clip: Samples) -> Tensor:
    """(1, bins, 2 T) log-mel frames of the whole frames of a clip, without padding to 30 s."""
    usable = len(clip) - len(clip) % FRAME_SAMPLES
    return extractor(  # type: ignore[no-any-return]
        clip[:usable], sampling_rate=SAMPLE_RATE, padding="do_not_pad", truncation=False, return_tensors="pt"
    ).input_features


def _all_loaded(kind: Any, source: str) -> Any:
    """A transformers model whose every weight came from the file: none may be left random in silence."""
    try:
        model, info = kind.from_pretrained(
            source, use_safetensors=True, dtype=torch.float32, output_loading_info=True
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"{source}: the weights cannot be loaded ({_first_line(error)}). Copy them again."
        ) from None
    missing = sorted(set(info["missing_keys"]) - UNUSED_WEIGHTS)
    if missing:
        raise ModelError(
            f"{source}: {len(missing)} weights are missing from the file (first: {missing[0]}). "
            f"Give a complete {kind.__name__} checkpoint."
        )
    return model


def folder_or_name(source: str) -> str:
    """An absolute path where `source` is a folder on this machine, else the hub name."""
    return str(Path(source).resolve()) if Path(source).is_dir() else source


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
