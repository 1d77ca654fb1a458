import dataclasses

import pytest
import torch

from tonelens.batching.augment import NO_CHANGE, Change
from tonelens.corpora.cuts import load_audio
from tonelens.errors import StorageError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.training.features import LiveFeatures, Waveform, encoded, key_of


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return SpeechEncoder.from_pretrained(str(encoder_folder))


def counting(encoder, monkeypatch):
    calls = []
    encode = encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda clips: calls.append(1) or encode(clips))
    return calls


def test_features_are_the_encoder_s_in_half_precision_and_made_once(cuts, encoder, tmp_path, monkeypatch):
    calls = counting(encoder, monkeypatch)
    louder = Change(gain_db=6.0)
    waveforms = [Waveform(cuts[0], NO_CHANGE), Waveform(cuts[1], NO_CHANGE), Waveform(cuts[0], louder)]
    for _ in range(2):
        features = encoded(waveforms, encoder, tmp_path)
    assert len(calls) == 3, "the second time they come from the disk"
    direct = encoder.encode([load_audio(cuts[1]).samples])[0]
    assert torch.equal(features[key_of(cuts[1], NO_CHANGE)], direct.to(torch.float16))
    assert not torch.equal(features[key_of(cuts[0], NO_CHANGE)], features[key_of(cuts[0], louder)])


def test_without_a_cache_the_same_features_are_made_at_every_access(cuts, encoder, tmp_path, monkeypatch):
    waveforms = [Waveform(cuts[0], NO_CHANGE), Waveform(cuts[1], Change(speed=1.1))]
    stored = encoded(waveforms, encoder, tmp_path)
    calls = counting(encoder, monkeypatch)
    live = LiveFeatures(waveforms, encoder)
    for waveform in waveforms:
        key = key_of(waveform.cut, waveform.change)
        assert torch.equal(live[key], stored[key])
    assert len(calls) == 2


def test_a_clip_with_other_bytes_is_encoded_anew(cuts, encoder, tmp_path, monkeypatch):
    calls = counting(encoder, monkeypatch)
    encoded([Waveform(cuts[0], NO_CHANGE)], encoder, tmp_path)
    other = dataclasses.replace(cuts[0], custom=cuts[0].custom | {"sha256": "another"})
    encoded([Waveform(other, NO_CHANGE)], encoder, tmp_path)
    assert len(calls) == 2


def test_an_interrupted_encoding_goes_on_where_it_was(cuts, encoder, tmp_path, monkeypatch):
    encoded([Waveform(cuts[0], NO_CHANGE)], encoder, tmp_path)
    calls = counting(encoder, monkeypatch)
    encoded([Waveform(cut, NO_CHANGE) for cut in cuts[:3]], encoder, tmp_path)
    assert len(calls) == 2, "the first clip is there already"


def test_a_torn_file_is_refused_with_the_way_out(cuts, encoder, tmp_path):
    features = encoded([Waveform(cuts[0], NO_CHANGE)], encoder, tmp_path)
    data = next(tmp_path.rglob("*.npy"))
    data.write_bytes(data.read_bytes()[:-2])
    with pytest.raises(StorageError, match="Delete it"):
        features[key_of(cuts[0], NO_CHANGE)]
