"""MELD's folders and tables, made anew around tiny recordings: parts, EmoBox's list, known faults."""

import csv
import gzip
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tonelens.corpora.clips import Found
from tonelens.corpora.cuts import emotion_of, part_of, read_cuts
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.meld import CORPUS
from tonelens.corpora.mending import mended
from tonelens.corpora.prepare import prepare, read_corpus
from tonelens.corpora.splits import fold_numbers, split
from tonelens.errors import CorpusError

FOLDERS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
)
TABLES = {
    "train": '1,"No, it\x92s mine.",Richard\x92s Date,joy,positive,0,0,8,21,"00:00:01,000","00:00:01,450"\n'
    '2,What?,Ross,surprise,negative,0,1,8,21,"0:00:02,000","0:00:02,450"\n'
    '3,Fine.,Ross,neutral,neutral,125,3,8,21,"00:00:03,000","00:00:03,450"\n',
    "dev": '1,Hm.,Monica,anger,negative,0,0,8,21,"00:00:01,000","00:00:01,450"\n',
    "test": '1,Smell?,Phoebe,disgust,negative,220,0,2,1,"00:01:44,270","00:05:39,338"\n'
    '2,Oh.,All,fear,negative,0,0,2,1,"00:00:01,000","00:00:01,450"\n',
}
CLIPS = ("train/dia0_utt0", "train/dia0_utt1", "train/dia125_utt3", "dev/dia0_utt0")
CLIPS += ("test/dia220_utt0", "test/dia0_utt0")


def place(root: Path, clip: str, suffix: str = ".wav") -> Path:
    part, name = clip.split("/")
    path = root / FOLDERS[part] / f"{name}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_tables(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for part, rows in TABLES.items():
        (root / f"{part}_sent_emo.csv").write_text(HEADER + rows, "utf-8")
    return root


@pytest.fixture
def small(tmp_path, record) -> Path:
    root = write_tables(tmp_path / "MELD.Raw")
    for seed, clip in enumerate(CLIPS):
        record(place(root, clip), seed)
    return root


def of(found: Found, reason: str) -> list[str | None]:
    return [item.id for item in found.skipped if item.reason == reason]


def test_an_utterance_is_read_from_its_folder_its_name_and_its_row(small):
    clips = {clip.id: clip for clip in read_corpus(CORPUS, small).clips}
    assert {name: clip.part for name, clip in clips.items()} == {
        "meld-dia0_utt0-train": "train",
        "meld-dia0_utt1-train": "train",
        "meld-dia0_utt0-dev": "dev",
        "meld-dia0_utt0-test": "test",
        "meld-dia220_utt0-test": "test",
    }
    clip = clips["meld-dia0_utt0-train"]
    assert (clip.emotion, clip.text, clip.speaker) == ("happiness", "No, it’s mine.", "Richard's Date")
    assert (clip.gender, clip.language, clip.test_fold) == (None, "en", None)
    assert clip.facts == {"dialogue": "train-0", "utterance": 0, "sentiment": "positive"}
    assert (clips["meld-dia0_utt1-train"].gender, clips["meld-dia0_utt0-dev"].gender) == ("male", "female")
    assert clips["meld-dia0_utt0-test"].test_fold == 1


def test_the_words_of_the_turns_before_are_kept_even_of_one_without_a_clip(small):
    clips = {clip.id: clip for clip in read_corpus(CORPUS, small).clips}
    first = {"id": "meld-dia0_utt0-train", "speaker": "Richard's Date", "text": "No, it’s mine."}
    assert clips["meld-dia0_utt1-train"].facts["turns_before"] == [first]
    assert "turns_before" not in clips["meld-dia0_utt0-dev"].facts, "dialogue 0 of dev is another one"
    place(small, "train/dia0_utt0").unlink()
    (left,) = [clip for clip in read_corpus(CORPUS, small).clips if clip.id == "meld-dia0_utt1-train"]
    assert left.facts["turns_before"] == [first]


def test_faults_that_everybody_has_are_reported_by_id(small):
    found = read_corpus(CORPUS, small)
    assert [(item.id, item.reason, item.kept) for item in found.skipped] == [
        ("meld-dia125_utt3-train", "broken", False),
        ("meld-dia220_utt0-test", "mis-cut", True),
    ]


def test_a_removed_file_and_a_file_without_a_row_are_reported_by_id(small, record):
    place(small, "dev/dia0_utt0").rename(place(small, "dev/dia66_utt9"))
    record(small / FOLDERS["test"] / "final_videos_testdia0_utt0.wav", 9)
    (small / FOLDERS["test"] / "._dia0_utt0.wav").write_bytes(b"\0\5\26\7")
    found = read_corpus(CORPUS, small)
    assert of(found, "missing") == ["meld-dia0_utt0-dev"]
    assert of(found, "no-label") == ["meld-dia66_utt9-dev"]
    assert [Path(item.path).name for item in found.skipped if item.reason == "wrong-name"] == [
        "final_videos_testdia0_utt0.wav"
    ]
    with pytest.raises(CorpusError, match=r"left out: .*meld-dia0_utt0-dev \(missing\)"):
        prepare("meld", small, small / "out")


def test_a_label_that_contradicts_its_sentiment_is_reported_by_id(small):
    table = small / "train_sent_emo.csv"
    table.write_text(table.read_text("utf-8").replace("joy,positive", "anger,positive"), "utf-8")
    assert of(read_corpus(CORPUS, small), "contradiction") == ["meld-dia0_utt0-train"]
    with pytest.raises(CorpusError, match=r"happiness 0, not 2307.* dia0_utt0\.wav \(contradiction\)"):
        prepare("meld", small, small / "out")


def test_a_truncated_file_is_reported_by_id_and_a_clip_published_short_is_not_missed(small, tmp_path, record):
    path = place(small, "train/dia0_utt1")
    path.write_bytes(record(tmp_path / "whole.wav", 7, duration_s=1.2).read_bytes()[: 44 + 2 * 3_600])
    table = small / "train_sent_emo.csv"
    table.write_text(table.read_text("utf-8").replace("0:00:02,450", "0:00:03,200"), "utf-8")
    table = small / "dev_sent_emo.csv"
    table.write_text(table.read_text("utf-8").replace("00:00:01,450", "00:00:01,300"), "utf-8")
    record(place(small, "dev/dia0_utt0"), 3, duration_s=0.32)
    found = read_corpus(CORPUS, small)
    assert of(found, "truncated") == ["meld-dia0_utt1-train"]
    assert of(found, "too-short") == ["meld-dia0_utt0-dev"]
    assert found.unusable == {"meld-dia0_utt0-dev": "anger"}


def test_a_short_file_whose_row_says_otherwise_is_missed(small, record):
    record(place(small, "dev/dia0_utt0"), 3, duration_s=0.2)
    table = small / "dev_sent_emo.csv"
    table.write_text(table.read_text("utf-8").replace("00:00:01,450", "00:00:01,600"), "utf-8")
    found = read_corpus(CORPUS, small)  # 0.2 s of 0.6 s: within the slack, but not published that short
    assert not found.unusable
    with pytest.raises(CorpusError, match=r"dia0_utt0\.wav \(too-short\)"):
        prepare("meld", small, small / "out")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Emotion", "Label", r"train_sent_emo\.csv: column Emotion missing"),
        (",joy,", ",envy,", r"line 2: emotion 'envy' of utterance '0'; emotions are neutral, joy"),
    ],
)
def test_a_table_of_another_form_is_refused(small, old, new, message):
    table = small / "train_sent_emo.csv"
    table.write_text(table.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(CorpusError, match=message):
        read_corpus(CORPUS, small)


def test_a_folder_without_a_table_is_refused(small):
    (small / "dev_sent_emo.csv").unlink()
    with pytest.raises(CorpusError, match=r"no dev_sent_emo\.csv"):
        read_corpus(CORPUS, small)


@pytest.mark.parametrize("wrong", ["it\x92s José", "itâ€™s JosÃ©", "it’s José"])
def test_text_is_mended_and_text_in_order_stays(wrong):
    assert mended(wrong) == "it’s José"


def test_a_table_in_windows_characters_is_read(small):
    table = small / "dev_sent_emo.csv"
    table.write_bytes(table.read_bytes().replace(b"Hm.", b"It\x92s caf\xe9."))
    assert "It’s café." in {clip.text for clip in read_corpus(CORPUS, small).clips}


def test_official_parts_survive_in_the_cuts_with_their_dialogues(small, tmp_path):
    prepare("meld", small, tmp_path / "out", allow_incomplete=True)
    cuts = list(read_cuts(tmp_path / "out"))
    assert Counter(map(part_of, cuts)) == {"train": 2, "dev": 1, "test": 2}
    assert fold_numbers(cuts, "official") == ()
    parted = split(cuts, "official")
    assert parted.counts() == {"train": 2, "dev": 1, "test": 2} and parted.fold is None
    assert split(cuts, "official", hold_out_dev=False).counts() == {"train": 3, "dev": 0, "test": 2}
    (dev,) = parted.select(cuts, "dev")
    assert (dev.custom["dialogue"], dev.custom["utterance"], dev.custom["sentiment"]) == (
        "dev-0",
        0,
        "negative",
    )


FFMPEG = """#!/bin/sh
case "$*" in *dia125_utt3*) exit 1;; esac
printf '%s\\n' "$*" >> "{log}"
for last; do :; done
cp "{wav}" "$last"
"""


@pytest.fixture
def films(tmp_path, record, monkeypatch) -> Path:
    """MELD as it is published, films only, and an ffmpeg that gives the same sound for each, but for one."""
    root = write_tables(tmp_path / "films")
    for clip in CLIPS:
        place(root, clip, ".mp4").write_bytes(b"film")
    (root / FOLDERS["test"] / "._dia0_utt0.mp4").write_bytes(b"\0\5\26\7")
    tools = tmp_path / "tools"
    tools.mkdir()
    wav = record(tmp_path / "sound.wav", 5)
    (tools / "ffmpeg").write_text(FFMPEG.format(log=tmp_path / "calls.txt", wav=wav))
    (tools / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    return root


def test_films_are_turned_into_sound_beside_the_cuts_once(films, tmp_path):
    seen: list[tuple[int, int]] = []
    out, calls = tmp_path / "out", tmp_path / "calls.txt"
    for _ in range(2):
        prepare("meld", films, out, allow_incomplete=True, progress=lambda *at: seen.append(at))
    assert seen[:6] == [(done, 6) for done in range(1, 7)]
    wavs = sorted(str(path.relative_to(out / "audio")) for path in (out / "audio").rglob("*.wav"))
    assert len(wavs) == 5 and "dev_splits_complete/dia0_utt0.wav" in wavs
    assert not list(out.rglob(".writing*"))
    lines = calls.read_text().splitlines()
    assert len(lines) == 5  # the second run found them
    assert all("-vn -ac 1 -ar 16000 -c:a pcm_s16le" in line for line in lines)
    assert {emotion_of(cut) for cut in read_cuts(out)} == {
        "happiness", "surprise", "anger", "disgust", "fear",
    }  # fmt: skip
    assert not list(films.rglob("*.wav"))


def test_films_without_ffmpeg_are_refused_with_the_command(films, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        CorpusError, match=r"no ffmpeg on the PATH.*find \. -name '\[!\.\]\*\.mp4' -exec"
    ) as error:
        prepare("meld", films, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    command = str(error.value).partition("run in that folder: ")[2]
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}{os.pathsep}{os.defpath}")
    subprocess.run(command, shell=True, cwd=films, check=False, capture_output=True)
    assert len(list(films.rglob("*.wav"))) == 5  # what the message says does the work


@pytest.fixture(scope="module")
def protocols(shared) -> Path:
    folder = shared / "protocols"
    if not (folder / "emobox_folds.csv.gz").is_file() or not (folder / "meld/data/MELD").is_dir():
        pytest.skip("needs protocols/emobox_folds.csv.gz and protocols/meld in the shared folder")
    return folder


@pytest.fixture(scope="module")
def listed(protocols) -> list[dict[str, str]]:
    with gzip.open(protocols / "emobox_folds.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["corpus"] == "meld"]


@pytest.fixture(scope="module")
def release(protocols, listed, tmp_path_factory, record) -> Path:
    """MELD's own tables, and EmoBox's clips as links to three recordings: short, usual, long."""
    root = tmp_path_factory.mktemp("MELD")
    record(root / "short.bin.wav", 1, duration_s=0.3)
    record(root / "usual.bin.wav", 2, duration_s=42, rate=4_000)
    record(root / "long.bin.wav", 3, duration_s=240, rate=4_000)
    for name in FOLDERS.values():
        (root / "raw" / name).mkdir(parents=True)
    for part in FOLDERS:
        table = protocols / "meld/data/MELD" / f"{part}_sent_emo.csv"
        (root / "raw" / table.name).write_bytes(table.read_bytes())
    for row in listed:
        length_s = float(row["length_s"])
        sound = "short" if length_s < 0.4 else "long" if length_s > 60 else "usual"
        film = Path(row["wav"])
        os.link(root / f"{sound}.bin.wav", root / "raw" / film.parent.name / f"{film.stem}.wav")
    return root / "raw"


@pytest.fixture(scope="module")
def read(release) -> Found:
    return read_corpus(CORPUS, release)


def id_of(row: dict[str, str]) -> str:
    film = Path(row["wav"])
    part = {name: part for part, name in FOLDERS.items()}[film.parent.name]
    return f"meld-{film.stem}-{part}"


@pytest.mark.corpus
def test_every_clip_label_part_and_fold_of_emobox_is_reached(listed, read, protocols):
    words = {"joy": "happiness"}
    expected = {id_of(row): words.get(row["emo"], row["emo"]) for row in listed}
    emotions = {clip.id: clip.emotion for clip in read.clips}
    short = set(of(read, "too-short"))
    assert emotions == {name: emotion for name, emotion in expected.items() if name not in short}
    assert len(expected) == 13_706 and Counter(expected.values()) == CORPUS.emotion_counts
    assert short == {id_of(row) for row in listed if float(row["length_s"]) < 0.4} and len(short) == 308
    parts = Counter(name.rpartition("-")[2] for name in {*emotions, *short})
    assert parts == {"train": 9988, "dev": 1108, "test": 2610}
    assert all(clip.part == clip.id.rpartition("-")[2] for clip in read.clips)
    again = with_folds(read, CORPUS, protocols / "emobox_folds.csv.gz")
    assert [clip.test_fold for clip in again.clips] == [clip.test_fold for clip in read.clips]
    assert {clip.part for clip in read.clips if clip.test_fold == 1} == {"test"}


@pytest.mark.corpus
def test_the_known_faults_of_the_release_are_the_only_findings(read):
    assert {(item.id, item.reason) for item in read.skipped if item.reason != "too-short"} == {
        ("meld-dia125_utt3-train", "broken"),
        ("meld-dia110_utt7-dev", "broken"),
        ("meld-dia38_utt4-test", "mis-cut"),
        ("meld-dia220_utt0-test", "mis-cut"),
    }


def sound_of_all(clips, progress=None):
    """Every clip as if its audio had been read and was good, but for the two that are minutes too long."""
    from tonelens.corpora.checks import Checked
    from tonelens.corpora.clips import Skipped

    about = {"sha256": "0", "sample_rate": 8_000, "frames": 3_600, "channels": 1, "duration_s": 0.45}
    long = [clip for clip in clips if clip.id in CORPUS.unusable]
    good = [Checked(clip=clip, content=clip.id, **about) for clip in clips if clip not in long]
    return good, [Skipped(id=c.id, path=str(c.path), reason="too-long", found="240 s") for c in long]


@pytest.mark.corpus
def test_the_release_is_complete_with_what_can_be_used_and_its_parts_are_official(
    release, read, tmp_path, monkeypatch
):
    monkeypatch.setattr("tonelens.corpora.gather.check_clips", sound_of_all)
    monkeypatch.setattr("tonelens.corpora.prepare.read_corpus", lambda corpus, source: read)
    summary = prepare("meld", release, tmp_path)
    assert (summary.clips, summary.expected, summary.complete) == (13_396, 13_706, True)
    assert summary.left_out == {"broken": 2, "too-short": 308, "too-long": 2}
    assert summary.kept_with_findings == {"mis-cut": 2}
    parted = split(read_cuts(tmp_path), "official")
    assert parted.counts() == {"train": 9988 - 212, "dev": 1108 - 28, "test": 2610 - 68 - 2}
    assert not parted.speaker_disjoint and "meld-Ross" in parted.overlapping_speakers
