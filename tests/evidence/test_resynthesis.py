"""One property changed and nothing else, heard by the same measures that judge claims."""

import hashlib
import sys
from dataclasses import replace

import numpy as np
import pytest

from tonelens.audio import Audio
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.descriptors.measure import measure
from tonelens.descriptors.pitch import track_pitch
from tonelens.descriptors.vocoder import analyse
from tonelens.descriptors.vocoder import synthesise as synthesise_voice
from tonelens.errors import InputError, ModelError
from tonelens.evidence.resynthesis import KINDS, LIMITS, Change, resynthesised, with_melody_of

pytest.importorskip("pyworld", reason="changing a voice needs the extra `evidence`")


@pytest.fixture(scope="module", params=[110.0, 210.0], ids=["low voice", "high voice"])
def spoken(request):
    spec = VoiceSpec(text="mani lona mela, nomi lanu", f0_hz=request.param, range_st=4.0)
    audio = Audio(synthesise(spec).samples, "spoken", "0" * 64)
    return audio, measure(audio), analyse(audio.samples)


def heard(spoken, kind, amount=0.0):
    audio, _, voice = spoken
    return measure(resynthesised(audio, Change(kind, amount), voice))


def test_through_the_vocoder_nothing_changes(spoken):
    before, after = spoken[1], heard(spoken, "none")
    assert after.f0_median_hz == pytest.approx(before.f0_median_hz, rel=0.02)
    assert after.f0_std_semitones == pytest.approx(before.f0_std_semitones, abs=0.5)
    assert after.speech_s == pytest.approx(before.speech_s, rel=0.03)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.1)


@pytest.mark.parametrize("semitones", [-4.0, 3.0])
def test_pitch_moves_alone(spoken, semitones):
    before, after = spoken[1], heard(spoken, "pitch", semitones)
    assert after.f0_median_hz / before.f0_median_hz == pytest.approx(2 ** (semitones / 12), rel=0.03)
    assert after.speech_s == pytest.approx(before.speech_s, rel=0.03)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.1)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_speed_moves_alone(spoken, factor):
    before, after = spoken[1], heard(spoken, "speed", factor)
    assert before.speech_s / after.speech_s == pytest.approx(factor, rel=0.04)
    assert before.duration_s / after.duration_s == pytest.approx(factor, rel=0.01)
    assert after.f0_median_hz == pytest.approx(before.f0_median_hz, rel=0.03)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.1)


def test_a_flattened_voice_keeps_its_pitch_and_loses_its_melody(spoken):
    before, after = spoken[1], heard(spoken, "variation", 0.0)
    assert before.f0_std_semitones > 1.0
    assert after.f0_std_semitones < 0.2 * before.f0_std_semitones
    assert after.f0_median_hz == pytest.approx(before.f0_median_hz, rel=0.03)
    assert heard(spoken, "variation", 1.8).f0_std_semitones > 1.4 * before.f0_std_semitones


def test_volume_is_plain_gain_and_may_exceed_full_scale(spoken):
    audio, before, _ = spoken
    louder = resynthesised(audio, Change("volume", 30.0))
    assert measure(louder).level_dbfs == pytest.approx(before.level_dbfs + 30, abs=0.01)
    assert np.allclose(louder.samples, audio.samples * 10**1.5)
    assert np.abs(louder.samples).max() > 1


def test_tilt_moves_by_so_many_db_an_octave_and_leaves_the_level(spoken):
    before, after = spoken[1], heard(spoken, "tilt", 4.0)
    assert after.tilt_db_per_octave - before.tilt_db_per_octave == pytest.approx(4.0, abs=1.2)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.1)


def test_the_result_says_what_was_done_and_has_its_own_digest(spoken):
    audio, _, voice = spoken
    changed = resynthesised(audio, Change("pitch", 2.5), voice)
    assert changed.source == "spoken (pitch +2.5 semitones)"
    assert changed.sha256 != audio.sha256
    assert changed.samples.dtype == np.float32
    assert len(changed.samples) == len(audio.samples)
    assert np.array_equal(changed.samples, resynthesised(audio, Change("pitch", 2.5)).samples)


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_a_voice_can_bear_is_refused(kind):
    for amount in (LIMITS[kind][0] - 0.01, LIMITS[kind][1] + 0.01):
        with pytest.raises(InputError, match="a voice stays a voice"):
            Change(kind, amount)


def test_a_clip_without_a_voice_goes_through():
    noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32) * 0.01
    found = resynthesised(Audio(noise, "noise", "0" * 64), Change("variation", 0.0))
    assert len(found.samples) == 16000
    assert np.isfinite(found.samples).all()


def test_without_the_extra_it_says_what_to_install(spoken, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyworld", None)
    with pytest.raises(ModelError, match=r"tonelens\[evidence\]"):
        analyse(spoken[0].samples)


def test_the_melody_of_another_recording_without_its_words(spoken):
    """The donor rises by an octave in even time; so must the recording, in its own time."""
    audio, before, voice = spoken
    rising = replace(voice, f0_F=np.where(voice.f0_F > 0, np.geomspace(100, 200, len(voice.f0_F)), 0.0))
    donor = Audio(synthesise_voice(rising), "rising", "0" * 64)
    made = with_melody_of(audio, donor)
    pitch = track_pitch(made.samples)
    f0_hz = pitch.f0_hz[pitch.is_voiced]
    tenth = len(f0_hz) // 10
    assert np.median(f0_hz[:tenth]) == pytest.approx(105, rel=0.06)
    assert np.median(f0_hz[-tenth:]) == pytest.approx(190, rel=0.06)
    after = measure(made)
    assert after.speech_s == pytest.approx(before.speech_s, rel=0.03)
    assert after.level_dbfs == pytest.approx(before.level_dbfs, abs=0.1)
    assert "melody of rising" in made.source
    assert made.sha256 == hashlib.sha256(made.samples.tobytes()).hexdigest()


def test_without_a_voice_there_is_no_melody_to_give(spoken):
    audio = spoken[0]
    hiss = (0.01 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    made = with_melody_of(audio, Audio(hiss, "hiss", "0" * 64))
    assert measure(made).f0_median_hz == pytest.approx(measure(audio).f0_median_hz, rel=0.03)
