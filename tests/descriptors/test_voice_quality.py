import numpy as np
import pytest

from descriptors.signals import RATE, at_dbfs, times, voice
from tonelens.descriptors.pitch import track_pitch
from tonelens.descriptors.voice_quality import hnr_db, local_variation, match_periods, tilt_db_per_octave


def pulses(periods_s, amplitudes):
    """Damped resonances started at the ends of `periods_s`: glottal pulses through a vocal tract."""
    total = np.zeros(round(sum(periods_s) * RATE) + RATE // 10)
    t = times(0.02)
    begin_s = 0.0
    for period_s, amplitude in zip(periods_s, amplitudes, strict=True):
        first = int(begin_s * RATE)
        late_s = begin_s - first / RATE
        tract = np.exp(-300 * (t - late_s)) * np.sin(2 * np.pi * 700 * (t - late_s))
        total[first : first + len(t)] += amplitude * np.where(t >= late_s, tract, 0.0)
        begin_s += period_s
    return total.astype(np.float32)


def test_noise_at_a_tenth_of_the_power_leaves_ten_decibels():
    clean = at_dbfs(voice(np.full(2 * RATE, 200.0)), -20.0)
    noise = at_dbfs(np.random.default_rng(7).normal(size=2 * RATE), -30.0)
    track = track_pitch((clean + noise).astype(np.float32))
    assert hnr_db(track) == pytest.approx(10.0, abs=0.7)


def test_alternating_periods_have_their_jitter():
    periods = np.where(np.arange(200) % 2, 0.00808, 0.00792)  # by hand: |difference| / mean = 2 %
    samples = pulses(periods, np.ones(200))
    found = local_variation(match_periods(samples, track_pitch(samples)).length_s)
    assert found == pytest.approx(0.02, rel=0.25)


def test_alternating_amplitudes_have_their_shimmer():
    amplitudes = np.where(np.arange(200) % 2, 1.05, 0.95)  # by hand: |difference| / mean = 10 %
    samples = pulses(np.full(200, 0.008), amplitudes)
    found = local_variation(match_periods(samples, track_pitch(samples)).amplitude)
    assert found == pytest.approx(0.10, rel=0.25)


def test_an_even_voice_has_neither():
    samples = voice(np.full(RATE, 125.0)).astype(np.float32)
    periods = match_periods(samples, track_pitch(samples))
    assert local_variation(periods.length_s) < 0.002
    assert local_variation(periods.amplitude) < 0.01


def test_too_few_periods_say_nothing():
    assert local_variation(np.full((9, 2), 0.008)) is None


@pytest.mark.parametrize("tilt_db", [-6.0, -12.0])
def test_the_tilt_of_a_voice_with_known_rolloff(tilt_db):
    samples = voice(np.full(RATE, 100.0), harmonics=60, rolloff_db_per_octave=tilt_db).astype(np.float32)
    assert tilt_db_per_octave(samples, track_pitch(samples)) == pytest.approx(tilt_db, abs=0.5)


def test_a_match_at_the_end_of_its_reach_does_not_run_away():
    """Once, a parabola through a slope sent the position backwards for ever."""
    rng = np.random.default_rng(7)
    samples = (voice(np.full(RATE, 300.0)) * rng.uniform(0.2, 1, RATE)).astype(np.float32)
    track = track_pitch(samples)
    periods = match_periods(samples, track)
    assert (periods.length_s > 0).all()
