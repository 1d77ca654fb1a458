"""Generation bound to the answer grammar: every output parses, even of an untrained model.

The grammar's pieces are met in order. Fixed words are forced; at a choice every option is scored
whole, which gives its probability, and the likeliest is taken; free text is greedy, token by token,
until the model closes the quote. Clips of a batch never influence each other: prompts are padded on
the left, shorter choices on the right, and padding is masked.

Shapes    B clips, S positions, V vocabulary, O options of a choice, N tokens of the longest option.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tonelens.batching.prompts import Prompter
from tonelens.descriptors.sentences import QUOTE, Choice, Fixed, Free, Grammar, Piece, piece_text, write
from tonelens.model.explainer_model import ExplainerModel, Voice


@dataclass(frozen=True, slots=True)
class Answer:
    """One generated answer."""

    values: dict[str, str]
    """What each slot says."""
    probabilities: dict[str, dict[str, float]]
    """Of every option of every choice, given the words before it; each sums to 1."""
    text: str
    """The whole sentence."""
    certainty: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Of free text that the model wrote: ln p of each of its tokens and of the closing one, among the tokens
    that were allowed. Empty for text that was given."""
    heard: dict[str, float] | None = None
    """The emotion head's probabilities; None of a model whose head does not read an utterance latent."""
    gauged: dict[str, str] = field(default_factory=dict)
    """The levels that gauges and heads decide, by slot; empty of a model without gauges."""


class GrammarDecoder:
    """Decodes answers of one model and tokenizer."""

    def __init__(self, model: ExplainerModel, prompter: Prompter, *, max_free_tokens: int) -> None:
        self.model = model
        self.prompter = prompter
        self.max_free_tokens = max_free_tokens
        self._forbidden_V = self._quote_and_special_tokens()

    @torch.no_grad()
    def decode(
        self,
        voice: Voice,
        is_speech_BT: Tensor,
        prompts: Sequence[Sequence[int]],
        grammar: Grammar,
        given: Sequence[Mapping[str, str]] | None = None,
    ) -> list[Answer]:
        """Answers to one prompt a clip, in order; free text that is `given` for a clip is not generated."""
        state = _State(self.model, voice, is_speech_BT, prompts)
        rows = len(prompts)
        values: list[dict[str, str]] = [{} for _ in range(rows)]
        probabilities: list[dict[str, dict[str, float]]] = [{} for _ in range(rows)]
        certainty: list[dict[str, tuple[float, ...]]] = [{} for _ in range(rows)]
        for position, piece in enumerate(grammar):
            match piece:
                case Fixed(text):
                    state.queue([self.prompter.tokens(text)] * rows)
                case Choice(slot, options):
                    tokens = self._option_tokens(options, grammar[position + 1])
                    for row, scores in enumerate(state.score(tokens).softmax(dim=-1).tolist()):
                        best = max(range(len(options)), key=scores.__getitem__)
                        values[row][slot] = options[best]
                        probabilities[row][slot] = dict(zip(options, scores, strict=True))
                    state.queue([self.prompter.tokens(" " + values[row][slot]) for row in range(rows)])
                case Free(slot):
                    following = grammar[position + 1]
                    known = [piece_text(piece, row) if slot in row else None for row in given or values]
                    assert isinstance(following, Fixed), "free text must be closed by fixed words"
                    for row, (text, logs) in enumerate(
                        self._free_text(state, self.prompter.tokens(following.text)[0], known)
                    ):
                        values[row][slot] = text
                        certainty[row][slot] = logs
        return [
            Answer(values=said, probabilities=likely, text=write(grammar, said), certainty=sure)
            for said, likely, sure in zip(values, probabilities, certainty, strict=True)
        ]

    def _option_tokens(self, options: Sequence[str], following: Piece) -> list[list[int]]:
        """Tokens to score; where an option begins like another ("calm", "calm and low"), with what follows.

        Without it the shorter one could never be less likely than the longer.
        """
        tokens = [self.prompter.tokens(" " + option) for option in options]
        is_ambiguous = any(one is not two and two[: len(one)] == one for one in tokens for two in tokens)
        assert isinstance(following, Fixed), "a choice must be followed by fixed words"
        end = self.prompter.tokens(following.text)[:1] if is_ambiguous else []
        return [[*ids, *end] for ids in tokens]

    def _free_text(
        self, state: _State, closing: int, known: Sequence[str | None]
    ) -> list[tuple[str, tuple[float, ...]]]:
        """Text of every row, with ln p of the tokens that the model chose."""
        said = [self.prompter.tokens(text or "") for text in known]
        state.queue(said)
        is_open = [text is None for text in known]
        logs: list[list[float]] = [[] for _ in known]
        for _ in range(self.max_free_tokens):
            logits_BV = state.next_logits()
            logits_BV = logits_BV.masked_fill(self._forbidden_V.to(logits_BV.device), float("-inf"))
            logits_BV[:, closing] = state.last_logits_BV[:, closing]
            best_B, chosen_B = logits_BV.log_softmax(dim=-1).max(dim=-1)
            chosen = chosen_B.tolist()
            for row, log in enumerate(best_B.tolist()):
                if is_open[row]:
                    logs[row].append(log)
            is_open = [still and token != closing for still, token in zip(is_open, chosen, strict=True)]
            if not any(is_open):
                break
            for row, token in enumerate(chosen):
                if is_open[row]:
                    said[row].append(token)
            state.queue([[token] if still else [] for still, token in zip(is_open, chosen, strict=True)])
        decode = self.prompter.tokenizer.decode
        texts = [" ".join(decode(ids, skip_special_tokens=True).split()) for ids in said]
        return [(text.replace("\u2019", QUOTE), tuple(row)) for text, row in zip(texts, logs, strict=True)]

    def _quote_and_special_tokens(self) -> Tensor:
        tokenizer = self.prompter.tokenizer
        forbidden = torch.zeros(_vocabulary(self.model.llm), dtype=torch.bool)
        forbidden[len(tokenizer) :] = True
        forbidden[list(tokenizer.all_special_ids)] = True
        added = [i for i in tokenizer.added_tokens_decoder if i < len(forbidden)]
        forbidden[added] = True
        quoted = [i for token, i in tokenizer.get_vocab().items() if QUOTE in token]
        forbidden[quoted] = True
        return forbidden


class _State:
    """Keys, values and masks of a batch in mid-answer; tokens wait in a queue until they are needed."""

    def __init__(
        self, model: ExplainerModel, voice: Voice, is_speech_BT: Tensor, prompts: Sequence[Sequence[int]]
    ) -> None:
        llm: Any = model.llm
        self.llm = llm
        self.rows = len(prompts)
        self.device = is_speech_BT.device
        ids_BS, is_token_BS = _left_padded(prompts, self.device)
        embeds = model.splice(ids_BS, voice, is_speech_BT)
        self.is_token_BS = is_token_BS
        output = self.llm(
            inputs_embeds=embeds,
            attention_mask=is_token_BS.long(),
            position_ids=(is_token_BS.cumsum(-1) - 1).clamp(min=0),
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = output.past_key_values
        self.last_logits_BV: Tensor = output.logits[:, -1].float()
        self._queued: list[list[int]] = [[] for _ in prompts]

    def queue(self, tokens: Sequence[Sequence[int]]) -> None:
        """Append tokens to each row (any number, also none)."""
        for waiting, more in zip(self._queued, tokens, strict=True):
            waiting.extend(more)

    def next_logits(self) -> Tensor:
        """Logits (B, V) of what follows all queued tokens."""
        if any(self._queued):
            ids_BN, real_BN = _right_padded(self._queued, self.device)
            is_token_BS = torch.cat([self.is_token_BS, real_BN], dim=-1)
            logits_BNV, self.cache = self._run(ids_BN, real_BN, is_token_BS, self.cache)
            self.is_token_BS = is_token_BS
            last_B = real_BN.sum(-1) - 1
            new_BV = logits_BNV[torch.arange(self.rows, device=self.device), last_B.clamp(min=0)].float()
            self.last_logits_BV = torch.where((last_B >= 0).unsqueeze(-1), new_BV, self.last_logits_BV)
            self._queued = [[] for _ in self._queued]
        return self.last_logits_BV

    def score(self, options: Sequence[Sequence[int]]) -> Tensor:
        """Log-probability (B, O) of each option following all queued tokens."""
        first_BO = self.next_logits().log_softmax(-1)[:, [option[0] for option in options]]
        if all(len(option) == 1 for option in options):
            return first_BO
        count = len(options)
        cache = copy.deepcopy(self.cache)
        cache.batch_repeat_interleave(count)
        ids, real = _right_padded([list(option) for option in options] * self.rows, self.device)
        is_token = torch.cat([self.is_token_BS.repeat_interleave(count, dim=0), real], dim=-1)
        logits, _ = self._run(ids, real, is_token, cache)
        following = logits[:, :-1].float().log_softmax(-1)
        rest = following.gather(-1, ids[:, 1:, None]).squeeze(-1)
        rest = torch.where(real[:, 1:], rest, 0.0).sum(-1)
        return first_BO + rest.view(self.rows, count)

    def _run(self, ids: Tensor, real: Tensor, is_token: Tensor, cache: Any) -> tuple[Tensor, Any]:
        before = is_token.shape[-1] - ids.shape[-1]
        positions = (is_token.cumsum(-1) - 1).clamp(min=0)[:, before:]
        output = self.llm(
            input_ids=ids,
            attention_mask=is_token.long(),
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        return output.logits, output.past_key_values


def _left_padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    real = torch.zeros(len(rows), length, dtype=torch.bool)
    for row, tokens in enumerate(rows):
        ids[row, length - len(tokens) :] = torch.tensor(list(tokens))
        real[row, length - len(tokens) :] = True
    return ids.to(device), real.to(device)


def _right_padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    real = torch.zeros(len(rows), length, dtype=torch.bool)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(list(tokens), dtype=torch.long)
        real[row, : len(tokens)] = True
    return ids.to(device), real.to(device)


def _vocabulary(llm: Any) -> int:
    return int(llm.get_output_embeddings().weight.shape[0])
