import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonelens.errors import StorageError
from tonelens.storage import read_jsonl, write_bytes, write_json, write_jsonl, write_text, written_aside


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def disk_full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_written_with_its_folders(tmp_path):
    write_text(tmp_path / "new folder" / "ä.txt", "Grüße\n")
    assert (tmp_path / "new folder" / "ä.txt").read_bytes() == "Grüße\n".encode()
    assert names_in(tmp_path / "new folder") == ["ä.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind_and_the_old_file_whole(tmp_path, monkeypatch, step):
    path = tmp_path / "result.json"
    write_json(path, {"old": True})
    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), disk_full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_json(path, {"new": True})
    assert "Nothing was changed" in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert names_in(tmp_path) == ["result.json"]
    assert json.loads(path.read_text()) == {"old": True}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_the_system_itself_says_that_the_disk_is_full(tmp_path):
    with pytest.raises(StorageError, match="space"), written_aside(tmp_path / "a.bin") as aside:
        aside.symlink_to("/dev/full")
        with aside.open("wb") as file:
            file.write(b"x")
    assert names_in(tmp_path) == []


def test_an_error_of_the_writer_passes_through_and_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), written_aside(tmp_path / "a.txt") as aside:
        aside.write_text("half")
        raise ZeroDivisionError
    assert names_in(tmp_path) == []


def test_a_file_in_the_place_of_a_folder_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        write_bytes(tmp_path / "file" / "a.bin", b"x")


def test_a_folder_in_the_place_of_the_file_is_reported(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        write_bytes(tmp_path / "a", b"x")
    assert names_in(tmp_path) == ["a"]


def test_the_file_aside_keeps_the_suffix_by_which_writers_choose_a_format(tmp_path):
    with written_aside(tmp_path / "a.jsonl.gz") as aside:
        aside.touch()
        assert aside.suffixes == [".jsonl", ".gz"] and aside.parent == tmp_path


@settings(max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.text(), st.integers() | st.text() | st.none() | st.floats(allow_nan=False), max_size=3
        )
    )
)
def test_rows_come_back_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_jsonl(path, rows)
    assert read_jsonl(path) == rows


def test_rows_are_parsed_one_by_one(tmp_path):
    write_jsonl(tmp_path / "a.jsonl", [{"n": 1}, {"n": 2}])
    assert read_jsonl(tmp_path / "a.jsonl", lambda row: row["n"]) == [1, 2]


def test_a_torn_last_line_is_left_out_wherever_it_is_torn(tmp_path):
    content = '{"text": "a"}\n{"text": "größer"}'.encode()
    first = content.index(b"\n") + 1
    for end in range(first, len(content)):
        (tmp_path / "a.jsonl").write_bytes(content[:end])
        assert read_jsonl(tmp_path / "a.jsonl") == [{"text": "a"}]


def test_a_broken_line_in_the_middle_is_reported_with_its_number(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n{"n": \n{"n": 3}\n')
    with pytest.raises(StorageError, match="line 2: not JSON"):
        read_jsonl(tmp_path / "a.jsonl")
