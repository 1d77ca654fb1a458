"""The public way in: a recording in, an `Explanation` out. CLI, server and evaluation all come here.

explainer = Explainer.from_pretrained("runs/tiny")
print(explainer.explain("a.wav").to_text())
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from tonelens import audio
from tonelens.audio import Audio
from tonelens.descriptors.audible import Inaudible, why_inaudible
from tonelens.descriptors.claims import claim, unnamed
from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.naming import word_at
from tonelens.descriptors.sentences import write
from tonelens.errors import AudioError, InputError, ModelError
from tonelens.model.adaptation import adapted_model, clip_statistics, require_adaptable
from tonelens.model.answering import Alteration, Answerer
from tonelens.model.checkpoint import LoadedModel, load_model
from tonelens.model.confidence import naming, threshold_for
from tonelens.model.decoding import Answer
from tonelens.model.find import DEFAULT, find_model
from tonelens.model.language_model import SCRATCH
from tonelens.model.recogniser import Heard, Recogniser, load_recogniser
from tonelens.request import Request
from tonelens.results import (
    NO_LABEL,
    Adapted,
    AudioInfo,
    Emotion,
    Emphasis,
    Explanation,
    ModelInfo,
    Refusal,
    Transcript,
)

BATCH_SIZE = 16


class Explainer:
    """One loaded model, ready to explain."""

    def __init__(
        self, loaded: LoadedModel, *, abstain: float | None = None, recogniser: Recogniser | None = None
    ) -> None:
        self.loaded = loaded
        self.recogniser = recogniser
        self.abstain = abstain
        self.threshold = threshold_for(abstain, loaded.card.calibration, loaded.card.name)
        self._answerer = Answerer(loaded.model, loaded.prompter, loaded.card.labels)
        self.labels = loaded.card.labels
        self.grammar = self._answerer.grammar
        self.wordless = self._answerer.wordless
        self.takes_words = loaded.model.recipe.answer.given_transcript
        """Whether the model learnt with the words as input and writes none itself."""
        self.turns_taken = loaded.model.recipe.answer.dialogue_turns
        """How many earlier turns of a dialogue the model learnt with; 0: none may be given."""
        self.adapted_to: Adapted | None = None
        self.why_not_adapted: str | None = None
        """A sentence, where a session was listened to and the model stayed as it was trained."""
        self._alteration: Alteration | None = None

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path | None = None,
        *,
        device: str | None = None,
        abstain: float | None = None,
        asr: str | None = None,
    ) -> Explainer:
        """Load a model folder or a run folder.

        Args:
            name_or_path: the folder, or a shipped model's name; by default the model that ships.
            device: as torch names it; by default a GPU where there is one.
            abstain: the share of wrong answers that is accepted, 0 to 1: less sure answers are not given.
                None answers whatever the signal allows.
            asr: a speech recogniser that hears the words in place of the model; see `model/recogniser.py`.

        Raises:
            ModelError: there is no such model, or a part of it is missing or damaged; `abstain` is asked of a
                model that is not calibrated; `asr` cannot be loaded.
            InputError: the model's dev part promises no risk as low as `abstain`.
        """
        path = find_model(DEFAULT if name_or_path is None else name_or_path)
        loaded = load_model(path)
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        recogniser = None if asr is None else load_recogniser(asr, str(place))
        loaded.model.to(place)
        loaded.encoder.to(place)
        return cls(loaded, abstain=abstain, recogniser=recogniser)

    def adapted(self, recordings: Iterable[Request], source: str) -> tuple[Explainer, list[Refusal]]:
        """A new Explainer whose layer statistics moved towards unlabelled recordings; this one stays.

        What the recordings have in common with one another is heard, too (docs/decisions/0024). Give
        recordings of one speaker or session, and of all its moods: where one mood is heard in them, it would
        become the new neutral, so the model stays as it is, and `why_not_adapted` says so. Also returned are
        those that were not used: unreadable, or without a voice.

        Args:
            recordings: five or more help; see docs/decisions/0014.
            source: what results call them.

        Raises:
            ModelError: the model has no utterance latent.
            InputError: no recording can be used.
        """
        require_adaptable(self.loaded.model, self.loaded.card.name)
        refused: list[Refusal] = []
        heard: list[Tensor] = []
        for request in recordings:
            clip = self._load(request)
            why_not = why_inaudible(measure(clip)) if isinstance(clip, Audio) else None
            if isinstance(clip, Refusal):
                refused.append(clip)
            elif why_not is not None:
                name = request.printable_name()
                refused.append(Refusal(name, why_not.reason, f"{name}: {why_not.message}."))
            else:
                heard += map(clip_statistics, self.loaded.encoder.encode([clip.samples]))
        if not heard:
            first = f" First: {refused[0].message}" if refused else ""
            raise InputError(
                f"{source}: none of {len(refused)} recordings can be adapted to.{first} Give recordings of "
                f"the same speaker or session."
            )
        return self.adapted_to_statistics(heard, source), refused

    def adapted_to_statistics(self, heard: Sequence[Tensor], source: str) -> Explainer:
        """The same from what `clip_statistics` makes of encoded clips, one or more of an adaptable model."""
        model = adapted_model(self.loaded.model, heard)
        if model is None:
            other = copy.copy(self)
            other.why_not_adapted = (
                f"one mood is heard in {len(heard)} recordings of {source}, and would become the new "
                f"neutral. Give recordings of several moods."
            )
            return other
        loaded = replace(self.loaded, model=model)
        other = Explainer(loaded, abstain=self.abstain, recogniser=self.recogniser)
        other.adapted_to = Adapted(len(heard), source)
        other._alteration = self._alteration
        return other

    def altered(self, alteration: Alteration) -> Explainer:
        """The same model, whose streams say something else; for evidence. This one stays."""
        other = copy.copy(self)
        other._alteration = alteration
        return other

    def emotions(self, states: Sequence[Tensor]) -> list[Emotion]:
        """The emotions of clips that are encoded already, (T, L, H) each, as `explain` states them."""
        answers = self._answerer.answer(states, altered=self._alteration)
        return [self._emotion(answer)[0] for answer in answers]

    def emotions_of_frames(self, clip_TLH: Tensor, keep_OT: Tensor) -> list[dict[str, float]]:
        """Probabilities of one encoded clip heard O times, only the kept frames; see `Answerer.of_frames`.

        Where the head decides they are its own; `explain` gives them to the label that the LLM says.
        """
        found = self._answerer.of_frames(clip_TLH, keep_OT)
        calibration = self.loaded.card.calibration
        if calibration is None or (calibration.reads == "head") != self.loaded.model.recipe.head_decides:
            return found
        return [calibration.tempered(shares) for shares in found]

    def require_turns(self) -> None:
        """Refuse earlier turns of a dialogue where the model was trained without.

        Raises:
            ModelError: it was.
        """
        if not self.turns_taken:
            raise ModelError(
                f"{self.loaded.card.name}: trained without earlier turns of a dialogue, so none can be "
                f"given. Leave them out, or use a model trained with answer.dialogue_turns above 0."
            )

    def explain(
        self,
        source: str | Path | bytes | Audio,
        *,
        transcript: str | None = None,
        language: str | None = None,
        gender: str | None = None,
        previous: Sequence[str] = (),
    ) -> Explanation:
        """Explain one recording; what is given of words, their language and the speaker is taken as true.

        `previous` is what was said before in the dialogue; see `Request`.

        Raises:
            AudioError: the recording cannot be trusted; see `tonelens.audio.load`.
            ModelError: `previous` is given to a model that was trained without.
        """
        clip = source if isinstance(source, Audio) else audio.load(source)
        self.loaded.encoder.check_length(clip.duration_s, clip.source)
        request = Request(
            clip.source, transcript=transcript, language=language, gender=gender, previous=tuple(previous)
        )
        return self._explained([clip], [request])[0]

    def explain_all(
        self, requests: Iterable[Request], *, batch_size: int = BATCH_SIZE
    ) -> Iterator[Explanation | Refusal]:
        """Explain many, in order and in batches; a bad recording gives a `Refusal` and stops nothing.

        Raises:
            ModelError: earlier turns are given to a model that was trained without.
        """
        waiting = iter(requests)
        while batch := list(islice(waiting, batch_size)):
            loaded = [self._load(request) for request in batch]
            good = [
                (clip, request)
                for clip, request in zip(loaded, batch, strict=True)
                if isinstance(clip, Audio)
            ]
            clips, kept = [clip for clip, _ in good], [request for _, request in good]
            explained = iter(self._explained(clips, kept) if clips else [])
            for clip in loaded:
                yield clip if isinstance(clip, Refusal) else next(explained)

    def explain_clips(
        self,
        clips: Sequence[Audio],
        *,
        gender: str | None = None,
        measures: Sequence[Measures] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> list[Explanation]:
        """Explain recordings that are in memory, in order and in batches.

        `measures` are what `measure` makes of them, where somebody has measured them already.

        Raises:
            AudioError: one is longer than the encoder can hear.
        """
        for clip in clips:
            self.loaded.encoder.check_length(clip.duration_s, clip.source)
        requests = [Request(source=clip.source, gender=gender) for clip in clips]
        batches = [slice(first, first + batch_size) for first in range(0, len(clips), batch_size)]
        return [
            explanation
            for part in batches
            for explanation in self._explained(
                clips[part], requests[part], measures[part] if measures else None
            )
        ]

    def _load(self, request: Request) -> Audio | Refusal:
        name = request.printable_name()
        try:
            clip = audio.load(request.source, start_s=request.start_s, end_s=request.end_s, name=name)
            self.loaded.encoder.check_length(clip.duration_s, clip.source)
        except AudioError as error:
            return Refusal(source=name, reason=error.reason, message=str(error))
        return clip

    def _explained(
        self,
        clips: Sequence[Audio],
        requests: Sequence[Request],
        measures: Sequence[Measures] | None = None,
    ) -> list[Explanation]:
        if any(request.previous for request in requests):
            self.require_turns()
        measured = [
            found.with_text(request.transcript or request.spoken, request.language)
            for found, request in zip(measures or map(measure, clips), requests, strict=True)
        ]
        why_not = [why_inaudible(found) for found in measured]
        heard = [number for number, reason in enumerate(why_not) if reason is None]
        told = [self._told(clips[n], requests[n]) for n in heard]
        before = [requests[n].previous for n in heard]
        answers = iter(self._answers([clips[n] for n in heard], told, before))
        words = iter(told)
        return [
            self._explanation(clip, request, measures, reason)
            if reason is not None
            else self._explanation(clip, request, measures, next(answers), next(words))
            for clip, request, measures, reason in zip(clips, requests, measured, why_not, strict=True)
        ]

    def _told(self, clip: Audio, request: Request) -> Heard | None:
        """The words that the model need not hear: the given ones, else the recogniser's."""
        if request.transcript or self.recogniser is None:
            return Heard(request.transcript) if request.transcript else None
        return self.recogniser.hear(clip.samples, request.language)

    def _answers(
        self, clips: Sequence[Audio], told: Sequence[Heard | None], before: Sequence[Sequence[str]]
    ) -> list[Answer]:
        if not clips:
            return []
        states = self.loaded.encoder.encode([clip.samples for clip in clips])
        given = [{"transcript": words.text} if words and words.text else {} for words in told]
        return self._answerer.answer(states, given, before, altered=self._alteration)

    def _turns_read(self, request: Request, found: Answer | Inaudible) -> int:
        """How many of the earlier turns the answer rests on."""
        return 0 if isinstance(found, Inaudible) else self.loaded.prompter.turns_read(request.previous)

    def _transcript(self, request: Request, found: Answer | Inaudible, told: Heard | None) -> Transcript:
        """The words and their source; the model's own ones only where they can be trusted."""
        if request.transcript:
            return Transcript(request.transcript, "given")
        if told is not None:
            return Transcript(told.text, "asr", told.words, reason=None if told.text else "no-words")
        if isinstance(found, Inaudible):
            return Transcript("", "none", reason="no-words")
        if "transcript" not in found.values:
            return Transcript("", "none")
        if self.takes_words:
            return Transcript("", "none", reason="no-words")
        check = self.loaded.card.words
        if check is not None and not check.trusts(found.certainty["transcript"]):
            return Transcript("", "none", reason="not-sure")
        is_checked = check is not None or self.loaded.model.recipe.llm.source != SCRATCH
        return Transcript(found.values["transcript"], "model", reason=None if is_checked else "not-checked")

    def _explanation(
        self,
        clip: Audio,
        request: Request,
        measures: Measures,
        found: Answer | Inaudible,
        told: Heard | None = None,
    ) -> Explanation:
        card = self.loaded.card
        transcript = self._transcript(request, found, told)
        if transcript.source == "asr":
            measures = measures.with_text(
                transcript.text, request.language or (told.language if told else None)
            )
        if isinstance(found, Answer) and transcript.reason in ("no-words", "not-sure"):
            found = replace(found, text=write(self.wordless, found.values))
        said = found.values if isinstance(found, Answer) else {}
        finest = self.loaded.model.recipe.data.finest_reference
        gender = request.gender or said.get("gender")
        levels = self.loaded.levels.assign(measures, gender=gender, finest=finest)
        if isinstance(found, Inaudible):
            levels = {name: unnamed(level, found.message) for name, level in levels.items()}
        emotion, explanation = self._emotion(found)
        return Explanation(
            audio=AudioInfo(source=clip.source, duration_s=round(clip.duration_s, 3), sha256=clip.sha256),
            emotion=emotion,
            descriptors={name: claim(name, said.get(name), levels[name]) for name in DESCRIPTORS},
            emphasis=tuple(
                Emphasis(
                    span.start_s,
                    span.end_s,
                    span.strength,
                    word_at(span.start_s, span.end_s, transcript.words),
                )
                for span in (measures.emphasis if isinstance(found, Answer) else ())
            ),
            transcript=transcript,
            explanation=explanation,
            turns_before=self._turns_read(request, found),
            model=ModelInfo(card.name, self.loaded.fingerprint, card.licence, self.adapted_to),
        )

    def _emotion(self, found: Answer | Inaudible) -> tuple[Emotion, str]:
        """The emotion, with honest probabilities, and the sentence; or why there is none."""
        if isinstance(found, Inaudible):
            equal = dict.fromkeys(self.labels, 1 / len(self.labels))
            sentence = f"No emotion is named: {found.message}."
            return Emotion(NO_LABEL, equal, abstained=True, reason=found.reason), sentence
        label, shares = found.values["emotion"], found.probabilities["emotion"]
        if (calibration := self.loaded.card.calibration) is not None:
            if calibration.reads == "head" and found.heard is not None:
                shares = naming(label, found.heard)
            shares = calibration.tempered(shares)
        if shares[label] >= self.threshold:
            return Emotion(label, shares), found.text
        sentence = (
            f"No emotion is named: the nearest is {label} with {shares[label]:.1%}, and at least "
            f"{self.threshold:.1%} is needed for at most {100 * (self.abstain or 0):g}% wrong answers."
        )
        return Emotion(NO_LABEL, shares, abstained=True, reason="low-confidence"), sentence


__all__ = ["Explainer", "Explanation", "InputError", "Refusal", "Request"]
