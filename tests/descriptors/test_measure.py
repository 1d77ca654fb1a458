import json

import numpy as np
import pytest
import soxr

from descriptors.signals import RATE, at_dbfs, audio, silence, syllables, times, voice
from tonelens.descriptors.measure import Measures, measure


def spoken(seconds=2.0, f0_hz=150.0):
    """About one second of quiet, seven to eight syllables, quiet again: shaped like a clip of RAVDESS."""
    hiss = 1e-4 * np.random.default_rng(7).normal(size=RATE)
    falling_hz = f0_hz * 2 ** (-times(seconds) / 12)  # one semitone down a second
    envelope = 0.05 + 0.95 * np.sin(np.pi * 4 * times(seconds)) ** 2
    return np.concatenate([hiss, 0.1 * voice(falling_hz) * envelope, hiss])


def test_the_slope_of_a_falling_voice():
    assert measure(audio(spoken())).f0_slope_semitones_per_s == pytest.approx(-1.0, abs=0.05)


def test_level_leaves_the_silence_beside_the_speech_out():
    loud = at_dbfs(voice(np.full(2 * RATE, 150.0)), -30.0)
    hiss = 1e-5 * np.random.default_rng(7).normal(size=RATE)
    measures = measure(audio(np.concatenate([hiss, loud, hiss])))
    assert measures.level_dbfs == pytest.approx(-30.0, abs=0.1)  # over all 4 s it would be -33
    assert measures.speech_start_s == pytest.approx(1.0, abs=0.03)
    assert measures.speech_end_s == pytest.approx(3.0, abs=0.03)


@pytest.mark.parametrize("per_s", [3.0, 5.0])
def test_the_rate_of_a_syllable_train(per_s):
    measures = measure(audio(syllables(per_s, 3.0)))
    assert measures.syllable_count == pytest.approx(per_s * 3)
    assert measures.syllables_per_s == pytest.approx(per_s, rel=0.05)


def test_gaps_are_pauses_when_they_are_long():
    word = voice(np.full(RATE // 2, 150.0))
    samples = np.concatenate([word, silence(0.1), word, silence(0.5), word])
    measures = measure(audio(samples))
    assert measures.pause_count == 1
    assert measures.pause_s == pytest.approx(0.5, abs=0.04)
    assert measures.pause_share == pytest.approx(0.5 / 2.1, abs=0.02)


def test_spread_of_a_vibrato_in_semitones():
    semitones = 2 * np.sin(2 * np.pi * 2 * times(2.0))  # by hand: standard deviation 2 / sqrt 2
    measures = measure(audio(voice(200 * 2 ** (semitones / 12))))
    assert measures.f0_std_semitones == pytest.approx(2 / np.sqrt(2), rel=0.03)


def test_the_syllable_that_rises_in_pitch_level_and_length_is_emphasised():
    def syllable(f0_hz, seconds, level):
        return level * voice(np.full(round(seconds * RATE), f0_hz)) * np.hanning(round(seconds * RATE))

    plain = [syllable(120.0, 0.2, 0.1) for _ in range(3)]
    samples = np.concatenate([*plain, syllable(180.0, 0.35, 0.4), *plain])
    (span,) = measure(audio(samples)).emphasis
    assert span.start_s == pytest.approx(0.6, abs=0.08)
    assert span.end_s == pytest.approx(0.95, abs=0.08)
    assert 0.4 < span.strength <= 1


def test_an_even_clip_has_no_emphasis():
    assert measure(audio(syllables(4.0, 2.0))).emphasis == ()


@pytest.mark.parametrize("speed", [0.9, 1.1])
def test_changed_speed_is_what_resampling_does(speed):
    samples = spoken()
    resampled = soxr.resample(samples, RATE, RATE / speed)
    foreseen, found = measure(audio(samples)).changed(speed=speed), measure(audio(resampled))
    for field in ("f0_median_hz", "f0_mean_hz", "f0_low_hz", "f0_high_hz", "duration_s"):
        assert getattr(found, field) == pytest.approx(getattr(foreseen, field), rel=0.01), field
    for field in ("f0_slope_semitones_per_s", "syllables_per_s", "speech_s", "speech_end_s"):
        assert getattr(found, field) == pytest.approx(getattr(foreseen, field), rel=0.06), field
    assert found.level_dbfs == pytest.approx(foreseen.level_dbfs, abs=0.3)
    assert found.f0_std_semitones == pytest.approx(foreseen.f0_std_semitones, abs=0.05)


def test_changed_gain_is_what_amplifying_does():
    samples = spoken()
    foreseen = measure(audio(samples)).changed(gain_db=6.0).to_dict()
    found = measure(audio(samples * 10 ** (6 / 20))).to_dict()
    for field, value in foreseen.items():
        if isinstance(value, float):
            assert found[field] == pytest.approx(value, rel=1e-3, abs=1e-3), field


def test_a_whisper_says_why_it_has_no_pitch():
    noise = np.random.default_rng(7).normal(size=RATE) * (0.05 + np.sin(np.pi * 3 * times(1.0)) ** 2)
    measures = measure(audio(0.05 * noise))
    assert measures.f0_median_hz is None
    assert "voiced" in measures.not_measurable["f0_median_hz"]
    assert measures.level_dbfs is not None
    empty = {name for name, value in measures.to_dict().items() if value is None}
    assert empty == set(measures.not_measurable)


def test_measures_survive_json():
    measures = measure(audio(spoken()))
    assert Measures.from_dict(json.loads(json.dumps(measures.to_dict()))) == measures


def test_pitch_and_pace_apart_change_what_they_should():
    found = Measures(
        duration_s=2.0, speech_s=1.5, f0_median_hz=100.0, f0_std_semitones=2.0, syllables_per_s=4.0,
        level_dbfs=-20.0,
    ).changed(semitones=12.0, pace=0.5, gain_db=3.0)  # fmt: skip
    assert (found.f0_median_hz, found.f0_std_semitones) == (200.0, 2.0)
    assert (found.duration_s, found.speech_s, found.syllables_per_s) == (4.0, 3.0, 2.0)
    assert found.level_dbfs == -17.0
