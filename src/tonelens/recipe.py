"""What a recipe may say: its sections (`recipe_sections`) and the rules between them.

A recipe is TOML data (`tonelens/recipes/*.toml`), read by `tonelens.config`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tonelens.recipe_sections import (
    AnswerConfig,
    AugmentConfig,
    DataConfig,
    EncoderConfig,
    LlmConfig,
    ObjectiveConfig,
    OptimiserConfig,
    ScheduleConfig,
    StreamsConfig,
    UtteranceConfig,
    require,
)

__all__ = [
    "AnswerConfig",
    "AugmentConfig",
    "DataConfig",
    "EncoderConfig",
    "LlmConfig",
    "ObjectiveConfig",
    "OptimiserConfig",
    "Recipe",
    "ScheduleConfig",
    "StreamsConfig",
    "UtteranceConfig",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One training, whole: with the cuts and a seed it determines the weights."""

    name: str
    """What reports call the system."""
    seed: int = 0
    """Of initialisation, order, noise and augmentation."""
    data: DataConfig = field(default_factory=DataConfig)
    """Parts and references."""
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    """Frozen speech encoder."""
    streams: StreamsConfig = field(default_factory=StreamsConfig)
    """Content and descriptor stream."""
    llm: LlmConfig = field(default_factory=LlmConfig)
    """Language model."""
    answer: AnswerConfig = field(default_factory=AnswerConfig)
    """Prompt and answer."""
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    """Loss terms."""
    utterance: UtteranceConfig = field(default_factory=UtteranceConfig)
    """The stage before the turns."""
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    """Stages."""
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    """AdamW."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Augmentation."""

    @property
    def head_decides(self) -> bool:
        """Whether an emotion head reads an utterance latent: it decides, and the LLM says what it decides."""
        return self.streams.pooling == "statistics" and self.objective.emotion_head_weight > 0

    def __post_init__(self) -> None:
        self._check_heads()
        require(
            self.utterance.epochs == 0 or self.head_decides,
            "utterance.epochs trains the utterance latent and the emotion head. Set streams.pooling to "
            "statistics and objective.emotion_head_weight above 0, or utterance.epochs to 0.",
        )
        require(
            self.streams.disentangled or self.schedule.strategy == "one-stage",
            f"streams.disentangled is false but schedule.strategy is {self.schedule.strategy!r}; one stream "
            f"has no parts to alternate between. Set schedule.strategy = 'one-stage'.",
        )
        require(
            self.llm.source != "none"
            or (
                self.objective.emotion_head_weight > 0
                and not (self.answer.descriptors or self.answer.transcript)
            ),
            "llm.source is 'none': only the auxiliary head answers, with the emotion alone. Set "
            "objective.emotion_head_weight above 0, answer.descriptors and answer.transcript to false.",
        )
        require(
            not (self.llm.source == "none" and self.streams.summary_token),
            "llm.source is 'none' but streams.summary_token is true: there is no LLM to read the token. "
            "Set streams.summary_token=false.",
        )
        require(
            self.objective.emotion_head_weight > 0 or self.augment.mixup == 0,
            "augment.mixup mixes inputs of the auxiliary head, but objective.emotion_head_weight is 0. "
            "Set one of them.",
        )
        require(
            self.answer.transcript or not self.answer.given_transcript,
            "answer.given_transcript is true but answer.transcript is false: the answer has no place for the "
            "words. Set answer.transcript=true.",
        )
        require(
            self.answer.dialogue_turns == 0 or not (self.llm.source == "none" or self.head_decides),
            "answer.dialogue_turns gives earlier turns to the LLM, but here an emotion head decides, which "
            "hears the clip alone. Set streams.pooling='attentive' and utterance.epochs=0 (with an LLM), or "
            "answer.dialogue_turns=0.",
        )
        require(
            self.data.hold_out_dev or self.schedule.patience == 0,
            "schedule.patience needs a dev part, but data.hold_out_dev is false. Set one of them.",
        )

    def _check_heads(self) -> None:
        """What the heads decide and the LLM is told has to be there.

        Raises:
            ConfigError: it is not.
        """
        require(
            not self.streams.gauges
            or (self.streams.pooling == "statistics" and self.objective.descriptor_head_weight > 0),
            "streams.gauges reads an utterance latent for the descriptors' heads. Set streams.pooling to "
            "statistics and objective.descriptor_head_weight above 0, or streams.gauges to false.",
        )
        require(
            not self.streams.verdict_tokens or (self.streams.summary_token and self.head_decides),
            "streams.verdict_tokens tells the LLM of every head apart. Set streams.summary_token=true, "
            "streams.pooling='statistics' and an objective.emotion_head_weight above 0, or "
            "streams.verdict_tokens=false.",
        )
        require(
            self.augment.exchange == 0 or (self.streams.summary_token and self.head_decides),
            "augment.exchange tells the LLM what the heads make of another clip, which needs "
            "streams.summary_token=true, streams.pooling='statistics' and an objective.emotion_head_weight "
            "above 0. Set these, or augment.exchange=0.",
        )
