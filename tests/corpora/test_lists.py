"""Anybody's CSV and JSON lines: what is read, and that every fault is told at once."""

import json
from pathlib import Path

import pytest

from tonelens.corpora.lists import label_of, read_list
from tonelens.emotions import LabelSet
from tonelens.errors import CorpusError


def write(folder: Path, text: str, name: str = "calls.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_two_columns_are_enough(tmp_path):
    touch(tmp_path, "wav/a.wav", "wav/b.wav")
    clips = read_list(write(tmp_path, "path,emotion\nwav/a.wav,Angry\nwav/b.wav,calm\n"))
    assert [(clip.id, clip.emotion, clip.corpus) for clip in clips] == [
        ("calls-a", "anger", "calls"),
        ("calls-b", "calm", "calls"),
    ]
    assert [clip.path for clip in clips] == [tmp_path / "wav/a.wav", tmp_path / "wav/b.wav"]
    assert clips[0].speaker is clips[0].gender is clips[0].text is clips[0].end_s is None


def test_every_optional_column_is_read(tmp_path):
    touch(tmp_path, "a b ü.wav")
    table = (
        "path;emotion;speaker;text;gender;language;start;end;note\n"
        '"a b ü.wav";anger;Zoë;"one; ""two""";F;de;0.5;1.25;x\n'
    )
    (clip,) = read_list(write(tmp_path / "sub", table.replace("a b ü", "../a b ü"), "Gespräche 1.csv"))
    assert clip.path == tmp_path / "a b ü.wav"
    assert (clip.speaker, clip.text, clip.gender, clip.language) == ("Zoë", 'one; "two"', "female", "de")
    assert (clip.start_s, clip.end_s) == (0.5, 1.25)
    assert clip.id == "Gespräche 1-a b ü-500-1250"


def test_json_lines_say_the_same_as_csv(tmp_path):
    touch(tmp_path, "a.wav")
    rows = [{"path": "a.wav", "emotion": "sad", "speaker": 7, "start": 0.25, "text": None}]
    path = write(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "calls.jsonl")
    (clip,) = read_list(path)
    assert (clip.emotion, clip.speaker, clip.start_s, clip.text) == ("sadness", "7", 0.25, None)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    touch(tmp_path, "a.wav")
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbfpath,emotion\r\na.wav,fear\r\n\r\n")
    (clip,) = read_list(path)
    assert clip.emotion == "fear"


def test_all_faults_are_told_in_one_error_a_line_each(tmp_path):
    touch(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")
    table = (
        "path,emotion,gender,start,end\n"
        "a.wav,anger,male,,\n"
        "a.wav,anger,male,,\n"  # line 3: the same path twice
        "gone.wav,anger,,,\n"  # line 4: no file
        "b.wav,envy,,,\n"  # line 5: a label outside the set
        "c.wav,,,,\n"  # line 6: no label
        "d.wav,anger,robot,2,1\n"  # line 7: no gender, and the end before the start
        "d.wav,anger,,one,\n"  # line 8: no number
    )
    with pytest.raises(CorpusError) as error:
        read_list(write(tmp_path, table), labels=LabelSet(("anger", "calm")))
    first, *lines = str(error.value).split("\n")
    assert first.endswith("7 problems in the list:")
    assert sorted(line.split(":")[0].strip() for line in lines) == [
        f"line {n}" for n in (3, 4, 5, 6, 7, 7, 8)
    ]
    assert any("unknown label 'envy'; allowed are anger, calm" in line for line in lines)
    assert any("a.wav is already on line 2" in line for line in lines)
    assert any("no such file" in line for line in lines)


def test_after_ten_problems_the_rest_is_counted(tmp_path):
    table = "path,emotion\n" + "".join(f"{n}.wav,anger\n" for n in range(14))
    with pytest.raises(CorpusError, match="14 problems in the list") as error:
        read_list(write(tmp_path, table))
    assert len(str(error.value).split("\n")) == 12
    assert str(error.value).endswith("and 4 more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.wav,anger\n", r"column 'emotion' is missing \(columns found: label, path\)"),
        ("file,label\na.wav,anger\n", "2 problems"),
        ("path,emotion\n", "has no rows"),
        ("", "missing"),
        ("path,emotion\na.wav,anger,extra\n", "line 2: 3 cells for 2 columns"),
        ('{"path": "a.wav"}\n', "column 'emotion' is missing"),
        ('{"path": "a.wav", "emotion": "anger"}\n{"path"\n[1]\n', "2 problems"),
    ],
)
def test_a_list_of_another_form_is_refused(tmp_path, text, message):
    with pytest.raises(CorpusError, match=message):
        read_list(write(tmp_path, text))


def test_a_list_that_is_missing_or_no_text_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_list(tmp_path / "nowhere.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="not UTF-8"):
        read_list(tmp_path / "bytes.csv")


def test_the_same_path_written_in_two_ways_is_a_duplicate(tmp_path):
    touch(tmp_path, "wav/a.wav")
    with pytest.raises(CorpusError, match="already on line 2"):
        read_list(write(tmp_path, "path,emotion\nwav/a.wav,anger\nwav/../wav/a.wav,anger\n"))


def test_two_parts_of_one_file_are_two_clips(tmp_path):
    touch(tmp_path, "a.wav")
    clips = read_list(write(tmp_path, "path,emotion,start,end\na.wav,anger,0,1\na.wav,calm,1,2\n"))
    assert [clip.id for clip in clips] == ["calls-a-0-1000", "calls-a-1000-2000"]


def test_equal_names_in_two_folders_get_ids_with_the_folder(tmp_path):
    touch(tmp_path, "x/1.wav", "y/1.wav", "y/2.wav")
    clips = read_list(write(tmp_path, "path,emotion\nx/1.wav,anger\ny/1.wav,anger\ny/2.wav,anger\n"))
    assert [clip.id for clip in clips] == ["calls-x_1", "calls-y_1", "calls-2"]


def test_missing_files_are_left_to_the_opener_where_allowed(tmp_path):
    assert len(read_list(write(tmp_path, "path,emotion\ngone.wav,anger\n"), may_miss=True)) == 1


def test_a_label_set_of_ones_own_keeps_its_own_words():
    own = LabelSet(("angry", "Tense Calm", "fear"))
    assert label_of("Angry", own) == "angry"  # the set's own word, not the usual "anger"
    assert label_of("Tense Calm", own) == "Tense Calm"
    assert label_of("anxiety", own) == "fear"  # by synonym
    assert label_of("sad", own) is None
    assert label_of("Sad", None) == "sadness"
