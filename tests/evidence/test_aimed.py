"""What is measured is what is aimed at: a vocoder that falls short is asked for more."""

from dataclasses import replace

import pytest

from tonelens.audio import Audio
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.descriptors.measure import Measures, measure
from tonelens.evidence import aimed as aimed_module
from tonelens.evidence.aimed import CORRECTIONS, aimed
from tonelens.evidence.resynthesis import LIMITS, Change


@pytest.fixture(scope="module")
def spoken():
    audio = Audio(synthesise(VoiceSpec(text="mani lona mela")).samples, "spoken", "0" * 64)
    return audio, measure(audio)


@pytest.fixture
def vocoder(spoken, monkeypatch):
    """`vocoder(effect)`: from now on a change measures as `effect` says; returns what was asked."""
    audio, before = spoken

    def install(effect):
        asked: list[Change] = []

        def resynthesised(recording, change, voice):
            asked.append(change)
            return replace(recording, source=str(len(asked) - 1))

        monkeypatch.setattr(aimed_module, "resynthesised", resynthesised)

        def run(change: Change) -> tuple[Audio, Measures]:
            def measured(made):
                return replace(before, **effect(asked[int(made.source)].amount))

            return aimed(audio, change, None, before, measured)

        return asked, run

    return install


def test_a_vocoder_that_reaches_two_thirds_is_asked_for_more(spoken, vocoder):
    """3 asked gives 2, one short; 4 gives 2.667, a third short; 4.333 gives 2.889, which is close."""
    f0_hz = spoken[1].f0_median_hz
    asked, run = vocoder(lambda semitones: {"f0_median_hz": f0_hz * 2 ** (semitones * 2 / 3 / 12)})
    _, after = run(Change("pitch", 3.0))
    assert [change.amount for change in asked] == pytest.approx([3.0, 4.0, 13 / 3])
    assert after.f0_median_hz == pytest.approx(f0_hz * 2 ** (26 / 9 / 12))


def test_what_has_its_target_at_once_is_made_once(spoken, vocoder):
    asked, run = vocoder(lambda pace: {"speech_s": spoken[1].speech_s / pace})
    run(Change("speed", 1.25))
    assert len(asked) == 1


def test_factors_are_corrected_as_factors(spoken, vocoder):
    """1.8 asked measures as 1.2 = 1.8 / 1.5, so 2.7 is asked, which measures as 1.8."""
    deviation = spoken[1].f0_std_semitones
    asked, run = vocoder(lambda times: {"f0_std_semitones": deviation * times / 1.5})
    run(Change("variation", 1.8))
    assert [change.amount for change in asked] == pytest.approx([1.8, 2.7])


def test_the_closest_attempt_is_kept_and_the_search_ends(spoken, vocoder):
    """A tracker that jumps an octave as soon as more is asked: the first attempt stays the best."""
    f0_hz = spoken[1].f0_median_hz
    asked, run = vocoder(
        lambda semitones: {"f0_median_hz": f0_hz * (2 ** (2.5 / 12) if semitones == 3.0 else 2.2)}
    )
    audio, after = run(Change("pitch", 3.0))
    assert audio.source == "0"
    assert after.f0_median_hz == pytest.approx(f0_hz * 2 ** (2.5 / 12))
    assert len(asked) <= 1 + CORRECTIONS


def test_never_more_than_a_voice_can_bear(spoken, vocoder):
    asked, run = vocoder(lambda tilt: {"tilt_db_per_octave": spoken[1].tilt_db_per_octave + tilt / 10})
    run(Change("tilt", 10.0))
    assert max(change.amount for change in asked) == LIMITS["tilt"][1]
    assert len(asked) == 2, "12 is the most; asking for 12 again would give the same"


@pytest.mark.parametrize(
    ("change", "measures"),
    [
        (Change("pitch", 3.0), {"f0_median_hz": None}),
        (Change("variation", 0.0), {"f0_std_semitones": 1.0}),
        (Change("volume", 6.0), {"level_dbfs": -80.0}),
        (Change("none"), {"f0_median_hz": 10.0}),
    ],
    ids=["no F0", "flattened", "plain gain", "the vocoder alone"],
)
def test_what_cannot_be_corrected_is_made_once(vocoder, change, measures):
    asked, run = vocoder(lambda amount: measures)
    run(change)
    assert asked == [change]
