import numpy as np
import pytest

from descriptors.signals import silence, times, voice
from tonelens.descriptors.pitch import track_pitch


@pytest.mark.parametrize("f0_hz", [90.0, 151.3, 220.0, 440.0])
def test_a_steady_voice_has_its_own_frequency(f0_hz):
    samples = voice(np.full(16_000, f0_hz))
    track = track_pitch(samples.astype(np.float32))
    assert np.median(track.f0_hz) == pytest.approx(f0_hz, rel=0.002)
    assert track.is_voiced.all()


def test_a_glide_is_followed_frame_by_frame():
    true_hz = 120 * 2 ** times(1.0)  # one octave up in one second
    track = track_pitch(voice(true_hz).astype(np.float32))
    at_frames = 120 * 2**track.times_s
    assert np.nanmax(np.abs(track.f0_hz / at_frames - 1)) < 0.01


def test_a_missing_fundamental_is_no_octave_error():
    t = times(1.0)
    samples = sum(np.sin(2 * np.pi * 130 * k * t) for k in (2, 3, 4, 5))
    assert np.nanmedian(track_pitch(samples.astype(np.float32)).f0_hz) == pytest.approx(130, rel=0.002)


def test_a_strong_second_harmonic_is_no_octave_error():
    t = times(1.0)
    samples = (
        0.3 * np.sin(2 * np.pi * 110 * t) + np.sin(2 * np.pi * 220 * t) + 0.3 * np.sin(2 * np.pi * 330 * t)
    )
    assert np.nanmedian(track_pitch(samples.astype(np.float32)).f0_hz) == pytest.approx(110, rel=0.002)


def test_noise_is_unvoiced():
    noise = np.random.default_rng(7).normal(size=16_000).astype(np.float32)
    assert track_pitch(noise).is_voiced.mean() < 0.05


def test_silence_beside_a_voice_is_unvoiced():
    hiss = 1e-4 * np.random.default_rng(7).normal(size=16_000)
    samples = np.concatenate([hiss, voice(np.full(16_000, 200.0)), hiss]).astype(np.float32)
    track = track_pitch(samples)
    is_beside = (track.times_s < 0.95) | (track.times_s > 2.05)
    assert not track.is_voiced[is_beside].any()
    assert track.is_voiced[~is_beside].mean() > 0.9


def test_loudness_decides_nothing():
    samples = voice(np.full(16_000, 180.0)).astype(np.float32)
    assert np.allclose(track_pitch(samples).f0_hz, track_pitch(samples * np.float32(1e-3)).f0_hz, rtol=1e-4)


def test_nothing_but_zeros_is_unvoiced():
    assert not track_pitch(silence(0.5).astype(np.float32)).is_voiced.any()
    assert len(track_pitch(silence(0.01).astype(np.float32)).f0_hz) == 0


def test_a_faint_hum_beside_a_voice_is_unvoiced():
    hum = 0.005 * np.sin(2 * np.pi * 100 * times(1.0))  # under 3 % of the voice's peak
    track = track_pitch(np.concatenate([hum, voice(np.full(16_000, 200.0))]).astype(np.float32))
    assert not track.is_voiced[track.times_s < 0.95].any()
