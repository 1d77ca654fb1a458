"""A speech recogniser beside the model: the words with their times, from a recogniser that the user names.

NAME      a bare name ("small", "large-v3") or a folder with `model.bin` is a CTranslate2 model: it is run by
          faster-whisper, which the extra `tonelens[asr]` installs. So is a hub name with "faster-" or "-ct2".
          Any other folder or hub name is run by transformers' `automatic-speech-recognition` pipeline:
          Whisper and CTC models with times of words, others with the text alone.
Units     seconds from the beginning of the clip; samples are mono, 16 kHz.
Loading   nothing is fetched unless a user names a model that is not on the disk. No remote code; of a
          transformers model safetensors only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.errors import ModelError
from tonelens.results import TimedWord

EXTRA = "pip install 'tonelens[asr]'"
CTRANSLATE2_NAMES = ("faster-", "-ct2")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser heard in one clip."""

    text: str
    """Empty where it heard no words."""
    words: tuple[TimedWord, ...] = ()
    """Empty where the recogniser times no words."""
    language: str | None = None
    """ISO code, where the recogniser tells it."""


class Recogniser(Protocol):
    """Anything that hears words."""

    def hear(self, samples_S: Samples, language: str | None) -> Heard:
        """The words of one clip; `language` is an ISO code, where it is known."""


def load_recogniser(name: str, device: str = "cpu") -> Recogniser:
    """The recogniser that a user named; see the module for the names.

    Raises:
        ModelError: its library is not installed, or it cannot be loaded.
    """
    load = _FasterWhisper if _is_ctranslate2(name) else _Pipeline
    try:
        return load(name, device)
    except ImportError as error:
        raise ModelError(
            f"--asr {name}: needs a library that is not installed ({error}). Install it with {EXTRA}, "
            f"or name a recogniser of transformers (a folder, or owner/name)."
        ) from None
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
        raise ModelError(
            f"--asr {name}: cannot be loaded as a speech recogniser ({first_line}). Name a folder of one, "
            f"a size that faster-whisper knows (small), or a hub name (openai/whisper-small)."
        ) from None


def _is_ctranslate2(name: str) -> bool:
    folder = Path(name)
    if folder.is_dir():
        return (folder / "model.bin").is_file()
    return "/" not in name or any(part in name for part in CTRANSLATE2_NAMES)


class _FasterWhisper:
    """faster-whisper's Whisper."""

    def __init__(self, name: str, device: str) -> None:
        from faster_whisper import WhisperModel

        self._model: Any = WhisperModel(name, device=device.split(":")[0], compute_type="default")

    def hear(self, samples_S: Samples, language: str | None) -> Heard:
        segments, info = self._model.transcribe(
            samples_S, language=language, word_timestamps=True, condition_on_previous_text=False
        )
        words = tuple(
            _timed(word.word, word.start, word.end, samples_S)
            for segment in segments
            for word in segment.words or ()
        )
        return Heard(" ".join(word.word for word in words), words, language or info.language)


class _Pipeline:
    """A model of transformers."""

    def __init__(self, name: str, device: str) -> None:
        from transformers import pipeline

        load: Callable[..., Any] = pipeline
        self._run = load(
            "automatic-speech-recognition", model=name, device=device, model_kwargs={"use_safetensors": True}
        )
        self._is_whisper = self._run.type == "seq2seq_whisper"
        self._is_timed = self._run.type != "seq2seq"

    def hear(self, samples_S: Samples, language: str | None) -> Heard:
        asked: dict[str, Any] = {"return_timestamps": "word"} if self._is_timed else {}
        config = getattr(self._run.model, "generation_config", None)
        if self._is_whisper and getattr(config, "is_multilingual", False):
            asked["generate_kwargs"] = {"task": "transcribe"} | ({"language": language} if language else {})
        said: Mapping[str, Any] = self._run({"raw": samples_S, "sampling_rate": SAMPLE_RATE}, **asked)
        words = tuple(
            _timed(chunk["text"], start_s, end_s, samples_S)
            for chunk in said.get("chunks", ())
            for start_s, end_s in [chunk["timestamp"]]
        )
        return Heard(" ".join(said["text"].split()), tuple(word for word in words if word.word), language)


def _timed(text: str, start_s: float | None, end_s: float | None, samples_S: Samples) -> TimedWord:
    """A word inside its clip; a recogniser that leaves an end open means the end of the clip."""
    length_s = len(samples_S) / SAMPLE_RATE
    start = min(max(start_s or 0.0, 0.0), length_s)
    end = length_s if end_s is None or math.isnan(end_s) else min(max(end_s, start), length_s)
    return TimedWord(text.strip(), round(start, 3), round(end, 3))
