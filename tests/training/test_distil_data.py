"""Batches of a distillation: crops, alignment, held-out clips, targets."""

import dataclasses

import numpy as np
import pytest
import torch

from builders import WIDTH
from tonelens.batching.augment import NO_CHANGE
from tonelens.config import with_settings
from tonelens.corpora.cuts import load_audio
from tonelens.errors import StorageError
from tonelens.model.speech_encoder import SpeechEncoder
from tonelens.progress import Quiet
from tonelens.training.distil_config import DistilConfig
from tonelens.training.distil_data import decoded, distil_data, is_held_out
from tonelens.training.distil_student import Student
from tonelens.training.features import key_of

SMALL = ["width=16", "layers=2", "heads=2", "feedforward=24", "dev_share=0.0"]


def student_of(*settings):
    torch.manual_seed(0)
    return Student(with_settings(DistilConfig, [*SMALL, *settings]), 2, WIDTH).eval()


@pytest.fixture(scope="module")
def data_with(cuts, encoder_folder, cache):
    teacher = SpeechEncoder.from_pretrained(str(encoder_folder))

    def make(*settings):
        config = with_settings(DistilConfig, [*SMALL, *settings])
        return distil_data(config, teacher, cuts, cache, Quiet())

    return make


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_a_crop_is_that_part_of_the_whole_clip_for_both(kind, data_with, cuts):
    data, student = data_with("crop_s=0.8", "change_share=0.0"), student_of(f"student={kind}")
    clips = [cut.id for cut in cuts[:3]]
    crops = data.batch(student, clips, np.random.default_rng(3), changes=True)
    assert crops.targets_BTLH.shape == (3, 40, 2, WIDTH), "0.8 s are 40 frames"
    assert len(set(crops.firsts)) == 3, "everyone at a place of its own"
    for number, (cut, first) in enumerate(zip(cuts[:3], crops.firsts, strict=True)):
        sound = load_audio(cut).samples
        whole = student.heard(sound, 0, student.frames(len(sound)))
        if kind == "whisper":
            assert torch.equal(crops.inputs[number], whole[:, 2 * first : 2 * first + 80])
        else:
            assert torch.equal(crops.inputs[number], whole[320 * first : 320 * (first + 40) + 80])
        states = data.features[key_of(cut, NO_CHANGE)][first : first + 40, 1:].float()
        normed = (states - states.mean(-1, keepdim=True)) / (
            states.var(-1, unbiased=False, keepdim=True) + 1e-5
        ).sqrt()
        expected = (normed - data.mean_LH) / data.std_LH
        assert torch.allclose(crops.targets_BTLH[number], expected, atol=1e-3)
    assert len(student.states(crops.inputs, crops.firsts)[0][0]) == 40


def test_a_crop_is_never_longer_than_the_shortest_clip(data_with, cuts):
    data = data_with("crop_s=30.0")
    clips = [cut.id for cut in cuts[:4]]
    crops = data.batch(student_of(), clips, np.random.default_rng(0), changes=True)
    assert crops.targets_BTLH.shape[1] == min(int(cut.duration * 50) for cut in cuts[:4])


def test_a_clip_s_prediction_does_not_depend_on_its_company(data_with, cuts):
    data, student = data_with("crop_s=1.0"), student_of()
    both = data.batch(student, [cuts[0].id, cuts[1].id], np.random.default_rng(0), changes=False)
    alone = data.batch(student, [cuts[1].id], np.random.default_rng(0), changes=False)
    with torch.no_grad():
        together = student(both.inputs, both.firsts)[1]
        assert torch.allclose(together, student(alone.inputs, alone.firsts)[0], atol=1e-5)


def test_changes_reach_the_student_and_not_the_teacher(data_with, cuts):
    clips = [cut.id for cut in cuts[:4]]
    heard = {}
    for share in ("0.0", "1.0"):
        data = data_with("crop_s=30.0", f"change_share={share}")
        heard[share] = data.batch(student_of(), clips, np.random.default_rng(0), changes=True)
    for number, first in enumerate(heard["0.0"].firsts):
        if first == heard["1.0"].firsts[number]:
            assert torch.equal(heard["0.0"].targets_BTLH[number], heard["1.0"].targets_BTLH[number])
        assert not torch.equal(heard["0.0"].inputs[number], heard["1.0"].inputs[number])


def test_targets_have_mean_0_and_deviation_1_in_every_channel(data_with, cuts):
    data = data_with()
    targets = torch.cat([data.targets(data.features[key_of(cut, NO_CHANGE)]) for cut in cuts])
    assert torch.allclose(targets.mean(0), torch.zeros(2, WIDTH), atol=1e-3)
    assert torch.allclose(targets.std(0), torch.ones(2, WIDTH), atol=1e-3)


def test_pooled_targets_are_scaled_by_their_deviation_between_clips(data_with, cuts):
    data = data_with()
    clips = [data.targets(data.features[key_of(cut, NO_CHANGE)]) for cut in cuts]
    means = torch.stack([clip.mean(0) for clip in clips])
    assert torch.allclose(
        data.pooled_std_LP[:, :WIDTH], means.std(0, correction=0).clamp_min(1e-2), atol=1e-3
    )


def test_copies_of_a_recording_are_held_out_together(cuts):
    many = [
        dataclasses.replace(cuts[0], id=f"c{i}-{copy}", custom=cuts[0].custom | {"sha256": f"s{i}"})
        for i in range(1000)
        for copy in range(2)
    ]
    sides = [is_held_out(cut, 0.1) for cut in many]
    assert sides[::2] == sides[1::2]
    assert 140 < sum(sides) < 260, "a tenth of 2000"


def test_sounds_are_decoded_once_and_a_torn_cache_is_refused(cuts, tmp_path, monkeypatch):
    for _ in range(2):
        sounds = decoded(cuts[:2], tmp_path, Quiet())
        monkeypatch.setattr("tonelens.training.distil_data.load_audio", None)
    assert np.array_equal(sounds[key_of(cuts[1], NO_CHANGE)], load_audio(cuts[1]).samples)
    data = next(tmp_path.glob("*.bin"))
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(StorageError, match="Delete both files"):
        decoded(cuts[:2], tmp_path, Quiet())
