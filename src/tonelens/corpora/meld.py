"""MELD: dialogues of the TV series Friends, seven emotions (Poria et al. 2019, arXiv:1810.02508).

Layout    train_splits/dia0_utt3.mp4, dev_splits_complete/..., output_repeated_splits_test/...: an utterance
          is a film or a .wav of the same name; train_sent_emo.csv, dev_sent_emo.csv and test_sent_emo.csv lie
          anywhere below. Names repeat in the three parts, so an id ends in its part: meld-dia0_utt3-train.
Parts     9988 train, 1108 dev, 2610 test, as in EmoBox: protocol `official`. EmoBox's one fold is the test.
Facts     in cut.custom: dialogue ("train-0"), utterance (its number there), sentiment, turns_before.
Broken    train dia125_utt3 is corrupt and dev dia110_utt7 is nowhere (declare-lab/MELD#39, #27): in no count.
          test dia38_utt4 and dia220_utt0 run for minutes that are not theirs (#20): counted, but unusable.
Traps     308 clips are under 0.4 s; films without a row (dev dia66_utt9, final_videos_test...); \\x92 for
          apostrophes; "All" or "Woman" counts as one speaker, whoever it was; an audience laughs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tonelens.corpora.checks import Progress
from tonelens.corpora.clips import Clip, Corpus, Found, Skipped, audio_files
from tonelens.corpora.dialogues import Placed, Turn, with_turns_before
from tonelens.corpora.films import convert
from tonelens.corpora.lengths import fitting
from tonelens.corpora.mending import read_mended
from tonelens.emotions import canonical
from tonelens.errors import CorpusError
from tonelens.storage import write_bytes

PART_OF_FOLDER = {
    "train_splits": "train",
    "dev_splits_complete": "dev",
    "output_repeated_splits_test": "test",
}
NAME = re.compile(r"dia\d+_utt\d+")
TIME = re.compile(r"(\d+):(\d+):(\d+(?:[.,]\d+)?)")
COLUMNS = ("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID")
TIMES = ("StartTime", "EndTime")
EMOTIONS = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SENTIMENTS = {
    "neutral": {"neutral"},
    "happiness": {"positive"},
    "surprise": {"positive", "negative"},
    "anger": {"negative"},
    "sadness": {"negative"},
    "disgust": {"negative"},
    "fear": {"negative"},
}
GENDERS = dict.fromkeys(("Chandler", "Joey", "Ross"), "male")
GENDERS |= dict.fromkeys(("Monica", "Phoebe", "Rachel"), "female")
BROKEN = {
    "meld-dia125_utt3-train": "its film is corrupt as published (declare-lab/MELD#39)",
    "meld-dia110_utt7-dev": "its film was never published (declare-lab/MELD#27)",
}
MISCUT = {"meld-dia38_utt4-test": "happiness", "meld-dia220_utt0-test": "disgust"}


@dataclass(frozen=True, slots=True)
class Row:
    """One utterance of a table."""

    name: str
    """dia0_utt3"""
    part: str
    cells: Mapping[str, str]
    """By column, trimmed."""

    @property
    def id(self) -> str:
        """The id of its clip."""
        return f"meld-{self.name}-{self.part}"

    @property
    def emotion(self) -> str:
        """One of the seven, in our words."""
        return canonical(self.cells["Emotion"])

    @property
    def length_s(self) -> float | None:
        """From the times of the subtitles; None where they are wrong or cannot be read."""
        times = [TIME.fullmatch(self.cells[name]) for name in TIMES]
        if self.id in MISCUT or None in times:
            return None
        start_s, end_s = (
            int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3].replace(",", "."))
            for match in times
            if match
        )
        return end_s - start_s

    @property
    def speaker(self) -> str:
        """As the series names the person."""
        return self.cells["Speaker"].replace("’", "'")

    @property
    def dialogue(self) -> str:
        """Numbers repeat in the three parts: train-0."""
        return f"{self.part}-{self.cells['Dialogue_ID']}"

    def placed(self) -> Placed:
        """Its words, where they stand in the dialogue."""
        turn = Turn(self.id, self.speaker, self.cells["Utterance"])
        return Placed(self.dialogue, int(self.cells["Utterance_ID"]), turn)

    def fill(self, clip: Clip) -> Clip:
        """`clip` with what the table says."""
        return replace(
            clip,
            emotion=self.emotion,
            speaker=self.speaker,
            gender=GENDERS.get(self.speaker),
            text=self.cells["Utterance"],
            length_s=self.length_s,
            facts={
                "dialogue": self.dialogue,
                "utterance": int(self.cells["Utterance_ID"]),
                "sentiment": self.cells["Sentiment"].lower(),
            },
        )


def clip_of(path: Path) -> Clip | None:
    """The clip a file name and its folder stand for, still without label, speaker and text."""
    part = PART_OF_FOLDER.get(path.parent.name)
    if part is None or NAME.fullmatch(path.stem) is None:
        return None
    return Clip(
        id=f"meld-{path.stem}-{part}",
        path=path,
        corpus="meld",
        emotion="",
        language="en",
        test_fold=1 if part == "test" else None,
        part=part,
    )


def add_tables(source: Path, found: Found) -> Found:
    """Add what the three tables say, and list rows without a file, files without a row, and known faults.

    Raises:
        CorpusError: a table is not there, lacks a column, or has a label that MELD has not.
    """
    rows = {row.id: row for part in PART_OF_FOLDER.values() for row in _rows(_table(source, part), part)}
    there = {clip.id: clip for clip in found.clips}
    clips, skipped = [], list(found.skipped)
    for name in sorted(rows.keys() | there.keys()):
        row, clip = rows.get(name), there.get(name)
        finding = _finding(name, row, clip)
        if finding is not None:
            skipped.append(finding)
        if row is not None and clip is not None and (finding is None or finding.kept):
            clips.append(row.fill(clip))
    said = with_turns_before(clips, (row.placed() for row in rows.values()))
    return fitting(replace(found, clips=said, skipped=tuple(skipped)))


def sound_of(source: Path, out: Path, progress: Progress | None) -> Path:
    """`source` where it holds audio; else `out`/audio, with the sound of its films and its tables.

    Raises:
        CorpusError: a table is not there, or there is no ffmpeg.
        StorageError: a file cannot be written.
    """
    films = [path for path in sorted(source.rglob("*.mp4")) if clip_of(path) is not None]
    if not films or audio_files(source):
        return source
    target = out / "audio"
    tables = [_table(source, part) for part in PART_OF_FOLDER.values()]
    wavs = {film: target / film.parent.name / f"{film.stem}.wav" for film in films}
    convert(wavs, source, progress)
    for table in tables:
        write_bytes(target / table.name, table.read_bytes())
    return target


def _finding(name: str, row: Row | None, clip: Clip | None) -> Skipped | None:
    """What is to be said about an id of the tables or the folders; None where both agree."""
    kept = False
    if name in BROKEN:
        reason, why = "broken", f"{BROKEN[name]}. Left out, as in every count of MELD."
    elif row is None:
        reason, why = "no-label", "a file without a row in MELD's tables, so without a label. Left out."
    elif clip is None:
        reason, why = (
            "missing",
            "a row of the table, but no file gives its sound. Unpack or convert it again.",
        )
    elif row.cells["Sentiment"].lower() not in SENTIMENTS[row.emotion]:
        what = f"{row.cells['Emotion']} with the sentiment {row.cells['Sentiment']}"
        reason, why = "contradiction", f"its row says {what}. Take MELD's own table."
    elif name in MISCUT:
        reason, kept = "mis-cut", True
        why = "published with minutes of sound that are not its own (declare-lab/MELD#20). Cut it anew."
    else:
        return None
    path = name if clip is None else str(clip.path)
    return Skipped(id=name, path=path, reason=reason, found=f"{name}: {why}", kept=kept)


def _table(source: Path, part: str) -> Path:
    name = f"{part}_sent_emo.csv"
    table = next(iter(sorted(source.rglob(name))), None)
    if table is None:
        raise CorpusError(f"{source}: no {name}, which holds labels and texts. Put MELD's tables there.")
    return table


def _rows(table: Path, part: str) -> list[Row]:
    """The rows of one table.

    Raises:
        CorpusError: it lacks a column, or has a label that MELD has not.
    """
    reader = csv.DictReader(io.StringIO(read_mended(table), newline=""))
    lacking = [name for name in (*COLUMNS, *TIMES) if name not in (reader.fieldnames or ())]
    if lacking:
        raise CorpusError(f"{table}: column {' and '.join(lacking)} missing. Take MELD's own table.")
    rows = []
    for values in reader:
        cells = {name: (values[name] or "").strip() for name in (*COLUMNS, *TIMES)}
        if cells["Emotion"].lower() not in EMOTIONS or not cells["Utterance_ID"].isdigit():
            raise CorpusError(
                f"{table}, line {reader.line_num}: emotion {cells['Emotion']!r} of utterance "
                f"{cells['Utterance_ID']!r}; emotions are {', '.join(EMOTIONS)}. Take MELD's own table."
            )
        rows.append(Row(f"dia{cells['Dialogue_ID']}_utt{cells['Utterance_ID']}", part, cells))
    return rows


CORPUS = Corpus(
    name="meld",
    title="MELD",
    emotion_counts={
        "neutral": 6434,
        "happiness": 2308,
        "surprise": 1636,
        "anger": 1607,
        "sadness": 1002,
        "disgust": 361,
        "fear": 358,
    },
    language="en",
    licence="GPL-3.0 by its authors; the films are of a TV series",
    home="https://github.com/declare-lab/MELD",
    name_rule="train_splits (dev_splits_complete, output_repeated_splits_test)/diaD_uttU.wav",
    clip_of=clip_of,
    add_tables=add_tables,
    known_defects={**BROKEN, **dict.fromkeys(MISCUT, "minutes of sound not its own (declare-lab/MELD#20)")},
    unusable=MISCUT,
    sound_of=sound_of,
)
