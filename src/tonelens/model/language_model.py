"""The language model and its tokenizer: a pretrained causal LM with LoRA, or a small Llama trained whole.

Source    arXiv:2505.23236, section 2 (Llama-3.1-8B-Instruct as q(y given z)); LoRA: Hu et al. 2021,
          arXiv:2106.09685, through PEFT.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tonelens.batching.prompts import CHAT_TEMPLATE, CHAT_TOKENS
from tonelens.errors import ModelError
from tonelens.recipe import LlmConfig

SCRATCH = "scratch"
NONE = "none"
LONGEST_SEQUENCE = 2048
"""Positions of a small Llama trained from nothing."""


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level BPE over `texts` with our chat tokens: it can say any text in any script.

    Deterministic for the same texts in any order, because they are sorted first.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    engine = Tokenizer(models.BPE())
    # Words keep their leading space; quotes and full stops stand alone, so that an answer's closing
    # quote is one token whatever follows it.
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_regex(r" ?[^\s'.,!?]+|['.,!?]|\s+"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    engine.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(CHAT_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    engine.train_from_iterator(sorted(texts), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=engine, bos_token="<|begin|>", eos_token="<|end|>", pad_token="<|pad|>"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _regex(pattern: str) -> Any:
    from tokenizers import Regex

    return Regex(pattern)


def small_llama(config: LlmConfig, tokenizer: Any) -> nn.Module:
    """A randomly initialised Llama of the recipe's size."""
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM(  # type: ignore[no-any-return]
        small_llama_config(
            config,
            len(tokenizer),
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def small_llama_config(config: LlmConfig, vocabulary: int, **tokens: int) -> Any:
    """Its configuration, for a tokenizer of so many tokens; `tokens` are ids of the special ones."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=config.width,
        intermediate_size=8 * config.width // 3 // 8 * 8,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        max_position_embeddings=LONGEST_SEQUENCE,
        attention_dropout=config.dropout,
        initializer_range=config.width**-0.5,  # 0.02, the default, is made for widths of thousands
        tie_word_embeddings=True,
        **tokens,
    )


def load_tokenizer(source: str) -> Any:
    """The tokenizer at a folder or hub name; one without a chat template gets ours.

    Raises:
        ModelError: not found.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{source}: no tokenizer can be loaded ({str(error).splitlines()[0]}). "
            f"Give a transformers model folder, or a hub name while online."
        ) from None
    if tokenizer.chat_template is None:
        tokenizer.add_special_tokens(
            {"additional_special_tokens": ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]}
        )
        tokenizer.chat_template = CHAT_TEMPLATE
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_pretrained(config: LlmConfig, tokenizer: Any, *, dtype: torch.dtype = torch.float32) -> nn.Module:
    """A pretrained causal LM, with fresh LoRA matrices where the recipe asks for them.

    Raises:
        ModelError: not found, or 4-bit without its extra.
    """
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"dtype": dtype}
    if config.load_in_4bit:
        options["quantization_config"] = _four_bit()
    try:
        model = AutoModelForCausalLM.from_pretrained(config.source, use_safetensors=True, **options)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{config.source}: no causal LM can be loaded ({str(error).splitlines()[0]}). "
            f"Give a transformers model folder, or a hub name while online."
        ) from None
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        with torch.random.fork_rng():  # rows of a frozen LLM are not saved: they must come out the same
            torch.manual_seed(0)
            model.resize_token_embeddings(len(tokenizer))
    return with_lora(model, config) if config.lora_rank else model


def with_lora(model: nn.Module, config: LlmConfig) -> nn.Module:
    """LoRA on every attention and MLP projection; everything else frozen."""
    from peft import LoraConfig, get_peft_model

    adapters = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():  # PEFT asks transformers by a name that is going out of use
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return get_peft_model(model, adapters)  # type: ignore[no-any-return]


def token_width(model: Any) -> int:
    """D, the width of the LLM's input embeddings."""
    return int(model.get_input_embeddings().embedding_dim)


def save_config(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write configuration and tokenizer (no weights) in the transformers format."""
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def from_config(folder: Path) -> nn.Module:
    """An uninitialised model of the configuration in `folder`; its weights come from a checkpoint."""
    from transformers import AutoConfig, AutoModelForCausalLM

    return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))  # type: ignore[no-any-return]


def _four_bit() -> Any:
    try:
        import bitsandbytes  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        raise ModelError(
            "llm.load_in_4bit needs the extra: pip install 'tonelens[4bit]', and a CUDA device."
        ) from None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
