"""Cuts: the one form in which speech travels through Tonelens, and typed access to what they carry.

A clip is a Lhotse MonoCut with one supervision:

    cut.id                    "<corpus>-<stem>"
    cut.recording             the file, absolute path; cut.start and cut.duration (s) select the part
    supervision               speaker "<corpus>-<speaker>", gender, language, text, custom {"emotion"}
    cut.custom                {"corpus", "test_fold", "intensity", "sha256", "duplicate_of"}; where known also
                              "age_years" and "emotion_shares" (what listeners voted), "part" of a published
                              split, "caption" (the corpus's sentence about the voice), and the corpus's own
                              facts (IEMOCAP's ratings, MELD's dialogue ...)

A cuts file is gzipped JSON lines sorted by id, the same bytes for the same clips.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lhotse import AudioSource, CutSet, MonoCut, Recording, SupervisionSegment

from tonelens import audio
from tonelens.corpora.checks import Checked
from tonelens.errors import CorpusError


def cut_of(checked: Checked) -> MonoCut:
    """The cut of a checked clip."""
    clip = checked.clip
    recording = Recording(
        id=clip.id,
        sources=[AudioSource("file", list(range(checked.channels)), str(clip.path.absolute()))],
        sampling_rate=checked.sample_rate,
        num_samples=checked.frames,
        duration=checked.frames / checked.sample_rate,
        channel_ids=list(range(checked.channels)),
    )
    end_s = recording.duration if clip.end_s is None else min(clip.end_s, recording.duration)
    duration_s = round(end_s - clip.start_s, 8)  # as many digits as Lhotse compares
    supervision = SupervisionSegment(
        id=clip.id,
        recording_id=clip.id,
        start=0.0,
        duration=duration_s,
        text=clip.text,
        language=clip.language,
        speaker=None if clip.speaker is None else f"{clip.corpus}-{clip.speaker}",
        gender=clip.gender,
        custom={"emotion": clip.emotion},
    )
    return MonoCut(
        id=clip.id,
        start=clip.start_s,
        duration=duration_s,
        channel=0,
        supervisions=[supervision],
        recording=recording,
        custom={
            "corpus": clip.corpus,
            "test_fold": clip.test_fold,
            "intensity": clip.intensity,
            "sha256": checked.sha256,
            "duplicate_of": checked.duplicate_of,
            **({} if clip.age_years is None else {"age_years": clip.age_years}),
            **({} if clip.emotion_shares is None else {"emotion_shares": dict(clip.emotion_shares)}),
            **({} if clip.part is None else {"part": clip.part}),
            **(clip.facts or {}),
        },
    )


def cuts_bytes(cuts: Iterable[MonoCut]) -> bytes:
    """The content of a cuts file: the same cuts give the same bytes (no time stamp, no file name)."""
    lines = "".join(json.dumps(cut.to_dict(), ensure_ascii=False) + "\n" for cut in cuts)
    return gzip.compress(lines.encode("utf-8"), compresslevel=6, mtime=0)


def read_cuts(path: Path) -> CutSet:
    """Read a cuts file, or the cuts.jsonl.gz of a folder that `tonelens prepare` wrote.

    Raises:
        CorpusError: it is missing, torn, or no cuts file.
    """
    file = path / "cuts.jsonl.gz" if path.is_dir() else path
    way_out = "Write it with `tonelens prepare`."
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    except FileNotFoundError:
        raise CorpusError(f"{file}: no such cuts file. {way_out}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise CorpusError(f"{file}: the file is torn (its end is missing or damaged). {way_out}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{file}: cannot be read as cuts ({error}). {way_out}") from None
    cuts = [_parse(line, file, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not cuts:
        raise CorpusError(f"{file}: holds no cuts. {way_out}")
    twice = len(cuts) - len({cut.id for cut in cuts})
    if twice:
        raise CorpusError(f"{file}: {twice} cut ids occur twice; an id must be unique. {way_out}")
    return CutSet.from_cuts(cuts)


def _parse(line: str, file: Path, number: int) -> MonoCut:
    try:
        cut = MonoCut.from_dict({key: value for key, value in json.loads(line).items() if key != "type"})
        emotion_of(cut), corpus_of(cut), path_of(cut)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise CorpusError(
            f"{file}, line {number}: not a cut of one clip ({type(error).__name__}: {error}). "
            f"Write the file with `tonelens prepare`."
        ) from None
    return cut


def _supervision(cut: MonoCut) -> Any:
    if len(cut.supervisions) != 1:
        raise ValueError(f"{cut.id} has {len(cut.supervisions)} supervisions, must be 1")
    return cut.supervisions[0]


def emotion_of(cut: MonoCut) -> str:
    """The emotion label."""
    return str(_supervision(cut).custom["emotion"])


def speaker_of(cut: MonoCut) -> str | None:
    """`<corpus>-<speaker>`, or None where nobody knows."""
    speaker: str | None = _supervision(cut).speaker
    return speaker


def gender_of(cut: MonoCut) -> str | None:
    """`male`, `female` or None."""
    gender: str | None = _supervision(cut).gender
    return gender


def text_of(cut: MonoCut) -> str | None:
    """What is said, or None."""
    text: str | None = _supervision(cut).text
    return text


def language_of(cut: MonoCut) -> str | None:
    """ISO code, or None."""
    language: str | None = _supervision(cut).language
    return language


def corpus_of(cut: MonoCut) -> str:
    """Name of the corpus."""
    return str(cut.custom["corpus"])


def fold_of(cut: MonoCut) -> int | None:
    """The EmoBox fold that tests this clip, or None."""
    fold: int | None = cut.custom.get("test_fold")
    return fold


def part_of(cut: MonoCut) -> str | None:
    """`train`, `dev` or `test` where the authors publish a split, else None."""
    part: str | None = (cut.custom or {}).get("part")
    return part


def age_of(cut: MonoCut) -> int | None:
    """Age of the speaker in years, or None."""
    years: int | None = (cut.custom or {}).get("age_years")
    return years


def emotion_shares_of(cut: MonoCut) -> dict[str, float] | None:
    """Label -> share of the listeners' votes (labels without a vote are absent), or None."""
    shares: dict[str, float] | None = (cut.custom or {}).get("emotion_shares")
    return shares


def caption_of(cut: MonoCut) -> str | None:
    """What the corpus says of the voice in a sentence, or None."""
    caption: str | None = (cut.custom or {}).get("caption")
    return caption


def duplicate_of(cut: MonoCut) -> str | None:
    """Id of the first cut with the same sound, or None."""
    first: str | None = (cut.custom or {}).get("duplicate_of")
    return first


def path_of(cut: MonoCut) -> Path:
    """The audio file."""
    return Path(cut.recording.sources[0].source)


def load_audio(cut: MonoCut) -> audio.Audio:
    """The clip's sound: mono, 16 kHz, checked.

    Raises:
        AudioError: as `tonelens.audio.load`.
    """
    whole = cut.start == 0 and cut.duration >= cut.recording.duration - 1e-6
    return audio.load(
        path_of(cut), start_s=cut.start, end_s=None if whole else cut.start + cut.duration, name=cut.id
    )
