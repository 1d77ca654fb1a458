"""What a distillation may be told: one frozen dataclass, given as `--set key=value`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tonelens.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class DistilConfig:
    """The student's shape and its training; defaults are for one CPU core and an hour or two."""

    student: Literal["whisper", "hubert"] = "whisper"
    """Input: `whisper` log-mel frames, `hubert` the raw waveform (decision 0010)."""
    width: int = 256
    """Values a frame in every hidden layer."""
    layers: int = 4
    """Transformer layers."""
    heads: int = 4
    """Attention heads; they divide the width."""
    feedforward: int = 1024
    """Width inside a layer's feed-forward part."""
    teacher_layers: str = "all"
    """Hidden states to predict, e.g. `2,3`; 0 is the input of layer 1; `all` is every layer's output."""
    clip_weight: float = 1.0
    """Weight of the distance between mean and deviation over a crop's frames; 0 compares frames alone."""
    steps: int = 20_000
    """Optimiser steps; the rate falls to zero over them."""
    batch_size: int = 8
    """Clips a step."""
    crop_s: float = 3.0
    """Longest part of a clip that a step hears, in seconds."""
    rate: float = 1.5e-3
    """Peak learning rate, after the warm-up."""
    warmup_share: float = 0.04
    """Share of the steps in which the rate rises."""
    weight_decay: float = 0.01
    """Of matrices."""
    clip_norm: float = 1.0
    """Largest gradient norm."""
    average_decay: float = 0.998
    """Of the weight average that becomes the student."""
    change_share: float = 0.7
    """Share of the clips that the student hears changed; the teacher hears every clip as it is."""
    dev_share: float = 0.02
    """Share of the clips, chosen by their bytes, that only measures the loss."""
    dev_every: int = 500
    """Steps between two measurements of the dev loss."""
    precision: Literal["auto", "no", "bf16"] = "auto"
    """In which the student computes: `auto` is bf16 where the device computes in it, else float32."""
    seed: int = 0
    """Of the first weights, the order, the crops and the changes."""

    def __post_init__(self) -> None:
        positive = ("width", "layers", "heads", "feedforward", "steps", "batch_size", "dev_every", "crop_s")
        small = [name for name in positive if getattr(self, name) <= 0]
        if small:
            raise ConfigError(f"{', '.join(small)}: must be above 0.")
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"width: {self.width} is not a multiple of 2 x {self.heads} heads. Every head needs an even "
                f"share, e.g. width={2 * self.heads * max(1, self.width // (2 * self.heads))}."
            )
        if self.clip_weight < 0:
            raise ConfigError(f"clip_weight: {self.clip_weight}; a weight is 0 or more.")
        if self.crop_s < 0.4:
            raise ConfigError(f"crop_s: {self.crop_s} s; crops of less than 0.4 s hold hardly a syllable.")
        shares = ("change_share", "dev_share", "warmup_share", "average_decay")
        wrong = [name for name in shares if not 0 <= getattr(self, name) < 1 and name != "change_share"]
        if wrong or not 0 <= self.change_share <= 1:
            raise ConfigError(f"{', '.join(wrong or ['change_share'])}: a share lies between 0 and 1.")

    def chosen_layers(self, states: int) -> tuple[int, ...]:
        """Indices into a teacher's `states` hidden states.

        Raises:
            ConfigError: not a list of numbers, or a layer that the teacher does not have.
        """
        if self.teacher_layers == "all":
            return tuple(range(1, states)) or (0,)
        parts = self.teacher_layers.split(",")
        chosen = sorted({int(part) for part in parts if part.strip().isdigit()})
        if len(chosen) < len(parts) or chosen[-1] >= states:
            raise ConfigError(
                f"teacher_layers: {self.teacher_layers!r}; the teacher has the hidden states 0 to "
                f"{states - 1}. Give different ones with commas, e.g. 1,{states - 1}, or `all`."
            )
        return tuple(chosen)
