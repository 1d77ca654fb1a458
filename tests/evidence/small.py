"""A small untrained Explainer on a fixed mixture of the samples, and a made-up model of two known streams."""

import math
from types import SimpleNamespace

import numpy as np
import torch

from builders import LABELS, LAYERS, WIDTH, small_model, small_recipe
from tonelens.audio import SAMPLE_RATE, Audio
from tonelens.batching.batch import pad_frames
from tonelens.descriptors.levels import LevelItem, fit_levels
from tonelens.descriptors.measure import Measures
from tonelens.explain import Explainer
from tonelens.model.checkpoint import LoadedModel, ModelCard
from tonelens.model.explainer_model import Voice
from tonelens.model.stream import StreamOutput
from tonelens.results import Emotion

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
    """Untrained."""
    torch.manual_seed(0)
    model, prompter = small_model(small_recipe(**tables), louder=1.0)
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


class TwoStreams:
    """Asked like an Explainer: ln odds of anger are `words` x content + `voice` x descriptor.

    A clip of `known` says its content and its descriptor plainly, the same in every frame.
    """

    descriptor = True

    def __init__(self, words, voice, alteration=None):
        self.words, self.voice, self.alteration = words, voice, alteration
        card = SimpleNamespace(name="made up")
        self.loaded = SimpleNamespace(model=self, card=card, encoder=SimpleNamespace(encode=self.encode))

    def encode(self, clips):
        return [torch.from_numpy(clip).reshape(-1, 2, 1) for clip in clips]

    def altered(self, first, is_speech_BT=None, *, content_BTZ=None, descriptor_BTZ=None):
        """As the Explainer of an alteration, and as the model of a voice."""
        if is_speech_BT is None:
            return TwoStreams(self.words, self.voice, first)
        return two_streams(
            first.content.z_BTZ if content_BTZ is None else content_BTZ,
            first.descriptor.z_BTZ if descriptor_BTZ is None else descriptor_BTZ,
        )

    def emotions(self, states):
        layers, is_speech = pad_frames(states)
        voice = two_streams(layers[:, :, 0], layers[:, :, 1])
        if self.alteration is not None:
            voice = self.alteration(self, voice, is_speech)
        count = is_speech.sum(-1)
        content, descriptor = (
            ((stream.z_BTZ.squeeze(-1) * is_speech).sum(-1) / count).tolist()
            for stream in (voice.content, voice.descriptor)
        )
        return [self.emotion(c, d) for c, d in zip(content, descriptor, strict=True)]

    def emotion(self, content, descriptor):
        anger = 1 / (1 + math.exp(-self.words * content - self.voice * descriptor))
        return Emotion("anger" if anger >= 0.5 else "fear", {"anger": anger, "fear": 1 - anger})


def two_streams(content_BTZ, descriptor_BTZ):
    """A voice of nothing but latents."""
    return Voice(
        StreamOutput(content_BTZ, content_BTZ, None), StreamOutput(descriptor_BTZ, descriptor_BTZ, None),
        None, None, None,
    )  # fmt: skip


def known(content, descriptor, frames=10):
    """A clip for `TwoStreams`."""
    samples = np.tile(np.array([content, descriptor], dtype=np.float32), frames)
    return Audio(samples, f"{content} {descriptor}", f"{content} {descriptor} {frames}")
