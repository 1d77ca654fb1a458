"""Agreement exposes whoever claims what the signal does not hold, and passes whoever tells the truth."""

import functools
import itertools
import json

import numpy as np
import pytest

from descriptors.signals import audio
from evidence.planted import Constant, OnlyLoudness, PitchLiar, Truthful, edges, sentence
from journeys.trained import explainer, journey
from tonelens.audio import SAMPLE_RATE, Audio, from_array, load
from tonelens.corpora.synthetic import SENTENCES, speakers_of, spoken_by, synthesise
from tonelens.descriptors.free_text import claims_in
from tonelens.descriptors.levels import DESCRIPTORS
from tonelens.descriptors.measure import measure
from tonelens.errors import LabelError, ModelError
from tonelens.evidence.agreement import Known, agreement_of, agreements_of, reference_levels
from tonelens.evidence.agreement_summary import summarise
from tonelens.evidence.backend import Heard, OwnBackend
from tonelens.evidence.shares import share
from tonelens.results import TimedWord

EMOTIONS = ("neutral", "sadness", "anger", "fear", "surprise")


@functools.cache
def clips() -> tuple[Audio, ...]:
    """Two voices in five moods."""
    made = (
        (f"{speaker.name}-{emotion}", synthesise(spoken_by(speaker, emotion, SENTENCES[0], 7), 7))
        for speaker in speakers_of(2)
        for emotion in EMOTIONS
    )
    return tuple(from_array(voice.samples, SAMPLE_RATE, name=name) for name, voice in made)


@functools.cache
def summary_of(backend):
    return summarise(agreements_of(backend, clips(), edges()))


def row(backend, name):
    return next(row for row in summary_of(backend).descriptors if row.descriptor == name)


def test_the_truthful_backend_agrees_in_everything_measurable():
    summary = summary_of(Truthful())
    assert summary.contradictions == () and summary.silent == 0
    assert {found.descriptor for found in summary.descriptors} == set(DESCRIPTORS)
    assert all(found.supported.count == found.claims > 0 for found in summary.descriptors)


def test_the_liar_is_exposed_about_pitch_and_about_nothing_else():
    assert row(PitchLiar(), "pitch").contradicted.value == 1.0
    assert len(summary_of(PitchLiar()).contradictions) == len(clips())
    others = [found for found in summary_of(PitchLiar()).descriptors if found.descriptor != "pitch"]
    assert all(found.contradicted.count == 0 for found in others)


def test_a_liar_s_text_is_judged_as_its_claims_are():
    class InWordsAlone:
        name = "in words alone"

        def hear(self, clips):
            return [
                Heard(probabilities=said.probabilities, text=said.text) for said in PitchLiar().hear(clips)
            ]

    agreements = agreements_of(InWordsAlone(), clips()[:2], edges())
    assert [claim.descriptor for found in agreements for claim in found.contradictions] == ["pitch"] * 2
    assert "pitch is" not in agreements[0].contradictions[0].said  # the level, not the sentence
    assert agreements[0].contradictions[0].said in PitchLiar().hear(clips()[:1])[0].text


@pytest.mark.parametrize("backend", [Constant(), OnlyLoudness()])
def test_who_does_not_listen_to_pitch_is_no_better_than_a_constant(backend):
    assert len(summary_of(backend).contradictions) > 0
    found = row(backend, "pitch")
    assert found.supported.value <= found.best_constant.value


def test_who_listens_to_loudness_is_right_about_volume():
    assert row(OnlyLoudness(), "volume").supported.value == 1.0
    assert row(OnlyLoudness(), "volume").best_constant.value < 1.0


def test_a_verdict_shows_the_measured_value_and_whom_it_compares_with():
    clip = clips()[0]
    measured = measure(clip).f0_median_hz
    claimed = "high" if measured < edges().edges["pitch"]["corpus"].high else "low"
    [judged] = agreement_of(Heard(probabilities={"a": 1.0}, claims={"pitch": claimed}), clip, edges()).claims
    assert (judged.measured, judged.unit, judged.reference) == (measured, "Hz", "corpus")
    assert judged.verdict == "contradicted"
    assert f"{measured:.4g} Hz is {judged.measured_level} for the corpus" in str(judged)


def test_the_group_is_the_given_one_or_the_one_that_the_text_speaks_of():
    clip, claims = clips()[0], {"pitch": "low"}
    said = Heard(probabilities={"a": 1.0}, claims=claims, text="A man speaks.")
    silent = Heard(probabilities={"a": 1.0}, claims=claims)
    [by_text] = agreement_of(said, clip, edges()).claims
    [given] = agreement_of(silent, clip, edges(), Known(gender="male")).claims
    assert by_text == given and given.reference == "group"
    assert agreement_of(said, clip, edges(), Known(gender="female")).claims[0].reference == "group"


def test_measures_that_are_known_are_not_made_again():
    other = measure(clips()[1])
    heard = Heard(probabilities={"a": 1.0}, claims={"pitch": "low"})
    [judged] = agreement_of(heard, clips()[0], edges(), Known(measures=other)).claims
    assert judged.measured == other.f0_median_hz != measure(clips()[0]).f0_median_hz


def test_an_excluded_level_is_supported_by_every_other_one():
    clip = clips()[0]
    word = edges().assign(measure(clip))["volume"].word
    for level in DESCRIPTORS["volume"].words:
        text = f"The volume is not {level}."
        [judged] = agreement_of(Heard(probabilities={"a": 1.0}, text=text), clip, edges()).claims
        assert judged.is_excluded
        assert judged.verdict == ("contradicted" if level == word else "supported")


def test_both_sides_of_a_contradictory_text_are_judged_and_unclear_words_are_shown():
    text = "A low voice: she speaks loudly in a quiet tone."
    agreement = agreement_of(Heard(probabilities={"a": 1.0}, text=text), clips()[0], edges())
    assert sorted(claim.claimed for claim in agreement.claims) == ["high", "low"]
    assert agreement.contradictions
    assert agreement.unclear == ("low voice",)
    assert "'low voice' may mean pitch or volume" in agreement.to_text()


def test_noise_makes_every_claim_not_measurable():
    noise = audio(0.1 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE))
    agreement = agreement_of(Constant().hear([noise])[0], noise, edges())
    assert {claim.verdict for claim in agreement.claims} == {"not measurable"}
    assert all(claim.reason for claim in agreement.claims)
    assert "whispering cannot be told from noise" in agreement.claims[1].reason  # volume can be measured


def test_a_level_that_does_not_exist_is_refused():
    heard = Heard(probabilities={"a": 1.0}, claims={"pitch": "purple"})
    with pytest.raises(LabelError, match="low, normal, high"):
        agreement_of(heard, clips()[0], edges())


def test_an_emphasised_word_is_looked_for_where_it_was_spoken():
    clip = next(clip for clip in clips() if measure(clip).emphasis)
    start_s = measure(clip).emphasis[0].start_s
    words = (TimedWord("Never", 0.0, start_s), TimedWord("again.", start_s, clip.duration_s))
    heard = Heard(probabilities={"a": 1.0}, text="With emphasis on 'again', he stresses 'never' and 'no'.")
    first, second = agreement_of(heard, clip, edges(), Known(words=words)).claims
    assert (first.claimed, first.verdict) == ("again", "supported")
    assert (second.claimed, second.verdict) == ("never", "contradicted")
    assert second.reason == "emphasised are again"
    untimed = agreement_of(heard, clip, edges()).claims
    assert {claim.verdict for claim in untimed} == {"not measurable"}


def test_own_claims_get_the_verdicts_that_explain_gives():
    clip = load(journey().clip("s01", 1))
    explanation = explainer().explain(clip)
    levels = reference_levels(journey().run)
    [agreement] = agreements_of(OwnBackend(explainer()), [clip], levels)
    assert levels == explainer().loaded.levels
    for claim in agreement.claims:
        described = explanation.descriptors[claim.descriptor]
        assert (claim.claimed, claim.verdict, claim.measured) == (
            described.level, described.verdict, described.measured,
        )  # fmt: skip
    assert len(agreement.claims) == len(OwnBackend(explainer()).hear([clip])[0].claims)


def test_the_text_of_the_planted_backends_says_what_they_claim():
    for words in itertools.product(*(descriptor.words for descriptor in DESCRIPTORS.values())):
        claims = dict(zip(DESCRIPTORS, words, strict=True))
        assert {found.descriptor: found.level for found in claims_in(sentence(claims))} == claims


def test_wilson_s_interval_is_that_of_the_published_example():
    found = share([True] * 81 + [False] * (263 - 81))  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_summary_is_json_and_lists_every_contradiction():
    summary = summary_of(PitchLiar())
    assert len(json.loads(json.dumps(summary.to_dict()))["contradictions"]) == len(clips())
    text = summary.to_text()
    assert text.count("✗ pitch") == len(clips())
    assert all(clip.source in text for clip in clips())


def test_edges_of_a_model_that_is_not_there_are_refused(tmp_path):
    with pytest.raises(ModelError, match="no such model"):
        reference_levels(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"levels\.json"):
        reference_levels(tmp_path)
