import json

import pytest

from tonelens.corpora.json_stream import objects_of
from tonelens.errors import CorpusError

ENTRIES = [{"aid": "a", "note": 'a "]" and a {'}, {"aid": "b", "segments": [{"n": 1}, {"n": 2}]}, {}]


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_objects_of_a_list_come_whole_whatever_the_blocks(tmp_path, block, indent):
    path = tmp_path / "big.json"
    content = {"dataset": 'audios: "no"', "audios": ENTRIES, "after": [1]}
    path.write_text(json.dumps(content, indent=indent), "utf-8")
    assert list(objects_of(path, "audios", block=block)) == ENTRIES


def test_an_empty_list_holds_nothing(tmp_path):
    path = tmp_path / "big.json"
    path.write_text('{"audios": []}', "utf-8")
    assert list(objects_of(path, "audios")) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"audios": [{"aid": "a"}, {"ai', "breaks off or is damaged"),
        ('{"audios": [{"aid": "a"}', "breaks off or is damaged"),
        ('{"texts": []}', "no list 'audios'"),
        ('{"audios": [1]}', "holds '1', not objects"),
    ],
)
def test_a_file_that_broke_off_or_is_another_is_refused(tmp_path, content, message):
    path = tmp_path / "big.json"
    path.write_text(content, "utf-8")
    with pytest.raises(CorpusError, match=message):
        list(objects_of(path, "audios"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        list(objects_of(tmp_path / "none.json", "audios"))
