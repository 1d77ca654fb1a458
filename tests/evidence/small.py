"""A small untrained Explainer whose encoder is a fixed mixture of the samples, and clips of noise for it."""

from types import SimpleNamespace

import numpy as np
import torch

from builders import LABELS, LAYERS, WIDTH, small_model, small_recipe
from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.descriptors.levels import LevelItem, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.explain import Explainer
from tonelens.model.checkpoint import LoadedModel, ModelCard

FRAME = 320
VERDICT = {
    "streams": {"pooling": "statistics", "utterance_hidden_width": 12, "utterance_members": 2},
    "objective": {"descriptor_head_weight": 1.0},
}
"""A head on an utterance latent decides, as in the shipped default; without it the LLM does."""


def mixed(clips):
    """(N,) samples -> (T, L, H), every frame by the same random matrix."""
    matrix = torch.randn(FRAME, LAYERS * WIDTH, generator=torch.Generator().manual_seed(0))
    frames = [torch.from_numpy(clip[: len(clip) // FRAME * FRAME]).reshape(-1, FRAME) for clip in clips]
    return [(one @ matrix).reshape(-1, LAYERS, WIDTH) for one in frames]


def small_explainer(calibration=None, **tables):
    """Untrained, but with an LLM loud enough to choose."""
    torch.manual_seed(0)
    model, prompter = small_model(small_recipe(**tables), louder=3.0)
    levels = fit_levels([LevelItem("a", "male", Measures(duration_s=1.0, speech_s=0.8, f0_median_hz=120.0))])
    card = ModelCard(
        name="small", labels=LABELS, encoder_source="mixed", encoder_fingerprint="m", encoder_layers=LAYERS,
        encoder_width=WIDTH, protocol="none", split_fingerprint="f", licence="none", parts={},
        train_speakers=[], calibration=calibration,
    )  # fmt: skip
    encoder = SimpleNamespace(encode=mixed, check_length=lambda *_: None)
    return Explainer(LoadedModel(model.eval(), prompter, encoder, levels, card, "x"))


def noise(seconds=2.0, seed=0, loudness=0.1):
    """A recording of noise."""
    samples = np.random.default_rng(seed).normal(0, loudness, round(seconds * SAMPLE_RATE))
    return Audio(samples.astype(np.float32), f"noise {seed}", f"{seed}")


def deaf(explainer):
    """The head's weights gone: whatever is heard, it says what its bias says."""
    with torch.no_grad():
        explainer.loaded.model.emotion_head.weight.zero_()
    return explainer
