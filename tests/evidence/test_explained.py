"""The picture says of a claim what the text says."""

import pytest

from tonelens.evidence.explained import _claim
from tonelens.results import Descriptor


@pytest.mark.parametrize(
    ("value", "level", "measured"),
    [
        (
            Descriptor("low", "model", 326.24, "high", "Hz", "group", "contradicted"),
            "low",
            "326.2 Hz, high for the group",
        ),
        (
            Descriptor(None, "model", 4.2, "normal", "syllables/s", "corpus", "not measurable"),
            "no claim",
            "4.2 syllables/s, normal for the corpus",
        ),
        (
            Descriptor("few", "measurement", 0.138, "few", "share of the utterance", "group", "supported"),
            "few",
            "14 % of the utterance, few for the group",
        ),
        (Descriptor("high", "model", 200.0, None, "Hz", None, "not measurable"), "high", "200 Hz"),
        (Descriptor(None, "measurement", None, None, "dB", None, "not measurable"), "-", "-"),
    ],
)
def test_a_row_shows_what_was_said_and_what_was_measured(value, level, measured):
    row = _claim("voice_quality", value)
    assert (row.name, row.level, row.measured, row.verdict) == (
        "voice quality",
        level,
        measured,
        "measured" if level == "few" else value.verdict,
    )
