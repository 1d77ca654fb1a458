"""What a page shows beyond the explanation, gathered for one recording of one of our models.

Costs some forty hearings and as many changed voices: seconds a clip, not the tenth that explaining takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tonelens import audio
from tonelens.audio import Audio
from tonelens.evidence import page_parts
from tonelens.evidence.agreement import Known
from tonelens.evidence.attribution import Listener, cited_spans, frames_of, occlusion, through_latents
from tonelens.evidence.backend import OwnBackend
from tonelens.evidence.counterfactual import described, search
from tonelens.evidence.interventions import Subject, Trial, intervene
from tonelens.evidence.page_parts import CitedSpan, InterventionRow, PageParts, WordsOrVoice
from tonelens.evidence.streams import stream_shares
from tonelens.explain import Explainer, Request

WAYS = "each stream set to zero"


def gathered(explainer: Explainer, request: Request) -> PageParts:
    """Spans, words or voice, the smallest flip, and whether claims follow a changed voice.

    Args:
        explainer: with two streams.
        request: a recording with a voice.

    Raises:
        AudioError: the recording cannot be read any more.
        ModelError: the model has one stream, or the extra `evidence` is not installed.
    """
    subject = _subject(request)
    backend = OwnBackend(explainer)
    found = search(backend, subject.audio)
    smallest = None
    if found.smallest:
        flip = found.smallest[0]
        smallest = page_parts.Counterfactual(
            flip.in_words() + ".", flip.before.probabilities, flip.after.probabilities, flip.audio
        )
    loaded = explainer.loaded
    trials = intervene(backend, subject, loaded.levels, finest=loaded.model.recipe.data.finest_reference)
    return PageParts(
        calibration=loaded.card.calibration,
        cited=_cited(through_latents(explainer, subject.audio)),
        share=_share(explainer, subject.audio),
        counterfactual=smallest,
        interventions=_rows(trials),
    )


def _subject(request: Request) -> Subject:
    clip = audio.load(request.source, start_s=request.start_s, end_s=request.end_s, name=request.name)
    words = request.transcript or request.spoken
    return Subject(
        audio=clip, known=Known(gender=request.gender, transcript=words, language=request.language)
    )


def _cited(listener: Listener) -> tuple[CitedSpan, ...]:
    """The cited spans with what the decision loses without each."""
    spans = cited_spans(occlusion(listener))
    if not spans:
        return ()
    everything_T = np.ones(listener.frames, dtype=np.bool_)
    without_OT = [~frames_of([span], listener.frames) for span in spans]
    whole, *left = (_probability(value) for value in listener.log_odds(np.stack([everything_T, *without_OT])))
    return tuple(
        CitedSpan(span.start_s, span.end_s, whole - rest) for span, rest in zip(spans, left, strict=True)
    )


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _share(explainer: Explainer, clip: Audio) -> WordsOrVoice | None:
    (found,) = stream_shares(explainer, [clip], hows=("zero",)).clips
    if found.voice is None:
        return None
    return WordsOrVoice(
        1 - found.voice, found.voice, f"By how far {found.label} falls in probability with {WAYS}."
    )


def _rows(trials: Sequence[Trial]) -> tuple[InterventionRow, ...]:
    """Only changes that the measurement confirms, of claims that are made."""
    return tuple(
        InterventionRow(
            f"{described(trial.edit.change)}, so that its {trial.edit.descriptor} is {trial.edit.target}",
            trial.before.claims[trial.edit.descriptor],
            trial.after.claims[trial.edit.descriptor],
            trial.edit.target,
            "as expected" if trial.names_target and trial.others_stayed else "not as expected",
        )
        for trial in trials
        if trial.arrived
        and all(trial.edit.descriptor in heard.claims for heard in (trial.before, trial.after))
    )
