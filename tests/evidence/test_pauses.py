"""Pauses change, and nothing between them."""

import numpy as np
import pytest

from descriptors.signals import RATE, audio, silence, times, voice
from tonelens.descriptors.measure import measure
from tonelens.evidence.pauses import with_longer_pauses


def hum(f0_hz, seconds):
    return 0.1 * voice(f0_hz * np.ones(len(times(seconds))))


@pytest.fixture(scope="module")
def paused():
    """Two stretches of voice with 0.5 s of faint room between them."""
    room = 1e-4 * np.random.default_rng(0).standard_normal(round(0.5 * RATE))
    return np.concatenate([hum(120.0, 1.0), room, hum(130.0, 1.0)]).astype(np.float32)


def heard(samples):
    return measure(audio(samples))


@pytest.mark.parametrize("longer_s", [0.4, -0.2])
def test_a_pause_becomes_longer_or_shorter_by_so_much(paused, longer_s):
    before, after = heard(paused), heard(with_longer_pauses(paused, longer_s))
    assert before.pause_s == pytest.approx(0.5, abs=0.05)
    assert after.pause_s - before.pause_s == pytest.approx(longer_s, abs=0.03)
    assert after.speech_s == pytest.approx(before.speech_s, rel=0.03)
    assert after.f0_median_hz == pytest.approx(before.f0_median_hz, rel=0.01)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.2)


def test_a_pause_can_go_and_its_voices_stay_to_the_sample(paused):
    made = with_longer_pauses(paused, -5.0)
    assert heard(made).pause_count == 0
    assert len(paused) - len(made) == pytest.approx(0.4 * RATE, abs=0.05 * RATE)
    untouched = round(0.95 * RATE)
    assert np.array_equal(made[:untouched], paused[:untouched])
    assert np.array_equal(made[-untouched:], paused[-untouched:])


def test_speech_without_a_pause_gets_one_between_two_syllables():
    quieter = np.concatenate([hum(120.0, 0.7), 0.1 * hum(120.0, 0.1), hum(120.0, 0.7)])
    spoken = np.concatenate([silence(0.2), quieter, silence(0.2)]).astype(np.float32)
    assert heard(spoken).pause_count == 0
    made = with_longer_pauses(spoken, 0.6)
    after = heard(made)
    assert (after.pause_count, after.pause_s) == (1, pytest.approx(0.6, abs=0.1))
    assert len(made) - len(spoken) == pytest.approx(0.6 * RATE, abs=2)


def test_nothing_to_shorten_and_nothing_spoken_come_back_as_they_are():
    spoken = hum(120.0, 1.0).astype(np.float32)
    assert np.array_equal(with_longer_pauses(spoken, -0.3), spoken)
    empty = silence(1.0).astype(np.float32)
    assert np.array_equal(with_longer_pauses(empty, 0.3), empty)
