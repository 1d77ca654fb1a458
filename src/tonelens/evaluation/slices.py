"""The same scores again for every condition and for groups of clips: by corpus, language or gender.

A slice is a report of its own. Its protocol is the whole evaluation's, then the condition and the group:
"emobox-1; white-20; gender=female". Intervals are drawn over speakers where the slice has enough of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tonelens.errors import InputError
from tonelens.evaluation.predict import Predicted
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.scores import Report, evaluate

GROUPS = ("corpus", "language", "gender")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Slice:
    """The scores of some clips under one condition."""

    condition: str
    group: str
    """`gender=female`; "" is every clip."""
    unanswered: int
    """Clips whose signal allowed no answer; they count as wrong."""
    report: Report


def groups_named(text: str) -> list[str]:
    """`corpus,gender` as a list; "" is none.

    Raises:
        InputError: there is no such group.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if unknown := [name for name in names if name not in GROUPS]:
        raise InputError(f"--by {', '.join(unknown)}: known are {', '.join(GROUPS)}.")
    return names


def slices_of(
    condition: str,
    predicted: Predicted,
    by: Sequence[str],
    *,
    whole: Report,
    temperature: float | None = None,
) -> list[Slice]:
    """The slice of all clips under a condition, and one for every value of every group.

    Args:
        condition: its name.
        predicted: what was said under it.
        by: names of `GROUPS`.
        whole: the evaluation's report: system, corpus and protocol are taken from it.
        temperature: as `evaluate`.

    Raises:
        CorpusError: no clip could be read.
    """
    slices = []
    for group, value, clips in _grouped(predicted.predictions, by):
        name = f"{group}={value}" if group else ""
        report = evaluate(
            clips,
            protocol="; ".join(filter(None, (whole.protocol, condition, name))),
            notes=[] if group else predicted.notes(),
            system=whole.system,
            corpus=value if group == "corpus" else whole.corpus,
            temperature=temperature,
        )
        unanswered = sum(clip.id in predicted.unanswered for clip in clips)
        slices.append(Slice(condition, name, unanswered, report))
    return slices


def _grouped(
    predictions: Sequence[Prediction], by: Sequence[str]
) -> Iterator[tuple[str, str, list[Prediction]]]:
    """Group, value and clips; first all clips."""
    yield "", "", list(predictions)
    for group in by:
        values = [getattr(clip, group) or UNKNOWN for clip in predictions]
        for value in sorted(set(values)):
            yield group, value, [clip for clip, own in zip(predictions, values, strict=True) if own == value]
