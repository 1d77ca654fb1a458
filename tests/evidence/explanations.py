"""A made-up explanation with everything that a page can show, and names that would be markup."""

from dataclasses import replace

import numpy as np

from tonelens.audio import SAMPLE_RATE, Audio, from_array
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.evidence.page_parts import (
    CitedSpan,
    Counterfactual,
    InterventionRow,
    PageParts,
    WordsOrVoice,
)
from tonelens.model.confidence import Calibration, Threshold
from tonelens.results import (
    Adapted,
    AudioInfo,
    Descriptor,
    Emotion,
    Emphasis,
    Explanation,
    ModelInfo,
    Transcript,
)

EVIL = "<script>alert('1')</script>&amp;\"x\""
CLIP = from_array(synthesise(VoiceSpec(text="mani tosu lona", f0_hz=200)).samples, SAMPLE_RATE, name="a.wav")
PROBABILITIES = {"neutral": 0.125, "anger": 0.871, "calm": 0.004}
CALIBRATION = Calibration(1.5, "dev part", 240, 0.11, 0.04, (Threshold(0.0, 0.4, 1.0),))


def quieter(factor: float) -> Audio:
    return Audio(np.asarray(CLIP.samples * factor, np.float32), "changed", "1" * 64)


def plain(name: str = "a.wav") -> Explanation:
    """A given answer; nothing emphasised."""
    return Explanation(
        audio=AudioInfo(name, round(CLIP.duration_s, 3), CLIP.sha256),
        emotion=Emotion("anger", PROBABILITIES),
        descriptors={
            "pitch": Descriptor("high", "model", 231.4, "high", "Hz", "group", "supported"),
            "speed": Descriptor(
                "slow", "model", 5.2, "fast", "syllables/s", "group", "contradicted", "5.2 is fast, not slow"
            ),
            "volume": Descriptor(None, "model", -20.0, "high", "dBFS", "group", "not measurable", "no claim"),
            "pauses": Descriptor("few", "measurement", 0.14, "few", "share of clip", "corpus", "supported"),
            "voice_quality": Descriptor(
                "rough", "model", None, None, "dB", None, "not measurable", "too short"
            ),
        },
        emphasis=(),
        transcript=Transcript("", "none", reason="not-sure"),
        explanation="The voice is angry.",
        model=ModelInfo("tiny", "abc123", "Apache-2.0"),
    )


def everything() -> tuple[Explanation, PageParts]:
    """All parts given, and every text that comes from outside tries to be markup."""
    result = plain(f"folder/{EVIL}.wav")
    emotions = {EVIL: 0.871, "neutral": 0.129}
    result = replace(
        result,
        emotion=Emotion(EVIL, emotions),
        emphasis=(Emphasis(0.2, 0.4, 0.7, EVIL), Emphasis(0.6, 0.8, 0.5)),
        transcript=Transcript(EVIL, "given", reason="not-checked"),
        explanation=EVIL,
        model=ModelInfo(EVIL, EVIL, EVIL, Adapted(5, EVIL)),
        descriptors={
            **result.descriptors,
            "speed": Descriptor(EVIL, "model", 5.2, EVIL, EVIL, "group", "contradicted", EVIL),
        },
    )
    parts = PageParts(
        calibration=replace(CALIBRATION, fitted_on=EVIL),
        cited=(CitedSpan(0.1, 0.5, 0.34), CitedSpan(0.7, 0.9, -0.02)),
        share=WordsOrVoice(0.25, 0.75, EVIL),
        counterfactual=Counterfactual(EVIL, emotions, {EVIL: 0.3, "neutral": 0.7}, quieter(0.5)),
        interventions=(
            InterventionRow(EVIL, EVIL, EVIL, EVIL, "as expected"),
            InterventionRow("faster", "slow", "slow", "faster", "not as expected"),
        ),
    )
    return result, parts
