"""Hand-made sounds through made-up rooms, bands and codecs."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.batching import channel
from tonelens.batching.channel import PERFECT, Channel, draw_channel, through
from tonelens.descriptors.measure import measure
from tonelens.errors import StorageError

TELEPHONE = Channel(band="telephone")
OPUS = Channel(codec="opus", kbit_s=12)
EVERYTHING = Channel(
    equaliser_db=12.0, rt60_s=0.4, direct_db=3.0, band="telephone", codec="opus", kbit_s=12, seed=3
)
TIME_S = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


def sine(frequency_hz, seconds=1.0, amplitude=0.1):
    return (
        amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    ).astype(np.float32)


def voice(f0_hz=180.0, syllables_per_s=4.0, seconds=3.03):
    """Harmonics under swelling syllables, an odd number of samples long."""
    time_s = np.arange(int(seconds * SAMPLE_RATE) | 1) / SAMPLE_RATE
    harmonics = sum(np.sin(2 * np.pi * f0_hz * order * time_s) / order for order in range(1, 20))
    swell = np.clip(np.sin(np.pi * syllables_per_s * time_s) ** 2, 0.02, 1)
    return (0.05 * harmonics * swell).astype(np.float32)


CHIRP = (0.1 * np.sin(2 * np.pi * (400 * TIME_S + 600 * TIME_S**2))).astype(np.float32)
"""400 to 2800 Hz within 2 s: no part is like another, so that a delay can be read off."""


def gain_db(before, after):
    middle = slice(SAMPLE_RATE // 4, -SAMPLE_RATE // 4)
    return 10 * np.log10(np.mean(np.square(after[middle])) / np.mean(np.square(before[middle])))


def delay(before, after):
    """Samples by which `after` lags behind, at the peak of the cross-correlation."""
    size = 2 * len(before)
    found = np.fft.irfft(np.fft.rfft(after, size) * np.conj(np.fft.rfft(before, size)), size)
    lag = int(found.argmax())
    return lag if lag < size // 2 else lag - size


def test_the_telephone_keeps_the_middle_and_takes_both_ends():
    def passed(frequency_hz):
        tone = sine(frequency_hz)
        return gain_db(tone, channel.filtered(tone, channel.TELEPHONE_HZ, channel.TELEPHONE_DB))

    assert abs(passed(1000)) < 0.5
    assert abs(passed(500)) < 0.5 and abs(passed(3000)) < 0.5
    assert passed(300) == pytest.approx(-3, abs=0.5) and passed(3400) == pytest.approx(-3, abs=0.5)
    assert passed(100) < -20
    assert passed(6000) < -20


def test_a_telephone_channel_leaves_of_two_tones_the_one_in_its_band():
    low, middle = sine(100), sine(1000)
    heard = through(low + middle, TELEPHONE)
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum[1000] > 100 * spectrum[100]


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.8])
def test_the_echo_dies_away_within_its_time_by_schroeder_integration(rt60_s):
    response = channel.room_response(rt60_s, 0.0, seed=5)
    left_db = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1] / np.sum(response**2))
    fitted = np.flatnonzero((left_db < -5) & (left_db > -35))
    slope_db_per_s = np.polyfit(fitted / SAMPLE_RATE, left_db[fitted], 1)[0]
    assert -60 / slope_db_per_s == pytest.approx(rt60_s, rel=0.15)


def test_direct_sound_stands_over_the_echo_by_the_ratio_asked_for():
    response = channel.room_response(0.4, 6.0, seed=1)
    assert response[0] == 1.0
    assert 10 * np.log10(1 / np.sum(response[1:] ** 2)) == pytest.approx(6.0)
    assert not np.array_equal(response, channel.room_response(0.4, 6.0, seed=2))


def test_the_equaliser_bends_the_spectrum_within_its_bound_and_differs_by_seed():
    gains = np.array([channel.equaliser_gains(10.0, seed) for seed in range(200)])
    assert np.abs(gains).max() <= 10
    assert np.ptp(gains, axis=1).mean() > 5
    for frequency_hz, wanted_db in zip(channel.OCTAVES_HZ[1:7], gains[0][1:7], strict=True):
        tone = sine(frequency_hz)
        heard = channel.filtered(tone, channel.OCTAVES_HZ, gains[0])
        assert gain_db(tone, heard) == pytest.approx(wanted_db, abs=0.2)


def test_g711_is_band_limited_and_as_clean_as_eight_bits_of_mu_law():
    middle = channel.through_g711(sine(6000))[4000:-4000]
    assert np.abs(middle).max() < 1e-3, "6 kHz is beyond half of 8 kHz"
    tone = sine(1000, amplitude=0.25)
    noise = channel.through_g711(tone) - tone
    assert gain_db(tone, noise) == pytest.approx(-38, abs=3), "mu-law: 35 to 40 dB over its whole range"


def test_opus_takes_about_the_bits_asked_for():
    sound = voice()
    bits = {kbit_s: 8 * len(channel.opus_file(sound, kbit_s)) for kbit_s in (12, 24, 64)}
    kbit_s = {asked: found / 1000 / (len(sound) / SAMPLE_RATE) for asked, found in bits.items()}
    assert kbit_s[12] < 17, "12 and the frames of the OGG file"
    assert kbit_s[12] < kbit_s[24] < kbit_s[64]


def test_without_opus_in_libsndfile_the_way_out_is_said(monkeypatch):
    monkeypatch.setattr(soundfile, "available_subtypes", lambda form: {"VORBIS": "Vorbis"})
    with pytest.raises(StorageError, match=r"cannot write Opus.*Install soundfile"):
        through(voice(), OPUS)


@pytest.mark.parametrize(
    "one",
    [
        Channel(equaliser_db=12.0, seed=1),
        Channel(rt60_s=0.5, direct_db=0.0, seed=2),
        TELEPHONE,
        Channel(codec="g711"),
        OPUS,
        EVERYTHING,
    ],
    ids=lambda one: one.key(),
)
def test_length_level_and_time_stay(one):
    sound = voice()
    heard = through(sound, one)
    assert heard.shape == sound.shape and heard.dtype == np.float32
    assert np.mean(heard**2) == pytest.approx(np.mean(sound**2), rel=1e-3)
    assert delay(CHIRP, through(CHIRP, one)) == 0
    assert not np.allclose(heard, sound, atol=1e-3)
    assert np.array_equal(heard, through(sound, one)), "the same every time"


@pytest.mark.parametrize("one", [TELEPHONE, OPUS, replace(EVERYTHING, rt60_s=0.2, direct_db=6.0)])
def test_pitch_and_pace_are_those_of_the_voice(one):
    clean, heard = (measure(Audio(sound, "voice", "")) for sound in (voice(), through(voice(), one)))
    assert clean.f0_median_hz == pytest.approx(180, rel=0.01)
    assert heard.f0_median_hz == pytest.approx(clean.f0_median_hz, rel=0.01)
    assert heard.syllables_per_s == pytest.approx(clean.syllables_per_s, rel=0.1)


def test_a_perfect_channel_and_silence_change_nothing():
    sound = voice()
    assert through(sound, PERFECT) is sound
    silence = np.zeros(SAMPLE_RATE, dtype=np.float32)
    assert np.abs(through(silence, EVERYTHING)).max() < 1e-4


def test_channels_are_drawn_within_their_bounds_and_of_every_kind():
    rng = np.random.default_rng(0)
    drawn = [draw_channel(rng) for _ in range(400)]
    assert len({one.key() for one in drawn}) == len(set(drawn)) == 400
    assert all(0 <= one.equaliser_db <= 12 for one in drawn)
    rooms = [one for one in drawn if one.rt60_s]
    assert 160 < len(rooms) < 240
    assert all(0.15 <= one.rt60_s <= 0.8 and -3 <= one.direct_db <= 12 for one in rooms)
    assert {one.codec for one in drawn if one.band == "telephone"} == {"opus", "g711"}
    assert {one.codec for one in drawn if one.band == "full"} == {"opus", "none"}
    assert all(8 <= one.kbit_s <= 32 for one in drawn if one.codec == "opus")
