"""Reading cuts files: what is missing, torn or something else is refused in one line."""

import gzip
import json

import pytest

from tonelens.corpora.cuts import (
    age_of,
    corpus_of,
    cuts_bytes,
    duplicate_of,
    emotion_of,
    emotion_shares_of,
    fold_of,
    path_of,
    read_cuts,
    speaker_of,
    text_of,
)
from tonelens.errors import CorpusError


@pytest.fixture
def cuts(cut):
    return [
        cut("toy-a", speaker="1", gender="male", text="Grüße", test_fold=2),
        cut("toy-b", speaker=None, emotion="calm", duplicate_of="toy-a"),
    ]


def test_what_is_written_is_read(cuts, tmp_path):
    (tmp_path / "cuts.jsonl.gz").write_bytes(cuts_bytes(cuts))
    first, second = read_cuts(tmp_path / "cuts.jsonl.gz")
    assert (corpus_of(first), emotion_of(first), speaker_of(first)) == ("toy", "anger", "toy-1")
    assert (text_of(first), fold_of(first), duplicate_of(first)) == ("Grüße", 2, None)
    assert path_of(first).name == "toy-a.wav" and path_of(first).is_absolute()
    assert (speaker_of(second), fold_of(second), duplicate_of(second)) == (None, None, "toy-a")


def test_age_and_votes_are_kept_where_known_and_leave_no_trace_where_not(cut, tmp_path):
    shares = {"anger": 0.1, "sadness": 2 / 3}
    asked = cut("toy-a", age_years=74, emotion_shares=shares)
    (tmp_path / "cuts.jsonl.gz").write_bytes(cuts_bytes([asked, cut("toy-b")]))
    first, second = read_cuts(tmp_path)
    assert (age_of(first), emotion_shares_of(first)) == (74, shares)
    assert (age_of(second), emotion_shares_of(second)) == (None, None)
    assert not {"age_years", "emotion_shares"} & second.custom.keys()


def test_a_folder_stands_for_its_cuts_file_and_gzip_is_not_needed(cuts, tmp_path):
    (tmp_path / "cuts.jsonl.gz").write_bytes(gzip.decompress(cuts_bytes(cuts)))
    assert len(list(read_cuts(tmp_path))) == 2


def test_no_time_stamp_is_in_the_bytes(cuts):
    assert cuts_bytes(cuts)[4:8] == b"\0\0\0\0"  # RFC 1952: MTIME


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"no such cuts file\. Write it with `tonelens prepare`"):
        read_cuts(tmp_path)


def test_a_torn_file_is_refused(cuts, tmp_path):
    content = cuts_bytes(cuts)
    for kept in (len(content) // 2, len(content) - 3):
        (tmp_path / "cuts.jsonl.gz").write_bytes(content[:kept])
        with pytest.raises(CorpusError, match="torn"):
            read_cuts(tmp_path)


def without_emotion(row):
    row["supervisions"][0]["custom"] = {}


def without_supervision(row):
    row["supervisions"] = []


def without_recording(row):
    del row["recording"]


@pytest.mark.parametrize("spoil", [without_emotion, without_supervision, without_recording])
def test_a_cut_that_breaks_the_contract_is_refused_with_its_line(cuts, tmp_path, spoil):
    row = cuts[1].to_dict()
    spoil(row)
    path = tmp_path / "cuts.jsonl"
    path.write_text(json.dumps(cuts[0].to_dict()) + "\n" + json.dumps(row) + "\n", "utf-8")
    with pytest.raises(CorpusError, match="line 2: not a cut of one clip"):
        read_cuts(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"hello\n", "line 1"), (b"[1]\n", "line 1"), (b"\n", "holds no cuts"), (b"\xff\xfe", "cannot be read")],
)
def test_something_else_is_refused(tmp_path, content, message):
    path = tmp_path / "cuts.jsonl"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=message):
        read_cuts(path)


def test_an_id_that_occurs_twice_is_refused(cuts, tmp_path):
    path = tmp_path / "cuts.jsonl.gz"
    path.write_bytes(cuts_bytes([cuts[0], cuts[0]]))
    with pytest.raises(CorpusError, match="1 cut ids occur twice"):
        read_cuts(path)
