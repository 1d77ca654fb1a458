"""Frequencies lie where they are said to lie."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from tonelens.audio import SAMPLE_RATE
from tonelens.evidence.spectrogram import MOST_COLUMNS, ROWS, height_of, png, spectrogram

TIMES_S = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def test_the_axis_is_logarithmic_from_60_to_8000_hz():
    assert (height_of(8_000), height_of(60)) == (0, pytest.approx(1))
    assert height_of(200) - height_of(400) == pytest.approx(height_of(1000) - height_of(2000)), "an octave"


@pytest.mark.parametrize("tone_hz", [100, 440, 3_000])
def test_a_tone_is_darkest_at_its_frequency(tone_hz):
    greys = spectrogram(np.sin(2 * np.pi * tone_hz * TIMES_S).astype(np.float32))
    assert greys.shape == (ROWS, 200), "5 ms a column"
    dark = np.flatnonzero(greys[:, 100] == greys[:, 100].min())
    assert dark.mean() / (ROWS - 1) == pytest.approx(height_of(tone_hz), abs=0.02)


def test_a_click_is_darkest_when_it_happens():
    samples = np.zeros(SAMPLE_RATE, np.float32)
    samples[12_000] = 1
    columns = spectrogram(samples).astype(float).mean(axis=0)
    assert columns.argmin() == pytest.approx(150, abs=1)  # by hand: 0.75 s / 5 ms
    assert columns[:140].min() == columns[160:].min() == 255, "nothing is heard 50 ms before and after"


def test_long_recordings_get_no_wider_picture():
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 20 * SAMPLE_RATE).astype(np.float32)
    assert spectrogram(noise).shape == (ROWS, MOST_COLUMNS)


def test_silence_is_drawn_too():
    assert set(np.unique(spectrogram(np.zeros(8_000, np.float32)))) <= set(range(256))


def test_another_reader_sees_the_same_greys():
    greys = np.random.default_rng(0).integers(0, 256, (7, 13), dtype=np.uint8)
    seen = imread(io.BytesIO(png(greys)), format="png")
    assert np.array_equal(np.round(seen * 255).astype(np.uint8), greys)
