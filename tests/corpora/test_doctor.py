"""A clean list gives no finding; every planted fault is reported by its id, with its severity, and alone."""

import csv
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonelens.corpora.doctor.diagnosis import Diagnosis, diagnose
from tonelens.errors import CorpusError

RATE = 8_000
FRAMES = 4_800
SENTENCES = ("one two", "three four", "five six", "seven eight", "nine ten")
FOLD_OF_SPEAKER = {"ann": 1, "bob": 1, "cem": 2, "dot": 2}
GENDER = {"ann": "female", "bob": "male", "cem": "male", "dot": "female"}
Row = dict[str, object]


def stem(speaker: str, emotion: str, sentence: int) -> str:
    return f"{speaker}-{emotion}-{sentence}"


@pytest.fixture(scope="module")
def clean(tmp_path_factory, record) -> Path:
    """4 speakers x 2 emotions x 5 sentences, each another noise of the same length and level."""
    folder = tmp_path_factory.mktemp("clean")
    for seed, (speaker, emotion, number) in enumerate(product(FOLD_OF_SPEAKER, ("anger", "calm"), range(5))):
        record(folder / f"{stem(speaker, emotion, number)}.wav", seed, duration_s=FRAMES / RATE, rate=RATE)
    return folder


@pytest.fixture
def folder(clean, tmp_path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "copy"))


def rows() -> list[Row]:
    return [
        {
            "path": f"{stem(speaker, emotion, number)}.wav",
            "emotion": emotion,
            "speaker": speaker,
            "gender": GENDER[speaker],
            "text": SENTENCES[number],
            "test_fold": FOLD_OF_SPEAKER[speaker],
        }
        for speaker, emotion, number in product(FOLD_OF_SPEAKER, ("anger", "calm"), range(5))
    ]


def examined(folder: Path, change: Callable[[Row], Row] = lambda row: row) -> Diagnosis:
    listed = [change(row) for row in rows()]
    with (folder / "toy.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, sorted({name for row in listed for name in row}))
        writer.writeheader()
        writer.writerows(listed)
    return diagnose("csv", folder / "toy.csv")


def changed(name: str, **cells: object) -> Callable[[Row], Row]:
    return lambda row: {**row, **cells} if row["path"] == f"{name}.wav" else row


def told(diagnosis: Diagnosis) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Reason -> severity, ids without the corpus."""
    return {
        finding.reason: (finding.severity, tuple(name.removeprefix("toy-") for name in finding.ids))
        for finding in diagnosis.findings
    }


def test_a_clean_list_gives_no_finding(clean, folder):
    diagnosis = examined(folder)
    assert diagnosis.findings == ()
    assert diagnosis.passed(strict=True)
    assert (diagnosis.clips, diagnosis.usable, diagnosis.expected) == (40, 40, None)
    assert diagnosis.speakers == {"ann": 10, "bob": 10, "cem": 10, "dot": 10}
    assert diagnosis.folds == {"1": 20, "2": 20}
    assert diagnosis.sample_rates == {"8000 Hz": 40}
    assert diagnosis.formats == {"WAV PCM_16": 40}
    assert diagnosis.duration_s is not None and diagnosis.duration_s.median == 0.6
    assert diagnosis.hours == 0.0067  # 40 x 0.6 s
    assert diagnosis.level_dbfs is not None
    assert diagnosis.level_dbfs.median == pytest.approx(-20.0, abs=0.2)  # noise of RMS 0.1, cut at 3 sigma


def test_a_removed_file_is_an_error(folder):
    (folder / "ann-calm-3.wav").unlink()
    diagnosis = examined(folder)
    assert told(diagnosis) == {"missing": ("error", ("ann-calm-3",))}
    assert not diagnosis.passed()
    assert diagnosis.usable == 39


def test_a_truncated_recording_is_an_error_although_it_can_be_decoded(folder):
    path = folder / "bob-anger-0.wav"
    path.write_bytes(path.read_bytes()[: 44 + 2 * 4_000])  # 0.5 of 0.6 s: the decoder reads it
    diagnosis = examined(folder)
    assert told(diagnosis) == {"truncated": ("error", ("bob-anger-0",))}
    (case,) = diagnosis.findings[0].cases
    assert case.what == "toy-bob-anger-0: its header promises 0.60 s, 0.50 s are there"


def test_a_silent_recording_is_an_error(folder):
    soundfile.write(folder / "cem-calm-1.wav", np.zeros(FRAMES), RATE)
    assert told(examined(folder)) == {"silent": ("error", ("cem-calm-1",))}


def test_a_file_that_is_no_recording_is_an_error(folder):
    (folder / "cem-calm-1.wav").write_text("nothing to hear")
    assert told(examined(folder)) == {"unreadable": ("error", ("cem-calm-1",))}


def with_full_samples(path: Path, count: int) -> None:
    samples, rate = soundfile.read(path)
    samples[100 : 100 + count] = 1.0
    soundfile.write(path, samples, rate)


def test_a_clipped_recording_is_a_warning_from_one_sample_in_a_thousand(folder):
    with_full_samples(folder / "ann-anger-0.wav", 4)  # 4 of 4800 are 0.083 %
    with_full_samples(folder / "dot-anger-4.wav", 12)  # 12 of 4800 are 0.25 %
    diagnosis = examined(folder)
    assert told(diagnosis) == {"clipped": ("warning", ("dot-anger-4",))}
    assert diagnosis.findings[0].cases[0].what == "toy-dot-anger-4: 0.25 % at full scale"
    assert diagnosis.passed() and not diagnosis.passed(strict=True)


def test_one_sound_under_two_labels_is_an_error(folder):
    shutil.copy(folder / "ann-anger-0.wav", folder / "ann-calm-0.wav")
    diagnosis = examined(folder)
    assert told(diagnosis) == {"twin-labels": ("error", ("ann-anger-0", "ann-calm-0"))}
    assert diagnosis.findings[0].cases[0].what == "toy-ann-anger-0 (anger) = toy-ann-calm-0 (calm)"


def test_twins_are_found_by_their_sound_whatever_the_format_says(folder):
    samples, rate = soundfile.read(folder / "ann-anger-0.wav")
    soundfile.write(folder / "ann-anger-1.flac", samples, rate)
    diagnosis = examined(folder, changed("ann-anger-1", path="ann-anger-1.flac"))
    assert told(diagnosis)["twin"] == ("warning", ("ann-anger-0", "ann-anger-1"))


def test_one_sound_under_two_speakers_is_an_error_and_across_folds_a_warning(folder):
    shutil.copy(folder / "ann-anger-0.wav", folder / "cem-anger-0.wav")
    assert told(examined(folder)) == {
        "twin-speakers": ("error", ("ann-anger-0", "cem-anger-0")),
        "twin-folds": ("warning", ("ann-anger-0", "cem-anger-0")),
    }


def test_a_speaker_in_two_folds_is_a_warning_that_names_the_fewest_clips_to_move(folder):
    diagnosis = examined(folder, changed("ann-anger-2", test_fold=2))
    assert told(diagnosis) == {"speaker-folds": ("warning", ("ann-anger-2",))}
    assert diagnosis.findings[0].cases[0].what == "speaker ann: 9 in fold 1, 1 in fold 2"


def test_a_clip_that_no_fold_tests_is_trained_on_in_all(folder):
    diagnosis = examined(folder, changed("dot-calm-2", test_fold=""))
    assert told(diagnosis) == {"speaker-folds": ("warning", ("dot-calm-2",))}


def test_words_that_give_the_label_away_are_a_warning_with_the_sentences(folder):
    diagnosis = examined(
        folder, lambda row: {**row, "text": "go away" if row["emotion"] == "anger" else "hm"}
    )
    severity, ids = told(diagnosis)["text-leak"]
    assert severity == "warning" and len(ids) == 40
    assert [case.what for case in diagnosis.findings[0].cases] == [
        '"go away": 20 clips, all anger',
        '"hm": 20 clips, all calm',
    ]
    text = next(leak for leak in diagnosis.leaks if leak.evidence == "text")
    assert [(one.grouped_by, one.macro_recall, one.gain) for one in text.guesses] == [
        ("clips", 1.0, 1.0),
        ("speakers", 1.0, 1.0),
    ]
    assert text.verdict == "strong"


def test_sentences_that_every_emotion_has_tell_nothing(clean, folder):
    leak = next(leak for leak in examined(folder).leaks if leak.evidence == "text")
    assert leak.verdict == "none"


def test_an_emotion_recorded_louder_is_a_warning(folder):
    for path in folder.glob("*-anger-*.wav"):
        samples, rate = soundfile.read(path)
        soundfile.write(path, 2 * samples, rate)
    diagnosis = examined(folder)
    assert set(told(diagnosis)) == {"recording-leak"}
    level = {label.emotion: label.median_dbfs for label in diagnosis.labels}
    assert level["anger"] - level["calm"] == pytest.approx(6.02, abs=0.3)  # 20 log10(2)


def test_an_emotion_stored_in_another_format_is_a_warning(folder):
    for path in folder.glob("*-calm-*.wav"):
        samples, rate = soundfile.read(path)
        soundfile.write(path, samples, rate, subtype="PCM_24")
    diagnosis = examined(folder)
    assert told(diagnosis)["file-leak"][0] == "warning"
    severity, ids = told(diagnosis)["mixed-formats"]
    assert (severity, len(ids)) == ("note", 20)


def test_a_speaker_with_one_emotion_a_speaker_of_two_genders_and_an_unknown_one(folder):
    lists = [
        lambda row: {**row, "emotion": "calm"} if row["speaker"] == "dot" else row,
        changed("cem-anger-4", gender="female"),
        changed("bob-anger-4", speaker=""),
    ]
    single, two, unknown = (told(examined(folder, change)) for change in lists)
    assert single["speaker-one-emotion"][0] == "warning"  # 10 of 40 clips
    assert len(single["speaker-one-emotion"][1]) == 10
    assert two == {"speaker-genders": ("warning", ("cem-anger-4",))}
    assert unknown == {"speakers-unknown": ("warning", ("bob-anger-4",))}


def test_clips_of_unusual_length_are_noted(folder, record):
    record(folder / "ann-calm-0.wav", 500, duration_s=1.5, rate=RATE)
    assert told(examined(folder)) == {"long-clip": ("note", ("ann-calm-0",))}


def test_a_clip_too_short_to_measure_is_a_warning(folder, record):
    record(folder / "ann-calm-0.wav", 500, duration_s=0.3, rate=RATE)
    assert told(examined(folder)) == {"too-short": ("warning", ("ann-calm-0",))}


def test_one_take_under_two_labels_is_an_error(folder):
    def with_take(row: Row) -> Row:
        return {
            **row,
            "take": "7" if str(row["path"]).startswith("ann-") and row["text"] == "one two" else "",
        }

    assert told(examined(folder, with_take)) == {"take-labels": ("error", ("ann-anger-0", "ann-calm-0"))}


def test_one_part_of_a_file_under_two_labels_is_an_error(tmp_path, record):
    record(tmp_path / "long.wav", 1, duration_s=3.0)
    listed = (
        "path,emotion,speaker,start,end\nlong.wav,anger,x,0,1\nlong.wav,calm,x,0.4,1.5\nlong.wav,calm,x,2,3\n"
    )
    (tmp_path / "toy.csv").write_text(listed)
    diagnosis = diagnose("csv", tmp_path / "toy.csv")  # 0.6 s of the shorter part's 1.0 s are shared
    assert told(diagnosis)["part-labels"] == ("error", ("long-0-1000", "long-400-1500"))


@pytest.mark.parametrize(
    ("paths", "severity"),
    [(("anger/1.wav", "calm/1.wav"), "note"), (("mon/1.wav", "tue/1.wav"), "warning")],
)
def test_one_file_name_under_two_labels_is_noted_where_folders_are_labels(tmp_path, record, paths, severity):
    second = paths[1].replace("1.wav", "2.wav")
    for seed, path in enumerate((*paths, second)):
        record(tmp_path / path, seed)
    third = "calm" if severity == "note" else "anger"
    (tmp_path / "toy.csv").write_text(
        f"path,emotion,speaker\n{paths[0]},anger,x\n{paths[1]},calm,y\n{second},{third},z\n"
    )
    assert told(diagnose("csv", tmp_path / "toy.csv"))["name-labels"][0] == severity


def test_folds_of_emobox_for_a_list_and_an_unknown_corpus_are_refused(tmp_path):
    with pytest.raises(CorpusError, match="Add a column test_fold"):
        diagnose("csv", tmp_path / "toy.csv", folds=tmp_path / "folds.csv")
    with pytest.raises(CorpusError, match=r"'iemocab' is no corpus; there are ravdess"):
        diagnose("iemocab", tmp_path)
