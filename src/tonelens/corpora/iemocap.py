"""IEMOCAP: ten actors talk in pairs, five sessions, improvised and scripted (Busso et al. 2008).

Layout    Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M003.wav is one turn: session 1; the woman has
          the markers (she need not speak); the dialogue; M003 is the man's turn, so the speaker is Ses01M.
          Labels: Session1/dialog/EmoEvaluation/<dialogue>.txt, lines `[6.2901 - 8.2357]<tab>turn<tab>neu<tab>
          [v, a, d]` (seconds in the dialogue; valence, activation, dominance from 1 to 5), under each the
          judges (`C-E2: Neutral; ()`) and the actors on themselves (`C-F1: ...`).
          Texts: Session1/dialog/transcriptions/<dialogue>.txt.
Labels    of 10039 turns 2507 have no majority (`xxx`) and 152 a rare label. `iemocap`: four classes, excited
          counts as happiness, 5531 clips (EmoBox, most papers); `iemocap-5`: these and frustration, 7380;
          `iemocap-6`: excitement is a class of its own, 7380 (Majumder et al. 2019, arXiv:1811.00405).
Folds     EmoBox's five: the session is the fold that tests it. Its two speakers stand in no other session.
Traps     `._x.wav` and `._x.txt` of macOS; subfolders of EmoEvaluation with files of one judge each;
          transcription lines that are no turns (`M: [LAUGHTER]`); dialog/wav holds whole dialogues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.corpora.dialogues import Placed, with_turns_before
from tonelens.corpora.dialogues import Turn as Words
from tonelens.corpora.lengths import fitting
from tonelens.corpora.mending import read_mended
from tonelens.errors import CorpusError

DIALOGUE = re.compile(r"Ses0[1-5][FM]_(?:impro|script)\d\d\w*")
NAME = re.compile(r"((Ses0([1-5]))[FM]_(?:impro|script)\d\d\w*)_([FM])\d{3}")
TURN = re.compile(r"\[([\d.]+) - ([\d.]+)\]\s+(Ses\w+)\s+(\w+)\s+\[([\d.]+), ([\d.]+), ([\d.]+)\]")
TEXT = re.compile(r"(Ses\w+) \[[^]]*\]:\s*(.+)")
GENDERS = {"F": "female", "M": "male"}
FOUR = {"neu": "neutral", "hap": "happiness", "exc": "happiness", "sad": "sadness", "ang": "anger"}
FIVE = {**FOUR, "fru": "frustration"}
SIX = {**FIVE, "exc": "excitement"}
COUNTS = {"neu": 1708, "hap": 595, "exc": 1041, "sad": 1084, "ang": 1103, "fru": 1849}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a dialogue, as EmoEvaluation has it."""

    label: str
    """Three letters: the majority of the judges, or `xxx`."""
    start_s: float
    end_s: float
    valence: float
    arousal: float
    dominance: float
    heard: tuple[str, ...]
    """What each judge heard, as written: `Neutral; Frustration;`."""
    table: Path


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for, still without its label and text."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    _, session, number, gender = match.groups()
    return Clip(
        id=f"iemocap-{path.stem}",
        path=path,
        corpus="iemocap",
        emotion="",
        speaker=f"{session}{gender}",
        gender=GENDERS[gender],
        language="en",
        test_fold=int(number),
    )


def add_tables(emotions: Mapping[str, str], source: Path, found: Found) -> Found:
    """Add labels and texts, and list turns without a file, files without a turn, and other labels.

    Args:
        emotions: EmoEvaluation's label -> the class it counts as; turns of other labels are left out.
        source: the folder that holds the sessions.
        found: the files that are named like turns.

    Raises:
        CorpusError: there are no evaluations.
    """
    turns, texts = _turns(source), _texts(source)
    clips, others = [], []
    skipped = [item for item in found.skipped if not _is_dialogue(Path(item.path))]
    there = {clip.path.stem: clip for clip in found.clips}
    for name in sorted(turns.keys() | there.keys()):
        clip, turn = there.get(name), turns.get(name)
        if turn is not None and clip is not None and turn.label in emotions:
            clips.append(_labelled(clip, turn, emotions[turn.label], texts.get(name)))
            if turn.heard and not any(heard.lower().startswith(turn.label) for heard in _words(turn)):
                skipped.append(_finding(name, clip.path, "label-doubt", _doubt(turn), kept=True))
        elif turn is None and clip is not None:
            why = (
                "a file without a turn in dialog/EmoEvaluation, so without a label. Unpack the release again."
            )
            skipped.append(_finding(name, clip.path, "no-label", why))
        elif turn is not None and turn.label not in emotions:
            why = f"labelled {turn.label!r}; the labels read here are {', '.join(emotions)}."
            others.append(_finding(name, clip.path if clip else turn.table, "other-label", why))
        elif turn is not None:
            why = f"a turn of {turn.table.name}, but no file in sentences/wav. Unpack the release again."
            skipped.append(_finding(name, Path(f"{name}.wav"), "missing", why))
    said = with_turns_before(clips, _placed(turns, texts))
    fitted = fitting(replace(found, clips=said, skipped=tuple(skipped)))
    return replace(fitted, skipped=(*fitted.skipped, *others))  # thousands: after what is to be mended


def _labelled(clip: Clip, turn: Turn, emotion: str, text: str | None) -> Clip:
    return replace(
        clip,
        emotion=emotion,
        text=text,
        length_s=turn.end_s - turn.start_s,
        facts={
            "dialogue": clip.path.stem.rpartition("_")[0],
            "dialogue_start_s": turn.start_s,
            "valence": turn.valence,
            "arousal": turn.arousal,
            "dominance": turn.dominance,
        },
    )


def _placed(turns: Mapping[str, Turn], texts: Mapping[str, str]) -> Iterator[Placed]:
    """Every turn's words, whatever its label; who speaks first in a dialogue is A."""
    first: dict[str, str] = {}
    for name, turn in sorted(turns.items(), key=lambda item: (item[1].start_s, item[0])):
        dialogue, _, number = name.rpartition("_")
        letter = "A" if first.setdefault(dialogue, number[0]) == number[0] else "B"
        yield Placed(dialogue, turn.start_s, Words(f"iemocap-{name}", letter, texts.get(name, "")))


def _finding(name: str, path: Path, reason: str, why: str, *, kept: bool = False) -> Skipped:
    return Skipped(id=f"iemocap-{name}", path=str(path), reason=reason, found=f"{name}: {why}", kept=kept)


def _doubt(turn: Turn) -> str:
    return (
        f"labelled {turn.label!r}, but its judges heard {', '.join(_words(turn))}. Kept; compare "
        f"{turn.table.name} with a fresh copy of the release."
    )


def _words(turn: Turn) -> list[str]:
    return [word.strip() for heard in turn.heard for word in heard.split(";") if word.strip()]


def _is_dialogue(path: Path) -> bool:
    """Whether a file is one of dialog/wav: a whole dialogue, whose turns lie in sentences/wav."""
    return path.parent.parent.name == "dialog" and DIALOGUE.fullmatch(path.stem) is not None


def _turns(source: Path) -> dict[str, Turn]:
    """Name of the turn -> what EmoEvaluation says of it."""
    turns: dict[str, Turn] = {}
    for table in _tables(source, "EmoEvaluation"):
        for block in re.split(r"\n(?=\[)", read_mended(table)):
            match = TURN.match(block)
            if match is None:
                continue
            start, end, name, label, *ratings = match.groups()
            heard = re.findall(r"^C-E\d+:\s*([^(\n]*)", block, re.MULTILINE)
            valence, arousal, dominance = map(float, ratings)
            turns[name] = Turn(
                label, float(start), float(end), valence, arousal, dominance, tuple(heard), table
            )
    if not turns:
        raise CorpusError(
            f"{source}: no turn in dialog/EmoEvaluation/*.txt, which holds the labels. Give the folder that "
            f"contains Session1 to Session5."
        )
    return turns


def _texts(source: Path) -> dict[str, str]:
    """Name of the turn -> what is said."""
    lines = [line for table in _tables(source, "transcriptions") for line in read_mended(table).splitlines()]
    return {match[1]: match[2].strip() for line in lines if (match := TEXT.match(line))}


def _tables(source: Path, folder: str) -> list[Path]:
    return sorted(path for path in source.rglob(f"{folder}/*.txt") if not path.name.startswith("."))


def _counts(emotions: Mapping[str, str]) -> dict[str, int]:
    counts = dict.fromkeys(emotions.values(), 0)
    for label, emotion in emotions.items():
        counts[emotion] += COUNTS[label]
    return counts


def _corpus(name: str, title: str, emotions: Mapping[str, str]) -> Corpus:
    return Corpus(
        name=name,
        title=title,
        emotion_counts=_counts(emotions),
        language="en",
        licence="research only, by agreement with its authors",
        home="https://sail.usc.edu/iemocap/",
        name_rule="SessionN/sentences/wav/<dialogue>/<dialogue>_<F or M><turn>.wav",
        clip_of=clip_of,
        add_tables=partial(add_tables, emotions),
    )


CORPUS = _corpus("iemocap", "IEMOCAP (4 classes)", FOUR)
FIVE_CLASSES = _corpus("iemocap-5", "IEMOCAP (5 classes)", FIVE)
SIX_CLASSES = _corpus("iemocap-6", "IEMOCAP (6 classes)", SIX)
