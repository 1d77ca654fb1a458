"""SAVEE: 4 British men, 7 emotions, TIMIT sentences (Haq and Jackson 2009, AVSP; Surrey).

Layout    AudioData/DC/a01.wav: the folder is the speaker, the letters are the emotion, the number is
          the sentence within that emotion; flat copies say DC_a01.wav. Both give the same ids.
Grid      4 speakers x (30 neutral + 6 emotions x 15) = 480 clips.
Folds     only in EmoBox's list; without it test on each speaker in turn (leave-speakers-out).
Traps     men only. Three sentences are common to all emotions, the rest belongs to one, so words give
          the label away. The corpus does not say which number is which sentence, so clips have no text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus

EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
SENTENCES = {code: 30 if code == "n" else 15 for code in EMOTIONS}
SPEAKERS = ("DC", "JE", "JK", "KL")
NAME = re.compile(rf"(?:({'|'.join(SPEAKERS)})_)?({'|'.join(EMOTIONS)})(\d\d)")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for; without a speaker in the name the folder is the speaker."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, code, number = match[1] or path.parent.name, match[2], match[3]
    if speaker not in SPEAKERS or not 1 <= int(number) <= SENTENCES[code]:
        return None
    return Clip(
        id=f"savee-{speaker}_{code}{number}",
        path=path,
        corpus="savee",
        emotion=EMOTIONS[code],
        speaker=speaker,
        gender="male",
        language="en",
    )


def missing(ids: Collection[str]) -> list[str]:
    """Ids of the grid that are not among `ids`."""
    grid = [
        f"savee-{speaker}_{code}{number:02d}"
        for speaker in SPEAKERS
        for code, count in SENTENCES.items()
        for number in range(1, count + 1)
    ]
    return [name for name in grid if name not in set(ids)]


CORPUS = Corpus(
    name="savee",
    title="SAVEE",
    emotion_counts={EMOTIONS[code]: len(SPEAKERS) * count for code, count in SENTENCES.items()},
    language="en",
    licence="research only",
    home="http://kahlan.eps.surrey.ac.uk/savee/",
    name_rule="AudioData/<speaker>/<emotion letters><two digits>.wav or <speaker>_<letters><digits>.wav",
    clip_of=clip_of,
    missing=missing,
)
