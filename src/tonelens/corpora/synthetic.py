"""A small corpus of synthetic speech in the `manifest.csv` layout: for tests, examples and a first demo.

Speakers differ in pitch, tract length and tempo; emotions are rules of prosody; sentences are fixed words of
syllables, spoken in every emotion, so that words do not leak the label. What real emotion sounds like is not
in here: a model trained on this corpus knows these rules and nothing else.

Layout    FOLDER/audio/SPEAKER-EMOTION-NN.flac and FOLDER/manifest.csv with the columns path, corpus, speaker,
          gender, language, emotion, intensity, text, test_fold (from 1, no speaker in two folds).
Rules     directions after Juslin & Laukka 2003, Psychological Bulletin 129(5), table 7; sizes our own.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tonelens.audio import SAMPLE_RATE
from tonelens.corpora.synthesiser import FRAME_S, Utterance, VoiceSpec, synthesise
from tonelens.storage import write_bytes, write_text

__all__ = ["EMOTIONS", "FRAME_S", "SENTENCES", "Speaker", "Utterance", "VoiceSpec"]
__all__ += ["speakers_of", "spoken_by", "synthesise", "write_corpus"]

COLUMNS = ("path", "corpus", "speaker", "gender", "language", "emotion", "intensity", "text", "test_fold")
LANGUAGE = "art"
"""ISO 639-2 for artificial languages."""
MOST_FOLDS = 4
SENTENCES = (
    "mani tosu, kepa lofi",
    "tola mefu, sani poke",
    "lisa keno fumi tapo",
    "pomi sele, nutaka fo",
    "sumo tela koni pafe",
    "feli nosa, topu mika",
    "kanu lope misofa te",
    "nepi kosa lumi tafo",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prosody:
    """How an emotion changes a speaker's neutral voice; every field's default changes nothing."""

    pitch_st: float = 0.0
    range_st: float = 0.0
    slope_st: float = 0.0
    pace: float = 1.0
    pause_s: float = 0.0
    level_db: float = 0.0
    tilt_db: float = 0.0
    tremor_st: float = 0.0
    jitter: float = 0.0
    breath: float = 0.0


EMOTIONS = {
    "neutral": Prosody(),
    "happiness": Prosody(pitch_st=4, range_st=5, slope_st=2, pace=1.15, level_db=3, tilt_db=-2),
    "sadness": Prosody(
        pitch_st=-2, range_st=-2, slope_st=-3, pace=0.7, pause_s=0.2, level_db=-6, tilt_db=8, breath=0.05
    ),
    "anger": Prosody(pitch_st=3, range_st=3, slope_st=-4, pace=1.2, level_db=8, tilt_db=-6, jitter=0.012),
    "fear": Prosody(pitch_st=7, range_st=-1, pace=1.35, level_db=-2, tilt_db=3, tremor_st=0.8, jitter=0.01),
    "surprise": Prosody(pitch_st=5, range_st=4, slope_st=9, pace=0.95, level_db=2),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """One synthetic person: a neutral voice that emotions change."""

    name: str
    gender: str
    f0_hz: float
    tract: float
    rate_hz: float
    level_dbfs: float


def speakers_of(count: int, seed: int = 0) -> list[Speaker]:
    """`count` speakers, male and female by turns, the same for the same seed."""
    rng = np.random.default_rng(seed)
    speakers = []
    for number in range(count):
        gender = ("male", "female")[number % 2]
        low_hz, high_hz = (90, 140) if gender == "male" else (175, 240)
        speakers.append(
            Speaker(
                name=f"s{number + 1:02d}",
                gender=gender,
                f0_hz=float(rng.uniform(low_hz, high_hz)),
                tract=float((1.0 if gender == "male" else 1.17) * rng.uniform(0.96, 1.04)),
                rate_hz=float(rng.uniform(3.6, 4.8)),
                level_dbfs=float(rng.uniform(-31, -27)),
            )
        )
    return speakers


def spoken_by(speaker: Speaker, emotion: str, text: str, seed: int = 0) -> VoiceSpec:
    """`text` as `speaker` says it in `emotion`, more or less strongly, one syllable emphasised."""
    rng = np.random.default_rng(seed)
    change = EMOTIONS[emotion]
    strength = rng.uniform(0.75, 1.15)
    return VoiceSpec(
        text=text,
        f0_hz=speaker.f0_hz * 2 ** ((strength * change.pitch_st + rng.normal(0, 0.4)) / 12),
        range_st=3 + strength * change.range_st + rng.normal(0, 0.2),
        slope_st=-2 + strength * change.slope_st + rng.normal(0, 0.3),
        rate_hz=speaker.rate_hz * change.pace**strength * rng.uniform(0.95, 1.05),
        pause_s=0.25 + strength * change.pause_s,
        level_dbfs=speaker.level_dbfs + strength * change.level_db + rng.normal(0, 0.7),
        tilt_db=8 + strength * change.tilt_db,
        tremor_st=strength * change.tremor_st,
        jitter=0.005 + strength * change.jitter,
        breath=0.01 + strength * change.breath,
        tract=speaker.tract,
        emphasis=(int(rng.integers(len(VoiceSpec(text=text).syllables))),),
        edge_s=rng.uniform(0.1, 0.25),
    )


def write_corpus(folder: Path, *, speakers: int = 8, clips_per_speaker: int = 24, seed: int = 0) -> Path:
    """Write the corpus into `folder` and return it; `tonelens prepare` reads it as any other.

    Emotions take turns, so that 6 * k clips hold each k times; the manifest is written last.

    Raises:
        StorageError: the disk is full or not writable.
    """
    folds = min(MOST_FOLDS, max(speakers // 2, min(speakers, 2)))
    table = io.StringIO()
    rows = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    rows.writeheader()
    for position, speaker in enumerate(speakers_of(speakers, seed)):
        for clip in range(clips_per_speaker):
            emotion = list(EMOTIONS)[clip % len(EMOTIONS)]
            text = SENTENCES[(clip // len(EMOTIONS) + position) % len(SENTENCES)]
            clip_seed = seed * 1_000_003 + position * 10_007 + clip
            utterance = synthesise(spoken_by(speaker, emotion, text, clip_seed), clip_seed)
            path = f"audio/{speaker.name}-{emotion}-{clip + 1:02d}.flac"
            write_bytes(folder / path, flac(utterance))
            rows.writerow(
                {
                    "path": path,
                    "corpus": "synthetic",
                    "speaker": speaker.name,
                    "gender": speaker.gender,
                    "language": LANGUAGE,
                    "emotion": emotion,
                    "text": text,
                    "test_fold": position * folds // speakers + 1,
                }
            )
    write_text(folder / "manifest.csv", table.getvalue())
    return folder


def flac(utterance: Utterance) -> bytes:
    """The recording as a FLAC file of 16 bits."""
    content = io.BytesIO()
    soundfile.write(content, utterance.samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return content.getvalue()
