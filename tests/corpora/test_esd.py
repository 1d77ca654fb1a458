"""ESD: 35000 names and folds as EmoBox lists them, and the speakers' lists in every encoding."""

from collections import Counter
from pathlib import Path

import pytest

from corpora.trees import emobox_rows, linked, listed, truncated
from tonelens.corpora.esd import CORPUS, clip_of, decoded, missing
from tonelens.corpora.prepare import prepare, read_corpus
from tonelens.emotions import canonical
from tonelens.errors import CorpusError

FOLDERS = ("Neutral", "Angry", "Happy", "Sad", "Surprise")
FOLDS = {"0005": 1, "0012": 2, "0003": 3, "0020": 4, "0010": 5}
"""One speaker of each fold, read off EmoBox's list by hand."""


@pytest.fixture
def tiny(tmp_path, record) -> Path:
    return record(tmp_path / "tiny.wav", 1)


@pytest.mark.corpus
def test_the_names_of_emobox_give_its_labels_its_folds_and_its_counts(shared, tmp_path, tiny):
    rows = {Path(row["wav"]).stem: row for row in emobox_rows(shared, "esd")}
    names = [row["wav"].removeprefix("downloads/esd/") for row in rows.values()]
    found = read_corpus(CORPUS, linked(tmp_path / "ESD", tiny, names))
    assert len(found.clips) == len(rows) == CORPUS.clip_count == 35_000
    assert Counter(clip.emotion for clip in found.clips) == CORPUS.emotion_counts
    assert found.skipped == ()
    for clip in found.clips:
        row = rows[clip.path.stem]
        assert (clip.emotion, clip.test_fold) == (canonical(row["emo"]), int(row["test_folds"])), clip.id
    assert missing([clip.id for clip in found.clips]) == []


def test_number_and_speaker_say_all_but_the_text():
    numbers = {"Neutral": (1, 350), "Angry": (351, 700), "Happy": (701, 1050), "Sad": (1051, 1400)}
    numbers["Surprise"] = (1401, 1750)
    for folder, pair in numbers.items():
        for number in pair:
            clip = clip_of(Path(f"0011/{folder}/0011_{number:06d}.wav"))
            assert clip is not None and clip.emotion == canonical(folder)
            assert (clip.speaker, clip.gender, clip.language) == ("0011", "male", "en")
    for speaker, fold in FOLDS.items():
        clip = clip_of(Path(f"{speaker}_000001.wav"))
        assert clip is not None and clip.test_fold == fold
        assert clip.language == ("zh" if speaker < "0011" else "en")
    assert len(set(missing([]))) == 35_000


def test_a_sentence_has_one_number_in_every_emotion_and_voice_of_a_language():
    names = ("0001_000002", "0009_000352", "0001_000350", "0011_001750", "0020_000001")
    clips = [clip_of(Path(f"{name}.wav")) for name in names]
    words = [CORPUS.sentence_of(clip) for clip in clips if clip is not None]
    assert words == ["zh002", "zh002", "zh350", "en350", "en001"]


def test_the_folders_of_the_authors_own_parts_are_passed_by():
    inside = clip_of(Path("0001/Angry/train/0001_000351.wav"))
    assert inside is not None and inside.id == "esd-0001_000351"


@pytest.mark.parametrize(
    "name",
    [
        "0021/Angry/0021_000351.wav",
        "0000/Angry/0000_000351.wav",
        "0001/Angry/0001_351.wav",
        "0001/Surprise/0001_001751.wav",
        "0001/Neutral/0001_000000.wav",
        "0001/Happy/0001_000351.wav",  # an angry number among the happy
        "0001/Happy/test/0001_000351.wav",
    ],
)
def test_a_name_outside_the_rule_or_in_a_wrong_folder_stands_for_no_clip(name):
    assert clip_of(Path(name)) is None


LINES = {
    "0001": "0001_000001\t打远一看，它们很美丽，\t中立\r\n0001_000351\t打远一看，它们很美丽，\t生气\r\n",
    "0016": "0016_000001\tThe nine the eggs, I’ll keep.\tNeutral\n\n0016_000351\tThe café – I keep.\tAngry\n",
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize(
    ("speaker", "encoding"),
    [(speaker, encoding) for speaker in LINES for encoding in ENCODINGS]
    + [("0001", "gb2312"), ("0001", "gb18030"), ("0016", "cp1252")],
)
def test_texts_are_read_in_every_encoding_the_lists_come_in(tmp_path, tiny, speaker, encoding):
    names = [f"{speaker}/Neutral/{speaker}_000001.wav", f"{speaker}/Angry/{speaker}_000351.wav"]
    folder = linked(tmp_path / "ESD", tiny, names)
    (folder / speaker / f"{speaker}.txt").write_bytes(LINES[speaker].encode(encoding))
    angry, neutral = sorted(read_corpus(CORPUS, folder).clips, key=lambda clip: clip.emotion)
    assert [neutral.text, angry.text] == {
        "0001": ["打远一看，它们很美丽，"] * 2,
        "0016": ["The nine the eggs, I’ll keep.", "The café – I keep."],
    }[speaker]


def test_an_english_list_with_chinese_quotes_is_read_too():
    line = "0017_000001\tI can’t.\tNeutral\n"
    assert decoded(line.encode("gb2312"), mandarin=False) == line


def test_a_line_without_tabs_gives_its_text_and_a_clip_without_a_line_is_counted(tmp_path, tiny):
    names = [f"0015/Neutral/0015_{number:06d}.wav" for number in (1, 2, 137)]
    folder = linked(tmp_path / "ESD", tiny, names)
    (folder / "0015/0015.txt").write_text(
        "0015_000001 Let the glass globe be. Neutral\n0015_000137 They were sad\tNeutral\n", "utf-8"
    )
    found = read_corpus(CORPUS, folder)
    texts = {clip.path.stem: clip.text for clip in found.clips}
    assert texts == {
        "0015_000001": "Let the glass globe be.",
        "0015_000002": None,
        "0015_000137": "They were sad",
    }
    assert found.notes == ("no text for 1 clips (speakers 0015): it is not in their lists, as 0001/0001.txt",)


def test_a_removed_a_truncated_and_a_misnamed_file_are_each_reported(tmp_path, tiny):
    names = [f"0002/{folder}/0002_{1 + 350 * index:06d}.wav" for index, folder in enumerate(FOLDERS)]
    folder = linked(tmp_path / "ESD", tiny, names)
    (folder / "0002/Neutral/0002_000001.wav").unlink()
    truncated(folder / "0002/Angry/0002_000351.wav")
    (folder / "0002/Sad/0002_001051.wav").rename(folder / "0002/Sad/0002_000701.wav")
    with pytest.raises(CorpusError, match=r"ESD: 2 usable clips of 35000.*0002_000701\.wav \(wrong-name\)"):
        prepare("esd", folder, tmp_path / "out")
    summary = prepare("esd", folder, tmp_path / "out", allow_incomplete=True)
    assert summary.notes[0].startswith("no text for 3 clips (speakers 0002)")
    reasons = listed(tmp_path / "out")
    assert reasons["0002_000351.wav"] == "too-short"
    assert reasons["0002_000701.wav"] == "wrong-name"
    assert reasons["0002_000001"] == reasons["0002_001051"] == "missing"
    assert Counter(reasons.values())["missing"] == 35_000 - 3
