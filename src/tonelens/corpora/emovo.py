"""EMOVO: Italian, 6 actors, 7 emotions, 14 sentences (Costantini et al. 2014, LREC, 591).

Layout    f1/dis-f1-b1.wav; the parts are emotion (three letters of the Italian word), actor (f or m,
          number), sentence (b short, l long, n nonsense, d question). The folder is not read.
Grid      6 actors x 7 emotions x 14 sentences = 588 clips.
Folds     only in EmoBox's list; without it test on each speaker in turn (leave-speakers-out).
Traps     48 kHz, many files stereo. Five sentences are grammatical nonsense.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import product
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus

EMOTIONS = {
    "dis": "disgust",  # disgusto
    "gio": "happiness",  # gioia
    "neu": "neutral",
    "pau": "fear",  # paura
    "rab": "anger",  # rabbia
    "sor": "surprise",  # sorpresa
    "tri": "sadness",  # tristezza
}
ACTORS = ("f1", "f2", "f3", "m1", "m2", "m3")
SENTENCES = {
    "b1": "Gli operai si alzano presto.",
    "b2": "I vigili sono muniti di pistola.",
    "b3": "La cascata fa molto rumore.",
    "l1": "L'autunno prossimo Tony partirà per la Spagna: nella prima metà di ottobre.",
    "l2": "Ora prendo la felpa di là ed esco per fare una passeggiata.",
    "l3": "Un attimo dopo s'è incamminato ... ed è inciampato.",
    "l4": "Vorrei il numero telefonico del Signor Piatti.",
    "n1": "La casa forte vuole col pane.",
    "n2": "La forza trova il passo e l'aglio rosso.",
    "n3": "Il gatto sta scorrendo nella pera.",
    "n4": "Insalata pastasciutta coscia d'agnello limoncello.",
    "n5": "Uno quarantatré dieci mille cinquantasette venti.",
    "d1": "Sabato sera cosa farà?",
    "d2": "Porti con te quella cosa?",
}
NAME = re.compile(rf"({'|'.join(EMOTIONS)})-({'|'.join(ACTORS)})-({'|'.join(SENTENCES)})", re.IGNORECASE)


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    emotion, actor, sentence = (part.lower() for part in match.groups())
    return Clip(
        id=f"emovo-{emotion}-{actor}-{sentence}",
        path=path,
        corpus="emovo",
        emotion=EMOTIONS[emotion],
        speaker=actor,
        gender="female" if actor[0] == "f" else "male",
        language="it",
        text=SENTENCES[sentence],
    )


def missing(ids: Collection[str]) -> list[str]:
    """Ids of the grid that are not among `ids`."""
    grid = [
        f"emovo-{emotion}-{actor}-{sentence}"
        for actor, emotion, sentence in product(ACTORS, EMOTIONS, SENTENCES)
    ]
    return [name for name in grid if name not in set(ids)]


CORPUS = Corpus(
    name="emovo",
    title="EMOVO",
    emotion_counts=dict.fromkeys(EMOTIONS.values(), len(ACTORS) * len(SENTENCES)),
    language="it",
    licence="none stated",
    home="http://voice.fub.it/activities/corpora/emovo/index.html",
    name_rule="<actor>/<emotion>-<actor>-<sentence>.wav, as f1/dis-f1-b1.wav",
    clip_of=clip_of,
    missing=missing,
)
