"""RAVDESS speech: 24 North American actors, 8 emotions, 2 sentences (Livingstone and Russo 2018).

Layout    Actor_01/03-01-06-01-02-01-12.wav; the seven numbers are modality (03 audio only), channel
          (01 speech), emotion, intensity, statement, repetition, actor. Odd actors are male.
Grid      neutral has no strong intensity: 24 actors x (4 neutral + 7 emotions x 8) = 1440 clips.
Folds     EmoBox's six folds leave four actors out each.
Traps     quiet (median -40 dBFS), about 1 s of silence on both sides, one duplicate (actor 07).
          Songs (channel 02) and video (modality 01, 02) of the full release are no speech clips.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
SENTENCES = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
INTENSITIES = {"01": "normal", "02": "strong"}
ACTORS_OF_FOLD = {
    1: (1, 11, 20, 21),
    2: (4, 10, 12, 14),
    3: (8, 9, 19, 23),
    4: (3, 5, 7, 24),
    5: (2, 15, 16, 18),
    6: (6, 13, 17, 22),
}
FOLD_OF_ACTOR = {actor: fold for fold, actors in ACTORS_OF_FOLD.items() for actor in actors}
NAME = re.compile(r"03-01-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    emotion, intensity, sentence, _, actor = match.groups()
    return Clip(
        id=f"ravdess-{path.stem}",
        path=path,
        corpus="ravdess",
        emotion=EMOTIONS[emotion],
        speaker=f"actor{actor}",
        gender="male" if int(actor) % 2 else "female",
        language="en",
        text=SENTENCES[sentence],
        intensity=INTENSITIES[intensity],
        test_fold=FOLD_OF_ACTOR[int(actor)],
    )


def missing(ids: Collection[str]) -> list[str]:
    """Ids of the grid that are not among `ids`."""
    actors = [f"{actor:02d}" for actor in sorted(FOLD_OF_ACTOR)]
    grid = [
        f"ravdess-03-01-{emotion}-{intensity}-{sentence}-{repetition}-{actor}"
        for actor, emotion, intensity, sentence, repetition in product(
            actors, EMOTIONS, INTENSITIES, SENTENCES, ("01", "02")
        )
        if (emotion, intensity) != ("01", "02")
    ]
    return [name for name in grid if name not in set(ids)]


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS (speech)",
    emotion_counts={emotion: 96 if emotion == "neutral" else 192 for emotion in EMOTIONS.values()},
    language="en",
    licence="CC BY-NC-SA 4.0",
    home="https://zenodo.org/records/1188976",
    name_rule="Actor_AA/03-01-emotion-intensity-statement-repetition-AA.wav",
    clip_of=clip_of,
    missing=missing,
    known_defects={
        "ravdess-03-01-03-01-02-02-07": "the second repetition is the sound of the first, as published; "
        "counted on the decoded samples"
    },
)
