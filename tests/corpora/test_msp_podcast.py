"""MSP-Podcast: the labels file says which clips there are, whose they are and what they hold."""

from pathlib import Path

import pytest

from corpora.trees import linked, listed, truncated
from tonelens.corpora.cuts import emotion_of, gender_of, read_cuts, speaker_of, text_of
from tonelens.corpora.msp_podcast import CORPUS, clip_of
from tonelens.corpora.prepare import prepare, read_corpus
from tonelens.corpora.splits import split
from tonelens.errors import CorpusError

HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"
ROWS = (
    "MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1",
    "MSP-PODCAST_0001_0009.wav,A,5.9,2.5,5.1,39,Female,Train",
    "MSP-PODCAST_0001_0010.wav,S,2.0,2.0,3.0,39,Female,Train",
    "MSP-PODCAST_0002_0001.wav,H,5.5,7.0,7.0,Unknown,Unknown,Train",
    "MSP-PODCAST_0002_0002.wav,U,5.5,5.0,4.0,127,Male,Development",
    "MSP-PODCAST_0153_0185_0003.wav,F,5.0,2.0,2.0,127,Male,Development",
    "MSP-PODCAST_0153_0185_0004.wav,D,4.0,2.0,4.0,200,Male,Test2",
    "MSP-PODCAST_0153_0185_0005.wav,C,4.0,2.0,5.0,201,Female,Test1",
    "MSP-PODCAST_0153_0185_0006.wav,O,4.0,4.0,4.0,30,Male,Test1",
    "MSP-PODCAST_0153_0185_0007.wav,X,4.0,4.0,4.0,30,Male,Train",
)
NAMES = [row.split(",")[0] for row in ROWS]


@pytest.fixture
def folder(tmp_path, record) -> Path:
    tiny = record(tmp_path / "tiny.wav", 1)
    root = linked(tmp_path / "MSP-Podcast", tiny, [f"Audios/{name}" for name in NAMES])
    (root / "Labels").mkdir()
    write_labels(root, HEADER, *ROWS)
    (root / "Transcripts").mkdir()
    (root / "Transcripts/MSP-PODCAST_0001_0008.txt").write_text("So,\n that was it. \n", "utf-8")
    (root / "Transcripts/MSP-PODCAST_0001_0009.txt").write_text("\n", "utf-8")
    return root


def write_labels(root: Path, *lines: str) -> None:
    (root / "Labels/labels_consensus.csv").write_text("\n".join(lines) + "\n", "utf-8")


def test_the_labels_file_is_the_count_and_other_labels_are_listed(folder, tmp_path):
    summary = prepare("msp-podcast", folder, tmp_path / "out")
    assert (summary.clips, summary.expected, summary.complete) == (8, 8, True)
    assert summary.emotions == dict.fromkeys(
        ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise", "contempt"), 1
    )
    assert summary.left_out == {"other-label": 2}
    assert listed(tmp_path / "out") == dict.fromkeys(NAMES[-2:], "other-label")
    assert summary.speakers == {"30": 1, "39": 2, "127": 2, "200": 1, "201": 1, "unknown": 1}
    assert summary.genders == {"female": 3, "male": 4, "unknown": 1}
    assert summary.notes == ("speakers unknown: speaker-disjoint splits impossible",)


def test_cuts_hold_speaker_gender_text_and_label(folder, tmp_path):
    prepare("msp-podcast", folder, tmp_path / "out")
    cuts = {cut.id: cut for cut in read_cuts(tmp_path / "out")}
    first = cuts["msp-podcast-MSP-PODCAST_0001_0008"]
    assert (emotion_of(first), speaker_of(first), gender_of(first)) == ("neutral", "msp-podcast-30", "male")
    assert text_of(first) == "So, that was it."
    assert text_of(cuts["msp-podcast-MSP-PODCAST_0001_0009"]) is None
    unknown = cuts["msp-podcast-MSP-PODCAST_0002_0001"]
    assert (speaker_of(unknown), gender_of(unknown), emotion_of(unknown)) == (None, None, "happiness")


def test_the_official_parts_and_the_ratings_go_with_the_clips(folder, tmp_path, record):
    for seed, name in enumerate(NAMES):  # one sound in two parts would be taken out of one of them
        (folder / "Audios" / name).unlink()
        record(folder / "Audios" / name, seed)
    prepare("msp-podcast", folder, tmp_path / "out")
    cuts = list(read_cuts(tmp_path / "out"))
    official = split(cuts, "official")
    assert official.counts() == {"train": 3, "dev": 2, "test": 3}
    by_set = {cut.custom["split_set"]: official.parts[cut.id] for cut in cuts}
    assert by_set == {"Train": "train", "Development": "dev", "Test1": "test", "Test2": "test"}
    assert not official.speaker_disjoint and official.unknown_speakers == 1
    ratings = {name: cuts[0].custom[name] for name in ("arousal", "valence", "dominance")}
    assert ratings == {"arousal": 2.2, "valence": 4.0, "dominance": 2.6}


def test_a_removed_a_truncated_and_a_misnamed_file_are_each_reported(folder, tmp_path):
    (folder / "Audios" / NAMES[0]).unlink()
    truncated(folder / "Audios" / NAMES[1])
    (folder / "Audios" / NAMES[2]).rename(folder / "Audios/podcast 10.wav")
    with pytest.raises(
        CorpusError, match=r"5 usable clips of 8; anger 0, not 1, neutral 0, not 1, sadness 0"
    ):
        prepare("msp-podcast", folder, tmp_path / "out")
    prepare("msp-podcast", folder, tmp_path / "out", allow_incomplete=True)
    assert listed(tmp_path / "out") == {
        NAMES[0]: "missing",
        NAMES[1]: "too-short",
        NAMES[2]: "missing",
        "podcast 10.wav": "wrong-name",
        NAMES[-2]: "other-label",
        NAMES[-1]: "other-label",
    }


def test_clips_without_a_label_are_listed_not_counted(folder, tmp_path):
    write_labels(folder, HEADER, *ROWS[1:-1], f"{NAMES[-1]},,,,,,,Test3")
    found = read_corpus(CORPUS, folder)
    assert sum((found.emotion_counts or {}).values()) == len(found.clips) == 7
    reasons = {Path(item.path).name: (item.reason, item.kept) for item in found.skipped}
    assert reasons[NAMES[0]] == reasons[NAMES[-1]] == ("no-label", False)


def test_a_release_with_a_strange_class_says_which(folder):
    write_labels(folder, HEADER, *ROWS[:-1], ROWS[-1].replace(",X,", ",Q,"))
    strange = read_corpus(CORPUS, folder).skipped[-1]
    assert strange.reason == "other-label" and "class 'Q', which is none of A, S, H" in strange.found


def test_a_missing_labels_file_a_missing_column_and_a_name_twice_are_refused(folder):
    write_labels(folder, HEADER, *ROWS, ROWS[0])
    with pytest.raises(CorpusError, match=r"line 12: MSP-PODCAST_0001_0008 occurs twice"):
        read_corpus(CORPUS, folder)
    write_labels(folder, HEADER.replace("EmoClass", "Emo"), *ROWS)
    with pytest.raises(CorpusError, match="column EmoClass missing"):
        read_corpus(CORPUS, folder)
    (folder / "Labels/labels_consensus.csv").unlink()
    with pytest.raises(CorpusError, match=r"no labels_consensus\.csv, which holds the labels"):
        read_corpus(CORPUS, folder)


def test_a_name_outside_the_rule_stands_for_no_clip():
    assert clip_of(Path("Audios/PODCAST_0001_0008.wav")) is None
