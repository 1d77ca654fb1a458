"""Predictions of a model on cuts, through the same `Explainer` that everybody uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from lhotse import MonoCut

from tonelens.corpora.cuts import (
    caption_of,
    corpus_of,
    emotion_of,
    emotion_shares_of,
    gender_of,
    language_of,
    path_of,
    speaker_of,
    text_of,
)
from tonelens.corpora.dialogues import turns_before
from tonelens.descriptors.sentences import GENDERS, UNKNOWN, read, write
from tonelens.errors import AudioError, CorpusError
from tonelens.evaluation.conditions import CLEAN, Condition, Hearing
from tonelens.evaluation.prediction import Claim, Prediction
from tonelens.explain import Explainer, Request
from tonelens.model.checkpoint import ModelCard
from tonelens.progress import Quiet, Reporter
from tonelens.results import Explanation, Refusal

SPOKEN = ("pitch", "volume", "speed")


@dataclass(frozen=True, slots=True)
class Predicted:
    """What an evaluation rests on."""

    predictions: list[Prediction]
    refused: list[Refusal]
    """Clips that could not be read; listed in every report."""
    unanswered: Mapping[str, str]
    """Id -> reason of the clips whose signal allows no answer; they are among the predictions, as wrong."""
    adapted_to: int | None = None
    """Clips whose statistics the model took; None where it stayed as it was trained."""
    why_not_adapted: str | None = None
    """Where it was to listen in, and stayed as it was."""
    words_given: bool = False
    """The corpus's transcripts were input."""
    most_turns: int = 0
    """Earlier turns of a dialogue that the model was trained with."""
    turns_given: bool = False
    """Their reference words were input."""

    def require_some(self) -> None:
        """Refuse an evaluation of nothing.

        Raises:
            CorpusError: no clip could be read.
        """
        if not self.predictions:
            first = self.refused[0].message if self.refused else "no clips were given"
            raise CorpusError(f"none of the {len(self.refused)} clips could be read. First: {first}")

    def notes(self) -> list[str]:
        """Sentences that belong beside every number: which clips were not scored, or not answered."""
        notes = []
        if self.adapted_to is not None:
            notes.append(
                f"Adapted: layer statistics moved towards {self.adapted_to} unlabelled clips of the scored "
                f"part itself, so these scores are not those of clips that come one by one."
            )
        if self.why_not_adapted:
            notes.append(f"Not adapted: {self.why_not_adapted}")
        if self.words_given:
            notes.append(
                "The corpus's transcript was given to the model with every clip that has one: there is no "
                "WER of these, and captions repeat it."
            )
        if self.most_turns:
            notes.append(self._about_turns())
        if messages := [refusal.message for refusal in self.refused]:
            notes.append(
                f"Not scored, because they could not be read ({len(messages)}): {'; '.join(messages)}"
            )
        if self.unanswered:
            named = "; ".join(f"{clip}: {reason}" for clip, reason in self.unanswered.items())
            notes.append(f"Not answered, and counted as wrong ({len(self.unanswered)}): {named}.")
        return notes

    def _about_turns(self) -> str:
        if not self.turns_given:
            return (
                f"No earlier turns of the dialogue were given, although the model was trained with up to "
                f"{self.most_turns}."
            )
        having = sum(bool(clip.turns_before) for clip in self.predictions)
        return (
            f"The corpus's words of up to {self.most_turns} earlier turns of the dialogue were given to the "
            f"model ({having} of {len(self.predictions)} clips have any): words only, none misheard."
        )


def held_out_cuts(
    cuts: Sequence[MonoCut], card: ModelCard, *, part: str = "test"
) -> tuple[list[MonoCut], str]:
    """The clips to score, and the sentence that says how they relate to the training.

    Of the corpus that was trained on, the held-out part; of another corpus, every clip.

    Raises:
        CorpusError: nothing is left to score.
    """
    protocol = card.protocol.removesuffix(".")  # reports end the sentence themselves
    held_out = set(card.parts.get(part, []))
    chosen = [cut for cut in cuts if cut.id in held_out]
    if chosen:
        return chosen, protocol
    if part != "test":
        raise CorpusError(
            f"none of these clips is of the model's {part} part. Give its cuts, or use --part test."
        )
    heard = set(card.train_speakers)
    unheard = [cut for cut in cuts if speaker_of(cut) not in heard]
    if not unheard:
        raise CorpusError(
            f"every clip has a speaker that the model was trained on, and none is of its {part} part. "
            f"Train with a held-out fold, or give other clips."
        )
    known = len(cuts) - len(unheard)
    left_out = f" {known} clips of speakers heard in training were left out." if known else ""
    return unheard, f"Clips that are not in the training corpus's {part} part.{left_out} {protocol}"


def predict(
    explainer: Explainer,
    cuts: Sequence[MonoCut],
    reporter: Reporter | None = None,
    *,
    condition: Condition = CLEAN,
    adapt: bool = False,
    transcripts: bool | None = None,
    context: bool | None = None,
) -> Predicted:
    """Explain every cut as it is heard under a condition; with `adapt` after listening to all of them.

    With `transcripts` the corpus's words are input, with `context` those of earlier turns of the dialogue;
    None does as in the model's training. Similar lengths share a batch; the order of `cuts` is kept.

    Raises:
        CorpusError: babble of too few speakers; see `conditions`.
        InputError, ModelError: see `Explainer.adapted`; `context` for a model that was trained without.
    """
    reporter = reporter or Quiet()
    if adapt:
        explainer, _ = explainer.adapted(_requests(cuts, condition), "the scored part")
    reporter.begin("explaining" if condition == CLEAN else condition.name, len(cuts))
    order = sorted(range(len(cuts)), key=lambda index: cuts[index].duration)
    results: dict[int, Explanation | Refusal] = {}
    words_given = explainer.takes_words if transcripts is None else transcripts
    turns_given = explainer.turns_taken > 0 if context is None else context
    if turns_given:
        explainer.require_turns()
    requests = _requests(
        [cuts[index] for index in order], condition, words_given=words_given, turns_given=turns_given
    )
    for index, result in zip(order, explainer.explain_all(requests), strict=True):
        results[index] = result
        reporter.advance(len(results))
    predictions: list[Prediction] = []
    refused: list[Refusal] = []
    for index, cut in enumerate(cuts):
        result = results[index]
        if isinstance(result, Refusal):
            refused.append(result)
        else:
            predictions.append(_prediction(cut, result, explainer))
    unanswered = {
        cuts[index].id: result.emotion.reason
        for index, result in sorted(results.items())
        if isinstance(result, Explanation) and result.emotion.reason is not None
    }
    adapted_to = explainer.adapted_to.clips if explainer.adapted_to else None
    return Predicted(
        predictions, refused, unanswered, adapted_to, explainer.why_not_adapted, words_given,
        most_turns=explainer.turns_taken, turns_given=turns_given,
    )  # fmt: skip


def _requests(
    cuts: Sequence[MonoCut], condition: Condition, *, words_given: bool = False, turns_given: bool = False
) -> Iterator[Request]:
    """One request a cut, changed only when its turn comes; one that cannot be read goes on as it is."""
    hearing = Hearing(condition, cuts)
    for cut in cuts:
        request = _request(cut)
        if words_given:
            request = replace(request, transcript=request.spoken)
        if turns_given:
            request = replace(request, previous=tuple(turn.line for turn in turns_before(cut)))
        if condition != CLEAN:
            with suppress(AudioError):  # the Explainer refuses such a clip, with the same words
                request = replace(request, source=hearing.wav(cut), start_s=0.0, end_s=None)
        yield request


def _request(cut: MonoCut) -> Request:
    whole = cut.start == 0 and cut.duration >= cut.recording.duration - 1e-6
    return Request(
        source=Path(path_of(cut)),
        start_s=cut.start,
        end_s=None if whole else cut.start + cut.duration,
        gender=gender_of(cut),
        name=cut.id,
        spoken=text_of(cut),
        language=language_of(cut),
    )


def answered(cut: MonoCut, emotion: str | None) -> Prediction:
    """A system's emotion for a clip, beside what the cut says of it; None where it gave none."""
    return Prediction(
        id=cut.id,
        speaker=speaker_of(cut),
        corpus=corpus_of(cut),
        language=language_of(cut),
        gender=gender_of(cut),
        reference_emotion=emotion_of(cut),
        predicted_emotion=emotion,
        reference_shares=emotion_shares_of(cut) or {},
    )


def _prediction(cut: MonoCut, result: Explanation, explainer: Explainer) -> Prediction:
    text = text_of(cut)
    said = read(explainer.grammar, result.explanation) or read(explainer.wordless, result.explanation) or {}
    transcript = result.transcript.text if result.transcript.source == "model" else None
    return replace(
        answered(cut, said.get("emotion")),
        probabilities={} if result.emotion.abstained else dict(result.emotion.probabilities),
        descriptors={
            name: Claim(claimed=value.level, measured=value.measured_level)
            for name, value in result.descriptors.items()
            if value.said_by == "model"
        },
        turns_before=result.turns_before if explainer.turns_taken else None,
        reference_text=text if result.transcript.source != "given" else None,
        transcript=transcript if text is not None else None,
        reference_caption=caption_of(cut) or _reference_caption(cut, result, explainer),
        caption=result.explanation,
    )


def _reference_caption(cut: MonoCut, result: Explanation, explainer: Explainer) -> str | None:
    """The sentence that labels and measurements give, where the corpus has none; None for a label the model
    lacks."""
    if emotion_of(cut) not in explainer.labels.labels:
        return None
    measured = {name: result.descriptors[name].measured_level or UNKNOWN for name in SPOKEN}
    gender = gender_of(cut)
    values = {
        **measured,
        "gender": gender if gender in GENDERS else "person",
        "transcript": text_of(cut) or "",
        "emotion": emotion_of(cut),
    }
    return write(explainer.grammar, values)
