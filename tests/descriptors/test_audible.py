"""Sounds that are no speech get their reason, and speech gets none."""

import numpy as np
import pytest

from builders import synthetic_cuts
from descriptors.signals import at_dbfs, audio, silence, times, voice
from tonelens.audio import load
from tonelens.corpora.cuts import load_audio
from tonelens.descriptors.audible import why_inaudible
from tonelens.descriptors.measure import measure


def reason(samples):
    clip = audio(at_dbfs(samples, -25))
    found = why_inaudible(measure(clip))
    return found and found.reason


def noise(seconds, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * 16_000))


def speech(seconds=2.0):
    """A voice that rises by six semitones, three syllables a second."""
    t = times(seconds)
    rising = 150 * 2 ** (0.5 * t / seconds)
    return voice(rising) * (0.02 + 0.98 * np.sin(np.pi * 3 * t) ** 2)


def sirens(t):
    return np.sin(2 * np.pi * np.cumsum(600 + 200 * np.sin(2 * np.pi * t)) / 16_000)


@pytest.mark.parametrize(
    ("name", "samples"),
    [
        ("white noise", noise(2)),
        ("claps", noise(2) * np.exp(-(times(2) % 0.35) / 0.03)),
        ("a dial tone", np.sin(2 * np.pi * 350 * times(2)) + np.sin(2 * np.pi * 440 * times(2))),
        ("hum", voice(np.full(32_000, 100.0)) + 0.3 * noise(2)),
        ("a buzz", voice(np.full(32_000, 150.0))),
        ("beeps", np.sin(2 * np.pi * 440 * times(2)) * (times(2) % 1 < 0.5) + 1e-3 * noise(2)),
        ("a siren", sirens(times(2))),
        ("clicks", (np.arange(32_000) % 4000 == 0) + 1e-4 * noise(2)),
    ],
)
def test_what_is_no_voice_is_called_no_speech(name, samples):
    assert reason(samples) == "no-speech"


def test_a_voice_is_answered():
    assert reason(speech()) is None


def test_a_fifth_of_a_second_of_voice_is_too_short():
    part = speech(2.0)[1200:4400]  # 0.2 s around the first syllable's middle
    found = np.concatenate([silence(0.5), part, silence(0.5)]) + 1e-4 * noise(1.2)
    assert reason(found) == "too-short"


@pytest.mark.parametrize(("snr_db", "expected"), [(20, None), (10, None), (-3, "too-noisy")])
def test_noise_as_loud_as_the_voice_is_too_noisy(snr_db, expected):
    voiced, hiss = at_dbfs(speech(), -25), at_dbfs(noise(2), -25 - snr_db)
    assert reason(voiced + hiss) == expected


def test_the_range_is_that_between_two_levels():
    """A tenth of the time at -20 dB, the rest at -50: the 5 % on either end are these levels."""
    loud, quiet = at_dbfs(noise(0.4), -20), at_dbfs(noise(3.6, seed=1), -50)
    assert measure(audio(np.concatenate([loud, quiet]))).clip_range_db == pytest.approx(30, abs=1)


def test_the_message_says_what_was_found_the_rule_and_the_way_out():
    clip = audio(0.1 * noise(1))
    found = why_inaudible(measure(clip))
    assert found.message.startswith("0.00 s of voice was found in 1.00 s of sound, but at least 0.1 s")
    assert found.message.endswith("Use a recording of a voice")


def test_synthesised_speech_is_answered(tmp_path):
    for cut in synthetic_cuts(tmp_path):
        clip = load_audio(cut)
        assert why_inaudible(measure(clip)) is None, cut.id


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", ["ravdess", "emodb", "nemo", "tess", "urdu", "ased"])
def test_real_clips_are_answered(shared, corpus):
    paths = sorted((shared / "corpora" / corpus / "audio").glob("*"))
    if not paths:
        pytest.skip(f"{corpus} does not lie in the shared corpora")
    for path in paths[:: max(1, len(paths) // 12)]:
        clip = load(path)
        assert why_inaudible(measure(clip)) is None, path.name
