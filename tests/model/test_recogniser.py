"""Recognisers: transformers' own pipeline on a small random CTC model, faster-whisper by a stand-in."""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from tonelens.errors import ModelError
from tonelens.model.recogniser import load_recogniser
from tonelens.results import TimedWord

SECOND = np.zeros(16_000, dtype=np.float32)
LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B"]


class StandIn:
    """faster_whisper.WhisperModel, with what it was asked."""

    asked: dict

    def __init__(self, name, device, compute_type):
        StandIn.asked = {"name": name, "device": device}

    def transcribe(self, samples, **settings):
        StandIn.asked |= settings | {"samples": len(samples)}
        words = [
            SimpleNamespace(word=" Kids", start=-0.1, end=0.4),
            SimpleNamespace(word=" are", start=0.4, end=1.7),
        ]
        segments = [SimpleNamespace(words=words), SimpleNamespace(words=None)]
        return iter(segments), SimpleNamespace(language="en")


@pytest.fixture
def faster_whisper(monkeypatch):
    module = ModuleType("faster_whisper")
    module.WhisperModel = StandIn
    monkeypatch.setitem(sys.modules, "faster_whisper", module)


@pytest.fixture(scope="module")
def ctc(tmp_path_factory):
    """A random wav2vec2 that spells with A and B, saved as transformers saves it."""
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

    folder = tmp_path_factory.mktemp("ctc")
    vocabulary = folder / "letters.json"
    vocabulary.write_text(json.dumps({letter: number for number, letter in enumerate(LETTERS)}))
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, conv_dim=(8, 8), conv_kernel=(10, 8), conv_stride=(20, 16),
        num_feat_extract_layers=2, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    model = Wav2Vec2ForCTC(config)
    with torch.no_grad():  # hears nothing but A
        model.lm_head.weight.zero_()
        model.lm_head.bias.copy_(torch.nn.functional.one_hot(torch.tensor(5), len(LETTERS)).float())
    model.save_pretrained(folder)
    Wav2Vec2CTCTokenizer(str(vocabulary)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(feature_size=1).save_pretrained(folder)
    return folder


def test_a_bare_name_is_faster_whisper_s_and_its_words_lie_inside_the_clip(faster_whisper):
    heard = load_recogniser("small", "cuda:0").hear(SECOND, None)
    assert StandIn.asked["name"] == "small" and StandIn.asked["device"] == "cuda"
    assert StandIn.asked["word_timestamps"] and StandIn.asked["samples"] == 16_000
    assert (heard.text, heard.language) == ("Kids are", "en")
    assert heard.words == (TimedWord("Kids", 0.0, 0.4), TimedWord("are", 0.4, 1.0))


def test_a_known_language_is_passed_on(faster_whisper):
    assert load_recogniser("small").hear(SECOND, "de").language == "de"
    assert StandIn.asked["language"] == "de"


@pytest.mark.parametrize("name", ["small", "Systran/faster-whisper-small", "distil-whisper/x-ct2"])
def test_without_the_extra_one_line_says_what_to_install(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ModelError, match=r"pip install 'tonelens\[asr\]'") as raised:
        load_recogniser(name)
    assert "\n" not in str(raised.value) and f"--asr {name}" in str(raised.value)


def test_a_folder_with_model_bin_is_faster_whisper_s(faster_whisper, tmp_path):
    (tmp_path / "model.bin").touch()
    load_recogniser(str(tmp_path))
    assert StandIn.asked["name"] == str(tmp_path)


def test_a_folder_of_transformers_hears_words_with_times(ctc):
    rng = np.random.default_rng(0)
    heard = load_recogniser(str(ctc)).hear(rng.standard_normal(16_000).astype(np.float32), None)
    assert heard.text == "A"  # one A held for a second: CTC writes it once
    (word,) = heard.words
    assert word.word == "A"
    assert 0 <= word.start_s < word.end_s <= 1


def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded as a speech recogniser") as raised:
        load_recogniser(str(tmp_path))
    assert "\n" not in str(raised.value)
