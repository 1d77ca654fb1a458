"""A whole corpus from its original folders to cuts, and every trap on the way."""

import hashlib
import json
import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonelens import audio
from tonelens.corpora.cuts import (
    emotion_of,
    gender_of,
    language_of,
    load_audio,
    read_cuts,
    speaker_of,
    text_of,
)
from tonelens.corpora.prepare import prepare
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError, StorageError

OUTPUTS = ["cuts.jsonl.gz", "skipped.jsonl", "summary.json"]


def findings(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "skipped.jsonl").read_text("utf-8").splitlines()]


def reasons(out: Path) -> dict[str, str]:
    return {Path(str(row["path"])).name: str(row["reason"]) for row in findings(out)}


@pytest.fixture(scope="module")
def urdu(tmp_path_factory, record) -> Path:
    """A complete corpus under its original names: 4 emotions x 5 speakers x 20 clips."""
    root = tmp_path_factory.mktemp("URDU Dataset ü")
    speakers = ("SM1", "SM2", "SF1", "SM3", "SF2")
    for seed, (folder, speaker, number) in enumerate(
        product(("Angry", "Happy", "Neutral", "Sad"), speakers, range(20))
    ):
        record(root / folder / f"{speaker}_F{number}_{folder[0]}{number:03d}.wav", seed)
    return root


@pytest.fixture
def urdu_copy(urdu, tmp_path) -> Path:
    return Path(shutil.copytree(urdu, tmp_path / "copy"))


def test_a_complete_corpus_becomes_cuts_a_summary_and_an_empty_list_of_findings(urdu, tmp_path):
    seen = []
    summary = prepare("urdu", urdu, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert (summary.clips, summary.expected, summary.complete, summary.notes) == (400, 400, True, ())
    assert summary.emotions == {"neutral": 100, "happiness": 100, "sadness": 100, "anger": 100}
    assert summary.speakers == {"SF1": 80, "SF2": 80, "SM1": 80, "SM2": 80, "SM3": 80}
    assert summary.genders == {"female": 160, "male": 240}
    assert summary.folds == {"none": 400}
    assert summary.hours == pytest.approx(400 * 0.45 / 3600, abs=1e-4)
    assert seen[-1] == (400, 400) and len(seen) == 400
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == OUTPUTS
    assert json.loads((tmp_path / "out/summary.json").read_text())["clips"] == 400
    assert findings(tmp_path / "out") == []


def test_cuts_keep_the_contract(urdu, tmp_path):
    prepare("urdu", urdu, tmp_path)
    cuts = list(read_cuts(tmp_path))
    assert [cut.id for cut in cuts] == sorted(cut.id for cut in cuts)
    cut = next(cut for cut in cuts if cut.id == "urdu-Sad_SF1_F3_S003")
    path = urdu / "Sad/SF1_F3_S003.wav"
    assert (speaker_of(cut), gender_of(cut), language_of(cut)) == ("urdu-SF1", "female", "ur")
    assert (emotion_of(cut), text_of(cut)) == ("sadness", None)
    assert cut.custom == {
        "corpus": "urdu",
        "test_fold": None,
        "intensity": None,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "duplicate_of": None,
    }
    assert cut.recording.sources[0].source == str(path)
    assert (cut.recording.sampling_rate, cut.recording.num_samples) == (8_000, 3_600)
    assert (cut.start, cut.duration) == (0.0, 0.45)
    assert load_audio(cut).samples.shape == (7_200,)


def test_two_runs_write_the_same_bytes(urdu, tmp_path):
    prepare("urdu", urdu, tmp_path / "a")
    prepare("urdu", urdu, tmp_path / "b")
    for name in OUTPUTS:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def spoil(root: Path) -> dict[str, str]:
    """Spoil five files, one in each way; the reason that must be listed for each name."""
    (root / "Angry/SM1_F0_A000.wav").unlink()
    soundfile.write(root / "Angry/SM1_F1_A001.wav", np.zeros(8_000), 8_000)
    (root / "Happy/SM2_F2_H002.wav").write_text("not a recording")
    (root / "Sad/SF1_F3_S003.wav").rename(root / "Sad/SF1-3.wav")
    shutil.copy(root / "Neutral/SM1_F5_N005.wav", root / "Neutral/SF2_F4_N004.wav")
    return {
        "SM1_F1_A001.wav": "silent",
        "SM2_F2_H002.wav": "unreadable",
        "SF1-3.wav": "wrong-name",
        "SM1_F5_N005.wav": "duplicate",
    }


def test_a_spoilt_corpus_is_refused_with_names_and_counts_and_nothing_is_written(urdu_copy, tmp_path):
    spoil(urdu_copy)
    with pytest.raises(CorpusError) as error:
        prepare("urdu", urdu_copy, tmp_path / "out")
    message = str(error.value)
    assert "396 usable clips of 400" in message
    assert "anger 98, not 100" in message and "sadness 99, not 100" in message
    for part in ("SM1_F1_A001.wav (silent)", "SM2_F2_H002.wav (unreadable)", "SF1-3.wav (wrong-name)"):
        assert part in message
    assert "--allow-incomplete" in message and "\n" not in message
    assert not (tmp_path / "out").exists()


def test_an_incomplete_corpus_goes_on_when_allowed_and_says_so(urdu_copy, tmp_path):
    expected = spoil(urdu_copy)
    summary = prepare("urdu", urdu_copy, tmp_path / "out", allow_incomplete=True)
    assert (summary.clips, summary.complete) == (396, False)
    assert summary.left_out == {"silent": 1, "unreadable": 1, "wrong-name": 1}
    assert summary.kept_with_findings == {"duplicate": 1}
    assert summary.notes[0].startswith("incomplete: URDU: 396 usable clips of 400")
    assert reasons(tmp_path / "out") == expected
    assert [row["kept"] for row in findings(tmp_path / "out") if row["reason"] == "duplicate"] == [True]


def test_a_duplicate_is_kept_marked_and_listed(urdu_copy, tmp_path):
    source = urdu_copy / "Neutral/SM1_F5_N005.wav"
    samples, rate = soundfile.read(source)
    (urdu_copy / "Sad/SF2_F4_S004.wav").unlink()
    soundfile.write(urdu_copy / "Sad/SF2_F4_S004.flac", samples, rate)  # other bytes, the same sound
    summary = prepare("urdu", urdu_copy, tmp_path / "out")
    assert summary.clips == 400
    marked = {cut.id: cut.custom["duplicate_of"] for cut in read_cuts(tmp_path / "out")}
    assert {key: value for key, value in marked.items() if value} == {
        "urdu-Sad_SF2_F4_S004": "urdu-Neutral_SM1_F5_N005"
    }
    (row,) = findings(tmp_path / "out")
    assert "under another label (neutral and sadness)" in str(row["found"])


def test_more_clips_than_the_corpus_has_are_refused_too(urdu_copy, tmp_path, record):
    record(urdu_copy / "Sad/SM9_F1_S101.wav", 9_999)
    with pytest.raises(CorpusError, match="sadness 101, not 100"):
        prepare("urdu", urdu_copy, tmp_path / "out")


def test_the_missing_clips_of_a_grid_are_named_and_listed_once(tmp_path, record):
    record(tmp_path / "in/OAF_angry/OAF_back_angry.wav", 1)
    (tmp_path / "in/OAF_angry/OAF_bar_angry.wav").write_text("not a recording")
    with pytest.raises(
        CorpusError, match=r"TESS: 1 usable clips of 2800; .* left out: OAF_bar_angry\.wav \(unre"
    ):
        prepare("tess", tmp_path / "in", tmp_path / "out")
    prepare("tess", tmp_path / "in", tmp_path / "out", allow_incomplete=True)
    listed = Counter(row["reason"] for row in findings(tmp_path / "out"))
    assert listed == {"missing": 2 * 7 * 2 - 2, "unreadable": 1}  # two words, seven emotions, two speakers


def test_a_whole_file_at_an_odd_rate_keeps_its_last_sample(tmp_path, record):
    record(tmp_path / "a.wav", 1, duration_s=22_051 / 44_100, rate=44_100)
    prepare("csv", write_list(tmp_path, "path,emotion\na.wav,calm\n"), tmp_path / "out")
    (cut,) = read_cuts(tmp_path / "out")
    assert cut.duration == pytest.approx(22_051 / 44_100, abs=1e-8)
    assert np.array_equal(load_audio(cut).samples, audio.load(tmp_path / "a.wav").samples)


def test_a_label_set_keeps_its_labels_and_lists_the_others(urdu, tmp_path):
    summary = prepare("urdu", urdu, tmp_path, labels=LabelSet(("sadness", "anger", "boredom")))
    assert summary.labels == ("sadness", "anger", "boredom")
    assert summary.emotions == {"sadness": 100, "anger": 100, "boredom": 0}
    assert (summary.complete, summary.left_out) == (True, {"other-label": 200})


def test_a_full_disk_leaves_what_was_there(urdu, tmp_path, monkeypatch):
    (tmp_path / "cuts.jsonl.gz").write_bytes(b"old")

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(StorageError, match="No space left"):
        prepare("urdu", urdu, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cuts.jsonl.gz"]
    assert (tmp_path / "cuts.jsonl.gz").read_bytes() == b"old"


def write_list(folder: Path, text: str) -> Path:
    path = folder / "my calls.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_list_without_speakers_says_what_that_costs(tmp_path, record):
    record(tmp_path / "a.wav", 1)
    record(tmp_path / "b.wav", 2)
    path = write_list(tmp_path, "path,emotion\na.wav,anger\nb.wav,calm\n")
    summary = prepare("csv", path, tmp_path / "out")
    assert summary.notes == ("speakers unknown: speaker-disjoint splits impossible",)
    assert summary.speakers == {"unknown": 2}
    assert [speaker_of(cut) for cut in read_cuts(tmp_path / "out")] == [None, None]


def test_a_list_goes_on_without_its_bad_clips_and_lists_them(tmp_path, record):
    record(tmp_path / "a.wav", 1)
    record(tmp_path / "b.wav", 2)
    record(tmp_path / "quiet.wav", 3, gain=0.0)
    text = "path,emotion,speaker\na.wav,anger,x\nb.wav,calm,y\nquiet.wav,calm,y\n"
    summary = prepare("csv", write_list(tmp_path, text), tmp_path / "out")
    assert (summary.clips, summary.expected, summary.complete) == (2, 3, False)
    assert summary.notes[0].startswith("incomplete: my calls.csv: 2 usable clips of 3; calm 1, not 2")
    assert reasons(tmp_path / "out") == {"quiet.wav": "silent"}


def test_a_missing_file_of_a_list_is_refused_or_listed_when_allowed(tmp_path, record):
    record(tmp_path / "a.wav", 1)
    record(tmp_path / "b.wav", 2)
    path = write_list(tmp_path, "path,emotion\na.wav,anger\nb.wav,calm\ngone.wav,calm\n")
    with pytest.raises(CorpusError, match="line 4: no such file"):
        prepare("csv", path, tmp_path / "out")
    prepare("csv", path, tmp_path / "out", allow_incomplete=True)
    assert reasons(tmp_path / "out") == {"gone.wav": "missing"}


def test_parts_of_a_recording_are_cut_where_the_list_says(tmp_path, record):
    path = record(tmp_path / "long.wav", 1, duration_s=3.0, rate=16_000)
    text = "path,emotion,start,end\nlong.wav,anger,0.5,1.25\nlong.wav,calm,2,\nlong.wav,calm,2.5,9\n"
    summary = prepare("csv", write_list(tmp_path, text), tmp_path / "out")
    last, first = read_cuts(tmp_path / "out")  # sorted by id: ...-2000, ...-500-1250
    assert (first.start, first.duration) == (0.5, 0.75)
    assert (last.start, last.duration) == (2.0, 1.0)
    assert summary.left_out == {"empty": 1}  # 9 s lies outside the recording
    whole, _ = soundfile.read(path, dtype="float32")
    assert np.array_equal(load_audio(first).samples, whole[8_000:20_000])
    assert np.array_equal(load_audio(last).samples, whole[32_000:])


def test_a_list_with_nothing_usable_is_refused(tmp_path, record):
    record(tmp_path / "quiet.wav", 3, gain=0.0)
    with pytest.raises(CorpusError, match=r"no clip can be used \(quiet\.wav: silent\)"):
        prepare("csv", write_list(tmp_path, "path,emotion\nquiet.wav,calm\n"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folds_of_emobox_for_a_list_are_refused_not_overlooked(tmp_path):
    with pytest.raises(CorpusError, match="Add a column test_fold"):
        prepare(
            "csv", write_list(tmp_path, "path,emotion\n"), tmp_path / "out", emobox_folds=tmp_path / "f.csv"
        )


def test_an_unknown_corpus_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(CorpusError, match=r"'iemocab' is no corpus; there are ravdess, .*csv"):
        prepare("iemocab", tmp_path, tmp_path / "out")
