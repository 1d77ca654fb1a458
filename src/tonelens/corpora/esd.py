"""ESD: 10 Mandarin and 10 English speakers, 5 emotions, 350 parallel sentences (Zhou et al. 2021).

Layout    0001/Angry/0001_000351.wav (in some copies below train, test or evaluation) and 0001/0001.txt
          with id, text and emotion, parted by tabs. Speakers 0001 to 0010 speak Mandarin.
Number    says the emotion: 1 to 350 neutral, then anger, happiness, sadness, surprise. A file in the
          folder of another emotion follows no rule and is listed as wrong-name.
Folds     EmoBox's five folds leave four speakers out each.
Traps     the lists come in GB2312, UTF-16, UTF-8 and Latin-1, told apart by their bytes; some lines have
          blanks for tabs, and some copies have no lists. The train, test and evaluation folders of the
          authors share voices and are not read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found, few_of
from tonelens.emotions import canonical

EMOTIONS = ("neutral", "anger", "happiness", "sadness", "surprise")
"""In the order of the numbers."""
UTTERANCES = 350
"""Of each speaker in each emotion."""
MEN = frozenset({4, 5, 6, 8, 10, 11, 12, 13, 14, 20})
MANDARIN = range(1, 11)
SPEAKERS_OF_FOLD = {
    1: (5, 11, 16, 18),
    2: (12, 14, 15, 19),
    3: (3, 4, 6, 9),
    4: (7, 8, 13, 20),
    5: (1, 2, 10, 17),
}
FOLD_OF_SPEAKER = {speaker: fold for fold, speakers in SPEAKERS_OF_FOLD.items() for speaker in speakers}
NAME = re.compile(r"(00(?:0[1-9]|1\d|20))_(\d{6})")
LINE = re.compile(r"\ufeff?(\d{4}_\d{6})\s+(.+)")
EMOTION_WORDS = "neutral|angry|happy|sad|surprise|中立|生气|快乐|伤心|惊喜|惊讶"
LAST_WORD = re.compile(rf"\s(?:{EMOTION_WORDS})\s*$", re.IGNORECASE)


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for, still without its text."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, number = int(match[1]), int(match[2])
    if not 1 <= number <= UTTERANCES * len(EMOTIONS):
        return None
    emotion = EMOTIONS[(number - 1) // UTTERANCES]
    folders = {canonical(folder.name) for folder in (path.parent, path.parent.parent)} & set(EMOTIONS)
    if folders and emotion not in folders:
        return None
    return Clip(
        id=f"esd-{path.stem}",
        path=path,
        corpus="esd",
        emotion=emotion,
        speaker=match[1],
        gender="male" if speaker in MEN else "female",
        language="zh" if speaker in MANDARIN else "en",
        test_fold=FOLD_OF_SPEAKER[speaker],
    )


def add_tables(source: Path, found: Found) -> Found:
    """Add the texts of the speakers' lists; a note says which speakers' texts are not there."""
    texts: dict[str, str] = {}
    for path in sorted(source.rglob("00[0-2][0-9].txt")):
        texts |= texts_of(decoded(path.read_bytes(), mandarin=int(path.stem) in MANDARIN))
    clips = tuple(replace(clip, text=texts.get(clip.path.stem)) for clip in found.clips)
    bare = [clip for clip in clips if clip.text is None]
    if not bare:
        return replace(found, clips=clips)
    speakers = few_of(sorted({str(clip.speaker) for clip in bare}))
    note = f"no text for {len(bare)} clips (speakers {speakers}): it is not in their lists, as 0001/0001.txt"
    return replace(found, clips=clips, notes=(*found.notes, note))


def decoded(content: bytes, *, mandarin: bool) -> str:
    """The text of a list, whatever its encoding; what cannot be read becomes U+FFFD."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:2]:  # every line begins with digits: one byte of the first two is 0
        return content.decode("utf-16-be" if content[0] == 0 else "utf-16-le", errors="replace")
    for encoding in ("utf-8-sig", "gb2312", "gb18030" if mandarin else "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("gb18030" if mandarin else "cp1252", errors="replace")


def texts_of(content: str) -> dict[str, str]:
    """File stem -> text; a line without tabs may still end in the emotion."""
    texts = {}
    for line in content.splitlines():
        match = LINE.match(line)
        if match is not None:
            text = match[2].split("\t")[0].strip()
            texts[match[1]] = LAST_WORD.sub("", f" {text}").strip() if "\t" not in match[2] else text
    return {stem: text for stem, text in texts.items() if text}


def sentence_of(clip: Clip) -> str:
    """`zh001` to `zh350` and `en001` to `en350`: the same for every speaker and emotion of a language."""
    number = int(clip.id.rpartition("_")[2])
    return f"{clip.language}{(number - 1) % UTTERANCES + 1:03d}"


def missing(ids: Collection[str]) -> list[str]:
    """Ids of the grid that are not among `ids`."""
    there = set(ids)
    grid = (
        f"esd-{speaker:04d}_{number:06d}"
        for speaker in sorted(FOLD_OF_SPEAKER)
        for number in range(1, UTTERANCES * len(EMOTIONS) + 1)
    )
    return [name for name in grid if name not in there]


CORPUS = Corpus(
    name="esd",
    title="ESD",
    emotion_counts=dict.fromkeys(EMOTIONS, UTTERANCES * len(FOLD_OF_SPEAKER)),
    language="zh, en",
    licence="research only",
    home="https://github.com/HLTSingapore/Emotional-Speech-Data",
    name_rule="<speaker>/<Emotion>/<speaker>_<six digits>.wav, where the number says the emotion too",
    clip_of=clip_of,
    add_tables=add_tables,
    missing=missing,
    sentence_of=sentence_of,
)
