"""Fine-tuning: a run that begins with a trained model and may have labels of its own.

From the started model    encoder, streams, LLM, tokenizer, answer, statistics, which heads there are
From the recipe           data, schedule, optimiser, augmentation, the other weights of the objective
From the user's clips     labels; parts; levels, where there are enough clips
Begins anew               what tells labels apart: rows of the emotion head and columns of the summary
                          token that belong to a label the started model does not have
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.prompts import Prompter
from tonelens.corpora.cuts import emotion_of, speaker_of, text_of
from tonelens.corpora.dialogues import turns_before
from tonelens.emotions import LabelSet
from tonelens.errors import ConfigError, CorpusError
from tonelens.model.checkpoint import (
    LoadedModel,
    ModelCard,
    StartedFrom,
    load_model,
    load_weights,
    model_folder,
    own_weights,
)
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.find import find_model
from tonelens.recipe import DataConfig, Recipe, UtteranceConfig
from tonelens.training.data import TrainingData

FEWEST_PER_LABEL = 4
"""With fewer, a label is one or two recordings and no habit."""
FEWEST_FOR_LEVELS = 50
"""From fewer clips no levels are fitted and no dev part is kept: neither would be more than chance."""
FEWEST_SPEAKERS = 3
"""With fewer, keeping voices apart would take half of the clips, or all, from the training."""
TAKEN = ("encoder.source", "streams.", "llm.", "answer.")
"""Settings that the started model decides."""


@dataclass(frozen=True, slots=True)
class Start:
    """A trained model that a run begins with."""

    folder: Path
    loaded: LoadedModel

    def recipe(self, asked: Recipe, cuts: Sequence[MonoCut]) -> Recipe:
        """The recipe of the run: the started model's parts, and a split that these clips allow.

        Raises:
            LabelError: fewer than two labels.
            CorpusError: a label with fewer than `FEWEST_PER_LABEL` clips.
        """
        before = self.loaded.model.recipe
        _check_labels(cuts)
        is_few = len(cuts) < FEWEST_FOR_LEVELS
        heads = {
            name: getattr(before.objective, name)
            for name in ("emotion_head_weight", "descriptor_head_weight")
        }
        schedule = asked.schedule
        return replace(
            asked,
            name=f"{self.loaded.card.name}-{asked.name}",
            data=replace(_parts(asked.data, cuts), hold_out_dev=asked.data.hold_out_dev and not is_few),
            encoder=replace(asked.encoder, source=before.encoder.source),
            streams=before.streams,
            llm=before.llm,
            answer=replace(
                before.answer,
                transcript=before.answer.transcript and all(map(text_of, cuts)),
                dialogue_turns=before.answer.dialogue_turns if any(map(turns_before, cuts)) else 0,
            ),
            objective=replace(asked.objective, **heads),
            utterance=asked.utterance if before.head_decides else UtteranceConfig(),
            schedule=replace(
                schedule,
                strategy=schedule.strategy if before.streams.disentangled else "one-stage",
                patience=0 if is_few else schedule.patience,
            ),
            augment=replace(
                asked.augment, mixup=asked.augment.mixup if heads["emotion_head_weight"] else 0.0
            ),
        )

    def data(self, data: TrainingData, cuts: Sequence[MonoCut]) -> TrainingData:
        """The clips' data; with few clips under the started model's levels.

        Raises:
            CorpusError: a label of the clips is in no training clip.
        """
        if unheard := sorted({emotion_of(cut) for cut in cuts} - set(data.labels)):
            raise CorpusError(
                f"{', '.join(unheard)}: no training clip has this label, because all its speakers are held "
                f"out. Set data.protocol=none to train on every clip."
            )
        is_few = len(data.split.parts) < FEWEST_FOR_LEVELS
        return replace(data, levels=self.loaded.levels) if is_few else data

    def model(self, recipe: Recipe, labels: LabelSet) -> tuple[ExplainerModel, Prompter]:
        """The started model with a place for every new label."""
        card = self.loaded.card
        torch.manual_seed(recipe.seed)
        model = ExplainerModel(
            recipe, self.loaded.model.llm, encoder_layers=card.encoder_layers,
            encoder_width=card.encoder_width, labels=len(labels),
        )  # fmt: skip
        carried = _carried(
            own_weights(self.loaded.model), own_weights(model), card.labels, labels,
            tells_latents=model.tells_latents,
        )  # fmt: skip
        load_weights(model, carried, str(self.folder))
        return model, Prompter(self.loaded.prompter.tokenizer, recipe.answer)

    def card(self, card: ModelCard) -> ModelCard:
        """The card of the result: where it comes from, and every voice that it has heard."""
        before = self.loaded.card
        return replace(
            card,
            protocol=f"{card.protocol} Started from {before.name} ({self.loaded.fingerprint}).",
            licence=f"{card.licence}; started from {before.name}: {before.licence}",
            encoder_source=before.encoder_source,
            train_speakers=sorted({*card.train_speakers, *before.train_speakers}),
            started_from=StartedFrom(before.name, self.loaded.fingerprint, before.protocol),
        )

    def bundle_encoder(self, model: Path) -> None:
        """Copy a bundled encoder into the model folder of the run."""
        bundled = model_folder(self.folder) / "encoder"
        if bundled.is_dir():
            shutil.copytree(bundled, model / "encoder", dirs_exist_ok=True)


def open_start(name_or_path: str | Path, settings: Sequence[str] = ()) -> Start:
    """Load the model to begin with; `settings` are the user's `key=value` on top of the recipe.

    Raises:
        ModelError: no such model, or a part of it is missing, damaged or another than it was.
        ConfigError: a setting that the started model decides.
    """
    taken = [setting for setting in settings if setting.startswith(TAKEN)]
    if taken:
        raise ConfigError(
            f"--set {taken[0]}: with --start this comes from the started model. Leave the setting out, or "
            f"train without --start."
        )
    folder = find_model(name_or_path)
    return Start(folder, load_model(folder))


def _check_labels(cuts: Sequence[MonoCut]) -> None:
    counts = Counter(emotion_of(cut) for cut in cuts)
    LabelSet.of(counts)
    if rare := [f"{label} {count}" for label, count in sorted(counts.items()) if count < FEWEST_PER_LABEL]:
        raise CorpusError(
            f"{', '.join(rare)}: a label needs {FEWEST_PER_LABEL} clips or more. Record more of it, or leave "
            f"the label out."
        )


def _parts(config: DataConfig, cuts: Sequence[MonoCut]) -> DataConfig:
    """Voices apart where enough are known; else clips at random, which every report then says."""
    speakers = {speaker_of(cut) for cut in cuts}
    if config.protocol != "speaker-disjoint":
        return config
    if None in speakers or len(speakers) < FEWEST_SPEAKERS:
        return replace(config, protocol="random", allow_speaker_overlap=True)
    return replace(config, folds=min(config.folds, len(speakers)))


def _carried(
    before: dict[str, Tensor],
    fresh: dict[str, Tensor],
    old: LabelSet,
    new: LabelSet,
    *,
    tells_latents: bool,
) -> dict[str, Tensor]:
    """The started model's weights in the new one's shapes; the rest of them as `fresh` has it."""
    both = [(old.index(label), new.index(label)) for label in new if label in set(old)]
    carried = {name: before[name] for name in fresh}
    for name in ("emotion_head.weight", "emotion_head.bias"):
        if name in fresh:
            carried[name] = fresh[name].clone()
            for there, here in both:
                carried[name][here] = before[name][there]
    if "summary.weight" in fresh and "emotion_head.weight" in fresh:
        # columns: pooled latents where the summary tells them, labels, descriptors
        pooled = fresh["emotion_head.weight"].shape[1] if tells_latents else 0
        columns = fresh["summary.weight"].clone()
        columns[:, :pooled] = before["summary.weight"][:, :pooled]
        columns[:, pooled + len(new) :] = before["summary.weight"][:, pooled + len(old) :]
        for there, here in both:
            columns[:, pooled + here] = before["summary.weight"][:, pooled + there]
        carried["summary.weight"] = columns
    return carried
