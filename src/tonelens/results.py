"""The typed result, schema `tonelens/explanation@1`: what is said of a recording, and on what grounds.

Explanation.to_dict()   the JSON object that `explanation.schema.json` describes, frozen by a test
Explanation.to_text()   the same for a person
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = "tonelens/explanation@1"
REFUSAL_SCHEMA = "tonelens/refusal@1"

TranscriptSource = Literal["model", "given", "asr", "none"]
TranscriptReason = Literal["no-words", "not-sure", "not-checked"]
"""Why there are no words (none were heard; the model is not sure of its own), or why they may be invented:
nobody measured what the model writes for sentences that it never read."""
Outcome = Literal["supported", "contradicted", "not measurable"]
Abstention = Literal["no-speech", "too-short", "too-noisy", "low-confidence"]
"""Why a readable recording gets no emotion: three times the signal, then the stated risk (`--abstain`)."""
NO_LABEL = "unknown"
"""The label of an answer that is not given."""
WORDS: Mapping[TranscriptReason, str] = {
    "no-words": "no words were heard",
    "not-sure": "not understood: give them (--transcript), or name a recogniser (--asr)",
    "not-checked": "may be a sentence of the training: nobody checked this model on others",
}
MARKS: Mapping[str, str] = {"supported": "✓", "contradicted": "✗", "not measurable": "–"}
MEASURED = "·"
"""Marks what no model claimed: it is read off the signal or given, so there is nothing to check."""
SHARE = "share of "


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """Which recording."""

    source: str
    duration_s: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Emotion:
    """The label, and the probability of every label; they sum to 1.

    Where no answer is given, `abstained` is true, the label is NO_LABEL and `reason` says why; the
    probabilities are equal if the signal is the reason, else the model's.
    """

    label: str
    probabilities: Mapping[str, float]
    abstained: bool = False
    reason: Abstention | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `reason` stands only where there is one."""
        row = {"label": self.label, "probabilities": dict(self.probabilities), "abstained": self.abstained}
        return row if self.reason is None else {**row, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One property of the voice: what is claimed, what was measured, and whether they agree."""

    level: str | None
    """The claim in words; None where nothing is claimed."""
    said_by: Literal["model", "measurement"]
    """Who chose the level: the model's answer, or the measurement itself."""
    measured: float | None
    measured_level: str | None
    unit: str
    reference: Literal["speaker", "group", "corpus"] | None
    """What "high" is relative to."""
    verdict: Outcome
    reason: str | None = None
    """Why it is contradicted or not measurable."""

    def measured_in_words(self) -> str | None:
        """`135.6 Hz`, `14 % of the utterance`; None where nothing was measured."""
        if self.measured is None:
            return None
        if self.unit.startswith(SHARE):
            return f"{100 * self.measured:.0f} % of {self.unit.removeprefix(SHARE)}"
        return f"{self.measured:.4g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Emphasis:
    """A stressed stretch of the recording; `word` where words are timed."""

    start_s: float
    end_s: float
    strength: float
    word: str | None = None


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word and its place in the recording."""

    word: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words, and where they come from."""

    text: str
    source: TranscriptSource
    words: tuple[TimedWord, ...] = ()
    """Timed words; empty where only the text is known."""
    reason: TranscriptReason | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `reason` stands only where there is one."""
        row = {"text": self.text, "source": self.source, "words": [asdict(word) for word in self.words]}
        return row if self.reason is None else {**row, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Adapted:
    """The unlabelled recordings that a model listened in to before it answered."""

    clips: int
    source: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `from` is what they were read from."""
        return {"clips": self.clips, "from": self.source}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model said it."""

    name: str
    fingerprint: str
    licence: str
    adapted: Adapted | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `adapted` stands only where it was."""
        row: dict[str, Any] = {"name": self.name, "fingerprint": self.fingerprint, "licence": self.licence}
        return row if self.adapted is None else {**row, "adapted": self.adapted.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything said about one recording."""

    audio: AudioInfo
    emotion: Emotion
    descriptors: Mapping[str, Descriptor]
    emphasis: tuple[Emphasis, ...]
    transcript: Transcript
    explanation: str
    model: ModelInfo
    turns_before: int = 0
    """Earlier turns of the dialogue whose words the model read. Not in the JSON, whose schema is frozen."""

    def to_dict(self) -> dict[str, Any]:
        """One JSON object of the schema."""
        descriptors: dict[str, Any] = {name: asdict(value) for name, value in self.descriptors.items()}
        descriptors["emphasis"] = [asdict(span) for span in self.emphasis]
        return {
            "schema": SCHEMA,
            "audio": asdict(self.audio),
            "emotion": self.emotion.to_dict(),
            "descriptors": descriptors,
            "transcript": self.transcript.to_dict(),
            "explanation": self.explanation,
            "segments": [{"start_s": 0.0, "end_s": self.audio.duration_s}],
            "model": self.model.to_dict(),
        }

    def to_text(self) -> str:
        """Several lines for a person: emotion, sentence, and every claim with its evidence."""
        lines = [
            f"{self.audio.source}  ({self.audio.duration_s:.1f} s)",
            f"  {self._headline()}",
            f"  {self.explanation}",
        ]
        if self.transcript.reason is not None:
            lines.append(f"  {MARKS['not measurable']} {'words':<16}{WORDS[self.transcript.reason]}")
        if self.turns_before:
            lines.append(f"  {MEASURED} {'read before':<16}{counted_turns(self.turns_before)}, as given")
        for name, value in self.descriptors.items():
            lines.append(f"  {_line(name, value)}")
        for span in self.emphasis:
            word = f" ({span.word})" if span.word else ""
            where = f"{span.start_s:.2f} to {span.end_s:.2f} s{word}"
            lines.append(f"  {MEASURED} {'emphasis':<16}{where}, strength {span.strength:.2f}")
        heard = self.model.adapted
        listened = f", adapted to {heard.clips} recordings of {heard.source}" if heard else ""
        lines.append(f"  model {self.model.name} {self.model.fingerprint}{listened}")
        return "\n".join(lines)

    def _headline(self) -> str:
        """`ANGER  81%   then neutral 12%, fear 6%`, or that no answer is given, and why."""
        emotion = self.emotion
        ranked = sorted(emotion.probabilities.items(), key=lambda item: -item[1])
        shown = [f"{label} {share:.0%}" for label, share in ranked[:4] if share >= 0.005]
        if emotion.abstained:
            nearest = f"   nearest {', '.join(shown)}" if emotion.reason == "low-confidence" else ""
            return f"NO ANSWER  ({emotion.reason}){nearest}"
        others = ", ".join(shown[1:])
        share = emotion.probabilities[emotion.label]
        return f"{emotion.label.upper()}  {share:.0%}" + (f"   then {others}" if others else "")


def counted_turns(turns: int) -> str:
    """`2 earlier turns of the dialogue`."""
    return f"{turns} earlier turn{'s' * (turns != 1)} of the dialogue"


def _line(name: str, value: Descriptor) -> str:
    """`✗ pitch  high  135.6 Hz is low for the group: contradicted`: claim, evidence, verdict."""
    measured = value.measured_in_words()
    if measured is None:
        mark, evidence = MARKS[value.verdict], f"not measurable: {value.reason}"
    elif value.measured_level is None:
        mark, evidence = MARKS[value.verdict], f"{measured}: {value.reason}"
    else:
        is_claim = value.said_by == "model" and value.level is not None
        mark = MARKS[value.verdict] if is_claim or value.level is None else MEASURED
        outcome = value.verdict if is_claim else "measured" if value.level else "nothing claimed"
        evidence = f"{measured} is {value.measured_level} for the {value.reference}: {outcome}"
    return f"{mark} {name.replace('_', ' '):<16}{value.level or '-':<10}{evidence}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recording that was not explained, and why."""

    source: str
    reason: str
    """A stable word for programs, as `AudioError.reason`."""
    message: str
    """One line: what was found, the rule, the way out."""

    def to_dict(self) -> dict[str, Any]:
        """One JSON object of schema `tonelens/refusal@1`."""
        return {"schema": REFUSAL_SCHEMA, **asdict(self)}
