"""From hidden states to answers: the one inference path (CLI, server, evaluation, dev scores)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tonelens.batching.batch import pad_frames
from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import Grammar, answer_grammar, write
from tonelens.emotions import LabelSet
from tonelens.model.decoding import Answer, GrammarDecoder
from tonelens.model.explainer_model import ExplainerModel, Voice


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
        self, clips: Sequence[Tensor], given: Sequence[Mapping[str, str]] | None = None
    ) -> list[Answer]:
        """One answer a clip; each clip is its hidden states (T, L, H). Leaves the model in eval mode.

        `given` holds, for each clip, values that are known beforehand (a transcript).
        """
        self.model.eval()
        layers_BTLH, is_speech_BT = pad_frames(clips, at_least=self.model.stack)
        device = next(self.model.parameters()).device
        layers_BTLH, is_speech_BT = layers_BTLH.to(device), is_speech_BT.to(device)
        voice = self.model.listen(layers_BTLH, is_speech_BT)
        if self._decoder is None:
            return self._head_answers(voice)
        prompts = [
            self.prompter.prompt("explain", **self.model.stream_tokens(frames))
            for frames in is_speech_BT.sum(-1).tolist()
        ]
        answers = self._decoder.decode(voice, is_speech_BT, prompts, self.grammar, given)
        if not self.model.has_verdict:
            return answers
        heard = self._emotion_shares(voice)
        return [replace(answer, heard=shares) for answer, shares in zip(answers, heard, strict=True)]

    def _head_answers(self, voice: Voice) -> list[Answer]:
        """Of a system without LLM: the auxiliary head's label in the grammar's words."""
        answers = []
        for likely in self._emotion_shares(voice):
            values = {"emotion": max(likely, key=likely.__getitem__)}
            answers.append(Answer(values, {"emotion": likely}, write(self.grammar, values)))
        return answers

    def _emotion_shares(self, voice: Voice) -> list[dict[str, float]]:
        """The emotion head's probabilities of every clip."""
        assert self.model.emotion_head is not None
        shares_BC = self.model.emotion_head(voice.pooled_BP).float().softmax(dim=-1)
        return [dict(zip(self.labels, shares, strict=True)) for shares in shares_BC.tolist()]
