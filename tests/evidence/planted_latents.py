"""Latents made by hand, with leaks where they were put."""

from pathlib import Path

import numpy as np

from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Clip
from tonelens.corpora.cuts import cut_of
from tonelens.descriptors.measure import Measures
from tonelens.evidence.latents import CONTENT, DESCRIPTOR, RANDOM, ClipLatents, FrameSamples

SPEAKERS, CLIPS_EACH, WIDTH, FRAMES = 10, 16, 8, 3
SENTENCES = ("dogs sit", "kids talk", "cats run", "birds are singing")
EMOTIONS = ("anger", "sadness")


def cut(number, speaker, text, emotion="anger", gender="female", language="en"):
    clip = Clip(
        id=f"made-{number:03d}", path=Path(f"made-{number}.flac"), corpus="made", emotion=emotion,
        speaker=speaker, gender=gender, language=language, text=text,
    )  # fmt: skip
    return cut_of(
        Checked(
            clip=clip, sha256=str(number), content=str(number), sample_rate=16000, frames=32000, channels=1,
            duration_s=2.0,
        )
    )  # fmt: skip


def measures(f0_hz, level_dbfs):
    return Measures(duration_s=2.0, speech_s=1.0, f0_median_hz=f0_hz, level_dbfs=level_dbfs)


def planted(seed=0, swapped=False, noise=False):
    """The descriptor view holds F0 and nothing else, the content view the sentence and nothing else."""
    random = np.random.default_rng(seed)
    count = SPEAKERS * CLIPS_EACH
    speaker = np.repeat(np.arange(SPEAKERS), CLIPS_EACH)
    said = np.tile(np.arange(len(SENTENCES)), count // len(SENTENCES))
    semitones = random.normal(scale=3.0, size=count) + 12.0
    cuts = [
        cut(
            row, f"s{speaker[row]}", SENTENCES[said[row]], EMOTIONS[row // 4 % 2],
            ("female", "male")[speaker[row] % 2],
        )
        for row in range(count)
    ]  # fmt: skip
    views = {view: random.normal(size=(count, WIDTH)) for view in (CONTENT, DESCRIPTOR, RANDOM)}
    if not noise:
        views[DESCRIPTOR][:, 0] = semitones
        views[CONTENT][:, : len(SENTENCES)] += 4 * np.eye(len(SENTENCES))[said]
    if swapped:
        views[CONTENT], views[DESCRIPTOR] = views[DESCRIPTOR], views[CONTENT]
    matrices = {view: values.astype(np.float32) for view, values in views.items()}
    clip_m = np.repeat(np.arange(count), FRAMES)
    return ClipLatents(
        cuts=tuple(cuts),
        measures=tuple(measures(100 * 2 ** (value / 12), random.normal() - 20) for value in semitones),
        pooled=matrices,
        frames=FrameSamples(
            clip_M=clip_m,
            views={view: values[clip_m] for view, values in matrices.items()},
            f0_semitones_M=np.where(np.arange(len(clip_m)) % FRAMES, semitones[clip_m], np.nan),
            level_dbfs_M=random.normal(size=len(clip_m)),
        ),
        frame_count_N=np.full(count, 100),
        kl={stream: np.zeros((count, WIDTH)) for stream in (CONTENT, DESCRIPTOR)},
        left_out={},
    )
