"""Model folders: what `train` writes and `Explainer` reads. Safetensors only, no pickle, no code.

model.json          schema, recipe, labels, encoder, protocol sentence, licence, versions, calibration
model.safetensors   every weight that cannot be had from a pretrained source
llm/                tokenizer, and the configuration of a small Llama
levels.json         descriptor edges, fitted on the training part
encoder/            only where the encoder is bundled
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from tonelens import __version__
from tonelens.batching.prompts import Prompter
from tonelens.config import recipe_from_dict
from tonelens.descriptors.levels import Levels
from tonelens.emotions import LabelSet
from tonelens.errors import ModelError
from tonelens.model import language_model
from tonelens.model.build import weight_type
from tonelens.model.confidence import Calibration
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.own_words import WordsCheck
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.storage import write_bytes, write_json

SCHEMA = "tonelens/model@1"


@dataclass(frozen=True, slots=True)
class StartedFrom:
    """The model that a fine-tuning began with."""

    name: str
    fingerprint: str
    protocol: str
    """Of that model's own training."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model folder says of itself."""

    name: str
    labels: LabelSet
    encoder_source: str
    encoder_fingerprint: str
    encoder_layers: int
    encoder_width: int
    protocol: str
    """The sentence every report carries: which clips trained, whether speakers were kept apart."""
    split_fingerprint: str
    licence: str
    parts: dict[str, list[str]]
    """Cut ids of the dev and test part."""
    train_speakers: list[str]
    """Voices the model has heard, so that an evaluation can say which of its clips have one of them."""
    calibration: Calibration | None = None
    """What the dev part says of the probabilities; None without one, and in folders of before."""
    words: WordsCheck | None = None
    """From when on its own transcripts are given; None where nobody fitted it."""
    started_from: StartedFrom | None = None
    """None where the weights began at random."""
    reads_heads: float | None = None
    """Share of training clips whose text follows exchanged heads (`training.reading`); None if not asked."""

    @property
    def temperature(self) -> float | None:
        """What stated probabilities were divided by before the softmax; None without a calibration."""
        return None if self.calibration is None else self.calibration.temperature


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model folder in memory."""

    model: ExplainerModel
    prompter: Prompter
    encoder: SpeechEncoder
    levels: Levels
    card: ModelCard
    fingerprint: str


def save_model(
    folder: Path,
    model: ExplainerModel,
    prompter: Prompter,
    levels: Levels,
    card: ModelCard,
    weights: dict[str, Tensor],
) -> None:
    """Write a model folder; `weights` are `own_weights(model)` or an average of them.

    Raises:
        StorageError: the disk is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if model.recipe.llm.source == language_model.SCRATCH:
        language_model.save_config(model.llm, prompter.tokenizer, folder / "llm")
    else:
        prompter.tokenizer.save_pretrained(folder / "llm")
    write_json(folder / "levels.json", levels.to_dict())
    write_bytes(folder / "model.safetensors", save(weights))
    described = dataclasses.asdict(card) | {"labels": list(card.labels)}
    write_json(
        folder / "model.json",
        {"schema": SCHEMA, **described, "tonelens": __version__, "recipe": dataclasses.asdict(model.recipe)},
    )


def load_model(folder: Path) -> LoadedModel:
    """Read a model folder, or the `model` folder of a run.

    Raises:
        ModelError: not a model folder, damaged, or its encoder or LLM cannot be found.
    """
    folder = model_folder(folder)
    described = _read_description(folder)
    recipe = recipe_from_dict(described["recipe"])
    card = _card(described)
    encoder = _load_encoder(folder, card)
    tokenizer = language_model.load_tokenizer(str(folder / "llm"))
    if recipe.llm.source == language_model.NONE:
        llm = None
    elif recipe.llm.source == language_model.SCRATCH:
        llm = language_model.from_config(folder / "llm")
    else:
        llm = language_model.load_pretrained(recipe.llm, tokenizer, dtype=weight_type())
    model = ExplainerModel(
        recipe,
        llm,
        encoder_layers=card.encoder_layers,
        encoder_width=card.encoder_width,
        labels=len(card.labels),
    )
    path = folder / "model.safetensors"
    try:
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: the weights cannot be read ({error}). Copy or train the model again."
        ) from None
    load_weights(model, weights, str(path))
    levels = read_levels(folder / "levels.json")
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return LoadedModel(
        model=model.eval(), prompter=Prompter(tokenizer, recipe.answer), encoder=encoder, levels=levels,
        card=card, fingerprint=fingerprint,
    )  # fmt: skip


def model_folder(folder: Path) -> Path:
    """The folder itself, or the `model` folder of a run."""
    return folder / "model" if (folder / "model" / "model.json").is_file() else folder


def load_card(folder: Path) -> ModelCard:
    """What a model folder says of itself, without its weights.

    Raises:
        ModelError: not a model folder.
    """
    return _card(_read_description(model_folder(folder)))


def save_calibration(folder: Path, calibration: Calibration) -> None:
    """Put a calibration into an existing model folder, in place of the one it may have.

    Raises:
        ModelError: not a model folder.
        StorageError: the disk is full or not writable.
    """
    folder = model_folder(folder)
    write_json(folder / "model.json", {**_read_description(folder), "calibration": calibration.to_dict()})


def save_words(folder: Path, words: WordsCheck) -> None:
    """Put a check of the model's own words into an existing model folder; errors as `save_calibration`."""
    folder = model_folder(folder)
    write_json(folder / "model.json", {**_read_description(folder), "words": words.to_dict()})


def own_weights(model: ExplainerModel) -> dict[str, Tensor]:
    """Every weight that is not a frozen pretrained one, each tied tensor once, by name."""
    has_lora = model.recipe.llm.lora_rank > 0
    seen: set[int] = set()
    weights: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if has_lora and name.startswith("llm.") and "lora_" not in name:
            continue
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            weights[name] = tensor.detach()
    return weights


def load_weights(model: ExplainerModel, weights: dict[str, Tensor], source: str) -> None:
    """Put `own_weights` of the same architecture into `model`.

    Raises:
        ModelError: a weight is missing, unknown or of another shape.
    """
    expected = own_weights(model)
    missing, unknown = sorted(expected.keys() - weights.keys()), sorted(weights.keys() - expected.keys())
    misshapen = [
        name for name in expected.keys() & weights.keys() if expected[name].shape != weights[name].shape
    ]
    if missing or unknown or misshapen:
        raise ModelError(
            f"{source}: does not fit its recipe (missing {missing[:3]}, unknown {unknown[:3]}, "
            f"of other shape {misshapen[:3]}). Load it with the model.json it was saved with."
        )
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(weights[name])


def _card(described: dict[str, Any]) -> ModelCard:
    later = {"calibration", "words", "started_from", "reads_heads"}
    names = {field.name for field in dataclasses.fields(ModelCard)} - later - {"labels"}
    if missing := sorted({*names, "labels", "recipe"} - described.keys()):
        raise ModelError(f"model.json: without {', '.join(missing)}. Copy or train the model again.")
    calibration = described.get("calibration")  # folders written before it was fitted have none
    words = described.get("words")
    start = described.get("started_from")
    return ModelCard(
        labels=LabelSet(tuple(described["labels"])),
        calibration=None if calibration is None else Calibration.from_dict(calibration),
        words=None if words is None else WordsCheck.from_dict(words),
        started_from=None if start is None else StartedFrom(**start),
        reads_heads=described.get("reads_heads"),
        **{name: described[name] for name in names},
    )


def _read_json(path: Path) -> dict[str, Any]:
    way_out = "Copy or train the model again."
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}). {way_out}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: damaged ({error}). {way_out}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: damaged (holds no JSON object). {way_out}")
    return value


def read_levels(path: Path) -> Levels:
    """The edges of a model.

    Raises:
        ModelError: the file is missing or damaged.
        CorpusError: it was written for other measurements.
    """
    try:
        return Levels.from_dict(_read_json(path))
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: damaged ({error!r}). Copy or train the model again.") from None


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    if not path.is_file():
        raise ModelError(
            f"{folder}: not a model folder (no model.json). Give a folder written by `tonelens train`."
        )
    described = _read_json(path)
    if described.get("schema") != SCHEMA:
        raise ModelError(f"{path}: schema {described.get('schema')!r}, but this version reads {SCHEMA}.")
    return described


def _load_encoder(folder: Path, card: ModelCard) -> SpeechEncoder:
    bundled = folder / "encoder"
    source = str(bundled) if bundled.is_dir() else card.encoder_source
    encoder = SpeechEncoder.from_pretrained(source)
    if encoder.fingerprint() != card.encoder_fingerprint:
        raise ModelError(
            f"{source}: not the encoder this model was trained on (fingerprint {encoder.fingerprint()}, "
            f"needed {card.encoder_fingerprint}). Give the same encoder, or train again."
        )
    return encoder
