"""What a corpus is to Tonelens: clips on disk, and the facts that are checked against them.

Units     times in seconds, counted from the beginning of the file.
Layouts   a corpus is read in the folders and names its authors distribute, or as a folder with
          `manifest.csv` and `audio/`; both give the same clips with the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".opus", ".ogg", ".mp3"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording, or a part of one, as a corpus describes it; nothing of it is checked yet."""

    id: str
    """`<corpus>-<stem>`, unique in the corpus."""
    path: Path
    corpus: str
    emotion: str
    speaker: str | None = None
    """As the corpus names the person; None where nobody knows."""
    gender: str | None = None
    """"male", "female" or None."""
    language: str | None = None
    """ISO 639-1 code."""
    text: str | None = None
    intensity: str | None = None
    test_fold: int | None = None
    """The EmoBox fold that tests this clip."""
    age_years: int | None = None
    """Of the speaker, when recorded."""
    emotion_shares: Mapping[str, float] | None = None
    """What listeners heard: label -> share of their votes (sum 1, no zeros); None where nobody was asked."""
    part: str | None = None
    """"train", "dev" or "test" where the authors publish a split."""
    facts: Mapping[str, object] | None = None
    """Further columns of the corpus's tables (ratings, dialogue ...) as JSON values, for `cut.custom`."""
    length_s: float | None = None
    """As the corpus's tables give it, to find files that broke off; None where they do not."""
    start_s: float = 0.0
    end_s: float | None = None
    """None is the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """One finding about a clip or file: left out, or (`kept`) only to be known."""

    path: str
    reason: str
    """A stable word: missing, unreadable, silent, duplicate, wrong-name, copy, other-label ..."""
    found: str
    """What was found and the way out, one line."""
    id: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What reading a folder or list gave: clips, and files or rows that gave none."""

    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """What whoever uses the clips should know, a sentence each; they go into the summary."""
    emotion_counts: Mapping[str, int] | None = None
    """Clips of each emotion by the labels beside the audio, where a corpus has no fixed number."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Id -> emotion of clips that are published too short or too long; leaving these out is no shortage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A published corpus: how to read its folder, and what must be there."""

    name: str
    title: str
    emotion_counts: Mapping[str, int]
    """Clips of each emotion in the complete corpus; their sum is the number that must be there.
    Empty where releases differ, and `Found.emotion_counts` says it."""
    language: str
    licence: str
    home: str
    """Where its authors publish it."""
    name_rule: str
    """The original layout in one line, for messages."""
    clip_of: Callable[[Path], Clip | None]
    """The clip that a file of the original layout holds; None where its name breaks the rule."""
    add_tables: Callable[[Path, Found], Found] = field(default=lambda source, found: found)
    """Adds what stands in tables beside the audio (nEMO's data.tsv); most corpora have none."""
    missing: Callable[[Collection[str]], list[str]] = field(default=lambda ids: [])
    """Names of clips absent from the ids found, where the corpus is a grid that can be known."""
    known_defects: Mapping[str, str] = field(default_factory=dict)
    """Clip id -> what is wrong with it as published, and who says so; `doctor` looks whether it still is."""
    sentence_of: Callable[[Clip], str | None] = field(default=lambda clip: clip.text)
    """What tells one sentence from another, for `doctor`: the text, or a word for it where names only number
    the sentences."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Id -> emotion of published clips that no download has whole; leaving these out is no shortage."""
    sound_of: Callable[[Path, Path, Callable[[int, int], None] | None], Path] = field(
        default=lambda source, out, progress: source
    )
    """Makes audio below the second folder where the first holds only films; gives the folder to read."""

    @property
    def clip_count(self) -> int:
        """Clips in the complete corpus."""
        return sum(self.emotion_counts.values())


def read_original(corpus: Corpus, source: Path) -> Found:
    """Read every audio file below `source` by the corpus's own naming rule."""
    clips: dict[str, Clip] = {}
    skipped = []
    for path in audio_files(source):
        clip = corpus.clip_of(path)
        if clip is None:
            why = f"the name does not follow {corpus.name_rule}. Rename or remove it."
            skipped.append(Skipped(path=str(path), reason="wrong-name", found=why))
        elif clip.id in clips:
            why = f"the same name as {clips[clip.id].path}, which is used. Remove one of them."
            skipped.append(Skipped(path=str(path), reason="copy", found=why, id=clip.id))
        else:
            clips[clip.id] = clip
    return corpus.add_tables(source, Found(tuple(clips.values()), tuple(skipped)))


def audio_files(source: Path) -> list[Path]:
    """Every audio file below `source`, sorted by path; hidden files (`._x.wav` of macOS) are no clips."""
    return sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def few_of(names: Iterable[str], limit: int = 10) -> str:
    """`a, b, c and 4 more`: the first `limit` names, then a count."""
    every = list(names)
    rest = len(every) - limit
    return ", ".join(every[:limit]) + (f" and {rest} more" if rest > 0 else "")
