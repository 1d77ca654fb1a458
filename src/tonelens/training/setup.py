"""Everything a run needs before its first step: data, features, model, and its claim on the folder."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from lhotse import MonoCut

from tonelens import __version__
from tonelens.batching.augment import NO_CHANGE
from tonelens.batching.prompts import EARLIER, Prompter
from tonelens.corpora.cuts import corpus_of, speaker_of
from tonelens.descriptors.measure import Measures
from tonelens.descriptors.sentences import Choice, answer_grammar, write
from tonelens.model.adaptation import listen_in
from tonelens.model.build import build_model
from tonelens.model.checkpoint import ModelCard
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.speech_encoder import SpeechEncoder, folder_or_name
from tonelens.model.utterance import UtteranceLatent
from tonelens.progress import Reporter
from tonelens.recipe import Recipe
from tonelens.storage import write_json
from tonelens.training.batches import changes_of
from tonelens.training.crossfit import groups_of, voices_of
from tonelens.training.data import TrainingData, changed_values, training_data
from tonelens.training.features import Features, LiveFeatures, Waveform, encoded
from tonelens.training.gauges import edges_of, fit_gauges, gauge_values
from tonelens.training.run_folder import RunFolder
from tonelens.training.start import Start
from tonelens.training.utterance import UtteranceData, utterance_data, versions_of

BF16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "bf16")
"""CPU capabilities that make bf16 faster than float32 (the last is Arm's)."""
WORD_REPEATS = 500
"""How often the fixed words count when a tokenizer is trained, so that each becomes one token."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the loop starts from."""

    data: TrainingData
    features: Features
    model: ExplainerModel
    prompter: Prompter
    card: ModelCard
    utterance: UtteranceData | None
    """None where the stage before the turns is left out."""


def prepare(
    recipe: Recipe,
    cuts: Sequence[MonoCut],
    measures: Mapping[str, Measures],
    folder: RunFolder,
    cache: Path,
    resume: bool,
    reporter: Reporter,
    start: Start | None = None,
) -> Prepared:
    """Divide, measure, encode and build, or take the model of `start`; claim the run folder.

    Raises:
        CorpusError, ModelError, RunError, StorageError: see `train`.
    """
    data = training_data(cuts, measures, recipe)
    data = start.data(data, cuts) if start else data
    encoder = start.loaded.encoder if start else SpeechEncoder.from_pretrained(recipe.encoder.source)
    card = _card(recipe, data, encoder)
    card = start.card(card) if start else card
    folder.begin(_identity(recipe, data, card), resume=resume)
    write_json(folder.path / "recipe.json", dataclasses.asdict(recipe))
    write_json(folder.path / "split.json", {**data.split.to_dict(), "parts": dict(data.split.parts)})
    write_json(folder.path / "environment.json", environment(recipe.optimiser.precision))
    waveforms = [Waveform(cut, change) for cut in data.train for change in changes_of(recipe, cut.id)]
    waveforms += [Waveform(cut, NO_CHANGE) for cut in data.dev]
    features: Features = LiveFeatures(waveforms, encoder)
    if recipe.encoder.cache:
        reporter.begin("encoding", len(waveforms))
        features = encoded(waveforms, encoder, cache, progress=lambda done, _: reporter.advance(done))
    if start:
        model, prompter = start.model(recipe, data.labels)
    else:
        model, prompter = build_model(
            recipe, data.labels, tokenizer_texts(recipe, data),
            encoder_layers=encoder.layers, encoder_width=encoder.width,
        )  # fmt: skip
    utterance: UtteranceData | None = None
    if isinstance(model.pooling, UtteranceLatent) and (recipe.utterance.epochs or not start):
        utterance = utterance_data(recipe, data, encoder, features, cache, reporter)
        if start:
            listen_in(model.pooling.statistics, utterance.rows_ANS[0])
        else:
            model.pooling.statistics.fit(utterance.rows_ANS[0])
        if model.pooling.gauges is not None:
            values_ANG = gauge_values(data, versions_of(recipe.utterance, data), recipe.data.finest_reference)
            group_N = groups_of(voices_of(data.train), recipe.data.divided)
            edges_CG2 = edges_of(data.levels)
            fit_gauges(model.pooling, utterance.rows_ANS, values_ANG, group_N, edges_CG2, reporter)
    return Prepared(data, features, model, prompter, card, utterance if recipe.utterance.epochs else None)


def tokenizer_texts(recipe: Recipe, data: TrainingData) -> list[str]:
    """What a small tokenizer learns from: the training part's answers, turns before them, fixed words."""
    answer = recipe.answer
    grammar = answer_grammar(
        data.labels, style=answer.style, descriptors=answer.descriptors, transcript=answer.transcript
    )
    options = [f" {option}" for piece in grammar if isinstance(piece, Choice) for option in piece.options]
    words = [*options, answer.system, answer.instruction, answer.transcribe_instruction]
    answers = [write(grammar, changed_values(cut, NO_CHANGE, data, recipe.data)) for cut in data.train]
    said_before = [line for cut in data.train for line in data.earlier.get(cut.id, ())]
    if said_before:
        words.append(EARLIER)
    return answers + said_before + words * WORD_REPEATS


def mixed_precision(asked: str) -> str:
    """What Accelerate is told: `auto` becomes bf16 where this device computes in it natively, else `no`."""
    if asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    capabilities = torch.cpu.get_capabilities()
    return "bf16" if any(capabilities.get(name) for name in BF16_INSTRUCTIONS) else "no"


def environment(precision: str) -> dict[str, object]:
    """What a figure needs beside it: versions, cores, device, precision."""
    return {
        "precision": mixed_precision(precision),
        "tonelens": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _card(recipe: Recipe, data: TrainingData, encoder: SpeechEncoder) -> ModelCard:
    corpora = sorted({corpus_of(cut) for cut in data.train})
    held_out = {part: sorted(i for i, p in data.split.parts.items() if p == part) for part in ("dev", "test")}
    return ModelCard(
        name=recipe.name,
        labels=data.labels,
        encoder_source=folder_or_name(recipe.encoder.source),
        encoder_fingerprint=encoder.fingerprint(),
        encoder_layers=encoder.layers,
        encoder_width=encoder.width,
        protocol=f"{data.protocol} Trained on {', '.join(corpora)}.",
        split_fingerprint=data.split.fingerprint,
        licence=f"as the training corpora allow: {', '.join(corpora)}",
        parts=held_out,
        train_speakers=sorted({speaker for cut in data.train if (speaker := speaker_of(cut))}),
    )


def _identity(recipe: Recipe, data: TrainingData, card: ModelCard) -> dict[str, object]:
    """What must be the same for a run to be resumed."""
    return {
        "recipe": hashlib.sha256(repr(recipe).encode()).hexdigest(),
        "split": data.split.fingerprint,
        "levels": data.levels.fitted_on,
        "encoder": card.encoder_fingerprint,
        "start": card.started_from.fingerprint if card.started_from else None,
    }
