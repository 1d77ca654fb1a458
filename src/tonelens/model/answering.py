"""From hidden states to answers: the one inference path (CLI, server, evaluation, dev scores)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import torch
from torch import Tensor

from tonelens.batching.batch import pad_frames
from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import SPOKEN_CHOICES, Choice, Grammar, answer_grammar, write
from tonelens.emotions import LabelSet
from tonelens.model.decoding import Answer, GrammarDecoder
from tonelens.model.explainer_model import ExplainerModel, Voice
from tonelens.model.gauges import GAUGED
from tonelens.model.utterance import UtteranceLatent

CHUNK = 16
"""How many times a clip is heard at once where every hearing needs the whole model."""

Alteration: TypeAlias = Callable[[ExplainerModel, Voice, Tensor], Voice]
"""Puts other latents into what the streams say (model, voice, is_speech_BT), mostly by `model.altered`."""


class Answerer:
    """Asks one model for its answers, several clips at a time."""

    def __init__(self, model: ExplainerModel, prompter: Prompter, labels: LabelSet) -> None:
        answer = model.recipe.answer
        self.model = model
        self.prompter = prompter
        self.grammar: Grammar = answer_grammar(
            labels, style=answer.style, descriptors=answer.descriptors, transcript=answer.transcript
        )
        self.wordless: Grammar = answer_grammar(
            labels, style=answer.style, descriptors=answer.descriptors, transcript=False
        )
        """The same answer without the words, for where they are not known."""
        self.labels = labels
        self._decoder = (
            GrammarDecoder(model, prompter, max_free_tokens=answer.max_transcript_tokens)
            if model.llm is not None
            else None
        )

    @torch.no_grad()
    def answer(
        self,
        clips: Sequence[Tensor],
        given: Sequence[Mapping[str, str]] | None = None,
        earlier: Sequence[Sequence[str]] | None = None,
        *,
        altered: Alteration | None = None,
    ) -> list[Answer]:
        """One answer a clip; each clip is its hidden states (T, L, H). Leaves the model in eval mode.

        `given` holds, for each clip, values that are known beforehand (a transcript), `earlier` the turns of
        the dialogue before it, a line each. `altered` changes what the streams say before anybody reads it.
        """
        layers_BTLH, is_speech_BT = self._padded(clips)
        voice = self.model.listen(layers_BTLH, is_speech_BT)
        if altered is not None:
            voice = altered(self.model, voice, is_speech_BT)
        if self._decoder is None:
            return self._head_answers(voice)
        answers = self._said(self._decoder, voice, is_speech_BT, self.grammar, given, earlier)
        if not self.model.recipe.head_decides:
            return answers
        decided = zip(answers, self._emotion_shares(voice), self._gauged_levels(voice), strict=True)
        return [replace(answer, heard=shares, gauged=levels) for answer, shares, levels in decided]

    @torch.no_grad()
    def of_frames(self, clip_TLH: Tensor, keep_OT: Tensor) -> list[dict[str, float]]:
        """Emotion probabilities of one clip heard O times, each time only the kept frames.

        The others are left out of what is pooled, and both streams' latents are zero there: the middle of the
        bottleneck's prior, which tells nothing. Where the head decides, the LLM is not asked.
        """
        layers_BTLH, is_speech_BT = self._padded([clip_TLH])
        kept = torch.zeros(len(keep_OT), is_speech_BT.shape[1], dtype=torch.bool, device=is_speech_BT.device)
        kept[:, : keep_OT.shape[1]] = keep_OT.to(kept.device)
        pooling = self.model.pooling
        if isinstance(pooling, UtteranceLatent) and self.model.recipe.head_decides:
            return self._head_shares(pooling.of_kept(layers_BTLH[0], kept).z_BTZ.squeeze(1))
        chunks = [kept[first : first + CHUNK] for first in range(0, len(kept), CHUNK)]
        return [shares for keep in chunks for shares in self._heard_in(layers_BTLH, is_speech_BT, keep)]

    def _heard_in(self, layers_1TLH: Tensor, is_speech_1T: Tensor, keep_OT: Tensor) -> list[dict[str, float]]:
        """`of_frames` of a few choices, through the streams."""
        is_speech_OT = is_speech_1T.expand(len(keep_OT), -1)
        voice = self.model.listen(layers_1TLH.expand(len(keep_OT), -1, -1, -1), is_speech_OT)
        is_kept_OT1 = keep_OT.unsqueeze(-1)
        descriptor, pooling = voice.descriptor, self.model.pooling
        whole = pooling if isinstance(pooling, UtteranceLatent) else None
        voice = self.model.altered(
            voice,
            keep_OT,
            content_BTZ=voice.content.z_BTZ * is_kept_OT1,
            descriptor_BTZ=None if descriptor is None else descriptor.z_BTZ * is_kept_OT1,
            utterance_BTZ=None if whole is None else whole.of_kept(layers_1TLH[0], keep_OT).z_BTZ,
        )
        if self._decoder is None:
            return self._emotion_shares(voice)
        slots = [piece.slot if isinstance(piece, Choice) else "" for piece in self.grammar]
        until = self.grammar[: slots.index("emotion") + 2]  # with the words that follow the choice
        answers = self._said(self._decoder, voice, is_speech_OT, until, None)
        return [answer.probabilities["emotion"] for answer in answers]

    def _padded(self, clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """On the model's device; the model in eval mode."""
        self.model.eval()
        layers_BTLH, is_speech_BT = pad_frames(clips, at_least=self.model.stack)
        device = next(self.model.parameters()).device
        return layers_BTLH.to(device), is_speech_BT.to(device)

    def _said(
        self,
        decoder: GrammarDecoder,
        voice: Voice,
        is_speech_BT: Tensor,
        grammar: Grammar,
        given: Sequence[Mapping[str, str]] | None,
        earlier: Sequence[Sequence[str]] | None = None,
    ) -> list[Answer]:
        """The LLM's answers to the prompt of every clip; one that was taught no words writes none itself."""
        if self.model.recipe.answer.given_transcript:
            given = [{"transcript": "", **known} for known in given or [{}] * len(is_speech_BT)]
        prompts = [
            self.prompter.prompt("explain", earlier=turns, **self.model.stream_tokens(frames))
            for frames, turns in zip(
                is_speech_BT.sum(-1).tolist(), earlier or [()] * len(is_speech_BT), strict=True
            )
        ]
        return decoder.decode(voice, is_speech_BT, prompts, grammar, given)

    def _head_answers(self, voice: Voice) -> list[Answer]:
        """Of a system without LLM: the auxiliary head's label in the grammar's words."""
        answers = []
        for likely in self._emotion_shares(voice):
            values = {"emotion": max(likely, key=likely.__getitem__)}
            answers.append(Answer(values, {"emotion": likely}, write(self.grammar, values)))
        return answers

    def _emotion_shares(self, voice: Voice) -> list[dict[str, float]]:
        """The emotion head's probabilities of every clip."""
        assert voice.pooled_BP is not None
        return self._head_shares(voice.pooled_BP)

    def _gauged_levels(self, voice: Voice) -> list[dict[str, str]]:
        """The level that gauge and head decide of every clip, by slot; none without gauges."""
        assert voice.pooled_BP is not None
        if not self.model.recipe.streams.gauges:
            return [{} for _ in voice.pooled_BP]
        said = dict(zip(SPOKEN_CHOICES, self.model.descriptor_logits(voice.pooled_BP), strict=True))
        places = {slot: said[slot].argmax(dim=-1).tolist() for slot in GAUGED}
        return [
            {slot: SPOKEN_CHOICES[slot][places[slot][row]] for slot in GAUGED}
            for row in range(len(voice.pooled_BP))
        ]

    def _head_shares(self, pooled_BP: Tensor) -> list[dict[str, float]]:
        shares_BC = self.model.emotion_logits(pooled_BP).softmax(dim=-1)
        return [dict(zip(self.labels, shares, strict=True)) for shares in shares_BC.tolist()]
