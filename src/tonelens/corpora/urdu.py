"""URDU: 400 utterances cut from Urdu talk shows, not acted (Latif et al. 2018, arXiv:1812.10411).

Layout    Angry/SM1_F10_A010.wav in folders Angry, Happy, Neutral, Sad; the parts are speaker (S, M or
          F, number), show, and emotion letter with number. Emotion is read from the letter.
Folds     EmoBox's single fold shares speakers between train and test.
Traps     speakers are very uneven (SM5 has 80 clips, nine have 2) and most speak in one or two emotions.
          No texts. Flat copies put the folder before the name: Angry_SM1_F10_A010.
"""

from __future__ import annotations

import re
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus
from tonelens.emotions import canonical

FOLDERS = {"A": "Angry", "H": "Happy", "N": "Neutral", "S": "Sad"}
NAME = re.compile(rf"(?:(?:{'|'.join(FOLDERS.values())})_)?((S([MF])\d+)_F\d+_([AHNS])\d+)")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    name, speaker, gender, emotion = match.groups()
    return Clip(
        id=f"urdu-{FOLDERS[emotion]}_{name}",
        path=path,
        corpus="urdu",
        emotion=canonical(FOLDERS[emotion]),
        speaker=speaker,
        gender="male" if gender == "M" else "female",
        language="ur",
    )


CORPUS = Corpus(
    name="urdu",
    title="URDU",
    emotion_counts={canonical(folder): 100 for folder in FOLDERS.values()},
    language="ur",
    licence="research only",
    home="https://github.com/siddiquelatif/URDU-Dataset",
    name_rule="<Angry|Happy|Neutral|Sad>/S<M|F><number>_F<number>_<A|H|N|S><number>.wav",
    clip_of=clip_of,
)
