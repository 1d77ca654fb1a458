"""CREMA-D: names and folds as EmoBox lists them, and the tables of the actors and of the listeners."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpora.trees import emobox_rows, linked, listed, truncated
from tonelens.corpora.clips import Found
from tonelens.corpora.cremad import CORPUS, EMOTIONS, VOTES, clip_of
from tonelens.corpora.cuts import age_of, emotion_shares_of, gender_of, read_cuts
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.gather import gather
from tonelens.corpora.prepare import prepare, read_corpus
from tonelens.corpora.summary import Source
from tonelens.errors import CorpusError

TABLES = {
    "VideoDemographics.csv": "VideoDemographics.csv",
    "SentenceFilenames.csv": "SentenceFilenames.csv",
    "processedResults/tabulatedVotes.csv": "tabulatedVotes.csv",
}


@pytest.fixture
def tiny(tmp_path, record) -> Path:
    return record(tmp_path / "tiny.wav", 1)


@pytest.fixture
def votes_of_the_shared_folder(shared) -> Path:
    folder = shared / "protocols" / "cremad"
    if not folder.is_dir():
        pytest.skip("needs protocols/cremad in the shared folder")
    return folder


@pytest.mark.corpus
def test_the_names_of_emobox_give_its_labels_its_counts_and_with_its_list_its_folds(shared, tmp_path, tiny):
    rows = {Path(row["wav"]).stem: row for row in emobox_rows(shared, "cremad")}
    folder = linked(tmp_path / "CREMA-D", tiny, [f"AudioWAV/{stem}.wav" for stem in rows])
    found = read_corpus(CORPUS, folder)
    assert len(found.clips) == len(rows) == CORPUS.clip_count == 7442
    assert Counter(clip.emotion for clip in found.clips) == CORPUS.emotion_counts
    assert found.skipped == ()
    assert len({clip.speaker for clip in found.clips}) == 91
    assert {clip.test_fold for clip in found.clips} == {None}
    by_list = with_folds(found, CORPUS, shared / "protocols" / "emobox_folds.csv.gz")
    for clip in by_list.clips:
        row = rows[clip.path.stem]
        assert clip.emotion == EMOTIONS[row["emo"]]
        assert clip.test_fold == (int(row["test_folds"]) if row["test_folds"] else None)
    assert Counter(clip.test_fold for clip in by_list.clips) == {None: 5586, 1: 1856}
    assert by_list.notes == found.notes  # a list of folds takes nothing else away


@pytest.mark.corpus
def test_the_published_tables_give_gender_age_and_votes(votes_of_the_shared_folder, tmp_path, tiny):
    with (votes_of_the_shared_folder / "summaryTable.csv").open(encoding="utf-8", newline="") as file:
        voice = {row["FileName"]: set(row["VoiceVote"].split(":")) for row in csv.DictReader(file)}
    folder = linked(tmp_path / "CREMA-D", tiny, [f"AudioWAV/{stem}.wav" for stem in voice])
    (folder / "processedResults").mkdir()
    for name, original in TABLES.items():
        shutil.copy(votes_of_the_shared_folder / original, folder / name)
    found = read_corpus(CORPUS, folder)
    assert (len(found.clips), found.skipped) == (7442, ())
    genders = Counter({clip.speaker: clip.gender for clip in found.clips}.values())
    assert genders == {"male": 48, "female": 43}  # as the README of the corpus says
    ages = [clip.age_years for clip in found.clips if clip.age_years is not None]
    assert (len(ages), min(ages), max(ages)) == (7442, 20, 74)
    for clip in found.clips:
        shares = clip.emotion_shares or {}
        assert sum(shares.values()) == pytest.approx(1)
        first = {name for name in shares if shares[name] == max(shares.values())}
        assert first == {VOTES[letter] for letter in voice[clip.path.stem]}, clip.id
    acted = {stem: stem.split("_")[2][0] for stem in voice}
    differ = sum(acted[stem] not in voice[stem] for stem in voice)
    tied = sum(acted[stem] in voice[stem] and len(voice[stem]) > 1 for stem in voice)
    assert f"on {differ} of 7442 clips" in found.notes[0] and f"on {tied} more" in found.notes[0]
    assert (differ, tied) == (3879, 464)


DEMOGRAPHICS = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Unknown","Not Hispanic"\n'
HEAD = '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote"\n'
VOTE_LINES = (
    '"100001",7,1,0,0,2,0,"1001_DFA_ANG_XX",10,0.7,"A"\n'
    '"100002",0,0,0,1,4,4,"1001_IEO_SAD_HI",9,0.4,"N:S"\n'
    '"100003",0,0,0,0,9,1,"1001_ITH_SAD_XX",10,0.9,"N"\n'
    '"200001",0,9,0,0,0,0,"1001_DFA_ANG_XX",9,1,"D"\n'
    '"300001",0,9,0,0,0,0,"1001_DFA_ANG_XX",9,1,"D"\n'
)
NAMES = ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1001_IEO_SAD_HI.wav", "AudioWAV/1001_ITH_SAD_X.wav"]


@pytest.fixture
def folder(tmp_path, tiny) -> Path:
    root = linked(tmp_path / "CREMA-D", tiny, NAMES)
    (root / "VideoDemographics.csv").write_text(DEMOGRAPHICS)
    (root / "processedResults").mkdir()
    (root / "processedResults/tabulatedVotes.csv").write_text(HEAD + VOTE_LINES)
    stems = ("1001_DFA_ANG_XX", "1001_IEO_SAD_HI", "1001_ITH_SAD_XX")
    lines = [f'{number},"{stem}"' for number, stem in enumerate(stems, start=1)]
    (root / "SentenceFilenames.csv").write_text("\n".join(['"Stimulus_Number","Filename"', *lines]) + "\n")
    return root


def test_only_those_who_heard_the_voice_alone_vote_and_cuts_keep_their_shares(folder, tmp_path):
    summary = prepare("cremad", folder, tmp_path / "out", allow_incomplete=True)
    cuts = {cut.id: cut for cut in read_cuts(tmp_path / "out")}
    angry = cuts["cremad-1001_DFA_ANG_XX"]
    assert emotion_shares_of(angry) == {"anger": 0.7, "disgust": 0.1, "neutral": 0.2}
    assert (gender_of(angry), age_of(angry)) == ("male", 51)
    assert summary.notes[0] == (
        "labels are what was acted: on 1 of 3 clips the listeners' first choice is another emotion, "
        "on 1 more it is tied with another"
    )


def test_the_name_says_actor_sentence_emotion_and_level(folder):
    angry, sad, misnamed = read_corpus(CORPUS, folder).clips
    assert (angry.emotion, angry.intensity, angry.text) == ("anger", None, "Don't forget a jacket.")
    assert (sad.emotion, sad.intensity, sad.text) == ("sadness", "high", "It's eleven o'clock.")
    assert misnamed.id == "cremad-1001_ITH_SAD_XX"  # the copy's name is 1001_ITH_SAD_X
    assert misnamed.emotion_shares == {"neutral": 0.9, "sadness": 0.1}


def test_without_the_tabulated_votes_the_single_answers_are_counted(folder):
    (folder / "processedResults/tabulatedVotes.csv").unlink()
    (folder / "finishedResponses.csv").write_text(
        '"","localid","ans","queryType","clipName","respEmo"\n'
        '"1","x","A_80",1,"1001_DFA_ANG_XX","A"\n'
        '"2","y","A_70",1,"1001_DFA_ANG_XX","A"\n'
        '"3","z","N_60",1,"1001_DFA_ANG_XX","N"\n'
        '"4","z","D_60",3,"1001_DFA_ANG_XX","D"\n'
    )
    angry, sad, _ = read_corpus(CORPUS, folder).clips
    assert angry.emotion_shares == {"anger": 2 / 3, "neutral": 1 / 3}
    assert sad.emotion_shares is None


def test_without_its_tables_the_corpus_is_read_and_the_notes_say_what_is_unknown(tmp_path, tiny):
    found = read_corpus(CORPUS, linked(tmp_path / "CREMA-D", tiny, NAMES))
    assert {(clip.gender, clip.age_years, clip.emotion_shares) for clip in found.clips} == {
        (None, None, None)
    }
    assert [note.split(":")[0] for note in found.notes] == ["gender and age unknown", "votes unknown"]


def test_a_table_that_lacks_a_column_or_holds_no_numbers_is_refused(folder):
    table = folder / "processedResults/tabulatedVotes.csv"
    table.write_text(HEAD + VOTE_LINES.replace('"100001",7', '"100001",many'))
    with pytest.raises(CorpusError, match="1001_DFA_ANG_XX: a vote is no whole number"):
        read_corpus(CORPUS, folder)
    table.write_text(HEAD.replace('"H",', '"J",') + VOTE_LINES)
    with pytest.raises(CorpusError, match="column H missing"):
        read_corpus(CORPUS, folder)


def test_a_removed_a_truncated_and_a_misnamed_file_are_each_reported(folder, tmp_path):
    (folder / NAMES[0]).unlink()
    truncated(folder / NAMES[1])
    (folder / "AudioWAV/1001_ITH_SAD_X.wav").rename(folder / "AudioWAV/1001_ITH_SAD_YY.wav")
    linked(folder, tmp_path / "tiny.wav", ["AudioWAV/1091_WSI_NEU_XX.wav"])
    with pytest.raises(
        CorpusError, match=r"CREMA-D: 1 usable clips of 744[12].*1001_ITH_SAD_YY\.wav \(wrong-name\)"
    ):
        prepare("cremad", folder, tmp_path / "out")
    prepare("cremad", folder, tmp_path / "out", allow_incomplete=True)
    assert listed(tmp_path / "out") == {
        "1001_DFA_ANG_XX.wav": "missing",
        "1001_ITH_SAD_XX.wav": "missing",
        "1001_IEO_SAD_HI.wav": "too-short",
        "1001_ITH_SAD_YY.wav": "wrong-name",
    }


@pytest.mark.parametrize(
    "name",
    [
        "1092_DFA_ANG_XX",
        "1000_DFA_ANG_XX",
        "1001_ABC_ANG_XX",
        "1001_DFA_SUR_XX",
        "1001_DFA_ANG_ZZ",
        "ANG_HI_practice",
    ],
)
def test_a_name_outside_the_rule_stands_for_no_clip(name):
    assert clip_of(Path(f"AudioWAV/{name}.wav")) is None


@pytest.mark.corpus
def test_the_clip_that_is_silent_in_every_copy_is_one_of_emobox(shared):
    labels = {Path(row["wav"]).stem: EMOTIONS[row["emo"]] for row in emobox_rows(shared, "cremad")}
    assert {name: labels[name.removeprefix("cremad-")] for name in CORPUS.unusable} == CORPUS.unusable


def test_a_clip_that_no_copy_has_whole_is_no_shortage_but_any_other_is(tmp_path, tiny):
    names = ["AudioWAV/1001_DFA_SAD_XX.wav", "AudioWAV/1001_TSI_SAD_XX.wav"]
    folder = linked(tmp_path / "CREMA-D", tiny, names)
    silent = folder / "AudioWAV/1076_MTI_SAD_XX.wav"
    soundfile.write(silent, np.zeros(16_000), 16_000)
    found = read_corpus(CORPUS, folder)
    source = Source(
        name="cremad",
        title="three of CREMA-D",
        licence="",
        emotion_counts={"sadness": 3},
        unusable=Source.of(CORPUS).unusable,
    )
    summary = gather(source, found, tmp_path / "out")
    assert (summary.clips, summary.expected, summary.complete, summary.left_out) == (
        2,
        3,
        True,
        {"silent": 1},
    )
    assert "no copy has these whole: cremad-1076_MTI_SAD_XX" in summary.notes[-1]
    with pytest.raises(CorpusError, match="1 usable clips of 2; sadness 1, not 2"):
        gather(source, Found(found.clips[1:]), tmp_path / "out")
    linked(tmp_path / "mended", tiny, ["1076_MTI_SAD_XX.wav"])
    mended = Found((*found.clips[:2], *read_corpus(CORPUS, tmp_path / "mended").clips))
    assert gather(source, mended, tmp_path / "out").clips == 3
