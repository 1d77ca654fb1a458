"""Configurations of the pretrained parts that shipped recipes name, to plan with where no hub can be reached.

Only sizes: no weight, no tokenizer. A folder, or a hub name while online, is asked itself.
Source    the config.json of each model as its authors publish it; tests hold the published counts of weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers import (
    AutoConfig,
    HubertConfig,
    LlamaConfig,
    Qwen2Config,
    Wav2Vec2Config,
    WavLMConfig,
    WhisperConfig,
)

from tonelens.errors import ModelError

LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}

PUBLISHED: dict[str, Callable[[], Any]] = {
    "facebook/hubert-large-ls960-ft": lambda: HubertConfig(**LARGE, **STABLE),
    "microsoft/wavlm-large": lambda: WavLMConfig(**LARGE, **STABLE | {"conv_bias": False}),
    "facebook/wav2vec2-large-960h": lambda: Wav2Vec2Config(**LARGE),
    "facebook/hubert-base-ls960": lambda: HubertConfig(),
    "openai/whisper-tiny.en": lambda: WhisperConfig(
        vocab_size=51864, d_model=384, encoder_layers=4, decoder_layers=4, encoder_attention_heads=6,
        decoder_attention_heads=6, encoder_ffn_dim=1536, decoder_ffn_dim=1536,
    ),
    "meta-llama/Llama-3.1-8B-Instruct": lambda: LlamaConfig(
        vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32,
        num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072, rms_norm_eps=1e-5,
    ),
    "meta-llama/Llama-3.2-3B-Instruct": lambda: LlamaConfig(
        vocab_size=128256, hidden_size=3072, intermediate_size=8192, num_hidden_layers=28, head_dim=128,
        num_attention_heads=24, num_key_value_heads=8, max_position_embeddings=131072, rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    ),
    "meta-llama/Llama-3.2-1B-Instruct": lambda: LlamaConfig(
        vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, head_dim=64,
        num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131072, rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    ),
    "Qwen/Qwen2.5-0.5B-Instruct": lambda: Qwen2Config(
        vocab_size=151936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24,
        num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True,
    ),
}  # fmt: skip


def configuration(source: str) -> Any:
    """The transformers configuration of a part, by hub name or folder.

    Raises:
        ModelError: not among the published sizes, and not to be found.
    """
    if source in PUBLISHED:
        return PUBLISHED[source]()
    try:
        return AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{source}: its size is not known ({str(error).splitlines()[0]}). Give a folder with "
            f"config.json, a hub name while online, or one of {', '.join(PUBLISHED)}."
        ) from None
