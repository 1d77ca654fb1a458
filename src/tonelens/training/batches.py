"""Turns clip ids into batches: features, prompt, answer, augmentation; each step from its own seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor

from tonelens.batching.augment import NO_CHANGE, Change, changed_features, draw_change
from tonelens.batching.batch import Batch, Example, collate
from tonelens.batching.prompts import Prompter
from tonelens.corpora.cuts import emotion_of, text_of
from tonelens.descriptors.sentences import TRANSCRIPT_GRAMMAR, Grammar, answer_grammar
from tonelens.model.explainer_model import ExplainerModel, Stage
from tonelens.recipe import Recipe
from tonelens.training.data import SPOKEN_LEVELS, TrainingData, changed_values, spoken_indices
from tonelens.training.features import Features, key_of
from tonelens.training.soft_labels import drawn_label, label_shares
from tonelens.training.stages import ASR, TASKS


@dataclass(frozen=True, slots=True)
class _Clip:
    """A training clip as a step hears it."""

    cut: MonoCut
    layers_TLH: Tensor
    values: dict[str, str]
    """What an answer would say of it."""
    shares: tuple[float, ...]
    """Of the labels in the listeners' votes, or empty."""


class BatchMaker:
    """Makes the batch of any step, given its clips; knows nothing of what came before."""

    def __init__(
        self,
        recipe: Recipe,
        data: TrainingData,
        features: Features,
        model: ExplainerModel,
        prompter: Prompter,
    ) -> None:
        self.recipe = recipe
        self.data = data
        self.features = features
        self.model = model
        self.prompter = prompter
        answer = recipe.answer
        self._answer: Grammar = answer_grammar(
            data.labels, style=answer.style, descriptors=answer.descriptors, transcript=answer.transcript
        )
        objective = recipe.objective
        self._weights = {"emotion": objective.label_token_weight} | dict.fromkeys(
            (*SPOKEN_LEVELS, "gender"), objective.descriptor_token_weight
        )
        if answer.given_transcript:
            self._weights["transcript"] = 0.0
        self._cuts = {cut.id: cut for cut in data.train}

    def durations_s(self, stage: Stage) -> dict[str, float]:
        """The clips a stage learns from, with their lengths: the ASR stage needs a text."""
        return {
            cut_id: cut.duration for cut_id, cut in self._cuts.items() if stage is not ASR or text_of(cut)
        }

    def make(self, stage: Stage, cut_ids: Sequence[str], step: int) -> Batch:
        """The batch of global step `step`."""
        digest = hashlib.sha256(f"{self.recipe.seed}|{step}|{cut_ids[0]}".encode()).digest()
        rng = np.random.default_rng(list(digest[:16]))
        generator = torch.Generator().manual_seed(int.from_bytes(digest[16:23]))
        clips = [self._clip(cut_id, step, rng, generator) for cut_id in cut_ids]
        told = self._told(stage, len(clips), generator)
        examples = [self._example(stage, clip, clips[other]) for clip, other in zip(clips, told, strict=True)]
        batch = collate(examples, at_least=self.model.stack)
        if told != list(range(len(told))):
            batch = replace(batch, told_B=torch.tensor(told))
        return batch

    def _told(self, stage: Stage, clips: int, generator: torch.Generator) -> list[int]:
        """Whose verdict each clip is told: its own, or for `augment.exchange` of them that of the one before.

        Whoever hears one voice and has to describe another reads that in the summary. Otherwise the LLM may
        learn the training clips by frames or words, and misread the heads of unheard voices
        (docs/decisions/0021).
        """
        share = self.recipe.augment.exchange
        if not (share and stage.feeds_descriptor):
            return list(range(clips))
        is_exchanged = torch.rand(clips, generator=generator) < share
        return [(row - 1) % clips if exchanged else row for row, exchanged in enumerate(is_exchanged)]

    def _clip(self, cut_id: str, step: int, rng: np.random.Generator, generator: torch.Generator) -> _Clip:
        cut = self._cuts[cut_id]
        config = self.recipe.augment
        change = draw_change(config, self.recipe.seed, cut_id, int(rng.integers(config.copies + 1)))
        layers = changed_features(
            self.features[key_of(cut, change)], config, generator, keep=self.recipe.streams.stack
        )
        values = changed_values(cut, change, self.data, self.recipe.data)
        shares: tuple[float, ...] = ()
        if self.recipe.data.soft_labels:
            shares = label_shares(cut, self.data.labels)
            values["emotion"] = drawn_label(
                shares, self.data.labels, seed=self.recipe.seed, step=step, cut_id=cut_id
            )
        return _Clip(cut, layers, values, shares)

    def _example(self, stage: Stage, clip: _Clip, told: _Clip) -> Example:
        """What the LLM learns of a clip: the words are its own, what the heads decide is of `told`."""
        cut_id, values = clip.cut.id, clip.values
        decided = set(values) - {"transcript"} if self.model.descriptor_heads is not None else {"emotion"}
        said = values | {slot: told.values[slot] for slot in decided}
        return Example(
            cut_id=cut_id,
            layers_TLH=clip.layers_TLH,
            prompt_ids=self.prompter.prompt(
                TASKS[stage.name],
                earlier=() if stage is ASR else self.data.earlier.get(cut_id, ()),
                **self.model.stream_tokens(len(clip.layers_TLH)),
            ),
            answer=self.prompter.answer(TRANSCRIPT_GRAMMAR if stage is ASR else self._answer, said),
            token_weights={} if stage is ASR else self._weights,
            emotion=self.data.labels.index(emotion_of(clip.cut)),
            descriptors=spoken_indices(values),
            emotion_shares=clip.shares,
        )


def changes_of(recipe: Recipe, cut_id: str) -> list[Change]:
    """Every change of a training clip that batches may ask for."""
    copies = range(1, recipe.augment.copies + 1)
    return [NO_CHANGE, *(draw_change(recipe.augment, recipe.seed, cut_id, copy) for copy in copies)]
