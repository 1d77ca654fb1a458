"""Every test of a system on one recording, as one JSON row; `examined` sums rows up.

    clip -> what is heard and claimed, judged by the signal -> edits (`interventions`) -> smallest flips
    (`counterfactual`) -> spans that carry the decision, silenced (`attribution`, `deletion`)

A row stands for itself, so that work that was stopped goes on with the next clip. What needs many clips at
once (`streams`) is not here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tonelens.audio import Audio
from tonelens.descriptors.audible import why_inaudible
from tonelens.descriptors.levels import Levels, Reference
from tonelens.descriptors.measure import Measures
from tonelens.errors import InputError
from tonelens.evidence.agreement import agreement_of
from tonelens.evidence.attribution import (
    Listener,
    Span,
    by_silencing,
    cited_spans,
    occlusion,
    through_latents,
)
from tonelens.evidence.backend import Backend, Heard, OwnBackend
from tonelens.evidence.counterfactual import Search, search
from tonelens.evidence.deletion import audio_deletion_test
from tonelens.evidence.interventions import Edit, Subject, Trial, intervene
from tonelens.evidence.resynthesis import Change

Part = Literal["agreement", "interventions", "counterfactual", "spans", "streams"]
PARTS: tuple[Part, ...] = ("agreement", "interventions", "counterfactual", "spans", "streams")
Row = Mapping[str, Any]


def parts_named(names: Sequence[str] | None) -> tuple[Part, ...]:
    """The parts of these names, in the order of PARTS; all for None.

    Raises:
        InputError: there is no such part.
    """
    unknown = [name for name in names or [] if name not in PARTS]
    if unknown:
        raise InputError(f"{unknown[0]!r} is no part; there are {', '.join(PARTS)}. Name one of them.")
    return tuple(part for part in PARTS if not names or part in names)


@dataclass(frozen=True, slots=True)
class Examiner:
    """A system, and by whose edges its claims are judged."""

    backend: Backend
    levels: Levels
    finest: Reference = "group"
    parts: Sequence[Part] = PARTS

    def examine(self, subject: Subject) -> dict[str, Any]:
        """One clip's row; `refused` alone says why nothing could be asked of it.

        Raises:
            ModelError: the extra `evidence` is not installed, or the system fails.
        """
        measures = subject.known.measured(subject.audio)
        if (nobody := why_inaudible(measures)) is not None:
            return {"refused": nobody.message}
        subject = dataclasses.replace(subject, known=dataclasses.replace(subject.known, measures=measures))
        heard = self._heard(subject.audio, measures)
        row: dict[str, Any] = {"heard": heard_row(heard)}
        if "agreement" in self.parts:
            row["agreement"] = agreement_of(heard, subject.audio, self.levels, subject.known).to_dict()
        if "interventions" in self.parts:
            trials = intervene(self.backend, subject, self.levels, finest=self.finest)
            row["interventions"] = [trial_row(trial) for trial in trials]
        if "counterfactual" in self.parts:
            row["counterfactual"] = search_row(search(self.backend, subject.audio))
        if "spans" in self.parts:
            row["spans"] = self._spans(subject.audio)
        return row

    def _heard(self, audio: Audio, measures: Measures) -> Heard:
        """What the backend says; our own models need not measure again what they name."""
        if isinstance(self.backend, OwnBackend):
            return self.backend.hear_measured([audio], [measures])[0]
        return self.backend.hear([audio])[0]

    def _spans(self, audio: Audio) -> dict[str, Any]:
        """Spans through the latents of our own models, by silencing for others; tested by silencing."""
        spans = cited_spans(occlusion(listener_of(self.backend, audio)))
        test = None
        if spans and not _is_everything(spans, audio):
            test = dataclasses.asdict(audio_deletion_test(self.backend, audio, spans))
        return {"cited": [[span.start_s, span.end_s] for span in spans], "test": test}


def listener_of(backend: Backend, audio: Audio) -> Listener:
    """The finest way to hear parts of a clip: through the latents where they are ours."""
    if isinstance(backend, OwnBackend):
        return through_latents(backend.explainer, audio)
    return by_silencing(backend, audio)


def _is_everything(spans: Sequence[Span], audio: Audio) -> bool:
    return sum(span.end_s - span.start_s for span in spans) >= audio.duration_s - 0.02


def heard_row(heard: Heard) -> dict[str, Any]:
    """As JSON values; probabilities to six places."""
    shares = {label: round(share, 6) for label, share in heard.probabilities.items()}
    return {"label": heard.label, "probabilities": shares, "claims": dict(heard.claims), "text": heard.text}


def heard_from(row: Row) -> Heard:
    """The inverse of `heard_row`."""
    return Heard(probabilities=row["probabilities"], claims=row["claims"], text=row["text"])


def trial_row(trial: Trial) -> dict[str, Any]:
    """As JSON values."""
    return {
        "edit": dataclasses.asdict(trial.edit),
        "arrived": trial.arrived,
        "others_kept": trial.others_kept,
        "before": heard_row(trial.before),
        "after": heard_row(trial.after),
    }


def trial_from(row: Row, speaker: str | None = None) -> Trial:
    """The inverse of `trial_row`."""
    edit = row["edit"]
    return Trial(
        Edit(edit["descriptor"], edit["target"], Change(**edit["change"])),
        row["arrived"],
        row["others_kept"],
        heard_from(row["before"]),
        heard_from(row["after"]),
        speaker,
    )


def search_row(found: Search) -> dict[str, Any]:
    """As JSON values, without the sounds."""
    return {
        "vocoder_flips": found.vocoder_flips,
        "heard": [
            {"kind": change.kind, "amount": change.amount, "label": heard.label}
            for change, heard in found.heard.items()
        ],
        "flips": [
            {
                "kind": flip.change.kind,
                "amount": flip.change.amount,
                "steps": round(flip.steps, 3),
                "before": flip.before.label,
                "after": flip.after.label,
                "sentence": flip.in_words(),
            }
            for flip in found.smallest
        ],
    }
