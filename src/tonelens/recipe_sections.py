"""The sections of a recipe: frozen dataclasses, one docstring line a field, rules in `__post_init__`.

Values named `paper` come from
Chen et al. 2025, arXiv:2505.23236; the others are this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tonelens.errors import ConfigError

MOST_TURNS = 16
"""Earlier turns of a dialogue that a cut keeps."""


def require(condition: bool, message: str) -> None:
    """Refuse a value with what was found, the rule, and the way out.

    Raises:
        ConfigError: `condition` is false.
    """
    if not condition:
        raise ConfigError(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataConfig:
    """Which clips train, which stop the training early, which are never seen."""

    protocol: Literal["emobox", "speaker-disjoint", "leave-speakers-out", "official", "random", "none"] = (
        "speaker-disjoint"
    )
    """How the clips are divided into train, dev and test."""
    fold: int = 1
    """Which fold is the test part, counted from 1."""
    folds: int = 5
    """How many groups `speaker-disjoint` deals the speakers into."""
    divided: str = ""
    """The corpus that the protocol divides; others of the data train whole. Empty divides all together."""
    hold_out_dev: bool = True
    """Keep some training speakers as a dev part; false trains on them too (no early stopping)."""
    allow_speaker_overlap: bool = False
    """Go on when a speaker is in two parts; every report then says so."""
    finest_reference: Literal["speaker", "group", "corpus"] = "group"
    """Finest reference of the descriptor levels taught: one clip cannot know its speaker's habit."""
    soft_labels: bool = False
    """Learn the listeners' votes in place of one label a clip, where cuts have them; off in the paper's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderConfig:
    """The frozen speech encoder."""

    source: str = "facebook/hubert-large-ls960-ft"
    """Hub name or folder of a HuBERT, WavLM, wav2vec2, data2vec-audio or Whisper model (paper)."""
    cache: bool = True
    """Keep the hidden states on disk: the encoder then runs once a clip instead of once an epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamsConfig:
    """The disentanglement blocks and their adapters; both streams have this shape."""

    disentangled: bool = True
    """Two bottlenecked streams (paper); false is one plain stream without a bottleneck (row 4)."""
    latent_width: int = 128
    """Z, values kept per frame. Not stated in the paper."""
    hidden_width: int = 512
    """Width of the two GELU layers. Not stated in the paper."""
    stack: int = 5
    """k, neighbouring frames joined into one LLM token (5: 10 tokens/s at 50 frames/s)."""
    adapter_width: int = 2048
    """Hidden width of the adapter (paper, after LLaMA-Omni)."""
    normalise_layers: bool = False
    """Layer-normalise each encoder layer before the weighted sum. Off in the paper's system."""
    summary_token: bool = False
    """One more LLM token: the pooled descriptor latents. Ours, off in the paper's system."""
    verdict_tokens: bool = False
    """`statistics` only: the summary is a token a head in place of one for all, beginning as the word that
    the head expects. Ours, off in the paper's system."""
    dropout: float = 0.0
    """Dropout inside the blocks' hidden layers."""
    pooling: Literal["attentive", "statistics"] = "attentive"
    """What heads and summary token read of a clip: attentive mean and deviation of its frame latents, or
    an utterance latent: every layer's mean and deviation over the clip through a bottleneck of its own."""
    utterance_hidden_width: int = 256
    """`statistics` only: width of its GELU layers."""
    utterance_layers: int = 2
    """`statistics` only: how many they are; the paper's frame blocks have two."""
    utterance_members: int = 1
    """`statistics` only: bottlenecks side by side, each with first weights of its own; heads average them."""
    utterance_dropout: float = 0.5
    """`statistics` only: dropout inside the utterance bottleneck."""
    statistics_dropout: float = 0.5
    """`statistics` only: dropout on the statistics themselves."""
    gauges: bool = False
    """`statistics` only: pitch, volume and speed are read as values, which edges make levels. Ours, off."""

    def __post_init__(self) -> None:
        counts = ("latent_width", "hidden_width", "stack", "adapter_width")
        for name in (*counts, "utterance_hidden_width", "utterance_layers", "utterance_members"):
            require(
                getattr(self, name) >= 1, f"streams.{name} is {getattr(self, name)}; it must be 1 or more."
            )
        for name in ("dropout", "utterance_dropout", "statistics_dropout"):
            require(
                0 <= getattr(self, name) < 1,
                f"streams.{name} is {getattr(self, name)}; it must lie in [0, 1).",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmConfig:
    """The language model: a pretrained one with LoRA, or a small Llama trained whole."""

    source: str = "meta-llama/Llama-3.1-8B-Instruct"
    """Hub name or folder (paper), `scratch` for a small Llama with its own tokenizer, or `none`: the
    emotion is then read from the auxiliary head alone (rows 1 to 3 of table 2)."""
    lora_rank: int = 16
    """LoRA rank on all attention and MLP projections; 0 trains the whole model. Not in the paper."""
    lora_alpha: int = 32
    """LoRA scale. Not stated in the paper."""
    lora_dropout: float = 0.0
    """Dropout before the LoRA matrices."""
    load_in_4bit: bool = False
    """bitsandbytes 4-bit weights (needs the extra `4bit` and a CUDA device)."""
    width: int = 192
    """`scratch` only: hidden size."""
    layers: int = 4
    """`scratch` only: decoder layers."""
    heads: int = 4
    """`scratch` only: attention heads."""
    vocabulary: int = 1024
    """`scratch` only: most tokens of the byte-level BPE trained on the answers of the training part."""
    dropout: float = 0.0
    """`scratch` only: attention dropout."""

    def __post_init__(self) -> None:
        require(self.lora_rank >= 0, f"llm.lora_rank is {self.lora_rank}; it must be 0 (train all) or more.")
        require(
            not (self.source == "scratch" and self.lora_rank),
            f"llm.source is 'scratch' and llm.lora_rank is {self.lora_rank}; a model without pretrained "
            f"weights must be trained whole. Set llm.lora_rank=0.",
        )
        require(
            not (self.source == "none" and self.lora_rank),
            f"llm.source is 'none' and llm.lora_rank is {self.lora_rank}. Set llm.lora_rank=0.",
        )
        require(
            self.width % self.heads == 0,
            f"llm.width ({self.width}) must be divisible by llm.heads ({self.heads}).",
        )
        require(
            not (self.load_in_4bit and self.lora_rank == 0),
            "llm.load_in_4bit needs llm.lora_rank > 0: 4-bit weights cannot be trained whole.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerConfig:
    """What the LLM is asked and what it answers."""

    style: Literal["template", "caption"] = "template"
    """`template`: the sequel's fixed sentence; `caption`: the paper's order of facts."""
    descriptors: bool = True
    """Speech-emotion descriptors in the answer (task SED)."""
    transcript: bool = True
    """The transcript in the answer of the SER-SED stage."""
    given_transcript: bool = False
    """The words are input: they stand at their place in the answer, are not learnt there, and must be given
    to the trained model as well. Off in the paper's system, which hears them."""
    system: str = "You are a helpful language and speech assistant."
    """System prompt (paper, figure 1)."""
    instruction: str = (
        "Please caption the input audio according to content and speech descriptor-related information."
    )
    """User prompt of the SER-SED stage (paper, figure 1)."""
    transcribe_instruction: str = "Please transcribe the input audio."
    """User prompt of the ASR stage. Not stated in the paper."""
    max_transcript_tokens: int = 80
    """A transcript is closed after this many tokens."""
    dialogue_turns: int = 0
    """Words of up to so many earlier turns of the dialogue in the prompt; off (0) in the paper's system."""
    max_dialogue_tokens: int = 256
    """Earlier turns take at most so many tokens; the oldest are left out first."""
    descriptor_first: bool = False
    """The descriptor tokens stand before the content tokens in the prompt: the streams change places.
    Off in the paper's system."""

    def __post_init__(self) -> None:
        require(
            0 <= self.dialogue_turns <= MOST_TURNS,
            f"answer.dialogue_turns is {self.dialogue_turns}; cuts keep 0 to {MOST_TURNS}. Set one of these.",
        )
        require(
            self.max_dialogue_tokens >= 1,
            f"answer.max_dialogue_tokens is {self.max_dialogue_tokens}; it must be 1 or more.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectiveConfig:
    """Loss = cross-entropy + beta * KL (paper, section 2), and what tiny models need on top."""

    beta: float = 1e-2
    """Loss per nat of KL, summed over dimensions, averaged over speech frames (paper: 1e-2)."""
    label_token_weight: float = 1.0
    """Weight of the emotion's tokens in the cross-entropy; 1 is the paper's objective."""
    descriptor_token_weight: float = 1.0
    """Weight of the descriptors' tokens in the cross-entropy; 1 is the paper's objective."""
    label_smoothing: float = 0.0
    """Smoothing of the auxiliary head's cross-entropy."""
    emotion_head_weight: float = 0.0
    """Weight of an auxiliary emotion classifier on the pooled z_descriptor; 0 is the paper's."""
    descriptor_head_weight: float = 0.0
    """Weight of auxiliary classifiers of the answer's descriptors (gender, speed, pitch, volume) on the
    same latents; 0 is the paper's. Nats, averaged over the descriptors."""
    llm_gradient: float = 1.0
    """Share of the LLM's gradient that reaches the descriptor latents (1 is the paper's). The LLM learns
    small corpora by heart; below 1 the auxiliary head shapes the latents more."""

    def __post_init__(self) -> None:
        for name in ("beta", "emotion_head_weight", "descriptor_head_weight"):
            require(
                getattr(self, name) >= 0, f"objective.{name} is {getattr(self, name)}; it must be 0 or more."
            )
        require(
            0 <= self.llm_gradient <= 1,
            f"objective.llm_gradient is {self.llm_gradient}; it must lie in [0, 1].",
        )
        for name in ("label_token_weight", "descriptor_token_weight"):
            require(
                getattr(self, name) > 0, f"objective.{name} is {getattr(self, name)}; it must be above 0."
            )
        require(
            0 <= self.label_smoothing < 1,
            f"objective.label_smoothing is {self.label_smoothing}; it must lie in [0, 1).",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class UtteranceConfig:
    """The stage before the turns: the utterance latent and its heads learn alone, from whole-clip statistics.

    It takes seconds; what it has learnt stays fixed in the turns. Ours (docs/decisions/0015).
    """

    epochs: int = 0
    """Passes over the training part; 0 leaves the stage out, and the latent learns in the turns."""
    batch_size: int = 64
    """Clips a step."""
    rate: float = 1.5e-3
    """Peak learning rate; cosine to zero."""
    copies: int = 0
    """Changed copies of every training clip: as many other voices. Only their statistics are kept."""
    speed: float = 0.0
    """Largest relative change of a copy's speed (pitch, formants and pace move together)."""
    gain_db: float = 0.0
    """Largest change of a copy's level in dB."""
    channel: float = 0.0
    """Share of the copies heard through a random channel."""
    revoiced: int = 0
    """Further copies through a vocoder, which moves pitch, pace and level (`gain_db`) apart: they teach what
    to say of these, and no emotion, as it may be another. Needs the extra `evidence` (decision 0017)."""
    revoiced_semitones: float = 6.0
    """Largest change of such a copy's F0."""
    revoiced_pace: float = 1.4
    """Largest factor on such a copy's pace."""

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("copies", 0), ("revoiced", 0), ("batch_size", 1)):
            given = getattr(self, name)
            require(given >= least, f"utterance.{name} is {given}; it must be {least} or more.")
        require(self.rate > 0, f"utterance.rate is {self.rate}; it must be above 0.")
        require(0 <= self.speed < 0.5, f"utterance.speed is {self.speed}; it must lie in [0, 0.5).")
        require(0 <= self.channel <= 1, f"utterance.channel is {self.channel}; it must lie in [0, 1].")
        semitones, pace = self.revoiced_semitones, self.revoiced_pace
        require(0 <= semitones <= 12, f"utterance.revoiced_semitones is {semitones}; it must lie in [0, 12].")
        require(1 <= pace <= 2, f"utterance.revoiced_pace is {pace}; it must lie in [1, 2].")
        require(
            self.copies > 0 or not (self.speed or self.gain_db or self.channel),
            "utterance.speed, gain_db and channel change copies of the clips, but utterance.copies is 0. "
            "Set utterance.copies to 1 or more, or the three to 0.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleConfig:
    """Which stage trains when (paper, section 2)."""

    strategy: Literal["alternating", "two-stage", "one-stage"] = "alternating"
    """Back and forth, once each, or everything at once."""
    unit: Literal["epoch", "step"] = "epoch"
    """What the alternation counts. Not stated in the paper."""
    unit_length: int = 1
    """Epochs or steps before the other stage has its turn."""
    asr_epochs: int = 4
    """Epochs of the ASR stage (paper: 4); 0 leaves the stage out (row 6)."""
    ser_epochs: int = 4
    """Epochs of the SER-SED stage (paper: 4)."""
    least_ser_steps: int = 0
    """With few clips as many more epochs of that stage as give so many steps; 0 adds none."""
    freeze_content: bool = True
    """The content stream is frozen in the SER-SED stage (paper); false lets it go on learning there."""
    patience: int = 0
    """Stop after this many SER-SED epochs without a better dev score; 0 never stops early."""

    def __post_init__(self) -> None:
        require(self.ser_epochs >= 1, f"schedule.ser_epochs is {self.ser_epochs}; it must be 1 or more.")
        for name in ("asr_epochs", "least_ser_steps", "patience"):
            require(
                getattr(self, name) >= 0, f"schedule.{name} is {getattr(self, name)}; it must be 0 or more."
            )
        require(self.unit_length >= 1, f"schedule.unit_length is {self.unit_length}; it must be 1 or more.")
        require(
            self.freeze_content or self.strategy != "one-stage",
            "schedule.freeze_content is false, but strategy 'one-stage' freezes nothing in any case. "
            "Set one of them.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimiserConfig:
    """AdamW and its two schedules."""

    batch_size: int = 8
    """Clips a step and device (paper: 8)."""
    accumulate: int = 1
    """Batches whose gradients are added up before a step."""
    asr_rate: float = 2e-4
    """Learning rate of the ASR stage, constant after warm-up (paper: 2e-4)."""
    ser_rate: float = 2e-5
    """Peak learning rate of the SER-SED stage, cosine to zero (paper: 2e-5)."""
    warmup_share: float = 0.03
    """Share of a stage's steps spent warming up (paper: 3 %)."""
    weight_decay: float = 0.01
    """AdamW's decoupled decay on matrices."""
    clip_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    average_decay: float = 0.0
    """Exponential average of the weights, per step; 0 keeps the last weights."""
    precision: Literal["auto", "no", "bf16", "fp16"] = "auto"
    """Accelerate's mixed precision. `auto`: bf16 where the device computes in it, else none
    (a CPU without such instructions is 80 times slower in bf16 than in float32)."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "accumulate"):
            require(
                getattr(self, name) >= 1, f"optimiser.{name} is {getattr(self, name)}; it must be 1 or more."
            )
        for name in ("asr_rate", "ser_rate", "clip_norm"):
            require(
                getattr(self, name) > 0, f"optimiser.{name} is {getattr(self, name)}; it must be above 0."
            )
        for name in ("warmup_share", "average_decay"):
            require(
                0 <= getattr(self, name) < 1,
                f"optimiser.{name} is {getattr(self, name)}; it must lie in [0, 1).",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentConfig:
    """Training-time changes of waveform and features; all off by default, as in the paper."""

    copies: int = 0
    """Changed copies of every training clip (speed, gain, noise, channel), made before the encoder."""
    speed: float = 0.0
    """Largest relative change of speed (pitch and pace move together)."""
    gain_db: float = 0.0
    """Largest change of level in dB."""
    noise_snr_db: float = 0.0
    """Lowest signal-to-noise ratio of added noise in dB; 0 adds none."""
    channel: float = 0.0
    """Share of the copies heard through a random channel: equaliser, and some of room, telephone, Opus."""
    crop: float = 0.0
    """Largest share of the frames cut off at each end."""
    channel_drop: float = 0.0
    """Share of the encoder's channels set to zero, the same ones in all frames of a clip."""
    mixup: float = 0.0
    """Beta(a, a) mixing of pooled latents before the auxiliary head; 0 is off."""
    exchange: float = 0.0
    """Share of the explained clips that are told, and have to say, what the heads make of another clip of the
    batch, so that the LLM reads the heads; frames and words stay their own."""

    def __post_init__(self) -> None:
        require(0 <= self.speed < 0.5, f"augment.speed is {self.speed}; it must lie in [0, 0.5).")
        require(0 <= self.crop < 0.5, f"augment.crop is {self.crop}; it must lie in [0, 0.5).")
        require(
            0 <= self.channel_drop < 1, f"augment.channel_drop is {self.channel_drop}; it must lie in [0, 1)."
        )
        require(0 <= self.exchange <= 1, f"augment.exchange is {self.exchange}; it must lie in [0, 1].")
        require(0 <= self.channel <= 1, f"augment.channel is {self.channel}; it must lie in [0, 1].")
        require(
            self.copies > 0 or not (self.speed or self.gain_db or self.noise_snr_db or self.channel),
            "augment.speed, gain_db, noise_snr_db and channel change copies of the clips, but "
            "augment.copies is 0. Set augment.copies to 1 or more, or the four to 0.",
        )
