"""nEMO: Polish, 9 actors, 6 emotions, 90 sentences (Christop 2024, arXiv:2404.06292).

Layout    samples/EB0_anger_1.wav (speaker, emotion, sentence number) and data.tsv with file_id,
          emotion, raw_text, normalized_text, speaker_id, gender, age.
Folds     none published: test on each speaker in turn (leave-speakers-out).
Traps     data.tsv pads speaker_id with blanks; `raw_text` holds quotation marks that are not CSV quotes.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.emotions import canonical
from tonelens.errors import CorpusError

GENDERS = {
    "EB0": "female",
    "IC0": "female",
    "KD0": "female",
    "KS0": "male",
    "MK0": "female",
    "MP0": "male",
    "SM0": "male",
    "TP0": "male",
    "WR0": "male",
}
NAME = re.compile(rf"({'|'.join(GENDERS)})_(anger|fear|happiness|neutral|sadness|surprised)_(\d+)")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for, still without its text."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, emotion, _ = match.groups()
    return Clip(
        id=f"nemo-{path.stem}",
        path=path,
        corpus="nemo",
        emotion=canonical(emotion),
        speaker=speaker,
        gender=GENDERS[speaker],
        language="pl",
    )


def add_tables(source: Path, found: Found) -> Found:
    """Add the texts of data.tsv, and list what it names without a file.

    Raises:
        CorpusError: data.tsv is not there or lacks a column.
    """
    texts = _texts(source)
    clips = tuple(replace(clip, text=texts.get(clip.path.stem)) for clip in found.clips)
    there = {clip.path.stem for clip in clips}
    missing = tuple(
        Skipped(
            id=f"nemo-{stem}",
            path=f"{stem}.wav",
            reason="missing",
            found=f"{stem}.wav stands in data.tsv but not in the folder. Download it again.",
        )
        for stem in sorted(texts.keys() - there)
    )
    return Found(clips, found.skipped + missing)


def _texts(source: Path) -> dict[str, str]:
    """File stem -> orthographic text."""
    table = next(iter(sorted(source.rglob("data.tsv"))), None)
    if table is None:
        raise CorpusError(
            f"{source}: no data.tsv, which holds what nEMO's actors say. Give the folder that contains it."
        )
    with table.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        lacking = {"file_id", "raw_text"} - set(rows.fieldnames or ())
        if lacking:
            raise CorpusError(f"{table}: column {' and '.join(sorted(lacking))} missing. Download it again.")
        return {Path(row["file_id"].strip()).stem: row["raw_text"].strip() for row in rows}


CORPUS = Corpus(
    name="nemo",
    title="nEMO",
    emotion_counts={
        "neutral": 809,
        "happiness": 749,
        "sadness": 769,
        "anger": 749,
        "fear": 736,
        "surprise": 669,
    },
    language="pl",
    licence="CC BY-NC-SA 4.0",
    home="https://github.com/amu-cai/nEMO",
    name_rule="samples/<speaker>_<emotion>_<sentence>.wav",
    clip_of=clip_of,
    add_tables=add_tables,
)
