"""Berlin Database of Emotional Speech: 10 actors, 7 emotions, 10 sentences (Burkhardt et al. 2005).

Layout    wav/03a01Fa.wav; the parts are speaker (2 digits), sentence (3), emotion (a letter of the
          German word), version (a letter).
Folds     EmoBox's five folds mix all ten speakers in every part, so they need its list or a manifest.
Trap      with those folds a score says little about new voices: report leave-speakers-out beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus

EMOTIONS = {
    "W": "anger",  # Wut
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happiness",  # Freude
    "T": "sadness",  # Trauer
    "N": "neutral",
}
MEN = frozenset({"03", "10", "11", "12", "15"})
WOMEN = frozenset({"08", "09", "13", "14", "16"})
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
NAME = re.compile(rf"({'|'.join(sorted(MEN | WOMEN))})({'|'.join(SENTENCES)})([{''.join(EMOTIONS)}])[a-z]")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, sentence, emotion = match.groups()
    return Clip(
        id=f"emodb-{path.stem}",
        path=path,
        corpus="emodb",
        emotion=EMOTIONS[emotion],
        speaker=speaker,
        gender="male" if speaker in MEN else "female",
        language="de",
        text=SENTENCES[sentence],
    )


CORPUS = Corpus(
    name="emodb",
    title="EmoDB",
    emotion_counts={
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "sadness": 62,
        "neutral": 79,
    },
    language="de",
    licence="none stated",
    home="http://emodb.bilderbar.info",
    name_rule="wav/<speaker><sentence><emotion letter><version>.wav, as 03a01Fa.wav",
    clip_of=clip_of,
)
