"""What a system said about one clip, beside what is true: the only input of every score.

On disk   predictions.jsonl, one clip a line, keys as the fields of `Prediction`, absent where None or empty.
          Any other system is scored from a plain CSV with the columns id, label, prediction and, where
          known, speaker and probabilities, one column a label: p_anger, p_fear ... An empty prediction is
          an output that could not be parsed; a row whose probabilities are all empty has none.
Words     labels are compared as they are written, case included; bring both sides to one label set first.
Units     probabilities are fractions in [0, 1]; those of a clip sum to 1 within SUM_TOLERANCE.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tonelens.errors import CorpusError
from tonelens.storage import read_jsonl, write_jsonl

CSV_COLUMNS = ("id", "label", "prediction")
"""What a plain CSV of predictions must have; `speaker` and probabilities may stand beside them."""
PROBABILITY = "p_"
"""How the name of a column of probabilities begins; the label follows."""
SUM_TOLERANCE = 1e-3
"""Probabilities that were written with four digits sum to 1 this closely."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One descriptor of one clip: the word in the output and the word that the measurement gives."""

    claimed: str | None
    """None where the output did not say."""
    measured: str | None
    """None where the signal does not allow a measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One clip: references, and the system's output."""

    id: str
    speaker: str | None = None
    corpus: str | None = None
    language: str | None = None
    """ISO code."""
    gender: str | None = None
    """`male` or `female`."""
    reference_emotion: str
    predicted_emotion: str | None
    """None when the output did not parse; counts as wrong."""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Label -> probability, summing to 1; empty where the system gives none."""
    reference_shares: Mapping[str, float] = field(default_factory=dict)
    """Label -> share of the listeners who named it, summing to 1; empty where nobody was asked."""
    descriptors: Mapping[str, Claim] = field(default_factory=dict)
    """Descriptor name (pitch, volume, speed ...) -> claim."""
    turns_before: int | None = None
    """Earlier turns of the dialogue whose words were input; None of a system that takes none."""
    reference_text: str | None = None
    transcript: str | None = None
    reference_caption: str | None = None
    caption: str | None = None

    def to_row(self) -> dict[str, Any]:
        """The JSON object of predictions.jsonl."""
        row = {name: value for name, value in asdict(self).items() if value not in (None, {})}
        return {**row, "predicted_emotion": self.predicted_emotion}

    @classmethod
    def from_row(cls, row: Any) -> Prediction:
        """Read one JSON object.

        Raises:
            CorpusError: not an object, or a key is missing or unknown.
        """
        if not isinstance(row, dict):
            raise CorpusError(f"a prediction must be a JSON object, but this is {str(row)[:40]!r}.")
        required = {"id", "reference_emotion", "predicted_emotion"}
        known = [spec.name for spec in fields(cls)]
        if missing := sorted(required - row.keys()):
            raise CorpusError(f"prediction {row.get('id', '?')!r}: without {', '.join(missing)}. Add it.")
        if unknown := sorted(row.keys() - set(known)):
            raise CorpusError(
                f"prediction {row['id']!r}: unknown key {', '.join(unknown)}. Known are {', '.join(known)}."
            )
        try:
            claims = {name: Claim(**claim) for name, claim in row.get("descriptors", {}).items()}
        except (AttributeError, TypeError):
            raise CorpusError(
                f"prediction {row['id']!r}: descriptors must be name -> {{claimed, measured}}. Correct it."
            ) from None
        _check_words(row)
        turns = row.get("turns_before", 0)
        if isinstance(turns, bool) or not isinstance(turns, int) or turns < 0:
            raise CorpusError(
                f"prediction {row['id']!r}: turns_before is {turns!r}; it must be a whole number from 0. "
                f"Correct it."
            )
        if shares := row.get("probabilities"):
            _check_shares(shares, place=f"prediction {row['id']!r}")
        if votes := row.get("reference_shares"):
            _check_shares(votes, place=f"prediction {row['id']!r}", what="reference_shares")
        return cls(**{**row, "descriptors": claims})


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions.jsonl in one step."""
    write_jsonl(path, (prediction.to_row() for prediction in predictions))


def read_predictions(path: Path) -> list[Prediction]:
    """Read predictions.jsonl, or a CSV with the columns id, label, prediction (and speaker, p_LABEL).

    Raises:
        CorpusError: a file that is missing, empty, torn or without a column; an id that occurs twice;
            probabilities that are none.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such file. Give a predictions.jsonl or a CSV of predictions.")
    try:
        predictions = _read_csv(path) if path.suffix.lower() == ".csv" else _read_jsonl(path)
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save it as UTF-8.") from None
    check_predictions(predictions, name=str(path))
    return predictions


def check_predictions(predictions: Sequence[Prediction], *, name: str = "predictions") -> None:
    """Refuse an empty list and an id that occurs twice: both would make a score mean something else.

    Raises:
        CorpusError: either was found.
    """
    if not predictions:
        raise CorpusError(f"{name}: no predictions. At least one clip is needed for a score.")
    seen: set[str] = set()
    for prediction in predictions:
        if prediction.id in seen:
            raise CorpusError(f"{name}: id {prediction.id!r} occurs twice. Each clip counts once; keep one.")
        seen.add(prediction.id)


def _read_jsonl(path: Path) -> list[Prediction]:
    predictions: list[Prediction] = read_jsonl(path, Prediction.from_row)
    lines = sum(1 for line in path.read_text("utf-8").split("\n") if line.strip())
    if lines != len(predictions):
        raise CorpusError(f"{path}: the last of {lines} lines is torn. Make the file anew.")
    return predictions


def _read_csv(path: Path) -> list[Prediction]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [column for column in CSV_COLUMNS if column not in (reader.fieldnames or [])]:
            raise CorpusError(
                f"{path}: without the column {', '.join(missing)}. Needed: {', '.join(CSV_COLUMNS)}."
            )
        return [_from_csv(row, place=f"{path}, line {reader.line_num}") for row in reader]


def _from_csv(row: Mapping[str, str | None], *, place: str) -> Prediction:
    clip, label, prediction, speaker = ((row.get(name) or "").strip() for name in (*CSV_COLUMNS, "speaker"))
    if not clip or not label:
        raise CorpusError(f"{place}: id or label is empty. Every clip needs both.")
    return Prediction(
        id=clip,
        speaker=speaker or None,
        reference_emotion=label,
        predicted_emotion=prediction or None,
        probabilities=_csv_probabilities(row, place=place),
    )


def _csv_probabilities(row: Mapping[str, str | None], *, place: str) -> dict[str, float]:
    """Label -> probability; empty where the row has none."""
    cells = {
        name.removeprefix(PROBABILITY): (text or "").strip()
        for name, text in row.items()
        if name and name.startswith(PROBABILITY)  # cells beyond the head come under None
    }
    if not any(cells.values()):
        return {}
    shares: dict[str, Any] = {}
    for label, text in cells.items():
        try:
            shares[label] = float(text)
        except ValueError:
            shares[label] = text
    _check_shares(shares, place=place)
    return shares


def _check_words(row: Mapping[str, Any]) -> None:
    """Refuse ids, labels and speakers that are no text: they would not be found again in another file."""
    for name in ("id", "reference_emotion", "predicted_emotion", "speaker"):
        value = row.get(name)
        if not isinstance(value, str) and not (value is None and name in ("predicted_emotion", "speaker")):
            raise CorpusError(f"prediction {row['id']!r}: {name} is {value!r}; it must be text. Correct it.")


def _check_shares(shares: Any, *, place: str, what: str = "probabilities") -> None:
    one = "probability" if what == "probabilities" else "share in " + what
    if not isinstance(shares, Mapping):
        raise CorpusError(f"{place}: {what} must be label -> number. Correct it.")
    for label, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise CorpusError(
                f"{place}: the {one} of {label!r} is {share!r}; it must be a number from 0 to 1. "
                f"Correct it, or leave out all of the clip's {what}."
            )
    total = math.fsum(shares.values())
    if abs(total - 1) > SUM_TOLERANCE:
        raise CorpusError(
            f"{place}: the {what} sum to {total:.4g}, but they must sum to 1. "
            f"Give one for every label, or leave out all of the clip's {what}."
        )
