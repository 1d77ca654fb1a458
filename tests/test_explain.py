"""`Explainer`: the same answer in any company, and claims judged by what was measured."""

import io

import numpy as np
import pytest
import soundfile

from journeys.trained import LABELS, explainer, journey
from tonelens import audio
from tonelens.audio import SAMPLE_RATE
from tonelens.descriptors.levels import DESCRIPTORS, Level
from tonelens.descriptors.measure import measure
from tonelens.descriptors.sentences import UNKNOWN, read
from tonelens.descriptors.verdicts import judge
from tonelens.errors import AudioError, ModelError
from tonelens.explain import Explainer, Explanation, Refusal, Request
from tonelens.results import Outcome


@pytest.fixture(scope="module")
def clips():
    """16 recordings of eight lengths from two unheard speakers."""
    return [journey().clip(speaker, number) for number in range(1, 9) for speaker in ("s01", "s02")]


@pytest.fixture(scope="module")
def together(clips):
    return list(explainer().explain_all([Request(source=clip) for clip in clips], batch_size=16))


def test_sixteen_at_once_answer_as_one_by_one(clips, together):
    lengths_s = {result.audio.duration_s for result in together}
    assert len(lengths_s) > 8
    for clip, result in zip(clips, together, strict=True):
        alone = explainer().explain(clip)
        assert isinstance(result, Explanation)
        assert result.audio == alone.audio
        assert result.emotion.label == alone.emotion.label
        assert result.emotion.probabilities == pytest.approx(alone.emotion.probabilities, abs=1e-4)
        assert result.descriptors == alone.descriptors
        assert result.transcript == alone.transcript
        assert result.explanation == alone.explanation


def test_any_batch_size_keeps_the_order(clips, together):
    found = explainer().explain_all([Request(source=clip) for clip in clips[:5]], batch_size=2)
    assert [result.audio.source for result in found] == [result.audio.source for result in together[:5]]


def test_batches_are_explained_as_they_are_asked_for(clips):
    asked = []

    def requests():
        for clip in clips:
            asked.append(clip)
            yield Request(source=clip)

    next(explainer().explain_all(requests(), batch_size=2))
    assert len(asked) == 2


def test_every_explanation_parses_and_its_probabilities_sum_to_1(together):
    for result in together:
        said = read(explainer().grammar, result.explanation)
        assert said is not None
        assert said["emotion"] == result.emotion.label
        assert said["transcript"] == result.transcript.text
        assert list(result.emotion.probabilities) == LABELS
        assert sum(result.emotion.probabilities.values()) == pytest.approx(1, abs=1e-6)
        assert max(result.emotion.probabilities, key=result.emotion.probabilities.get) == result.emotion.label


def test_verdicts_are_what_judge_says_of_claim_and_measurement(together):
    outcomes = set()
    for result in together:
        said = read(explainer().grammar, result.explanation)
        for name, found in result.descriptors.items():
            level = Level(found.measured_level, found.measured, found.unit, found.reference, found.reason)
            claimed = said.get(name)
            if claimed in (None, UNKNOWN):
                assert found.said_by == ("model" if claimed else "measurement")
                assert found.level == (None if claimed else found.measured_level)
                continue
            verdict = judge(name, claimed, level)
            assert (found.level, found.said_by) == (claimed, "model")
            assert found.verdict == verdict.outcome
            outcomes.add(found.verdict)
            if verdict.outcome == "contradicted":
                assert found.reason == verdict.reason
    assert outcomes == {"supported", "contradicted"}


def test_what_is_measured_is_what_measure_gives(clips, together):
    measures = measure(audio.load(clips[0]))
    for name, descriptor in DESCRIPTORS.items():
        found = together[0].descriptors[name]
        assert found.measured == getattr(measures, descriptor.field)
        assert found.unit == descriptor.unit
    assert [span.start_s for span in together[0].emphasis] == [span.start_s for span in measures.emphasis]


def test_given_words_are_used_and_called_given(clips):
    said = "it's the 'blue' door"
    result = explainer().explain(clips[0], transcript=said)
    assert (result.transcript.text, result.transcript.source) == (said, "given")
    assert "saying 'it’s the ’blue’ door'" in result.explanation
    assert read(explainer().grammar, result.explanation)["transcript"] == said


def test_without_given_words_the_model_hears_them(clips):
    assert explainer().explain(clips[0]).transcript.source == "model"


def test_a_given_gender_decides_whom_the_levels_compare_with(clips):
    edges = explainer().loaded.levels.edges["pitch"]
    clip = clips[0]
    found = {
        gender: explainer().explain(clip, gender=gender).descriptors["pitch"] for gender in ("male", "female")
    }
    for gender, value in found.items():
        assert value.reference == "group"
        words = DESCRIPTORS["pitch"].words
        assert value.measured_level == edges[f"group:{gender}"].word(value.measured, words)
    assert found["male"].measured == found["female"].measured
    # a man's voice lies under almost every woman's: the female group calls it low
    assert found["female"].measured_level == "low"


def test_nobodys_gender_compares_with_everybody(clips):
    level = explainer().explain(clips[0], gender="unknown").descriptors["pitch"]
    assert level.reference == "corpus"


def test_a_bad_recording_stops_nothing(clips, tmp_path):
    requests = [Request(source=tmp_path / "no.wav"), Request(source=clips[0]), Request(source=b"", name="x")]
    first, second, third = explainer().explain_all(requests)
    assert isinstance(first, Refusal)
    assert isinstance(second, Explanation)
    assert (first.source, first.reason) == (str(tmp_path / "no.wav"), "missing")
    assert (third.source, third.reason) == ("x", "empty")
    with pytest.raises(AudioError, match="no such file"):
        explainer().explain(tmp_path / "no.wav")


def test_bytes_samples_and_parts_are_explained_too(clips):
    samples, rate = soundfile.read(clips[0], dtype="float32")
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format="FLAC")
    whole = explainer().explain(clips[0])
    of_bytes = explainer().explain(content.getvalue())
    of_samples = explainer().explain(audio.from_array(samples, rate, name="mine"))
    assert of_bytes.explanation == of_samples.explanation == whole.explanation
    assert (of_bytes.audio.source, of_samples.audio.source) == ("bytes", "mine")
    (part,) = explainer().explain_all([Request(source=clips[0], start_s=0.5, end_s=1.5)])
    assert part.audio.duration_s == 1.0
    cut = audio.from_array(samples[SAMPLE_RATE // 2 : 3 * SAMPLE_RATE // 2], rate)
    assert part.explanation == explainer().explain(cut).explanation


def test_a_voice_without_voice_says_why_it_cannot_be_measured():
    noise = 0.05 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    result = explainer().explain(audio.from_array(noise, SAMPLE_RATE))
    pitch = result.descriptors["pitch"]
    not_measurable: Outcome = "not measurable"
    assert (pitch.measured, pitch.verdict) == (None, not_measurable)
    assert "voiced frames" in pitch.reason


@pytest.mark.parametrize("name", [None, "default", "tonelens-tiny"])
def test_the_default_model_ships_with_the_package(name):
    shipped = Explainer.from_pretrained(name)
    assert shipped.loaded.card.name == "tonelens-tiny"
    assert shipped.loaded.card.calibration is not None
    assert "not for commercial use" in shipped.loaded.card.licence


def test_a_wrong_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        Explainer.from_pretrained(tmp_path / "none")
    with pytest.raises(ModelError, match="not a model folder"):
        Explainer.from_pretrained(tmp_path)
