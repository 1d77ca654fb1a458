"""EMOVO in its folders: 588 clips of six actors, with their sentences."""

import re
from itertools import product
from pathlib import Path

import pytest

from corpora.trees import linked, with_faults
from tonelens.corpora.emovo import clip_of
from tonelens.corpora.prepare import prepare

EMOTIONS = ("dis", "gio", "neu", "pau", "rab", "sor", "tri")
ACTORS = ("f1", "f2", "f3", "m1", "m2", "m3")
SENTENCES = ("b1", "b2", "b3", "d1", "d2", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5")
NAMES = [
    f"{actor}/{emotion}-{actor}-{sentence}.wav"
    for actor, emotion, sentence in product(ACTORS, EMOTIONS, SENTENCES)
]


@pytest.fixture
def folders(tmp_path, record) -> Path:
    return linked(tmp_path / "EMOVO", record(tmp_path / "tiny.wav", 1), NAMES)


def test_the_folders_reach_the_published_counts(folders, tmp_path):
    summary = prepare("emovo", folders, tmp_path / "out")
    assert (summary.clips, summary.complete, summary.left_out) == (588, True, {})
    assert summary.emotions == dict.fromkeys(
        ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"), 84
    )
    assert summary.speakers == dict.fromkeys(ACTORS, 98)
    assert summary.genders == {"female": 294, "male": 294}
    assert summary.languages == ("it",)


@pytest.mark.parametrize(
    ("name", "emotion", "text"),
    [
        ("f1/dis-f1-b1.wav", "disgust", "Gli operai si alzano presto."),
        ("f2/gio-f2-d1.wav", "happiness", "Sabato sera cosa farà?"),
        ("m3/pau-m3-n2.wav", "fear", "La forza trova il passo e l'aglio rosso."),
        ("m1/rab-m1-l4.wav", "anger", "Vorrei il numero telefonico del Signor Piatti."),
    ],
)
def test_the_name_says_emotion_and_sentence(name, emotion, text):
    clip = clip_of(Path(name))
    assert clip is not None
    assert (clip.emotion, clip.text, clip.language) == (emotion, text, "it")
    assert clip.speaker == Path(name).parent.name
    assert clip.gender == ("female" if name.startswith("f") else "male")


def test_a_removed_a_truncated_and_a_misnamed_file_are_each_reported(folders, tmp_path):
    message, reasons = with_faults(
        "emovo", folders, tmp_path / "out", removed="f1/dis-f1-b1.wav", cut_short="m3/tri-m3-n5.wav",
        renamed=("m2/sor-m2-d2.wav", "m2/sor-m2-d3.wav"),
    )  # fmt: skip
    assert re.search(r"585 usable clips of 588.*sor-m2-d3\.wav \(wrong-name\)", message)
    assert reasons == {
        "dis-f1-b1": "missing",
        "sor-m2-d2": "missing",
        "tri-m3-n5.wav": "too-short",
        "sor-m2-d3.wav": "wrong-name",
    }


@pytest.mark.parametrize("name", ["dis-f4-b1.wav", "dis-f1-b4.wav", "ang-f1-b1.wav", "dis-f1.wav"])
def test_a_name_outside_the_rule_stands_for_no_clip(name):
    assert clip_of(Path(name)) is None
