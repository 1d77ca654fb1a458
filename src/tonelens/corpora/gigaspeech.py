"""GigaSpeech-M with SpeechCraft's labels: what the paper trains on (Chen et al. 2021, arXiv:2106.06909).

Layouts   the original: GigaSpeech.json and audio/podcast/P0001/POD0000000001.opus, recordings of up to hours,
          of which a clip is the part begin_time to end_time. Or GigaSpeech's release in chunks, which
          SpeechCraft names: m_chunks_0000/POD0000000001_S0000008.wav, a file a clip, and where it is there
          m_chunks_0000_metadata.csv (sid, begin_time, end_time, text_tn).
Labels    SpeechCraft's files anywhere below; see `speechcraft`. Emotion, gender, and in cut.custom "caption"
          (the sentence), "age_group", "pitch_label", "volume_label", "speed_label", "emphasis", "topic",
          "recording".
Counts    670 070 clips are published; how many of each emotion the label files say.
Part M    SpeechCraft labels what {M} adds to {S}; segments of it without a label (about 10 000) are listed.
Texts     upper case with <COMMA> and the like: set in small letters with signs, without <MUSIC>, <SIL> ...
Traps     no speakers are given, and a recording may hold several voices.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tonelens.corpora.clips import Clip, Corpus, Found, Skipped
from tonelens.corpora.json_stream import objects_of
from tonelens.corpora.lengths import fitting
from tonelens.corpora.speechcraft import EMOTIONS, METADATA, RECORDINGS, SEGMENT, Label, Labels, read_labels
from tonelens.errors import CorpusError

PUBLISHED = 670_070
"""Labelled clips of GigaSpeech-M, says SpeechCraft."""
WITHOUT_LABEL = "without a label"
RECORDING = re.compile(r"(?:AUD|POD|YOU)\d{10}")
ADDED, ALREADY = "{M}", "{S}"
"""SpeechCraft's segments are in the first subset and not in the second."""
SIGNS = {"<COMMA>": ",", "<PERIOD>": ".", "<QUESTIONMARK>": "?", "<EXCLAMATIONPOINT>": "!"}
FACTS = {
    "age": "age_group",
    "pitch": "pitch_label",
    "volume": "volume_label",
    "speed": "speed_label",
    "emphasis": "emphasis",
    "topic": "topic",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as GigaSpeech describes it."""

    sid: str
    start_s: float
    end_s: float
    tagged: str | None
    """The text as published, in capitals with <COMMA>."""
    recording: str
    """Its id, as POD0000000001."""
    added: bool
    """Whether it is of the part that SpeechCraft labels."""


def clip_of(path: Path) -> Clip | None:
    """A file of one segment, or a whole recording, of which `add_tables` makes its segments."""
    if SEGMENT.fullmatch(path.stem) is None and RECORDING.fullmatch(path.stem) is None:
        return None
    return Clip(id=f"gigaspeech-{path.stem}", path=path, corpus="gigaspeech", emotion="", language="en")


def add_tables(source: Path, found: Found) -> Found:
    """Cut recordings into their labelled segments, add the labels, and list what lacks one or the other.

    Raises:
        CorpusError: no labels, a label of an unknown name, or recordings without GigaSpeech.json.
    """
    labels = read_labels(source)
    files = {clip.path.stem: clip for clip in found.clips}
    recordings = {stem: clip for stem, clip in files.items() if RECORDING.fullmatch(stem)}
    clips: dict[str, Clip] = {}
    missing: dict[str, Skipped] = {}
    named: set[str] = set()
    for segment in _segments(source, bool(recordings)):
        named.add(segment.recording)
        file = files.get(segment.sid) or recordings.get(segment.recording)
        label = labels.of_segment.get(segment.sid)
        if file is None and label is not None:
            why = f"a label and a segment, but no file gives {segment.recording}. Download it."
            missing[segment.sid] = _without(segment.sid, "missing", why)
        elif file is not None and (label is not None or segment.added):
            clips[segment.sid] = _placed(segment, file)
    clips = {sid: clip for sid, clip in files.items() if sid not in recordings} | clips
    unnamed = "a recording that GigaSpeech.json does not name. Left out."
    nowhere = "a label, but neither a file nor a table has this segment. Get its chunk or recording."
    skipped = (
        *found.skipped,
        *missing.values(),
        *(_without(name, "no-label", unnamed) for name in sorted(recordings.keys() - named)),
        *(
            _without(sid, "no-segment", nowhere)
            for sid in sorted(labels.of_segment.keys() - clips.keys() - missing.keys())
        ),
    )
    kept, findings = _labelled(clips, labels)
    return fitting(
        Found(
            clips=kept,
            skipped=(*skipped, *findings),
            notes=(*found.notes, *_notes(kept, labels)),
            emotion_counts=_counts(labels),
        )
    )


def _segments(source: Path, recordings: bool) -> Iterator[Segment]:
    """The segments of GigaSpeech.json and of the tables beside chunks, wherever they lie."""
    table = next(iter(sorted(source.rglob(RECORDINGS))), None)
    if table is None and recordings:
        raise CorpusError(
            f"{source}: no {RECORDINGS}, which says where segments begin and end. Put GigaSpeech's own there."
        )
    for entry in objects_of(table, "audios") if table else ():
        for row in _cells(entry, "segments", table):
            subsets = row.get("subsets") or ()
            yield _segment(row, str(entry.get("aid")), ADDED in subsets and ALREADY not in subsets, table)
    for chunk in sorted(source.rglob(f"*{METADATA}")):
        with chunk.open(encoding="utf-8-sig", newline="") as file:
            for cells in csv.DictReader(file):
                sid = str(cells.get("sid") or cells.get("segment_id"))
                yield _segment({**cells, "sid": sid}, sid.partition("_")[0], True, chunk)


def _cells(entry: Mapping[str, Any], key: str, table: Path | None) -> list[Mapping[str, Any]]:
    found = entry.get(key)
    if not isinstance(found, list):
        raise CorpusError(f"{table}, {entry.get('aid')}: no list {key!r}. Take GigaSpeech's own file.")
    return found


def _segment(row: Mapping[str, Any], recording: str, added: bool, table: Path | None) -> Segment:
    sid = str(row.get("sid"))
    try:
        begin_s, end_s = float(row["begin_time"]), float(row["end_time"])
    except (KeyError, TypeError, ValueError):
        begin_s = end_s = -1.0
    if SEGMENT.fullmatch(sid) is None or not 0 <= begin_s < end_s:
        raise CorpusError(
            f"{table}: segment {sid!r} of {recording} without begin_time and end_time in seconds, or of "
            f"another name. Take GigaSpeech's own file."
        )
    text = row.get("text_tn") or row.get("text")
    return Segment(sid, begin_s, end_s, str(text) if text else None, recording, added)


def plain_text(text: str) -> str | None:
    """`WELL <COMMA> NO <PERIOD>` -> `Well, no.`; None where nothing is said."""
    for tag, sign in SIGNS.items():
        text = re.sub(rf"\s*{tag}", sign, text)
    words = " ".join(re.sub(r"<[A-Z]+>", " ", text).lower().split())
    said = re.sub(r"(?:^|[.?!] )\w", lambda match: match[0].upper(), words)
    return said if re.search(r"\w", said) else None


def _placed(segment: Segment, file: Clip) -> Clip:
    """The segment in its own file, or its part of a recording."""
    whole = SEGMENT.fullmatch(file.path.stem) is not None
    return replace(
        file,
        id=f"gigaspeech-{segment.sid}",
        text=plain_text(segment.tagged) if segment.tagged else None,
        length_s=segment.end_s - segment.start_s,
        start_s=0.0 if whole else segment.start_s,
        end_s=None if whole else segment.end_s,
    )


def _labelled(clips: Mapping[str, Clip], labels: Labels) -> tuple[tuple[Clip, ...], list[Skipped]]:
    """The clips with their labels, and those that have none that can be used."""
    kept: list[Clip] = []
    findings: list[Skipped] = []
    for sid in sorted(clips):
        label = labels.of_segment.get(sid)
        if label is None or not label.emotions:
            findings.append(_without(sid, "no-label", "SpeechCraft gives it no emotion. Left out."))
        elif len(label.emotions) > 1:
            several = " and ".join(sorted(label.emotions))
            findings.append(_without(sid, "contradiction", f"its label files say {several}. Keep one."))
        elif label.emotion not in EMOTIONS:
            what = f"emotion {label.emotion!r} is none of {', '.join(EMOTIONS)}. Correct the label file."
            findings.append(_without(sid, "other-label", what))
        else:
            kept.append(_filled(clips[sid], sid, label))
            if label.doubtful:
                why = f"{', '.join(label.doubtful)}: no word of SpeechCraft's. The clip goes without it."
                findings.append(replace(_without(sid, "label-doubt", why), kept=True))
    return tuple(kept), findings


def _filled(clip: Clip, sid: str, label: Label) -> Clip:
    facts = {ours: label.words[name] for name, ours in FACTS.items() if name in label.words}
    caption = {"caption": label.sentence} if label.sentence else {}
    return replace(
        clip,
        emotion=str(label.emotion),
        gender=label.words.get("gender"),
        text=clip.text or label.words.get("text"),
        facts={**caption, **facts, "recording": sid.partition("_")[0]},
    )


def _counts(labels: Labels) -> dict[str, int]:
    """Clips of each emotion that must be there; labels that are short of the published number count, too."""
    counts = Counter(label.emotion or WITHOUT_LABEL for label in labels.of_segment.values())
    counts[WITHOUT_LABEL] += max(0, PUBLISHED - len(labels.of_segment))
    return dict(+counts)


def _notes(clips: tuple[Clip, ...], labels: Labels) -> Iterator[str]:
    if labels.others:
        yield f"{labels.others} labels of other corpora than GigaSpeech (LibriTTS-R) in the files: not used"
    if len(labels.of_segment) > PUBLISHED:
        yield f"the files label {len(labels.of_segment)} segments, more than the {PUBLISHED} published"
    if wordless := sum("caption" not in (clip.facts or {}) for clip in clips):
        yield f"{wordless} clips without a description: the label files at hand hold none for them"


def _without(sid: str, reason: str, why: str) -> Skipped:
    return Skipped(id=f"gigaspeech-{sid}", path=sid, reason=reason, found=f"{sid}: {why}")


CORPUS = Corpus(
    name="gigaspeech",
    title="GigaSpeech-M with SpeechCraft's labels",
    emotion_counts={},
    language="en",
    licence="GigaSpeech: non-commercial research, by agreement; SpeechCraft's labels: none stated",
    home="https://github.com/SpeechColab/GigaSpeech and https://github.com/thuhcsi/SpeechCraft",
    name_rule="audio/podcast/P0001/POD0000000001.opus or m_chunks_0000/POD0000000001_S0000008.wav",
    clip_of=clip_of,
    add_tables=add_tables,
)
