"""Small recordings and cuts, made while the tests run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import MonoCut

from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import cut_of

Recorder = Callable[..., Path]
Cutter = Callable[..., MonoCut]


def write_noise(
    path: Path, seed: int, *, gain: float = 0.1, duration_s: float = 0.45, rate: int = 8_000
) -> Path:
    noise = np.random.default_rng(seed).standard_normal(round(duration_s * rate))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, gain * np.clip(noise, -3, 3), rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def record() -> Recorder:
    """`record(path, seed)` writes 0.45 s of noise that no other seed gives."""
    return write_noise


@pytest.fixture(scope="session")
def cut() -> Cutter:
    """`cut(name, speaker=..., test_fold=...)` makes a cut of a file that need not exist."""

    def make(name: str, *, corpus: str = "toy", duplicate_of: str | None = None, **fields: object) -> MonoCut:
        clip = Clip(id=name, path=Path(f"{name}.wav"), corpus=corpus, **{"emotion": "anger", **fields})
        return cut_of(
            Checked(
                clip=clip,
                sha256="0" * 64,
                content="0" * 64,
                sample_rate=16_000,
                frames=16_000,
                channels=1,
                duration_s=1.0,
                duplicate_of=duplicate_of,
            )
        )

    return make
