"""The typed result: as JSON what the frozen schema says, as text what a person needs."""

import hashlib
import json
from dataclasses import replace
from importlib import resources

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tonelens.results import (
    Adapted,
    AudioInfo,
    Descriptor,
    Emotion,
    Emphasis,
    Explanation,
    ModelInfo,
    Refusal,
    TimedWord,
    Transcript,
)

SCHEMA = json.loads((resources.files("tonelens") / "explanation.schema.json").read_text("utf-8"))
FROZEN = "b2e9d4079666b8304b2d3789b4334c34e02e1ca46973de8f4cd7ef29eee0ed26"
"""SHA-256 of the schema. Programs of others rest on it: a change needs `tonelens/explanation@2`."""


def descriptor(level, said_by, measured, measured_level, verdict, reason=None, unit="dB"):
    reference = "group" if measured_level else None
    return Descriptor(level, said_by, measured, measured_level, unit, reference, verdict, reason)


EXPLAINED = Explanation(
    audio=AudioInfo("calls/a ü.wav", 3.21, "0" * 64),
    emotion=Emotion("anger", {"neutral": 0.125, "anger": 0.8125, "fear": 0.0615, "calm": 0.001}),
    descriptors={
        "pitch": descriptor("high", "model", 231.44, "high", "supported", unit="Hz"),
        "volume": descriptor("high", "model", -31.5, "low", "contradicted", "it is low", unit="dBFS"),
        "speed": descriptor(
            None, "model", 4.2, "normal", "not measurable", "the model makes no claim", "syllables/s"
        ),
        "pitch_variation": descriptor("lively", "measurement", 3.5, "lively", "supported", unit="semitones"),
        "pauses": descriptor("few", "measurement", 0.138, "few", "supported", unit="share of the utterance"),
        "voice_quality": descriptor(None, "measurement", None, None, "not measurable", "too few periods"),
    },
    emphasis=(Emphasis(1.1, 1.5, 0.8, "people"), Emphasis(2.0, 2.25, 0.5)),
    transcript=Transcript("kids", "asr", (TimedWord("kids", 0.1, 0.4),)),
    explanation="The voice is angry.",
    model=ModelInfo("tiny", "abc123", "CC0"),
)


def test_the_schema_is_frozen():
    digest = hashlib.sha256(json.dumps(SCHEMA, sort_keys=True).encode()).hexdigest()
    assert digest == FROZEN
    Draft202012Validator.check_schema(SCHEMA)


def test_a_model_that_was_adapted_says_to_what():
    model = ModelInfo("tiny", "abc123", "CC0", Adapted(6, "a session"))
    row = replace(EXPLAINED, model=model).to_dict()
    assert row["model"]["adapted"] == {"clips": 6, "from": "a session"}
    Draft202012Validator(SCHEMA).validate(row)
    assert "adapted" not in EXPLAINED.to_dict()["model"]
    last = replace(EXPLAINED, model=model).to_text().splitlines()[-1]
    assert last == "  model tiny abc123, adapted to 6 recordings of a session"


def test_the_json_object_is_what_the_schema_says():
    row = json.loads(json.dumps(EXPLAINED.to_dict()))
    Draft202012Validator(SCHEMA).validate(row)
    assert row["schema"] == "tonelens/explanation@1"
    assert row["audio"] == {"source": "calls/a ü.wav", "duration_s": 3.21, "sha256": "0" * 64}
    assert row["emotion"]["probabilities"]["anger"] == 0.8125
    assert row["descriptors"]["volume"] == {
        "level": "high", "said_by": "model", "measured": -31.5, "measured_level": "low", "unit": "dBFS",
        "reference": "group", "verdict": "contradicted", "reason": "it is low",
    }  # fmt: skip
    assert row["descriptors"]["emphasis"][1] == {
        "start_s": 2.0, "end_s": 2.25, "strength": 0.5, "word": None,
    }  # fmt: skip
    assert row["transcript"] == {
        "text": "kids", "source": "asr", "words": [{"word": "kids", "start_s": 0.1, "end_s": 0.4}],
    }  # fmt: skip
    assert row["segments"] == [{"start_s": 0.0, "end_s": 3.21}]


@pytest.mark.parametrize("lost", ["schema", "audio", "emotion", "descriptors", "transcript", "model"])
def test_the_schema_misses_what_is_missing(lost):
    row = EXPLAINED.to_dict()
    del row[lost]
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(row)


def test_the_schema_refuses_an_unknown_verdict():
    changed = replace(EXPLAINED.descriptors["pitch"], verdict="perhaps")
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(
            replace(EXPLAINED, descriptors={**EXPLAINED.descriptors, "pitch": changed}).to_dict()
        )


def test_the_text_tells_emotion_sentence_and_every_claim_with_its_evidence():
    assert EXPLAINED.to_text().splitlines() == [
        "calls/a ü.wav  (3.2 s)",
        "  ANGER  81%   then neutral 12%, fear 6%",
        "  The voice is angry.",
        "  ✓ pitch           high      231.4 Hz is high for the group: supported",
        "  ✗ volume          high      -31.5 dBFS is low for the group: contradicted",
        "  – speed           -         4.2 syllables/s is normal for the group: nothing claimed",
        "  · pitch variation lively    3.5 semitones is lively for the group: measured",
        "  · pauses          few       14 % of the utterance is few for the group: measured",
        "  – voice quality   -         not measurable: too few periods",
        "  · emphasis        1.10 to 1.50 s (people), strength 0.80",
        "  · emphasis        2.00 to 2.25 s, strength 0.50",
        "  model tiny abc123",
    ]


@pytest.mark.parametrize(
    ("transcript", "line"),
    [
        (
            Transcript("", "none", reason="not-sure"),
            "not understood: give them (--transcript), or name a recogniser (--asr)",
        ),
        (Transcript("", "asr", reason="no-words"), "no words were heard"),
        (
            Transcript("kids", "model", reason="not-checked"),
            "may be a sentence of the training: nobody checked this model on others",
        ),
    ],
)
def test_words_that_are_missing_or_doubtful_say_why(transcript, line):
    result = replace(EXPLAINED, transcript=transcript)
    row = result.to_dict()
    Draft202012Validator(SCHEMA).validate(row)
    assert row["transcript"]["reason"] == transcript.reason
    assert result.to_text().splitlines()[3] == f"  – words           {line}"


def test_a_measure_without_training_clips_to_compare_with_says_so():
    bare = descriptor(
        "high", "model", 231.44, None, "not measurable", "no training clip to compare with", "Hz"
    )
    text = replace(EXPLAINED, descriptors={"pitch": bare}, emphasis=()).to_text()
    assert "  – pitch           high      231.4 Hz: no training clip to compare with" in text


def test_one_sure_label_has_no_runners_up():
    sure = replace(EXPLAINED, emotion=Emotion("fear", {"calm": 0.004, "fear": 0.996}))
    assert sure.to_text().splitlines()[1] == "  FEAR  100%"


def test_a_refusal_says_which_why_and_what_to_do():
    refusal = Refusal("a.wav", "silent", "a.wav: silent. Check the microphone.")
    assert refusal.to_dict() == {
        "schema": "tonelens/refusal@1",
        "source": "a.wav",
        "reason": "silent",
        "message": "a.wav: silent. Check the microphone.",
    }
