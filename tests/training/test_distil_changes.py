"""What the student hears changed: nothing moves, and level and noise stay within what is said."""

import numpy as np
import pytest

from tonelens.training import distil_changes
from tonelens.training.distil_changes import changed

RNG = np.random.default_rng(5)
CLIP = (0.1 * RNG.standard_normal(16_000) * np.hanning(16_000)).astype(np.float32)
OTHERS = [(0.1 * RNG.standard_normal(n)).astype(np.float32) for n in (9_000, 21_000)]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_moves_in_time(seed):
    samples = changed(CLIP, OTHERS, np.random.default_rng(seed))
    assert samples.shape == CLIP.shape and samples.dtype == np.float32 and np.isfinite(samples).all()
    spectra = np.fft.rfft(CLIP, 32_768).conj() * np.fft.rfft(samples, 32_768)
    assert np.argmax(np.fft.irfft(spectra)) == 0, "the best match is at no delay"


def test_the_same_numbers_give_the_same_sound():
    a, b = (changed(CLIP, OTHERS, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(a, b)


@pytest.mark.parametrize("kind", ["noise", "babble"])
def test_noise_has_the_level_it_should(kind, monkeypatch):
    """With a flat equaliser and no gain the difference is the noise alone: 20 dB below the clip."""
    monkeypatch.setattr(distil_changes, "SNR_DB", (20.0, 20.0))
    monkeypatch.setattr(distil_changes, "NOISE_SHARE", 1.0 if kind == "noise" else 0.0)
    monkeypatch.setattr(distil_changes, "BABBLE_SHARE", 1.0)
    for name in ("GAIN_DB", "TILT_DB", "BAND_DB", "TELEPHONE_SHARE"):
        monkeypatch.setattr(distil_changes, name, 0.0)
    noise = changed(CLIP, OTHERS, np.random.default_rng(2)) - CLIP
    snr_db = 10 * np.log10(np.mean(CLIP.astype(float) ** 2) / np.mean(noise.astype(float) ** 2))
    assert snr_db == pytest.approx(20.0, abs=0.5)


def test_a_telephone_passes_300_to_3400_hz(monkeypatch):
    monkeypatch.setattr(distil_changes, "TELEPHONE_SHARE", 1.0)
    for name in ("GAIN_DB", "TILT_DB", "BAND_DB", "NOISE_SHARE", "BABBLE_SHARE"):
        monkeypatch.setattr(distil_changes, name, 0.0)
    samples = changed(CLIP, [], np.random.default_rng(0))
    ratio_db = 20 * np.log10(np.abs(np.fft.rfft(samples)) / np.abs(np.fft.rfft(CLIP)))
    assert np.median(ratio_db[500:3_300]) == pytest.approx(0.0, abs=0.1), "bins are 1 Hz"
    assert np.median(ratio_db[5_000:]) == pytest.approx(-50.0, abs=1.0)
