"""The student of a distillation: a small real WhisperEncoder or HubertModel, and its prediction heads.

Shapes    B clips, T frames (50 a second), L teacher layers to predict, H the teacher's width.
Heads     one linear layer a teacher layer, on the student layer at the same relative depth; they are
          thrown away when the student is exported.
Loss      L1 + (1 - cosine) a frame, as DistilHuBERT (arXiv:2110.01900, section 3.2) without its
          log-sigmoid, on targets that are layer-normalised a frame and then scaled a channel; and L1
          of mean and deviation over the frames, in units of their deviation between clips (ours).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.model.speech_encoder import FRAME_SAMPLES, MEL_BINS
from tonelens.storage import write_bytes, write_text
from tonelens.training.distil_config import DistilConfig

HUBERT_TAIL = 80
"""Samples that HuBERT's convolutions need beyond 320 a frame: its first frame spans 400."""
BODY = "body."


class Student(nn.Module):
    """A body in transformers' format with heads; `forward` gives the predicted teacher layers."""

    def __init__(self, config: DistilConfig, teacher_layers: int, teacher_width: int) -> None:
        super().__init__()
        self.hears_mel = config.student == "whisper"
        self.body: Any = _whisper(config) if self.hears_mel else _hubert(config)
        heads = [nn.Linear(config.width, teacher_width) for _ in range(teacher_layers)]
        self.heads = nn.ModuleList(heads)
        self.taps = tapped_layers(teacher_layers, config.layers)
        self._mel: Any = _mel_extractor() if self.hears_mel else None

    @property
    def longest_s(self) -> float | None:
        """The longest clip it has positions for, in seconds; None is any."""
        positions = self.body.config.max_source_positions if self.hears_mel else None
        return positions * FRAME_SAMPLES / SAMPLE_RATE if positions else None

    def frames(self, samples: int) -> int:
        """Frames that a clip of so many samples has."""
        return (samples if self.hears_mel else samples - HUBERT_TAIL) // FRAME_SAMPLES

    def heard(self, clip: Samples, first: int, frames: int) -> Tensor:
        """The input for some frames: (80, 2 * frames) log-mel, or (samples,) of the normalised wave.

        The whole clip decides on level and normalisation, as it does when the student is used.
        """
        if self.hears_mel:
            usable = len(clip) - len(clip) % FRAME_SAMPLES
            mel: Tensor = self._mel(
                clip[:usable], sampling_rate=SAMPLE_RATE, padding="do_not_pad", truncation=False,
                return_tensors="pt",
            ).input_features[0]  # fmt: skip
            return mel[:, 2 * first : 2 * (first + frames)]
        wave = (clip - clip.mean()) / np.sqrt(clip.var() + 1e-7)
        end = FRAME_SAMPLES * (first + frames) + HUBERT_TAIL
        return torch.from_numpy(np.ascontiguousarray(wave[FRAME_SAMPLES * first : end], dtype=np.float32))

    def states(self, inputs: Tensor, firsts: Sequence[int]) -> list[Tensor]:
        """Every layer's output (B, T, width), the last one as `SpeechEncoder` takes it.

        `firsts` are the frames at which the crops begin in their clips: a Whisper encoder's positions
        count from the clip's beginning, as its teacher's did.
        """
        if not self.hears_mel:
            return list(self.body(inputs, output_hidden_states=True).hidden_states[1:])
        body = self.body
        hidden = F.gelu(body.conv2(F.gelu(body.conv1(inputs)))).transpose(1, 2)
        frames = hidden.shape[1]
        positions = body.embed_positions.weight
        hidden = hidden + torch.stack([positions[first : first + frames] for first in firsts])
        states = []
        for layer in body.layers:
            output = layer(hidden, None)
            hidden = output[0] if isinstance(output, tuple) else output
            states.append(hidden)
        return states

    def forward(self, inputs: Tensor, firsts: Sequence[int]) -> Tensor:
        """Predictions (B, T, L, H)."""
        states = self.states(inputs, firsts)
        return torch.stack([head(states[tap]) for head, tap in zip(self.heads, self.taps, strict=True)], 2)


def tapped_layers(teacher_layers: int, student_layers: int) -> tuple[int, ...]:
    """For every teacher layer to predict the student layer (from 0) at the same relative depth."""
    return tuple(
        max(0, -(-(number + 1) * student_layers // teacher_layers) - 1) for number in range(teacher_layers)
    )


def distance(predicted_BTLH: Tensor, target_BTLH: Tensor) -> Tensor:
    """(B, T, L): mean absolute difference plus one minus cosine."""
    l1_BTL = (predicted_BTLH - target_BTLH).abs().mean(-1)
    return l1_BTL + 1 - F.cosine_similarity(predicted_BTLH, target_BTLH, dim=-1)


def pooled(frames_BTLH: Tensor) -> Tensor:
    """(B, L, 2 H): mean and deviation over a clip's frames."""
    mean_BLH = frames_BTLH.mean(1)
    std_BLH = (frames_BTLH.var(1, correction=0) + 1e-4).sqrt()
    return torch.cat([mean_BLH, std_BLH], -1)


def export(student: Student, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write the body as float16 in transformers' format, so that `SpeechEncoder.from_pretrained` loads it.

    Raises:
        StorageError: the disk is full.
    """
    body = {name.removeprefix(BODY): tensor for name, tensor in weights.items() if name.startswith(BODY)}
    halves = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in body.items()}
    config = student.body.config
    config.architectures = [type(student.body).__name__]
    config.dtype = "float16"
    write_text(folder / "config.json", config.to_json_string(use_diff=False))
    write_bytes(folder / "model.safetensors", safetensors.torch.save(halves, metadata={"format": "pt"}))


def _whisper(config: DistilConfig) -> nn.Module:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    shape = WhisperConfig(
        num_mel_bins=MEL_BINS, d_model=config.width, encoder_layers=config.layers,
        encoder_attention_heads=config.heads, encoder_ffn_dim=config.feedforward,
        decoder_layers=1, init_std=config.width**-0.5,  # loud enough to be heard beside the positions
    )  # fmt: skip
    encoder: nn.Module = WhisperEncoder(shape)
    return encoder


def _hubert(config: DistilConfig) -> nn.Module:
    from transformers import HubertConfig, HubertModel

    shape = HubertConfig(
        hidden_size=config.width, num_hidden_layers=config.layers, num_attention_heads=config.heads,
        intermediate_size=config.feedforward, conv_dim=(config.width // 4,) * 7, conv_bias=True,
        feat_extract_norm="layer", do_stable_layer_norm=True, num_conv_pos_embeddings=32,
        num_conv_pos_embedding_groups=config.heads, apply_spec_augment=False, mask_time_prob=0.0,
        mask_feature_prob=0.0, hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0,
    )  # fmt: skip
    return HubertModel(shape)  # type: ignore[no-any-return]


def _mel_extractor() -> Any:
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(feature_size=MEL_BINS)
