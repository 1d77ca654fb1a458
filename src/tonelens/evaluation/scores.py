"""Every score of one system on one set of clips, under one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tonelens.evaluation.captions import CaptionScores, score_captions
from tonelens.evaluation.descriptors import DescriptorScores, score_descriptors
from tonelens.evaluation.emotion import EmotionScores, score_emotions
from tonelens.evaluation.figures import Figure
from tonelens.evaluation.intervals import Interval
from tonelens.evaluation.prediction import Prediction, check_predictions
from tonelens.evaluation.transcripts import TranscriptScores, score_transcripts
from tonelens.evaluation.votes import VoteScores, score_votes
from tonelens.evidence.clusters import MIN_SPEAKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All scores, with what they are about."""

    system: str
    corpus: str
    protocol: str
    """Which clips were tested, and what was kept apart from them in training."""
    notes: tuple[str, ...]
    """Sentences that belong beside every number (speakers shared, how intervals were drawn ...)."""
    clips: int
    published_clips: int | None
    """Clips that the tested part has as it is published; None where it is no published part."""
    speakers: int
    """Different known speakers."""
    emotion: EmotionScores
    descriptors: tuple[DescriptorScores, ...]
    transcripts: TranscriptScores | None
    """None where no reference text is known."""
    captions: CaptionScores | None
    """None where no reference caption is known."""
    votes: VoteScores | None
    """None where no clip has listeners' votes."""

    @property
    def right(self) -> int:
        """Clips with the right emotion."""
        return sum(row[place] for place, row in enumerate(self.emotion.classes.confusion))

    def figures(self) -> list[Figure]:
        """Every number as a row of a results file."""
        classes = self.emotion.classes
        scores: dict[str, Interval] = {"ua": classes.ua, "wa": classes.wa, "macro_f1": classes.macro_f1}
        for descriptor in self.descriptors:
            scores[f"{descriptor.name}_accuracy"] = descriptor.accuracy
            scores[f"{descriptor.name}_macro_f1"] = descriptor.macro_f1
        if self.transcripts:
            scores["wer"] = self.transcripts.wer
        if self.captions:
            scores["bleu4"] = self.captions.bleu4
            scores["rouge_l"] = self.captions.rouge_l
            scores["cider"] = self.captions.cider
            if self.captions.meteor:
                scores["meteor"] = self.captions.meteor
            if self.captions.spice:
                scores["spice"] = self.captions.spice
        if self.emotion.ece_perfect is not None:
            scores["ece_perfect"] = self.emotion.ece_perfect
        if self.votes:
            scores |= {f"votes_{name}": score for name, score in self.votes.intervals().items()}
        rows = [
            Figure.of(score, system=self.system, corpus=self.corpus, protocol=self.protocol, metric=metric)
            for metric, score in scores.items()
        ]
        if self.published_clips is not None:
            rows.append(self._plain("wa_published", self.right / self.published_clips, self.published_clips))
        rows.append(self._plain("parse_rate", self.emotion.parse_rate, self.clips))
        if self.emotion.ece is not None:
            rows.append(self._plain("ece", self.emotion.ece, self.emotion.with_probabilities))
        if self.emotion.ece_before is not None:
            rows.append(self._plain("ece_before", self.emotion.ece_before, self.emotion.with_probabilities))
        return rows

    def _plain(self, metric: str, value: float, clips: int) -> Figure:
        """A number without an interval."""
        return Figure(
            system=self.system,
            corpus=self.corpus,
            protocol=self.protocol,
            metric=metric,
            value=value,
            n=clips,
        )


def evaluate(
    predictions: Sequence[Prediction],
    *,
    protocol: str,
    notes: Sequence[str] = (),
    system: str = "model",
    corpus: str = "all",
    temperature: float | None = None,
    published_clips: int | None = None,
) -> Report:
    """Score one system's predictions.

    Args:
        predictions: one a clip, every clip that was asked for.
        protocol: how the clips were chosen, as in the results files (`emobox-1`, `speaker-disjoint` ...).
        notes: sentences that belong beside every number.
        system: the system's name.
        corpus: the corpus's name, or `all`.
        temperature: what the system's probabilities were calibrated with; None where they were not.
        published_clips: how many clips the tested part has as it is published; those that nobody could test
            count as wrong in `wa_published`.

    Raises:
        CorpusError: no predictions, or an id that occurs twice.
    """
    check_predictions(predictions)
    emotion = score_emotions(predictions, temperature=temperature)
    return Report(
        system=system,
        corpus=corpus,
        protocol=protocol,
        notes=(*notes, _interval_note(predictions, emotion)),
        clips=len(predictions),
        published_clips=published_clips,
        speakers=_speakers(predictions),
        emotion=emotion,
        descriptors=score_descriptors(predictions),
        transcripts=score_transcripts(predictions),
        captions=score_captions(predictions),
        votes=score_votes(predictions),
    )


def _speakers(predictions: Sequence[Prediction]) -> int:
    return len({prediction.speaker for prediction in predictions} - {None})


def _interval_note(predictions: Sequence[Prediction], emotion: EmotionScores) -> str:
    if emotion.classes.ua.unit == "speaker":
        return f"Intervals are 95 % bootstrap intervals drawn over {emotion.classes.ua.clusters} speakers."
    unknown = sum(prediction.speaker is None for prediction in predictions)
    why = (
        f"{unknown} of {len(predictions)} clips have no known speaker"
        if unknown
        else f"{_speakers(predictions)} speakers are too few to draw from ({MIN_SPEAKERS} are needed)"
    )
    return (
        f"Intervals are 95 % bootstrap intervals drawn over clips, because {why}: "
        "they describe these speakers and say nothing about new ones."
    )
