"""An audio-classification model of transformers as a backend.

Loaded    from a folder or, by a name that the user chose, from the hub; safetensors only, no code of the
          model's own. Every weight must come from the file.
Heard     each clip alone, so that no neighbour's padding changes its answer; softmax over the logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import soxr
import torch
from safetensors import SafetensorError

from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.errors import ModelError
from tonelens.evidence.backend import Heard
from tonelens.evidence.backends.answers import AnswerCheck, first_line

MULTI_LABEL = "multi_label_classification"


class TransformersBackend:
    """A model that transformers calls `AutoModelForAudioClassification`."""

    def __init__(self, folder_or_name: str, *, device: str | None = None) -> None:
        """Load it.

        Raises:
            ModelError: there is no such model, or it does not name one label of several.
        """
        self._name = folder_or_name.rstrip("/").rsplit("/", 1)[-1]
        self._extractor, self._model = _loaded(folder_or_name)
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model.to(self._device).eval()
        self._labels = _labels(folder_or_name, self._model.config)
        self._rate_hz = int(getattr(self._extractor, "sampling_rate", SAMPLE_RATE))
        self._check = AnswerCheck(self._name)

    @property
    def name(self) -> str:
        """The last part of the folder or hub name."""
        return self._name

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """The softmax of each clip's logits.

        Raises:
            ModelError: the model fails on a clip.
        """
        return [self._hear(clip) for clip in clips]

    def _hear(self, clip: Audio) -> Heard:
        samples = clip.samples
        if self._rate_hz != SAMPLE_RATE:
            samples = soxr.resample(samples, SAMPLE_RATE, self._rate_hz, quality="HQ")
        try:
            inputs = self._extractor(samples, sampling_rate=self._rate_hz, return_tensors="pt")
            with torch.inference_mode():
                logits = self._model(**inputs.to(self._device)).logits[0]
        except (RuntimeError, ValueError, IndexError) as error:
            raise ModelError(
                f"{self.name}: {clip.source}: the model fails on {clip.duration_s:.2f} s "
                f"({first_line(error)}). Leave the clip out, or cut it to a length that the model hears."
            ) from None
        shares = torch.softmax(logits.double(), dim=-1).tolist()
        return self._check.heard(clip.source, dict(zip(self._labels, shares, strict=True)))


def _loaded(source: str) -> tuple[Any, Any]:
    from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

    try:
        extractor = AutoFeatureExtractor.from_pretrained(source, trust_remote_code=False)
        model, info = AutoModelForAudioClassification.from_pretrained(
            source,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"hf:{source}: cannot be loaded as an audio-classification model ({first_line(error)}). Give a "
            f"folder with config.json, preprocessor_config.json and model.safetensors, or a hub name while "
            f"online."
        ) from None
    if missing := sorted(info["missing_keys"]):
        raise ModelError(
            f"hf:{source}: {len(missing)} weights are missing from the file (first: {missing[0]}), so its "
            f"answers would be random. Give a model that was trained to classify audio."
        )
    return extractor, model


def _labels(source: str, config: Any) -> tuple[str, ...]:
    names = {int(number): str(name) for number, name in config.id2label.items()}
    labels = tuple(names[number] for number in sorted(names))
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ModelError(
            f"hf:{source}: its labels are {', '.join(labels)}, but two different ones are the least. Correct "
            f"id2label in its config.json, or choose a classifier."
        )
    if config.problem_type == MULTI_LABEL:
        raise ModelError(
            f"hf:{source}: names several labels at once, so its probabilities do not sum to 1. Choose a "
            f"model that names one, or wrap it in a function (python:module:function)."
        )
    return labels
