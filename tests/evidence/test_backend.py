"""A backend hears exactly what `explain` says."""

import pytest

from journeys.trained import explainer, journey
from tonelens import audio
from tonelens.evidence.backend import Heard, OwnBackend, heard_of


def test_tonelens_is_asked_as_explain_asks_it():
    clips = [audio.load(journey().clip(speaker, 1)) for speaker in ("s01", "s02", "s01")]
    heard = OwnBackend(explainer()).hear(clips)
    for clip, found in zip(clips, heard, strict=True):
        explanation = explainer().explain(clip)
        assert found.probabilities == pytest.approx(explanation.emotion.probabilities, abs=1e-4)
        assert found.label == explanation.emotion.label
        assert found.text == explanation.explanation
        said = {name: explanation.descriptors[name].level for name in found.claims}
        assert found.claims == said


def test_only_what_the_model_said_is_a_claim():
    explanation = explainer().explain(journey().clip("s01", 1))
    claims = heard_of(explanation).claims
    assert set(claims) <= {"pitch", "volume", "speed"}
    assert "pitch" in claims
    assert explanation.descriptors["pauses"].level is not None  # measured, so nobody claimed it


def test_the_first_of_equals_is_the_label():
    assert Heard(probabilities={"fear": 0.5, "anger": 0.5}).label == "fear"
