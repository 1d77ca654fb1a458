"""The real corpora, where they lie beside the checkout: counts, labels and folds equal the manifests."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tonelens.corpora.clips import Found
from tonelens.corpora.cuts import emotion_of, fold_of, read_cuts, speaker_of
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.prepare import CORPORA, prepare, read_corpus
from tonelens.corpora.splits import fold_numbers, split

pytestmark = pytest.mark.corpus
NAMES = ["ased", "emodb", "nemo", "ravdess", "tess", "urdu"]
CHECKED_FIELDS = ("id", "emotion", "speaker", "gender", "language", "intensity")


def manifest(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "corpora" / name / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", NAMES)
def test_names_say_the_same_as_the_manifest(shared, name):
    corpus = CORPORA[name]
    clips = read_corpus(corpus, shared / "corpora" / name).clips
    assert Counter(clip.emotion for clip in clips) == corpus.emotion_counts
    for clip in clips:
        by_name = corpus.clip_of(clip.path)
        assert by_name is not None
        for field in CHECKED_FIELDS:
            assert getattr(by_name, field) == getattr(clip, field), (clip.id, field)
        if name != "nemo":  # its texts stand in a table
            assert by_name.text == clip.text, clip.id
        if name == "ravdess":
            assert by_name.test_fold == clip.test_fold


@pytest.mark.parametrize("name", ["ravdess", "emodb", "tess", "urdu", "ased"])
def test_the_folds_of_emobox_equal_the_manifest(shared, name):
    fold_list = shared / "protocols" / "emobox_folds.csv.gz"
    if not fold_list.is_file():
        pytest.skip("needs protocols/emobox_folds.csv.gz in the shared folder")
    clips = read_corpus(CORPORA[name], shared / "corpora" / name).clips
    again = with_folds(Found(clips), CORPORA[name], fold_list).clips
    assert [clip.test_fold for clip in again] == [clip.test_fold for clip in clips]
    assert any(clip.test_fold for clip in clips)


@pytest.mark.parametrize(("name", "duplicates"), [("emodb", 0), ("urdu", 0), ("ravdess", 1)])
def test_a_real_corpus_is_complete_and_its_cuts_equal_the_manifest(shared, tmp_path, name, duplicates):
    summary = prepare(name, shared / "corpora" / name, tmp_path)
    assert (summary.complete, summary.left_out) == (True, {})
    assert sum(summary.kept_with_findings.values()) == duplicates
    rows = {Path(row["path"]).stem: row for row in manifest(shared, name)}
    cuts = list(read_cuts(tmp_path))
    assert len(cuts) == len(rows) == CORPORA[name].clip_count
    for cut in cuts:
        row = rows[cut.id.removeprefix(f"{name}-")]
        assert (emotion_of(cut), speaker_of(cut)) == (row["emotion"], f"{name}-{row['speaker']}")
        assert fold_of(cut) == (int(row["test_fold"]) if row["test_fold"] else None)
    assert_folds_are_what_they_are_known_to_be(name, cuts)


def assert_folds_are_what_they_are_known_to_be(name, cuts):
    disjoint = {
        fold: split(cuts, "emobox", fold=fold).speaker_disjoint for fold in fold_numbers(cuts, "emobox")
    }
    assert disjoint == {"ravdess": dict.fromkeys(range(1, 7), True), "urdu": {1: False}}.get(
        name, dict.fromkeys(range(1, 6), False)
    )
    if name == "emodb":
        assert len(split(cuts, "emobox", fold=1).overlapping_speakers) == 10
    if name == "ravdess":
        (twin,) = [cut for cut in cuts if cut.custom["duplicate_of"]]
        assert speaker_of(twin) == "ravdess-actor07"


def test_ased_numbers_with_two_genders_are_the_five_known_ones(shared):
    genders = defaultdict(set)
    for row in manifest(shared, "ased"):
        genders[row["speaker"]].add(row["gender"])
    assert sorted(number for number, both in genders.items() if len(both) == 2) == [
        "09",
        "15",
        "21",
        "23",
        "25",
    ]
