"""ASED: Amharic, 65 speakers, 5 emotions (Retta et al. 2023, doi 10.1145/3529759).

Layout    01Neutral/n1-01-01-01-01.wav in folders 01Neutral, 02Fearful, 03Happy, 04Sad, 05Angry; the
          parts are emotion, sentence, repetition, gender (01 female, 02 male), speaker.
Folds     EmoBox's single fold shares speakers between train and test.
Traps     five sentences of seven belong to one emotion, so words give the label away. Five speaker
          numbers (09, 15, 21, 23, 25) occur with both genders: perhaps two persons, perhaps a slip;
          one number counts as one speaker, so that a split never parts them. One name has a capital S.
"""

from __future__ import annotations

import re
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus

EMOTIONS = {"n1": "neutral", "f2": "fear", "h3": "happiness", "s4": "sadness", "a5": "anger"}
NAME = re.compile(rf"({'|'.join(EMOTIONS)})-0[1-7]-0[12]-(0[12])-(\d\d)", re.IGNORECASE)
COMMON_SENTENCES = ("01", "02")
TWICE_STEMS = ("a5-07-02-02-63", "h3-01-02-02-08", "n1-07-02-02-53", "s4-03-02-01-23")
TWICE = "the second repetition is the sound of the first, as published; counted on the decoded samples"


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    emotion, gender, speaker = match.groups()
    return Clip(
        id=f"ased-{path.stem}",
        path=path,
        corpus="ased",
        emotion=EMOTIONS[emotion.lower()],
        speaker=speaker,
        gender="female" if gender == "01" else "male",
        language="am",
    )


def sentence_of(clip: Clip) -> str | None:
    """`s01` and `s02` are common to all emotions; the numbers 03 to 07 count each emotion's own."""
    emotion, number = clip.id.removeprefix("ased-").lower().split("-")[:2]
    return f"s{number}" if number in COMMON_SENTENCES else f"{emotion}s{number}"


CORPUS = Corpus(
    name="ased",
    title="ASED",
    emotion_counts={"neutral": 522, "fear": 510, "happiness": 486, "sadness": 470, "anger": 486},
    language="am",
    licence="none stated",
    home="https://github.com/wgwangang/ASED_V1",
    name_rule="<folder>/<n1|f2|h3|s4|a5>-<sentence>-<repetition>-<gender>-<speaker>.wav",
    clip_of=clip_of,
    known_defects={f"ased-{stem}": TWICE for stem in TWICE_STEMS},
    sentence_of=sentence_of,
)
