"""What `tonelens explain` may be given, and in which order it is taken."""

import io
import json
import sys
from pathlib import Path

import pytest

from tonelens.cli.inputs import requests_of
from tonelens.errors import InputError


def names_of(*arguments):
    return [request.source for request in requests_of([str(argument) for argument in arguments], None)]


@pytest.fixture
def folder(tmp_path):
    """Two recordings in a folder, one deeper, and something else."""
    for name in ("b.wav", "a.FLAC", "deep/c.mp3", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_a_folder_gives_its_recordings_by_name_and_nothing_else(folder):
    assert names_of(folder) == [folder / name for name in ("a.FLAC", "b.wav", "deep/c.mp3")]


def test_arguments_keep_their_order(folder):
    assert names_of(folder / "b.wav", folder / "gone.wav", folder / "a.FLAC") == [
        folder / "b.wav", folder / "gone.wav", folder / "a.FLAC",
    ]  # fmt: skip


def test_a_pattern_gives_what_fits_it(folder):
    assert names_of(folder / "*.wav") == [folder / "b.wav"]
    assert names_of(folder / "**" / "*.mp3") == [folder / "deep" / "c.mp3"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder):
    path = folder / "take [1].wav"
    path.write_bytes(b"")
    assert names_of(path) == [path]


def test_what_names_nothing_stays_in_its_place_to_be_refused_there(folder):
    (folder / "empty").mkdir()
    given = [folder / "empty", folder / "b.wav", folder / "*.ogg"]
    assert [str(name) for name in names_of(*given)] == [str(path) for path in given]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_list_names_parts_words_and_gender(separator, folder):
    columns = ("path", "start", "end", "text", "gender", "language")
    rows = (columns, ("b.wav", "0.5", "2", "hello", "F", "en"), ("deep/c.mp3", "", "", "", "", ""))
    path = write(folder, "list.csv", "".join(separator.join(row) + "\n" for row in rows))
    first, second = requests_of([str(path)], None)
    assert (first.source, first.start_s, first.end_s) == (folder / "b.wav", 0.5, 2.0)
    assert (first.transcript, first.gender, first.language) == ("hello", "female", "en")
    assert (second.source, second.start_s, second.end_s) == (folder / "deep" / "c.mp3", 0.0, None)
    assert (second.transcript, second.gender, second.language) == (None, None, None)


def test_a_tsv_list_may_hold_commas(folder):
    path = write(folder, "list.tsv", "path\ttext\nb.wav\tyes, well, no\n")
    assert requests_of([str(path)], None)[0].transcript == "yes, well, no"


def test_a_jsonl_list_says_the_same(folder):
    rows = [{"path": "b.wav", "start": 0.5, "end": 2, "text": "hello"}, {"path": str(folder / "a.FLAC")}]
    path = write(folder, "list.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    first, second = requests_of([str(path)], None)
    assert (first.source, first.start_s, first.end_s, first.transcript) == (
        folder / "b.wav", 0.5, 2.0, "hello",
    )  # fmt: skip
    assert second.source == folder / "a.FLAC"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("list.csv", "file,text\nb.wav,x\n", "no column 'path' (found: file, text)"),
        ("list.csv", "", "no column 'path' (found: nothing)"),
        ("list.csv", "path,text\n", "the list has no rows"),
        ("list.csv", "path,text\n,x\n", "row 2: no path"),
        ("list.csv", "path,start\nb.wav,soon\n", "row 2: start is 'soon'; it must be a number of seconds"),
        ("list.csv", "path,gender\nb.wav,x\n", "row 2: gender is 'x'; it must be male, female or empty"),
        ("list.jsonl", '{"path": "b.wav"}\nb.wav\n', "row 2: not JSON"),
        ("list.jsonl", '["b.wav"]\n', "row 1: not a JSON object"),
    ],
)
def test_a_list_that_breaks_its_rule_is_refused_with_the_row(name, text, words, folder):
    with pytest.raises(InputError) as refused:
        requests_of([str(write(folder, name, text))], None)
    assert words in str(refused.value)
    assert str(folder / name) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_list_that_is_no_text_is_refused(folder):
    (folder / "list.csv").write_bytes(b"path\n\xff\xfe.wav\n")
    with pytest.raises(InputError, match="Save it as UTF-8"):
        requests_of([str(folder / "list.csv")], None)


def given_on_stdin(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_may_be_a_list_of_paths(monkeypatch):
    given_on_stdin(monkeypatch, "b.wav\n\n  größer.flac \n".encode())
    assert names_of("-") == [Path("b.wav"), Path("größer.flac")]


def test_standard_input_may_be_a_recording(monkeypatch):
    content = b"RIFF\x24\0\0\0WAVEfmt "
    given_on_stdin(monkeypatch, content)
    (request,) = requests_of(["-"], None)
    assert (request.source, request.name) == (content, "stdin")


def test_empty_standard_input_names_nothing(monkeypatch):
    given_on_stdin(monkeypatch, b"")
    with pytest.raises(InputError, match="no recording named by -"):
        requests_of(["-"], None)


def test_one_transcript_is_for_one_recording(folder):
    (request,) = requests_of([str(folder / "b.wav")], "hello there")
    assert request.transcript == "hello there"
    with pytest.raises(InputError, match=r"there are 3 recordings\. Give a CSV list with the columns"):
        requests_of([str(folder)], "hello there")


def test_earlier_turns_are_given_for_one_recording_in_order(folder):
    (request,) = requests_of([str(folder / "b.wav")], previous=["Ann: Where is he?", " ", "Bob:  Gone."])
    assert request.previous == ("Ann: Where is he?", "Bob: Gone.")
    with pytest.raises(InputError, match="--previous gives the turns before one recording, but there are 3"):
        requests_of([str(folder)], previous=["Ann: Hi."])


def test_a_list_gives_the_earlier_turns_of_each_recording_a_line_each(folder):
    turns = '"Ann: Where is he?\nBob: Gone."'
    table = write(folder, "calls.csv", f"path,previous\na.wav,{turns}\nb.wav,\n")
    rows = [
        {"path": "a.wav", "previous": ["Ann: Hi.", "Bob: Ho."]},
        {"path": "b.wav", "previous": "Ann: Hi."},
    ]
    lines = write(folder, "calls.jsonl", "\n".join(json.dumps(row) for row in rows))
    found = requests_of([str(table), str(lines)])
    assert [request.previous for request in found] == [
        ("Ann: Where is he?", "Bob: Gone."), (), ("Ann: Hi.", "Bob: Ho."), ("Ann: Hi.",),
    ]  # fmt: skip
