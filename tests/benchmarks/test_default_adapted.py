from lhotse import MonoCut, SupervisionSegment

import default_adapted
from default_adapted import LEAST, sessions_of
from tonelens.corpora.cuts import emotion_of, speaker_of


def cut(name, speaker, emotion):
    said = SupervisionSegment(
        id=name, recording_id=name, start=0.0, duration=1.0, speaker=speaker, custom={"emotion": emotion}
    )
    return MonoCut(id=name, start=0.0, duration=1.0, channel=0, supervisions=[said])


CLIPS = [
    cut(f"{speaker}{emotion}{number}", speaker, emotion)
    for speaker, count in (("a", 12), ("b", 3))
    for emotion in ("anger", "sadness")
    for number in range(count)
]


def test_sessions_of_two_voices_and_two_emotions(monkeypatch):
    """24 clips of one voice, 6 of another, which alone are too few."""
    monkeypatch.setattr(default_adapted, "corpus_of", lambda one: "made-up")
    sessions = sessions_of(CLIPS)
    (voice,), (handful,), (mixed,) = (sessions[kind] for kind in ("voice", "ten of a voice", "voices mixed"))
    assert {speaker_of(one) for one in voice.heard} == {"a"} and len(voice.heard) == 24
    assert voice.asked == voice.heard
    assert len(handful.heard) == 10 and len(handful.asked) == 14
    assert {one.id for one in [*handful.heard, *handful.asked]} == {one.id for one in voice.heard}
    assert len(mixed.heard) == 30
    assert [{emotion_of(one) for one in each.heard} for each in sessions["one mood"]] in (
        [{"anger"}, {"sadness"}], [{"sadness"}, {"anger"}],
    )  # fmt: skip
    assert all(len(each.heard) == 12 >= LEAST for each in sessions["one mood"])


def test_the_order_of_the_cuts_does_not_matter(monkeypatch):
    monkeypatch.setattr(default_adapted, "corpus_of", lambda one: "made-up")
    (one,), (other,) = sessions_of(CLIPS)["ten of a voice"], sessions_of(CLIPS[::-1])["ten of a voice"]
    assert [clip.id for clip in one.heard] == [clip.id for clip in other.heard]
