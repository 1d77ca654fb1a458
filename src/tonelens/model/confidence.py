"""How far a model's probabilities can be believed: what was fitted, and how it is used.

Units     probabilities, confidences, risks and coverages are fractions. The confidence of an answer is the
          highest probability after the temperature; the risk is the share of wrong ones among those answered.
Stored    in model.json as `calibration`; a folder without it is used as it is. Fitted by
          `tonelens.evaluation.calibration`.
Source    C. Guo et al. 2017, "On calibration of modern neural networks", arXiv:1706.04599, section 4.2.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tonelens.errors import InputError, ModelError


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which confidence on an answer is given, and what that promises."""

    confidence: float
    """Answers at or above it are given."""
    risk: float
    """Upper bound, at 95 %, of the share of wrong ones among the fitted clips answered."""
    coverage: float
    """Share of the fitted clips answered."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What clips that the model was not trained on, or its judges were not, say of its probabilities."""

    temperature: float
    """Log-probabilities are divided by it: over 1, the model was too sure of itself."""
    fitted_on: str
    """Which clips, in words."""
    n: int
    """How many."""
    ece_before: float
    """Expected calibration error on them, without and with the temperature."""
    ece_after: float
    thresholds: tuple[Threshold, ...]
    """Rising in confidence, falling in risk: every one promises less risk than all before it."""
    reads: Literal["text", "head"] = "text"
    """Whose probabilities it mends: of the generated label, or of the emotion head that the LLM heard."""

    def tempered(self, probabilities: Mapping[str, float]) -> dict[str, float]:
        """The same labels with the temperature applied; their order in likelihood stays."""
        return tempered(probabilities, self.temperature)

    def threshold(self, risk: float) -> Threshold:
        """The lowest threshold that promises at most `risk`.

        Raises:
            InputError: `risk` is no fraction, or no threshold reaches it.
        """
        check_risk(risk)
        for threshold in self.thresholds:
            if threshold.risk <= risk:
                return threshold
        least = min(threshold.risk for threshold in self.thresholds)
        raise InputError(
            f"a risk of {risk:g}: no threshold promises it, because the {self.n} clips it rests on show "
            f"at best {least:.3f} (upper 95 % bound). Ask for {math.ceil(100 * least) / 100:g} or more, or "
            f"leave --abstain out."
        )

    @classmethod
    def from_dict(cls, row: Any) -> Calibration:
        """The inverse of `dataclasses.asdict`.

        Raises:
            ModelError: not such an object.
        """
        try:
            thresholds = tuple(Threshold(**threshold) for threshold in row["thresholds"])
            found = cls(**{**row, "thresholds": thresholds})
            is_usable = found.temperature > 0 and len(thresholds) > 0 and found.reads in ("text", "head")
        except (KeyError, TypeError) as error:
            raise ModelError(
                f"model.json: calibration is damaged ({error!r}). Copy or train the model again."
            ) from None
        if not is_usable:
            raise ModelError(
                f"model.json: calibration has temperature {found.temperature!r}, {len(thresholds)} "
                f"thresholds and reads {found.reads!r}, but needs one above 0, at least one, and text "
                f"or head. Copy or train the model again."
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)


def tempered(probabilities: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Probabilities to the power 1 / `temperature`, made to sum to 1 again; 1 / temperature undoes it."""
    logs = {
        label: math.log(share) / temperature if share > 0 else -math.inf
        for label, share in probabilities.items()
    }
    highest = max(logs.values())
    weights = {label: math.exp(log - highest) for label, log in logs.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}


def naming(label: str, probabilities: Mapping[str, float]) -> dict[str, float]:
    """The probabilities with `label` as the likeliest: where another one is, the two exchange theirs.

    The LLM misreads the emotion head on some clips in a hundred, where two labels are about as likely; what
    is said of them stays close to what the head makes of them, and agrees with the text.
    """
    best = max(probabilities, key=probabilities.__getitem__)
    exchanged = {label: probabilities[best], best: probabilities[label]}
    return {**probabilities, **exchanged}


def check_risk(risk: float) -> None:
    """Refuse what is no share of answers.

    Raises:
        InputError: not between 0 and 1.
    """
    if not 0 < risk < 1:
        raise InputError(
            f"a risk of {risk:g}: the share of wrong answers that you accept must lie between 0 and 1. "
            f"Give 0.2 for one in five."
        )


def threshold_for(risk: float | None, calibration: Calibration | None, name: str) -> float:
    """From which confidence on answers are given; 0 where no risk is stated.

    Raises:
        ModelError: the model of this name is not calibrated.
        InputError: `risk` is no share, or its dev part promises none as low.
    """
    if risk is None:
        return 0.0
    check_risk(risk)
    if calibration is None:
        raise ModelError(
            f"{name}: not calibrated, so it can promise no risk. Train with data.hold_out_dev=true on "
            f"enough clips, or leave --abstain out."
        )
    return calibration.threshold(risk).confidence
