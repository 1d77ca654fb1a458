"""Small made-up things that several tests need: recipes, models, encoders, clips with their sound."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import soundfile
import torch
from lhotse import MonoCut
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from tonelens.batching.batch import Batch, Example, collate
from tonelens.batching.prompts import Prompter
from tonelens.config import recipe_from_dict
from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import cut_of
from tonelens.corpora.synthetic import EMOTIONS, write_corpus
from tonelens.descriptors.measure import Measures
from tonelens.descriptors.sentences import Choice, Grammar, answer_grammar, write
from tonelens.emotions import LabelSet
from tonelens.model.build import build_model
from tonelens.model.explainer_model import ExplainerModel
from tonelens.model.language_model import train_tokenizer
from tonelens.recipe import Recipe

LABELS = LabelSet(("neutral", "happiness", "sadness", "anger"))
LAYERS = 3
"""Hidden states of the made-up encoders: two layers and the input of the first."""
WIDTH = 16

SMALL: dict[str, Any] = {
    "name": "small-test",
    "data": {"protocol": "emobox", "fold": 1},
    "streams": {
        "latent_width": 6, "hidden_width": 12, "stack": 4, "adapter_width": 16,
        "normalise_layers": True, "summary_token": True,
    },
    "llm": {"source": "scratch", "lora_rank": 0, "width": 16, "layers": 2, "heads": 2, "vocabulary": 400},
    "answer": {
        "system": "", "instruction": "Describe the voice.", "transcribe_instruction": "Transcribe.",
        "max_transcript_tokens": 6,
    },
    "objective": {
        "beta": 1e-2, "label_token_weight": 4.0, "descriptor_token_weight": 2.0, "label_smoothing": 0.1,
        "emotion_head_weight": 1.0,
    },
    "schedule": {"asr_epochs": 1, "ser_epochs": 1},
    "optimiser": {"batch_size": 4, "precision": "no", "asr_rate": 1e-3, "ser_rate": 1e-3},
}  # fmt: skip


def small_recipe(**tables: Any) -> Recipe:
    """The smallest system with every part; `small_recipe(schedule={"ser_epochs": 2})` changes it."""
    values = {name: dict(table) if isinstance(table, dict) else table for name, table in SMALL.items()}
    for name, table in tables.items():
        values[name] = {**values.get(name, {}), **table} if isinstance(table, dict) else table
    return recipe_from_dict(values)


def grammar_of(recipe: Recipe, labels: LabelSet = LABELS) -> Grammar:
    """The answer grammar that a recipe asks for."""
    answer = recipe.answer
    return answer_grammar(
        labels, style=answer.style, descriptors=answer.descriptors, transcript=answer.transcript
    )


def first_values(grammar: Grammar, transcript: str = "kids are talking by the door") -> dict[str, str]:
    """The first option of every choice, and a transcript."""
    chosen = {piece.slot: piece.options[0] for piece in grammar if isinstance(piece, Choice)}
    return {**chosen, "transcript": transcript}


def small_model(
    recipe: Recipe, labels: LabelSet = LABELS, *, louder: float = 1.0
) -> tuple[ExplainerModel, Prompter]:
    """An untrained model; `louder` multiplies its LLM's matrices, so that its choices differ clearly."""
    grammar = grammar_of(recipe, labels)
    model, prompter = build_model(
        recipe, labels, [write(grammar, first_values(grammar))], encoder_layers=LAYERS, encoder_width=WIDTH
    )
    with torch.no_grad():
        for parameter in model.llm.parameters() if model.llm is not None else ():
            if parameter.ndim == 2:
                parameter.mul_(louder)
    return model, prompter


def random_clips(frames: list[int], seed: int = 0) -> list[Tensor]:
    """Hidden states (T, L, H), one tensor for each number of frames."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(count, LAYERS, WIDTH, generator=generator) for count in frames]


def batch_of(model: ExplainerModel, prompter: Prompter, clips: list[Tensor], task: str = "explain") -> Batch:
    """Clips with their prompts and the grammar's first answers."""
    grammar = grammar_of(model.recipe)
    words = ["talking", "by the door", "dogs are sitting", "x"]
    examples = [
        Example(
            cut_id=f"c{number}",
            layers_TLH=clip,
            prompt_ids=prompter.prompt(task, **model.stream_tokens(len(clip))),
            answer=prompter.answer(grammar, first_values(grammar, words[number % len(words)])),
            token_weights={"emotion": 4.0, "pitch": 2.0},
            emotion=number % len(LABELS),
        )
        for number, clip in enumerate(clips)
    ]
    return collate(examples)


def save_whisper_encoder(folder: Path, seed: int = 0) -> Path:
    """A random Whisper encoder of two layers, as transformers saves it."""
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    return saved(WhisperEncoder, whisper_config(), folder, seed)


def whisper_config() -> Any:
    """Two layers of width 16 and at most 250 frames (5 s)."""
    from transformers import WhisperConfig

    return WhisperConfig(
        d_model=WIDTH, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=24, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=24, max_source_positions=250, vocab_size=64,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip


def saved(kind: type[Any], config: Any, folder: Path, seed: int = 0) -> Path:
    """A randomly initialised transformers model, saved in the real format."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: nn.Module = kind(config)
    model.eval().save_pretrained(folder)  # type: ignore[operator]
    return folder


def synthetic_cuts(folder: Path, *, speakers: int = 4, clips_per_speaker: int = 6) -> list[MonoCut]:
    """Cuts of the synthetic corpus in `folder`, written there first where it is not yet; two folds."""
    if not (folder / "manifest.csv").is_file():
        write_corpus(folder, speakers=speakers, clips_per_speaker=clips_per_speaker)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [_cut(folder, row) for row in csv.DictReader(file)]


def voted(cuts: list[MonoCut], shares: dict[str, float]) -> list[MonoCut]:
    """The cuts as if listeners had named emotions in these shares."""
    return [replace(cut, custom={**cut.custom, "emotion_shares": shares}) for cut in cuts]


def in_dialogue(cuts: list[MonoCut]) -> list[MonoCut]:
    """The cuts as if somebody had spoken before each."""
    turn = {"id": "before", "speaker": "Ann", "text": "well then"}
    return [replace(cut, custom={**cut.custom, "turns_before": [turn]}) for cut in cuts]


def _cut(folder: Path, row: dict[str, str]) -> MonoCut:
    path = folder / row["path"]
    sound = soundfile.info(path)
    clip = Clip(
        id=f"synthetic-{path.stem}", path=path, corpus="synthetic", emotion=row["emotion"],
        speaker=row["speaker"], gender=row["gender"], language="art", text=row["text"],
        test_fold=int(row["test_fold"]),
    )  # fmt: skip
    return cut_of(
        Checked(
            clip=clip, sha256=path.stem, content=path.stem, sample_rate=sound.samplerate,
            frames=sound.frames, channels=1, duration_s=sound.duration,
        )
    )  # fmt: skip


def made_up_measures(cuts: list[MonoCut]) -> dict[str, Measures]:
    """Measures that differ from clip to clip; nothing is measured."""
    emotions = list(EMOTIONS)
    return {
        cut.id: Measures(
            duration_s=cut.duration,
            speech_s=cut.duration - 0.2,
            f0_median_hz=100.0 + 7 * number,
            level_dbfs=-40.0 + emotions.index(cut.supervisions[0].custom["emotion"]),
            syllables_per_s=3.0 + 0.1 * (number % 11),
        )
        for number, cut in enumerate(cuts)
    }


def _bare_tokenizer(texts: list[str]) -> Any:
    """A byte-level BPE as base models have it: no chat template, no chat tokens."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    engine.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=engine, bos_token="<s>", eos_token="</s>")


def save_llama(folder: Path, *, chat_template: bool = True, seed: int = 0) -> Path:
    """A random Llama with its tokenizer, as transformers saves them, loud enough to choose."""
    from transformers import LlamaConfig, LlamaForCausalLM

    grammar = answer_grammar(LABELS)
    texts = [write(grammar, first_values(grammar))] * 3
    tokenizer = train_tokenizer(texts, 400) if chat_template else _bare_tokenizer(texts)
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, initializer_range=0.3,
    )  # fmt: skip
    return saved(LlamaForCausalLM, config, folder, seed)
