"""EmoBox's list of folds, read by each corpus's own naming rule."""

import gzip
from pathlib import Path

import pytest

from tonelens.corpora.clips import Clip, Found
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.prepare import CORPORA
from tonelens.errors import CorpusError

LIST = (
    "corpus,key,wav,emo,length_s,test_folds,valid_folds,n_train_folds,other\n"
    "emodb,emodb-03a01Fa,downloads/emodb/wav/03a01Fa.wav,happy,1.9,5,,4,\n"
    "emodb,emodb-14b09Wa,downloads/emodb/wav/14b09Wa.wav,anger,3.5,,,5,\n"
    "tess,x,downloads/tess/OAF_back_angry.wav,angry,1.5,1,,0,\n"
)


def found(*stems: str, fold: int | None = None) -> Found:
    return Found(
        tuple(
            Clip(id=f"emodb-{stem}", path=Path(f"{stem}.wav"), corpus="emodb", emotion="fear", test_fold=fold)
            for stem in stems
        )
    )


@pytest.mark.parametrize("packed", [True, False])
def test_clips_get_the_fold_that_tests_them_and_none_where_none_does(tmp_path, packed):
    path = tmp_path / "folds"
    path.write_bytes(gzip.compress(LIST.encode()) if packed else LIST.encode())
    clips = with_folds(found("03a01Fa", "14b09Wa", "16a01Fa", fold=9), CORPORA["emodb"], path).clips
    assert [clip.test_fold for clip in clips] == [5, None, None]


@pytest.mark.parametrize(
    ("corpus", "content", "message"),
    [
        ("nemo", LIST, "EmoBox has no folds for nEMO"),
        ("emodb", "corpus,wav\n", "column test_folds missing"),
        ("emodb", LIST.replace(",5,", ",1;2,"), "test fold '1;2'"),
        ("emodb", LIST.replace("03a01Fa.wav", "x.wav"), "does not follow"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path, corpus, content, message):
    path = tmp_path / "folds.csv"
    path.write_text(content)
    with pytest.raises(CorpusError, match=message):
        with_folds(found("03a01Fa"), CORPORA[corpus], path)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        with_folds(found("03a01Fa"), CORPORA["emodb"], tmp_path / "gone.csv.gz")
