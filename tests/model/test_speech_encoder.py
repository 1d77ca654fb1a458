import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertModel,
    Data2VecAudioConfig,
    Data2VecAudioModel,
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperModel,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from builders import WIDTH, save_whisper_encoder, saved, whisper_config
from tonelens.errors import AudioError, ModelError
from tonelens.model.speech_encoder import SpeechEncoder

SIZES = {
    "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "conv_dim": (8,) * 7, "num_conv_pos_embedding_groups": 4, "vocab_size": 12,
}  # fmt: skip
GROUP = {**SIZES, "num_conv_pos_embeddings": 16}
LAYER = {**GROUP, "feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
FAMILIES = {
    "hubert-base": (HubertModel, HubertConfig(**GROUP)),
    "hubert-large": (HubertModel, HubertConfig(**LAYER)),
    "wavlm": (WavLMModel, WavLMConfig(**GROUP)),
    "wav2vec2": (Wav2Vec2Model, Wav2Vec2Config(**LAYER)),
    "data2vec-audio": (
        Data2VecAudioModel, Data2VecAudioConfig(**SIZES, num_conv_pos_embeddings=3, conv_pos_kernel_size=5)
    ),
}  # fmt: skip
WAVE = (0.1 * np.random.default_rng(0).standard_normal(24_000)).astype(np.float32)  # 1.5 s
FRAMES = 74
"""Of 24 000 samples, by hand: (n - kernel) // stride + 1, kernels 10 3 3 3 3 2 2, strides 5 2 2 2 2 2 2."""


@pytest.fixture(scope="module", params=FAMILIES)
def waveform_model(request, tmp_path_factory):
    kind, config = FAMILIES[request.param]
    return kind, saved(kind, config, tmp_path_factory.mktemp(request.param))


def direct(kind, folder, wave):
    """Hidden states (T, L, H) by transformers alone."""
    model = kind.from_pretrained(folder).eval()
    with torch.no_grad():
        states = model(torch.from_numpy(wave).unsqueeze(0), output_hidden_states=True).hidden_states
    return torch.stack([state[0] for state in states], dim=1)


def test_a_saved_waveform_model_gives_transformers_hidden_states(waveform_model):
    kind, folder = waveform_model
    encoder = SpeechEncoder.from_pretrained(str(folder))
    states = encoder.encode([WAVE])[0]
    assert (encoder.layers, encoder.width) == (3, WIDTH)
    assert states.shape == (FRAMES, 3, WIDTH) and states.dtype == torch.float32
    normalised = (WAVE - WAVE.mean()) / np.sqrt(WAVE.var() + 1e-7)
    is_layer = kind.config_class is Data2VecAudioConfig or encoder.body.config.feat_extract_norm == "layer"
    assert torch.allclose(states, direct(kind, folder, normalised if is_layer else WAVE), atol=1e-4)


@pytest.mark.parametrize("normalises", [True, False])
def test_the_saved_feature_extractor_decides_on_normalising(tmp_path, normalises):
    folder = saved(*FAMILIES["hubert-base"], tmp_path)
    Wav2Vec2FeatureExtractor(do_normalize=normalises).save_pretrained(folder)
    wave = Wav2Vec2FeatureExtractor(do_normalize=normalises)(
        WAVE, sampling_rate=16_000, return_tensors="np"
    ).input_values[0]
    states = SpeechEncoder.from_pretrained(str(folder)).encode([WAVE])[0]
    assert torch.allclose(states, direct(HubertModel, folder, wave), atol=1e-4)


def test_a_clip_s_states_do_not_depend_on_its_company(waveform_model):
    _, folder = waveform_model
    encoder = SpeechEncoder.from_pretrained(str(folder))
    assert torch.equal(encoder.encode([WAVE, WAVE[:9_000]])[1], encoder.encode([WAVE[:9_000]])[0])


def test_a_model_with_a_ctc_head_gives_its_encoder(tmp_path):
    """facebook/hubert-large-ls960-ft, the paper's encoder, is published so."""
    folder = saved(HubertForCTC, HubertConfig(**LAYER), tmp_path)
    encoder = SpeechEncoder.from_pretrained(str(folder))
    inner = HubertForCTC.from_pretrained(folder).hubert
    assert torch.equal(
        encoder.body.feature_projection.projection.weight, inner.feature_projection.projection.weight
    )
    assert encoder.encode([WAVE])[0].shape == (FRAMES, 3, WIDTH)


@pytest.mark.parametrize("kind", [WhisperEncoder, WhisperModel, WhisperForConditionalGeneration])
def test_a_whisper_folder_gives_transformers_hidden_states(tmp_path, kind):
    """5 s are exactly the 250 frames that this encoder has, so transformers pads nothing either."""
    config = whisper_config()
    folder = saved(kind, config, tmp_path)
    wave = (0.1 * np.random.default_rng(1).standard_normal(80_000)).astype(np.float32)
    encoder = SpeechEncoder.from_pretrained(str(folder))
    states = encoder.encode([wave])[0]
    assert states.shape == (250, 3, WIDTH) and (encoder.layers, encoder.width) == (3, WIDTH)
    whole = kind.from_pretrained(folder).eval()
    body = whole if kind is WhisperEncoder else whole.get_encoder()
    mel = WhisperFeatureExtractor(feature_size=80, chunk_length=5)(
        wave, sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        output = body(mel.input_features, output_hidden_states=True)
        last = body.layer_norm(states[:, -1])
    for layer in range(2):
        assert torch.allclose(states[:, layer], output.hidden_states[layer][0], atol=1e-4)
    assert torch.allclose(last, output.last_hidden_state[0], atol=1e-4), "ours is taken before the last norm"


def test_whisper_is_not_padded_to_thirty_seconds_and_names_its_longest_clip(tmp_path):
    encoder = SpeechEncoder.from_pretrained(str(save_whisper_encoder(tmp_path)))
    assert encoder.encode([WAVE])[0].shape[0] == 75, "24 000 samples, 320 a frame"
    with pytest.raises(
        AudioError, match=r"6\.0 s of audio, but this model's encoder takes at most 5 s\. Cut it"
    ):
        encoder.encode([np.ones(96_000, dtype=np.float32)])


def test_the_fingerprint_changes_with_a_single_weight(tmp_path):
    folder = save_whisper_encoder(tmp_path)
    before = SpeechEncoder.from_pretrained(str(folder)).fingerprint()
    assert SpeechEncoder.from_pretrained(str(folder)).fingerprint() == before
    weights = load_file(folder / "model.safetensors")
    weights["conv2.bias"][3] += 1e-6
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert SpeechEncoder.from_pretrained(str(folder)).fingerprint() != before


def test_the_encoder_is_frozen_and_stays_in_eval_mode(tmp_path):
    encoder = SpeechEncoder.from_pretrained(str(save_whisper_encoder(tmp_path)))
    encoder.train()
    assert not any(module.training for module in encoder.body.modules())
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.encode([WAVE])[0].requires_grad


def test_missing_weights_are_refused_not_made_up(tmp_path):
    folder = saved(*FAMILIES["hubert-base"], tmp_path)
    weights = load_file(folder / "model.safetensors")
    lost = weights.pop("encoder.layers.1.attention.k_proj.weight")
    assert lost is not None
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"1 weights are missing .*encoder\.layers\.1\.attention\.k_proj"):
        SpeechEncoder.from_pretrained(str(folder))


def test_another_kind_of_model_is_refused_with_what_is_supported(tmp_path):
    config = BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=9
    )
    folder = saved(BertModel, config, tmp_path)
    with pytest.raises(ModelError, match=r"a 'bert' model is not .* Supported: hubert, wavlm, .*, whisper\."):
        SpeechEncoder.from_pretrained(str(folder))


def test_no_model_and_pickled_weights_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"no speech encoder can be loaded .* Give a folder"):
        SpeechEncoder.from_pretrained(str(tmp_path / "none"))
    config = FAMILIES["hubert-base"][1]
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()), "utf-8")
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="weights cannot be loaded"):
        SpeechEncoder.from_pretrained(str(tmp_path))
