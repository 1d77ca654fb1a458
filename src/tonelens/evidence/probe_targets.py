"""What probes look for in a clip: how it is said, who says it, and which words.

    f0                 median F0, semitones above 100 Hz: mostly the sex and the voice of a speaker
    f0 within speaker  the same less the median of the speaker's clips: melody without identity
    level              dBFS of the speech
    rate               syllables/s: by the words where their language's spelling counts them, else as heard
    emotion, sex, speaker
    sentence           which one, in corpora with MOST_SENTENCES or fewer
    words              in corpora with more: whether each word of COMMON shares of the clips is said
    frame f0, frame level    of single 20 ms frames (`latents.FrameSamples`)

Phones are not among them: they need a forced aligner, which Tonelens does not ship. Words as such are no
better than their sentences allow: where speakers read the same list, a probe may know a sentence by
another of its words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lhotse import MonoCut
from numpy.typing import NDArray

from tonelens.corpora.cuts import emotion_of, gender_of, language_of, speaker_of, text_of
from tonelens.descriptors.measure import Measures
from tonelens.evidence.latents import REFERENCE_HZ, ClipLatents
from tonelens.evidence.probes import Kind

MOST_SENTENCES = 20
COMMON = (0.05, 0.5)
"""Share of the clips that say a word, for it to be looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to look for, of M clips or frames."""

    name: str
    kind: Kind
    unit: str
    values: NDArray[Any]
    """Floats (M,), words (M,) or presence (M, W)."""
    is_known_M: NDArray[np.bool_]
    told_apart: tuple[str, ...] = ()
    """The classes or words, where they are few enough to be named."""


def clip_targets(latents: ClipLatents) -> list[Target]:
    """All targets of the clips; what no clip carries is left out."""
    cuts = latents.cuts
    f0_N = np.array([_semitones(one.f0_median_hz) for one in latents.measures])
    targets = [
        _number("f0", "semitones", f0_N),
        _number("f0 within speaker", "semitones", _within(f0_N, [speaker_of(cut) or "" for cut in cuts])),
        _number("level", "dBFS", np.array([_float(one.level_dbfs) for one in latents.measures])),
        _number("rate", "syllables/s", np.array(list(map(_rate, latents.measures, cuts)))),
        _classes("emotion", [emotion_of(cut) for cut in cuts]),
        _classes("speaker", [speaker_of(cut) for cut in cuts]),
        _classes("sex", [gender_of(cut) for cut in cuts]),
        *_words([text_of(cut) for cut in cuts]),
    ]
    return [target for target in targets if target.is_known_M.any()]


def frame_targets(latents: ClipLatents) -> list[Target]:
    """F0 and level of the drawn frames."""
    frames = latents.frames
    return [
        _number("frame f0", "semitones", frames.f0_semitones_M.astype(np.float64)),
        _number("frame level", "dBFS", frames.level_dbfs_M.astype(np.float64)),
    ]


def _number(name: str, unit: str, values_M: NDArray[np.float64]) -> Target:
    return Target(name=name, kind="number", unit=unit, values=values_M, is_known_M=np.isfinite(values_M))


def _classes(name: str, words: Sequence[str | None]) -> Target:
    values = np.array([word or "" for word in words])
    return Target(
        name=name, kind="class", unit="", values=values, is_known_M=values != "",
        told_apart=tuple(sorted(set(values.tolist()) - {""})),
    )  # fmt: skip


def _words(texts: Sequence[str | None]) -> list[Target]:
    """The sentence where there are few, else the common words; nothing where no words are known."""
    said = [text or "" for text in texts]
    if len(set(said) - {""}) <= MOST_SENTENCES:
        return [_classes("sentence", said)]
    spoken = [set(re.findall(r"[^\W\d_]+", text.lower())) for text in said]
    is_known_N = np.array([bool(words) for words in spoken])
    counts = Counter(word for words in spoken for word in words)
    low, high = (share * is_known_N.sum() for share in COMMON)
    common = tuple(sorted(word for word, count in counts.items() if low <= count <= high))
    if not common:
        return []
    present_NW = np.array([[word in words for word in common] for words in spoken], dtype=np.float64)
    return [
        Target(
            name="words", kind="presence", unit="", values=present_NW, is_known_M=is_known_N,
            told_apart=common,
        )
    ]  # fmt: skip


def _within(values_N: NDArray[np.float64], speakers: Sequence[str]) -> NDArray[np.float64]:
    """Less the median of each speaker's own; NaN where the speaker is not known."""
    of_speaker: Mapping[str, list[float]] = defaultdict(list)
    for value, speaker in zip(values_N, speakers, strict=True):
        if np.isfinite(value):
            of_speaker[speaker].append(float(value))
    medians = {speaker: np.median(found) for speaker, found in of_speaker.items() if speaker}
    return np.asarray(values_N - np.array([medians.get(speaker, np.nan) for speaker in speakers]))


def _semitones(f0_hz: float | None) -> float:
    return float("nan") if f0_hz is None else 12 * float(np.log2(f0_hz / REFERENCE_HZ))


def _rate(measures: Measures, cut: MonoCut) -> float:
    by_words = measures.with_text(text_of(cut), language_of(cut)).text_syllables_per_s
    return _float(by_words if by_words is not None else measures.syllables_per_s)


def _float(value: float | None) -> float:
    return float("nan") if value is None else value
