"""Draws an `Explanation`: brings result, pitch contour and picture together."""

from __future__ import annotations

from pathlib import Path

from tonelens.audio import Audio
from tonelens.descriptors.pitch import track_pitch
from tonelens.evidence.picture import Claim, EmphasisSpan, draw_explanation
from tonelens.results import Descriptor, Explanation


def draw(result: Explanation, audio: Audio, path: Path) -> None:
    """Write a PNG: waveform, F0 contour, emphasised spans, emotion bars, claims with verdicts.

    Raises:
        StorageError: the folder cannot be written.
    """
    pitch = track_pitch(audio.samples)
    draw_explanation(
        audio,
        pitch.times_s,
        pitch.f0_hz,
        [EmphasisSpan(span.start_s, span.end_s, span.word) for span in result.emphasis],
        result.emotion.probabilities,
        title=f"{Path(result.audio.source).name}: {_verdict(result)}",
        claims=[_claim(name, value) for name, value in result.descriptors.items()],
        path=path,
    )


def _verdict(result: Explanation) -> str:
    emotion = result.emotion
    return f"no answer ({emotion.reason})" if emotion.abstained else emotion.label


def _claim(name: str, value: Descriptor) -> Claim:
    measured = value.measured_in_words()
    if measured is not None and value.measured_level is not None:
        measured = f"{measured}, {value.measured_level} for the {value.reference}"
    nothing = "-" if measured is None else "no claim"
    is_reading = value.said_by == "measurement" and value.level is not None
    return Claim(
        name=name.replace("_", " "),
        level=value.level or nothing,
        measured=measured or "-",
        verdict="measured" if is_reading else value.verdict,
    )
