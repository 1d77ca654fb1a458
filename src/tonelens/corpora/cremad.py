"""CREMA-D: 91 American actors, 6 emotions, 12 sentences, votes of listeners (Cao et al. 2014).

Layout    AudioWAV/1001_DFA_ANG_XX.wav (actor, sentence, emotion, level) and beside it, where they were
          downloaded, VideoDemographics.csv (gender, age), SentenceFilenames.csv (every clip) and the
          votes: processedResults/tabulatedVotes.csv, else finishedResponses.csv.
Label     the emotion that was acted, as in EmoBox. Votes become `emotion_shares`: only those of people
          who heard the voice alone count (query type 1: rows 1xxxxx of tabulatedVotes, which leaves out
          answers that took over 10 s; finishedResponses still holds them).
Folds     EmoBox's single fold mixes all 91 actors in both parts, so it needs its list.
Traps     listeners disagree with the actor on half of the clips. 1076_MTI_SAD_XX.wav holds zeros only.
          One file is misnamed in some copies: 1040_ITH_SAD_X.wav. A download without Git LFS holds
          small text files under the names of the recordings: they are listed as unreadable.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.errors import CorpusError

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
VOTES = {code[0]: emotion for code, emotion in EMOTIONS.items()}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}
SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
NAME = re.compile(
    rf"(10(?:0[1-9]|[1-8]\d|9[01]))_({'|'.join(SENTENCES)})_({'|'.join(EMOTIONS)})_({'|'.join(LEVELS)}|XX?)"
)
VOICE_ONLY = "1"
"""The query type of those who heard the voice and saw no face."""


def clip_of(path: Path) -> Clip | None:
    """The clip a file name stands for, still without what stands in tables."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    actor, sentence, emotion, level = match.groups()
    return Clip(
        id=f"cremad-{actor}_{sentence}_{emotion}_{'XX' if level == 'X' else level}",
        path=path,
        corpus="cremad",
        emotion=EMOTIONS[emotion],
        speaker=actor,
        language="en",
        text=SENTENCES[sentence],
        intensity=LEVELS.get(level),
    )


def add_tables(source: Path, found: Found) -> Found:
    """Add gender, age and votes, and list the clips without a file, from those tables that are there.

    Raises:
        CorpusError: a table lacks a column or holds something else than its authors wrote.
    """
    actors = {row["ActorID"]: row for row in _rows(source, "VideoDemographics.csv", "ActorID", "Age", "Sex")}
    votes = _votes(source)
    clips = tuple(
        replace(
            clip,
            gender=_gender(actors.get(str(clip.speaker))),
            age_years=_age_years(actors.get(str(clip.speaker))),
            emotion_shares=_shares(votes.get(clip.id)),
        )
        for clip in found.clips
    )
    there = {clip.id for clip in clips}
    every = [f"cremad-{row['Filename']}" for row in _rows(source, "SentenceFilenames.csv", "Filename")]
    absent = tuple(
        Skipped(
            id=name,
            path=f"{name.removeprefix('cremad-')}.wav",
            reason="missing",
            found=f"{name} stands in SentenceFilenames.csv but not in the folder. Download it again.",
        )
        for name in every
        if name not in there
    )
    return replace(
        found, clips=clips, skipped=found.skipped + absent, notes=found.notes + _notes(clips, bool(actors))
    )


def _rows(source: Path, name: str, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a table below `source`; none where it is not there."""
    table = next(iter(sorted(source.rglob(name))), None)
    if table is None:
        return
    with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file, restval="")
        lacking = [column for column in columns if column not in (rows.fieldnames or ())]
        if lacking:
            raise CorpusError(f"{table}: column {' and '.join(lacking)} missing. Download it again.")
        yield from rows


def _votes(source: Path) -> dict[str, Counter[str]]:
    """Clip id -> emotion -> how many listeners named it."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in _rows(source, "tabulatedVotes.csv", "", "fileName", *VOTES):
        if len(row[""]) == 6 and row[""].startswith(VOICE_ONLY):
            try:
                votes[f"cremad-{row['fileName']}"] = Counter({VOTES[key]: int(row[key]) for key in VOTES})
            except ValueError:
                raise CorpusError(
                    f"tabulatedVotes.csv, {row['fileName']}: a vote is no whole number. Download it again."
                ) from None
    if votes:
        return votes
    for row in _rows(source, "finishedResponses.csv", "queryType", "clipName", "respEmo"):
        if row["queryType"] == VOICE_ONLY and row["respEmo"] in VOTES:
            votes[f"cremad-{row['clipName']}"][VOTES[row["respEmo"]]] += 1
    return votes


def _shares(counts: Mapping[str, int] | None) -> dict[str, float] | None:
    if counts is None or not sum(counts.values()):
        return None
    return {emotion: count / sum(counts.values()) for emotion, count in counts.items() if count}


def _gender(actor: Mapping[str, str] | None) -> str | None:
    return {"Male": "male", "Female": "female"}.get(actor["Sex"]) if actor else None


def _age_years(actor: Mapping[str, str] | None) -> int | None:
    return int(actor["Age"]) if actor and actor["Age"].isdigit() else None


def _notes(clips: tuple[Clip, ...], demographics: bool) -> tuple[str, ...]:
    """How often the crowd hears something else than was acted, and which tables are not there."""
    notes = [] if demographics else ["gender and age unknown: no VideoDemographics.csv in the folder"]
    asked = [(clip.emotion, clip.emotion_shares) for clip in clips if clip.emotion_shares]
    if not asked:
        return (*notes, "votes unknown: no tabulatedVotes.csv and no finishedResponses.csv in the folder")
    first = [
        (acted, {name for name, share in shares.items() if share == max(shares.values())})
        for acted, shares in asked
    ]
    differ = sum(acted not in names for acted, names in first)
    tied = sum(acted in names and len(names) > 1 for acted, names in first)
    note = (
        f"labels are what was acted: on {differ} of {len(asked)} clips the listeners' first choice is "
        f"another emotion, on {tied} more it is tied with another"
    )
    return (*notes, note)


CORPUS = Corpus(
    name="cremad",
    title="CREMA-D",
    emotion_counts={emotion: 1087 if emotion == "neutral" else 1271 for emotion in EMOTIONS.values()},
    language="en",
    licence="ODbL 1.0, contents DbCL 1.0",
    home="https://github.com/CheyneyComputerScience/CREMA-D",
    name_rule="AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav, as 1001_DFA_ANG_XX.wav",
    clip_of=clip_of,
    add_tables=add_tables,
    unusable={"cremad-1076_MTI_SAD_XX": "sadness"},
    known_defects={"cremad-1076_MTI_SAD_XX": "no sound, says the README of the corpus"},
)
