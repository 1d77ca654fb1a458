"""TESS: two Canadian actresses (26 and 64 years), 7 emotions, 200 words (Pichora-Fuller, Dupuis 2020).

Layout    OAF_angry/OAF_back_angry.wav (speaker, word, emotion); the folder's spelling varies between
          copies (OAF_Fear, YAF_pleasant_surprised) and is not read. One folder for all is fine.
Grid      2 speakers x 200 words x 7 emotions; the carrier phrase is "Say the word ...".
Folds     EmoBox's single fold is random and holds both speakers in every part.
Traps     two speakers, trivially told apart: for training only. `ps` is pleasant surprise. One file of
          the published set is misnamed: OA_bite_neutral.wav is OAF's. Some copies hold all files twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus
from tonelens.emotions import canonical

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
SPEAKERS = ("OAF", "YAF")
NAME = re.compile(rf"(OAF?|YAF)_([a-z]+)_({'|'.join(EMOTIONS)})", re.IGNORECASE)


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker = "YAF" if match[1].upper() == "YAF" else "OAF"
    word, emotion = match[2].lower(), match[3].lower()
    return Clip(
        id=f"tess-{speaker}_{word}_{emotion}",
        path=path,
        corpus="tess",
        emotion=canonical(emotion),
        speaker=speaker,
        gender="female",
        language="en",
        text=f"Say the word {word}.",
    )


def missing(ids: Collection[str]) -> list[str]:
    """Ids of the grid that are not among `ids`; the words are those that occur at all."""
    words = sorted({name.removeprefix("tess-").split("_")[1] for name in ids})
    grid = [
        f"tess-{speaker}_{word}_{emotion}" for speaker, emotion, word in product(SPEAKERS, EMOTIONS, words)
    ]
    return [name for name in grid if name not in set(ids)]


CORPUS = Corpus(
    name="tess",
    title="TESS",
    emotion_counts={canonical(emotion): 400 for emotion in EMOTIONS},
    language="en",
    licence="CC BY-NC-ND 4.0",
    home="https://doi.org/10.5683/SP2/E8H2MF",
    name_rule="<OAF|YAF>_<word>_<emotion>.wav",
    clip_of=clip_of,
    missing=missing,
)
