"""A tiny corpus of synthesised speech, a tiny random encoder, and what they have in common."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState

from builders import made_up_measures, save_whisper_encoder, small_recipe, synthetic_cuts


@pytest.fixture(autouse=True)
def fresh_accelerator() -> Iterator[None]:
    """Accelerate keeps its state for the whole process: another precision would otherwise be refused."""
    torch.set_num_threads(1)
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory) -> Path:
    return save_whisper_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def cuts(tmp_path_factory):
    """24 clips: four speakers, six emotions, two folds of two speakers."""
    return synthetic_cuts(tmp_path_factory.mktemp("synthetic"))


@pytest.fixture(scope="session")
def measures(cuts):
    return made_up_measures(cuts)


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """Encoder features, made once for all runs."""
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def recipe_with(encoder_folder):
    """`recipe_with(schedule={...})` is the small recipe on the tiny encoder."""

    def make(**tables):
        tables["encoder"] = {"source": str(encoder_folder)}
        return small_recipe(**tables)

    return make
