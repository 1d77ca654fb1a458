"""Prompt and answer as token ids, with negative ids where stream tokens are spliced in.

The prompt is the paper's chat prompt (arXiv:2505.23236, figure 1): system; user = content tokens,
descriptor tokens (these first with `answer.descriptor_first`), instruction; then the assistant's turn.
With `answer.dialogue_turns` the words of earlier turns, where there are any, stand before the streams: a
heading, and a line for each turn, oldest first.
Answers are tokenised piece by piece (`descriptors.sentences`), so that training and grammar-bound
decoding meet the same tokens.

Ids       >= 0 a token of the tokenizer; CONTENT, DESCRIPTOR, SUMMARY (< 0) one stream token each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tonelens.descriptors.sentences import Choice, Free, Grammar, piece_text
from tonelens.recipe import AnswerConfig

CONTENT = -1
DESCRIPTOR = -2
SUMMARY = -3
IGNORED = -100
"""Target of a position that is not part of the answer (PyTorch's `ignore_index`)."""

Task = Literal["transcribe", "explain"]

EARLIER = "Said before:\n"
"""Heading of the earlier turns."""

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""For tokenizers that bring none (our own small one)."""
CHAT_TOKENS = ("<|begin|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|pad|>")
SPLICE = "\ue000"
"""A private-use character: marks where the stream tokens go while the template is rendered."""
TEMPLATE_DATE = "26 Jul 2024"
"""Llama-3 templates print a date; a fixed one keeps prompts the same every day."""


@dataclass(frozen=True, slots=True)
class AnswerTokens:
    """An answer as tokens; `slots[i]` names the choice or free slot token i belongs to, or ""."""

    ids: tuple[int, ...]
    slots: tuple[str, ...]


class Prompter:
    """Turns clip sizes and answer values into ids for one tokenizer and one recipe."""

    def __init__(self, tokenizer: Any, answer: AnswerConfig) -> None:
        self.tokenizer = tokenizer
        self._descriptor_first = answer.descriptor_first
        self._most_turns, self._most_earlier = answer.dialogue_turns, answer.max_dialogue_tokens
        self._frames = {
            "explain": self._around_audio(answer.system, answer.instruction),
            "transcribe": self._around_audio(answer.system, answer.transcribe_instruction),
        }
        self.end_id: int = _end_of_turn(tokenizer)

    def prompt(
        self,
        task: Task,
        *,
        content: int,
        descriptor: int = 0,
        summary: int = 0,
        earlier: Sequence[str] = (),
    ) -> list[int]:
        """Ids of the prompt with this many content, descriptor and summary tokens spliced in.

        `earlier` are the turns before the clip, a line each, oldest first; `turns_read` says how many count.
        """
        before, after = self._frames[task]
        if read := self._read(earlier):
            before = [*before, *self.tokens(EARLIER), *(token for line in read for token in line)]
        streams = [CONTENT] * content + [DESCRIPTOR] * descriptor
        if self._descriptor_first:
            streams.reverse()
        return [*before, *streams, *[SUMMARY] * summary, *after]

    def turns_read(self, earlier: Sequence[str]) -> int:
        """How many of the turns before a clip a prompt holds; 0 for a recipe without them."""
        return len(self._read(earlier))

    def _read(self, earlier: Sequence[str]) -> list[list[int]]:
        """Tokens of the newest turns, as many as may be; of one turn that is too long alone, its end."""
        room = self._most_earlier
        read: list[list[int]] = []
        for line in reversed(earlier[-self._most_turns :] if self._most_turns else ()):
            tokens = self.tokenizer.encode(f"{line}\n", add_special_tokens=False, split_special_tokens=True)
            if read and len(tokens) > room:
                break
            read.insert(0, tokens[-room:])
            room -= len(read[0])
        return read

    def answer(self, grammar: Grammar, values: Mapping[str, str]) -> AnswerTokens:
        """Ids of the answer, ending with the end-of-turn token.

        Raises:
            InputError: a value that the grammar cannot say.
        """
        ids: list[int] = []
        slots: list[str] = []
        for piece in grammar:
            tokens = self.tokens(piece_text(piece, values))
            ids += tokens
            slots += [piece.slot if isinstance(piece, Choice | Free) else ""] * len(tokens)
        return AnswerTokens(ids=(*ids, self.end_id), slots=(*slots, ""))

    def tokens(self, text: str) -> list[int]:
        """Ids of a text without special tokens around it."""
        return list(self.tokenizer.encode(text, add_special_tokens=False)) if text else []

    def _around_audio(self, system: str, instruction: str) -> tuple[list[int], list[int]]:
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": SPLICE + instruction})
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, date_string=TEMPLATE_DATE
        )
        before, _, after = text.partition(SPLICE)
        return self.tokens(before), self.tokens(after)


def _end_of_turn(tokenizer: Any) -> int:
    """The token that ends the assistant's turn (Llama-3: <|eot_id|>, which is its eos token)."""
    return int(tokenizer.eos_token_id)
