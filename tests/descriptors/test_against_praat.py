"""A handful of real clips against Praat; the whole corpora are compared by benchmarks/praat_agreement.py."""

import numpy as np
import pytest

from tonelens.audio import load
from tonelens.descriptors.measure import measure

parselmouth = pytest.importorskip("parselmouth", reason="Praat is a reference for tests only")


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", ["ravdess", "emodb"])
def test_median_f0_of_real_clips_agrees_with_praat(shared, corpus):
    paths = sorted((shared / "corpora" / corpus / "audio").glob("*.flac"))[::100][:8]
    if not paths:
        pytest.skip(f"{corpus} does not lie in the shared corpora")
    ratios = []
    for path in paths:
        audio = load(path)
        sound = parselmouth.Sound(audio.samples.astype(float), 16_000)
        f0 = sound.to_pitch_ac(pitch_floor=75.0, pitch_ceiling=600.0).selected_array["frequency"]
        ratios.append(measure(audio).f0_median_hz / np.median(f0[f0 > 0]))
    assert np.mean(np.abs(np.array(ratios) - 1) <= 0.03) >= 7 / 8
    assert all(0.55 < ratio < 1.8 for ratio in ratios)
