import numpy as np
import pytest

from descriptors.signals import RATE, at_dbfs, silence, voice
from tonelens.descriptors.loudness import MAX_GAP_S, runs, track_loudness

TALK = at_dbfs(voice(np.full(RATE, 150.0)), -20.0)


def speech_spans(*parts):
    return track_loudness(np.concatenate(parts).astype(np.float32)).spans_s


def test_every_frame_has_the_level_of_its_surroundings():
    track = track_loudness(TALK.astype(np.float32))
    assert track.level_dbfs[5:-5].mean() == pytest.approx(-20.0, abs=0.2)
    assert len(track.times_s) == 100


def test_a_murmur_forty_decibels_below_the_voice_is_not_speech():
    murmur = at_dbfs(voice(np.full(RATE, 100.0)), -60.0)
    ((start_s, end_s),) = speech_spans(silence(0.5), murmur, TALK)
    assert (start_s, end_s) == pytest.approx((1.5, 2.5), abs=0.03)


def test_a_weak_ending_twenty_decibels_below_is_speech():
    ending = at_dbfs(voice(np.full(RATE // 2, 100.0)), -40.0)
    ((start_s, end_s),) = speech_spans(silence(0.5), TALK, ending, silence(0.5))
    assert (start_s, end_s) == pytest.approx((0.5, 2.0), abs=0.03)


def test_the_closure_of_a_plosive_is_no_gap_in_speech():
    assert len(speech_spans(TALK, silence(MAX_GAP_S - 0.05), TALK)) == 1
    assert len(speech_spans(TALK, silence(MAX_GAP_S + 0.05), TALK)) == 2


def test_a_click_is_not_speech():
    click = at_dbfs(voice(np.full(RATE // 100, 500.0)), -20.0)
    assert len(speech_spans(click, silence(0.5), TALK)) == 1


def test_runs_are_stretches_of_true():
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]
    assert runs(np.zeros(3, dtype=bool)) == []


def test_rumble_below_the_voice_has_no_level():
    rumble = np.sin(2 * np.pi * 10 * np.arange(RATE) / RATE)  # 17 dB above the voice
    track = track_loudness((TALK + rumble).astype(np.float32))
    assert track.level_dbfs[10:-10].mean() == pytest.approx(-20.0, abs=0.3)
