"""MSP-Podcast: spontaneous English from podcasts, labelled by listeners (Lotfian and Busso 2019).

Layout    Audios/MSP-PODCAST_0001_0008.wav, Labels/labels_consensus.csv (FileName, EmoClass, EmoAct,
          EmoVal, EmoDom, SpkrID, Gender, Split_Set) and, unpacked, Transcripts/MSP-PODCAST_0001_0008.txt.
Labels    the emotion most listeners chose. O (other) and X (no agreement) are listed as other-label.
Parts     Split_Set: Train, Development and the test sets (Test1, Test2 ...), which all count as test in the
          protocol `official`; papers report them one by one, so `split_set` stands in `cut.custom`.
Ratings   arousal, valence and dominance from 1 to 7 (mean over listeners) stand in `cut.custom`.
Counts    differ between releases, so the labels file is the count: every clip of it with one of the
          eight emotions must be there.
Traps     the labels of Test3 are withheld in some releases: such clips are listed as no-label. Many
          clips have an unknown speaker. Emotions are very uneven.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.errors import CorpusError

EMOTIONS = {
    "A": "anger",
    "S": "sadness",
    "H": "happiness",
    "U": "surprise",
    "F": "fear",
    "D": "disgust",
    "C": "contempt",
    "N": "neutral",
}
OTHERS = {"O": "another emotion than the eight", "X": "no emotion that most listeners agree on"}
GENDERS = {"Male": "male", "Female": "female"}
LABELS_FILE = "labels_consensus.csv"
PARTS = {"Train": "train", "Development": "dev"}
RATINGS = {"arousal": "EmoAct", "valence": "EmoVal", "dominance": "EmoDom"}
NUMBER = re.compile(r"\d+(\.\d+)?")
COLUMNS = ("FileName", "EmoClass", *RATINGS.values(), "SpkrID", "Gender", "Split_Set")
NAME = re.compile(r"MSP-PODCAST_\w+")


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for; all that is known of it stands in tables."""
    if NAME.fullmatch(path.stem) is None:
        return None
    return Clip(id=f"msp-podcast-{path.stem}", path=path, corpus="msp-podcast", emotion="", language="en")


def add_tables(source: Path, found: Found) -> Found:
    """Add labels, speakers, genders and texts; list clips without a label and rows without a clip.

    Raises:
        CorpusError: the labels file is not there, lacks a column, or names a file twice.
    """
    rows = _rows(source)
    texts = {path.stem: path for path in source.rglob("*.txt") if NAME.fullmatch(path.stem)}
    clips, skipped = [], list(found.skipped)
    for clip in found.clips:
        row = rows.get(clip.path.stem, {})
        if row.get("EmoClass") in EMOTIONS:
            clips.append(_labelled(clip, row, texts.get(clip.path.stem)))
        else:
            skipped.append(_without_emotion(clip, row.get("EmoClass", "")))
    emotions = {stem: EMOTIONS[row["EmoClass"]] for stem, row in rows.items() if row["EmoClass"] in EMOTIONS}
    skipped += [
        Skipped(
            id=f"msp-podcast-{stem}",
            path=f"{stem}.wav",
            reason="missing",
            found=f"{stem}.wav stands in {LABELS_FILE} but not in the folder. Download it again.",
        )
        for stem in sorted(emotions.keys() - {clip.path.stem for clip in found.clips})
    ]
    return replace(
        found, clips=tuple(clips), skipped=tuple(skipped), emotion_counts=Counter(emotions.values())
    )


def _labelled(clip: Clip, row: Mapping[str, str], text: Path | None) -> Clip:
    split_set = row["Split_Set"]
    ratings = {name: float(row[column]) for name, column in RATINGS.items() if NUMBER.fullmatch(row[column])}
    return replace(
        clip,
        emotion=EMOTIONS[row["EmoClass"]],
        speaker=None if row["SpkrID"].lower() in ("", "unknown") else row["SpkrID"],
        gender=GENDERS.get(row["Gender"]),
        part="test" if split_set.startswith("Test") else PARTS.get(split_set),
        facts={"split_set": split_set, **ratings},
        text=None if text is None else " ".join(text.read_text("utf-8", errors="replace").split()) or None,
    )


def _without_emotion(clip: Clip, code: str) -> Skipped:
    if code:
        what = OTHERS.get(code, f"class {code!r}, which is none of {', '.join((*EMOTIONS, *OTHERS))}")
        found = f"{clip.path.name} has {what}. Nothing to do; it has no label to learn."
    else:
        found = f"{clip.path.name} has no label in {LABELS_FILE} (Test3 is withheld). Nothing to do."
    return Skipped(id=clip.id, path=str(clip.path), reason="other-label" if code else "no-label", found=found)


def _rows(source: Path) -> dict[str, Mapping[str, str]]:
    """File stem -> its row of the labels file."""
    table = next(iter(sorted(source.rglob(LABELS_FILE))), None)
    if table is None:
        raise CorpusError(
            f"{source}: no {LABELS_FILE}, which holds the labels. Give the folder above Audios and Labels."
        )
    rows: dict[str, Mapping[str, str]] = {}
    with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, restval="")
        lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if lacking:
            raise CorpusError(f"{table}: column {' and '.join(lacking)} missing. Download it again.")
        for row in reader:
            stem = Path(row["FileName"].strip()).stem
            if stem in rows:
                raise CorpusError(f"{table}, line {reader.line_num}: {stem} occurs twice. Keep one row.")
            rows[stem] = {column: row[column].strip() for column in COLUMNS}
    return rows


CORPUS = Corpus(
    name="msp-podcast",
    title="MSP-Podcast",
    emotion_counts={},
    language="en",
    licence="academic licence on request",
    home="https://www.lab-msp.com/MSP/MSP-Podcast.html",
    name_rule="Audios/MSP-PODCAST_<numbers>.wav",
    clip_of=clip_of,
    add_tables=add_tables,
)
