"""SAVEE in its folders and flat: 480 clips of four men."""

import re
from pathlib import Path

import pytest

from corpora.trees import linked, with_faults
from tonelens.corpora.cuts import emotion_of, gender_of, read_cuts, speaker_of
from tonelens.corpora.prepare import prepare
from tonelens.corpora.savee import clip_of, missing

# As Info.txt of the corpus says: 15 sentences an emotion, 30 neutral ones, of four speakers.
CODES = [f"{code}{number:02d}" for code in ("a", "d", "f", "h", "sa", "su") for number in range(1, 16)]
CODES += [f"n{number:02d}" for number in range(1, 31)]
SPEAKERS = ("DC", "JE", "JK", "KL")


@pytest.fixture
def tiny(tmp_path, record) -> Path:
    return record(tmp_path / "tiny.wav", 1)


@pytest.fixture
def folders(tmp_path, tiny) -> Path:
    return linked(
        tmp_path / "SAVEE/AudioData", tiny, [f"{who}/{code}.wav" for who in SPEAKERS for code in CODES]
    )


def test_the_folders_reach_the_published_counts(folders, tmp_path):
    summary = prepare("savee", folders.parent, tmp_path / "out")
    assert (summary.clips, summary.complete, summary.left_out) == (480, True, {})
    assert summary.emotions == {
        "neutral": 120,
        "happiness": 60,
        "sadness": 60,
        "anger": 60,
        "fear": 60,
        "disgust": 60,
        "surprise": 60,
    }
    assert summary.speakers == dict.fromkeys(SPEAKERS, 120)
    assert summary.genders == {"male": 480}
    cut = next(cut for cut in read_cuts(tmp_path / "out") if cut.id == "savee-JK_su07")
    assert (emotion_of(cut), speaker_of(cut), gender_of(cut)) == ("surprise", "savee-JK", "male")


def test_flat_copies_give_the_same_ids():
    for code in CODES:
        in_folder, flat = clip_of(Path(f"AudioData/KL/{code}.wav")), clip_of(Path(f"ALL/KL_{code}.wav"))
        assert in_folder is not None and flat is not None
        assert (
            (in_folder.id, in_folder.emotion) == (flat.id, flat.emotion) == (f"savee-KL_{code}", flat.emotion)
        )


def test_a_removed_a_truncated_and_a_misnamed_file_are_each_reported(folders, tmp_path):
    message, reasons = with_faults(
        "savee", folders, tmp_path / "out",
        removed="DC/a01.wav", cut_short="JE/sa15.wav", renamed=("KL/n30.wav", "KL/n31.wav"),
    )  # fmt: skip
    assert re.search(r"477 usable clips of 480.*n31\.wav \(wrong-name\)", message)
    assert reasons == {
        "DC_a01": "missing",
        "KL_n30": "missing",
        "sa15.wav": "too-short",
        "n31.wav": "wrong-name",
    }


@pytest.mark.parametrize(
    "name", ["XX/a01.wav", "DC/b01.wav", "DC/a16.wav", "DC/a00.wav", "DC/s01.wav", "a01.wav"]
)
def test_a_name_outside_the_rule_stands_for_no_clip(name):
    assert clip_of(Path("AudioData") / name) is None


def test_the_grid_without_clips_is_the_whole_corpus():
    assert len(set(missing([]))) == 480
