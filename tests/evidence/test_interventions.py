"""Claims that follow the voice, and faults that the scores must expose."""

from dataclasses import dataclass, replace

import pytest

from tonelens.audio import Audio
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.descriptors.levels import DESCRIPTORS, Edges, Levels
from tonelens.descriptors.measure import measure
from tonelens.evidence.agreement import Known
from tonelens.evidence.backend import Heard
from tonelens.evidence.interventions import (
    KINDS,
    Edit,
    Scores,
    Subject,
    Trial,
    edits_for,
    intervene,
    scores_by_descriptor,
)
from tonelens.evidence.resynthesis import Change

pytest.importorskip("pyworld", reason="changing a voice needs the extra `evidence`")

TEXT = "mani lona mela, nomi lanu"


@pytest.fixture(scope="module")
def subject():
    sound = synthesise(VoiceSpec(text=TEXT, f0_hz=120.0, range_st=3.0))
    clip = Audio(sound.samples, "spoken", "0" * 64)
    return Subject(audio=clip, known=Known(transcript=TEXT, language="en", gender="male"))


@pytest.fixture(scope="module")
def levels(subject):
    """The clip is normal in everything; edges 2 semitones, 3 dB and 15 % away."""
    found = subject.measures()
    pitch, volume, speed = found.f0_median_hz, found.level_dbfs, found.text_syllables_per_s
    step = 2 ** (2 / 12)
    by_name = {
        "pitch": (pitch / step, pitch * step),
        "volume": (volume - 3, volume + 3),
        "text_syllables_per_s": (speed / 1.15, speed * 1.15),
    }
    edges = {
        name: {"group:male": Edges(low, high, 99, (1 / 3, 2 / 3))} for name, (low, high) in by_name.items()
    }
    return Levels(edges=edges, fitted_on="made up", clips=99)


@dataclass
class Claiming:
    """Says of a clip what `claims` makes of its measured words."""

    levels: Levels
    claims: object
    name: str = "planted"

    def hear(self, clips):
        heard = []
        for clip in clips:
            found = self.levels.assign(measure(clip).with_text(TEXT, "en"), gender="male")
            claims = self.claims({name: found[name].word for name in KINDS})
            anger = 0.9 if found["volume"].word == "high" else 0.2
            heard.append(Heard(probabilities={"anger": anger, "neutral": 1 - anger}, claims=claims))
        return heard


OPPOSITE = {"low": "high", "high": "low", "normal": "normal"}
SPEED_AS_VOLUME = {"low": "slow", "normal": "normal", "high": "fast"}


def scores(subject, levels, claims):
    return scores_by_descriptor(intervene(Claiming(levels, claims), subject, levels))


def test_every_claimed_property_is_moved_into_both_neighbouring_levels(subject, levels):
    edits = edits_for(subject, subject.measures(), levels, "group")
    assert [(edit.descriptor, edit.target) for edit in edits] == [
        ("pitch", "low"), ("pitch", "high"), ("volume", "low"), ("volume", "high"),
        ("speed", "slow"), ("speed", "fast"),
    ]  # fmt: skip
    amounts = [edit.change.amount for edit in edits]
    # 2 semitones to the edge and 2.5 beyond; 3 dB and 4; 15 % and 15 %
    assert amounts == pytest.approx([-4.5, 4.5, -7, 7, 1 / 1.15**2, 1.15**2], rel=1e-6)


def test_a_system_that_tells_the_truth_moves_and_stays(subject, levels):
    found = scores(subject, levels, lambda words: words)
    assert found["all"].arrived.value == 1
    for name in (*KINDS, "all"):
        assert (found[name].moves.value, found[name].names.value, found[name].stays.value) == (1, 1, 1)
    assert found["volume"].flips.value == 0.5  # louder is angry here, softer is not
    assert found["pitch"].flips.value == 0


def test_a_system_that_ignores_the_voice_stays_and_never_moves(subject, levels):
    found = scores(subject, levels, lambda words: dict.fromkeys(words, "normal"))["all"]
    assert (found.moves.value, found.stays.value) == (0, 1)
    assert found.names.value == 0


def test_a_system_that_reads_only_loudness_moves_its_other_claims_with_it(subject, levels):
    def loudness(words):
        return {
            "pitch": words["volume"],
            "volume": words["volume"],
            "speed": SPEED_AS_VOLUME[words["volume"]],
        }

    found = scores(subject, levels, loudness)
    assert (found["volume"].moves.value, found["volume"].stays.value) == (1, 0)
    assert (found["pitch"].moves.value, found["speed"].moves.value) == (0, 0)


def test_a_system_that_lies_about_pitch_moves_the_wrong_way(subject, levels):
    found = scores(subject, levels, lambda words: {**words, "pitch": OPPOSITE[words["pitch"]]})
    assert (found["pitch"].moves.value, found["volume"].moves.value, found["speed"].moves.value) == (0, 1, 1)
    assert found["pitch"].stays.value == 1


def test_a_system_without_claims_is_scored_by_its_emotion_alone(subject, levels):
    found = scores(subject, levels, lambda words: {})["all"]
    assert (found.moves, found.names, found.stays) == (None, None, None)
    assert found.flips.n == 6


def test_too_far_is_not_tried(subject, levels):
    """From very low, `normal` lies 12 semitones up: no voice is moved so far."""
    far = levels.edges["pitch"]["group:male"]
    high = replace(far, low=far.low * 2, high=far.high * 2)
    moved = replace(levels, edges={**levels.edges, "pitch": {"group:male": high}})
    edits = edits_for(subject, subject.measures(), moved, "group")
    assert "pitch" not in {edit.descriptor for edit in edits}


def test_a_narrow_level_is_aimed_at_in_its_middle(subject, levels):
    """From below a normal level of 1 dB, the goal is half a dB above its edge, not 4 dB."""
    volume = subject.measures().level_dbfs
    narrow = {"group:male": Edges(volume + 4, volume + 5, 99, (1 / 3, 2 / 3))}
    edits = edits_for(
        subject, subject.measures(), replace(levels, edges={**levels.edges, "volume": narrow}), "group"
    )
    louder = next(edit for edit in edits if edit.descriptor == "volume")
    assert (louder.target, louder.change.amount) == ("normal", pytest.approx(4.5))


def trial(*, before, after, target, name="pitch", arrived=True):
    said = [
        Heard(probabilities={"anger": 1.0}, claims={name: word, "volume": "low"}) for word in (before, after)
    ]
    return Trial(Edit(name, target, Change("none")), arrived, True, *said)


def test_nearer_is_enough_to_move_but_not_to_name():
    step = trial(before="low", after="normal", target="high")
    assert (step.moved, step.names_target) == (True, False)
    there = trial(before="high", after="high", target="high")
    assert not there.had_to_move
    found = Scores.of([step, there, trial(before="low", after="low", target="high", arrived=False)])
    assert (found.arrived.value, found.moves.value, found.names.value) == (pytest.approx(2 / 3), 1.0, 0.5)


def test_every_level_can_be_moved_by_its_change():
    assert set(KINDS) <= set(DESCRIPTORS)


def test_a_recording_measured_already_is_not_measured_again_but_a_changed_one_is(subject):
    told = replace(measure(subject.audio), f0_median_hz=321.0)
    known = replace(subject, known=replace(subject.known, measures=told))
    assert known.measures().f0_median_hz == 321.0
    assert known.measures(subject.audio) == subject.measures()
    assert subject.measures() != measure(subject.audio), "the pace is measured by the words"
