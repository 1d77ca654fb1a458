"""The summary of a gathered corpus: what summary.json says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tonelens.corpora.checks import Checked
from tonelens.corpora.clips import Corpus, Skipped
from tonelens.emotions import CANONICAL, LabelSet

SCHEMA = "tonelens/corpus@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What `gather` needs to know of where clips come from: a published corpus or somebody's list."""

    name: str
    title: str
    licence: str
    emotion_counts: Mapping[str, int] | None = None
    """Of a published corpus; None for a list, which is its own count."""
    missing: Callable[[Collection[str]], list[str]] | None = None
    unusable: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, corpus: Corpus, counted: Mapping[str, int] | None = None) -> Source:
        """A published corpus; `counted` are the clips of each emotion by its own labels file."""
        return cls(
            name=corpus.name,
            title=corpus.title,
            licence=corpus.licence,
            emotion_counts=corpus.emotion_counts if counted is None else counted,
            missing=corpus.missing,
            unusable=corpus.unusable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was gathered; summary.json in Python. Every dict counts clips."""

    corpus: str
    title: str
    clips: int
    expected: int
    """Clips of the complete corpus, or rows of the list."""
    complete: bool
    hours: float
    labels: tuple[str, ...]
    emotions: dict[str, int]
    speakers: dict[str, int]
    """As the corpus names them; "unknown" where nobody knows."""
    genders: dict[str, int]
    folds: dict[str, int]
    """EmoBox test folds; "none" for clips that none tests."""
    languages: tuple[str, ...]
    licence: str
    left_out: dict[str, int]
    """Reason -> clips or files left out."""
    kept_with_findings: dict[str, int]
    """Reason -> clips kept but listed."""
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {"schema": SCHEMA, **asdict(self)}


def summarise(
    source: Source,
    expected: int,
    checked: Sequence[Checked],
    skipped: Sequence[Skipped],
    labels: LabelSet | None,
    notes: Sequence[str],
) -> Summary:
    """Count what is kept and what is not."""
    clips = [item.clip for item in checked]
    emotions = Counter(clip.emotion for clip in clips)
    seen = [*(label for label in CANONICAL if label in emotions), *sorted(emotions.keys() - set(CANONICAL))]
    return Summary(
        corpus=source.name,
        title=source.title,
        clips=len(clips),
        expected=expected,
        complete=not any(note.startswith("incomplete") for note in notes),
        hours=round(sum(item.duration_s for item in checked) / 3600, 4),
        labels=labels.labels if labels else tuple(seen),
        emotions={label: emotions[label] for label in labels or seen},
        speakers=_count([clip.speaker for clip in clips]),
        genders=_count([clip.gender for clip in clips]),
        folds=_count(["none" if clip.test_fold is None else str(clip.test_fold) for clip in clips]),
        languages=tuple(_count([clip.language for clip in clips])),
        licence=source.licence,
        left_out=_count([item.reason for item in skipped if not item.kept]),
        kept_with_findings=_count([item.reason for item in skipped if item.kept]),
        notes=tuple(notes),
    )


def _count(values: Sequence[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(value or "unknown" for value in values).items()))
