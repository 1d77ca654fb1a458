from dataclasses import replace

import numpy as np
import pytest
import torch

from builders import random_clips
from tonelens.audio import SAMPLE_RATE
from tonelens.batching.augment import (
    NO_CHANGE,
    Change,
    changed_features,
    changed_samples,
    draw_change,
    draw_revoicing,
)
from tonelens.batching.channel import Channel, through
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.descriptors.pitch import track_pitch
from tonelens.recipe import AugmentConfig, UtteranceConfig

ALL = AugmentConfig(copies=3, speed=0.2, gain_db=6.0, noise_snr_db=10.0, crop=0.2, channel_drop=0.25)
TONE = (0.1 * np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)).astype(np.float32)


def test_the_clip_itself_is_never_changed():
    assert draw_change(ALL, 0, "a", 0) == NO_CHANGE
    assert np.array_equal(changed_samples(TONE, NO_CHANGE), TONE)


def test_changes_are_drawn_from_seed_clip_and_copy_alone():
    drawn = {draw_change(ALL, seed, clip, copy) for seed in (0, 1) for clip in "ab" for copy in (1, 2)}
    assert len(drawn) == 8
    assert draw_change(ALL, 0, "a", 1) == draw_change(ALL, 0, "a", 1)


def test_changes_stay_within_the_recipe_s_bounds():
    drawn = [draw_change(ALL, 0, str(number), 1) for number in range(200)]
    assert all(0.8 <= change.speed <= 1.2 and abs(change.gain_db) <= 6 for change in drawn)
    noisy = [change.snr_db for change in drawn if change.snr_db is not None]
    assert 60 < len(noisy) < 140, "half of the copies get noise"
    assert all(10 <= snr <= 35 for snr in noisy)
    calm = AugmentConfig(copies=1, speed=0.1)
    assert all(draw_change(calm, 0, str(number), 1).snr_db is None for number in range(50))


def test_faster_speech_is_shorter_and_higher():
    faster = changed_samples(TONE, Change(speed=1.25))
    assert len(faster) == pytest.approx(SAMPLE_RATE / 1.25, abs=2)
    crossings = np.sum((faster[:-1] < 0) & (faster[1:] >= 0)) / (len(faster) / SAMPLE_RATE)
    assert crossings == pytest.approx(250, abs=2), "200 Hz become 250 Hz"


def test_gain_and_noise_are_in_decibels():
    assert np.allclose(changed_samples(TONE, Change(gain_db=20.0)), 10 * TONE, rtol=1e-5)
    noise = changed_samples(TONE, Change(snr_db=10.0, seed=1)) - TONE
    assert 10 * np.log10(np.mean(TONE**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.1)


def test_a_share_of_the_copies_goes_through_a_channel_and_the_other_draws_stay():
    some = replace(ALL, channel=0.5)
    drawn = [draw_change(some, 0, str(number), 1) for number in range(200)]
    heard = [change for change in drawn if change.channel is not None]
    assert 70 < len(heard) < 130
    assert len({change.channel for change in heard}) == len(heard)
    assert [replace(change, channel=None) for change in drawn] == [
        draw_change(ALL, 0, str(number), 1) for number in range(200)
    ]
    assert draw_change(replace(ALL, channel=1.0), 0, "0", 1).channel is not None
    assert draw_change(replace(ALL, channel=1.0), 0, "0", 0) == NO_CHANGE


def test_the_channel_is_part_of_the_name_and_old_names_stay():
    assert NO_CHANGE.key() == "speed=1.0000,gain=0.00"
    assert Change(speed=1.1, snr_db=20.0, seed=3).key() == "speed=1.1000,gain=0.00,snr=20.00,seed=3"
    assert Change(channel=Channel(codec="opus", kbit_s=12, seed=7)).key() == (
        "speed=1.0000,gain=0.00,channel(eq=0.0,rt60=0.00,direct=0.0,full,opus=12,seed=7)"
    )


def test_a_channel_keeps_the_level_and_the_gain_comes_after_it():
    two_tones = TONE + (0.1 * np.sin(np.arange(SAMPLE_RATE))).astype(np.float32)  # 2546 Hz
    telephone = Channel(band="telephone")
    heard = changed_samples(two_tones, Change(channel=telephone, gain_db=20.0))
    assert np.allclose(heard, 10 * through(two_tones, telephone), rtol=1e-5)
    assert np.mean(heard**2) == pytest.approx(100 * np.mean(two_tones**2), rel=1e-3)


def test_whole_channels_are_dropped_the_same_in_all_frames_and_layers():
    clip = random_clips([40])[0] + 10
    changed = changed_features(
        clip, AugmentConfig(channel_drop=0.5), torch.Generator().manual_seed(1), keep=4
    )
    dropped = (changed == 0).all(dim=0).all(dim=0)
    assert 0 < dropped.sum() < len(dropped)
    assert torch.equal(changed[..., ~dropped], clip[..., ~dropped])


def test_a_crop_takes_frames_off_the_ends_and_leaves_enough_for_a_token():
    clip = torch.arange(40.0).view(40, 1, 1).expand(40, 3, 16)
    lengths = set()
    for seed in range(50):
        kept = changed_features(clip, AugmentConfig(crop=0.2), torch.Generator().manual_seed(seed), keep=4)
        first = int(kept[0, 0, 0])
        assert torch.equal(kept, clip[first : first + len(kept)]), "neighbours stay neighbours"
        assert first < 8 and len(kept) > 24
        lengths.add(len(kept))
    assert len(lengths) > 5
    short = clip[:5]
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        assert len(changed_features(short, AugmentConfig(crop=0.49), generator, keep=5)) == 5


REVOICING = UtteranceConfig(copies=1, gain_db=4.0, revoiced=1, revoiced_semitones=5.0, revoiced_pace=1.25)


def test_a_revoicing_moves_pitch_pace_and_level_each_for_itself():
    drawn = [draw_revoicing(REVOICING, 0, str(number), 1) for number in range(300)]
    assert drawn[0] == draw_revoicing(REVOICING, 0, "0", 1)
    assert drawn[0] != draw_revoicing(REVOICING, 0, "0", 2)
    moved = np.array([(change.semitones, np.log(change.pace), change.gain_db) for change in drawn])
    assert np.abs(moved[:, 0]).max() <= 5 and np.abs(moved[:, 2]).max() <= 4
    assert np.exp(moved[:, 1]).min() >= 1 / 1.26 and np.exp(moved[:, 1]).max() <= 1.26
    assert np.abs(np.corrcoef(moved.T)[np.triu_indices(3, 1)]).max() < 0.15
    assert len({change.key() for change in drawn}) > 295
    assert "semitones" not in Change(speed=1.1).key(), "what was cached before keeps its name"


def test_a_revoiced_voice_is_higher_and_slower_and_as_loud():
    pytest.importorskip("pyworld", reason="revoicing needs the extra `evidence`")
    spoken = synthesise(VoiceSpec(text="mani lona mela", f0_hz=120.0, range_st=3.0)).samples
    revoiced = changed_samples(spoken, Change(semitones=4.0, pace=0.8))
    before, after = (track_pitch(samples) for samples in (spoken, revoiced))
    ratio = np.median(after.f0_hz[after.is_voiced]) / np.median(before.f0_hz[before.is_voiced])
    assert ratio == pytest.approx(2 ** (4 / 12), rel=0.03)
    assert len(revoiced) / len(spoken) == pytest.approx(1.25, rel=0.01)
    assert np.mean(revoiced**2) == pytest.approx(np.mean(spoken**2), rel=1e-3)
