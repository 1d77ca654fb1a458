"""The folders and names that the authors of each corpus distribute, read without opening any audio."""

from pathlib import Path

import pytest

from tonelens.corpora.prepare import CORPORA, read_corpus
from tonelens.errors import CorpusError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def only_clip(corpus, folder, name):
    found = read_corpus(CORPORA[corpus], touch(folder, name))
    (clip,) = found.clips
    assert clip.path == folder / name
    return clip


def test_the_expected_counts_are_those_the_authors_publish():
    counts = {name: corpus.clip_count for name, corpus in CORPORA.items()}
    with_audio_here = {"ravdess": 1440, "emodb": 535, "nemo": 4481, "tess": 2800, "urdu": 400, "ased": 2474}
    by_publication = {"cremad": 7442, "esd": 35_000, "savee": 480, "emovo": 588}
    by_publication |= {"iemocap": 5531, "iemocap-5": 7380, "iemocap-6": 7380, "meld": 13_706}
    by_labels_file = {"msp-podcast": 0, "gigaspeech": 0}
    assert counts == with_audio_here | by_publication | by_labels_file


def test_ravdess_says_all_in_its_seven_numbers(tmp_path):
    clip = only_clip("ravdess", tmp_path, "Audio_Speech_Actors_01-24/Actor_12/03-01-06-01-02-01-12.wav")
    assert clip.id == "ravdess-03-01-06-01-02-01-12"
    assert (clip.emotion, clip.intensity, clip.text) == ("fear", "normal", "Dogs are sitting by the door.")
    assert (clip.speaker, clip.gender, clip.language) == ("actor12", "female", "en")
    assert clip.test_fold == 2


def test_ravdess_songs_and_films_are_listed_as_no_speech_clips(tmp_path):
    song, film = "Actor_01/03-02-01-01-01-01-01.wav", "Actor_01/01-01-01-01-01-01-01.wav"
    found = read_corpus(CORPORA["ravdess"], touch(tmp_path, song, film, "Actor_01/03-01-01-01-01-01-01.wav"))
    assert len(found.clips) == 1
    assert {(Path(item.path).name, item.reason) for item in found.skipped} == {
        ("03-02-01-01-01-01-01.wav", "wrong-name"),
        ("01-01-01-01-01-01-01.wav", "wrong-name"),
    }


def test_a_folder_that_holds_every_file_twice_gives_each_clip_once(tmp_path):
    name = "Actor_01/03-01-01-01-01-01-01.wav"
    found = read_corpus(CORPORA["ravdess"], touch(tmp_path, name, f"audio_speech_actors_01-24/{name}"))
    assert len(found.clips) == 1
    assert [item.reason for item in found.skipped] == ["copy"]


def test_hidden_files_of_macos_are_no_clips(tmp_path):
    found = read_corpus(CORPORA["emodb"], touch(tmp_path, "wav/03a01Fa.wav", "wav/._03a01Fa.wav"))
    assert len(found.clips) == 1
    assert found.skipped == ()


def test_emodb_says_all_in_seven_characters(tmp_path):
    clip = only_clip("emodb", tmp_path, "wav/14a05Wb.wav")
    assert (clip.id, clip.emotion, clip.speaker, clip.gender) == ("emodb-14a05Wb", "anger", "14", "female")
    assert clip.text is not None and clip.text.startswith("Das schwarze")
    assert clip.test_fold is None


def test_tess_takes_the_word_from_the_name_and_mends_the_one_misnamed_file(tmp_path):
    clip = only_clip("tess", tmp_path / "a", "YAF_pleasant_surprised/YAF_bite_ps.wav")
    assert (clip.emotion, clip.speaker, clip.text) == ("surprise", "YAF", "Say the word bite.")
    clip = only_clip("tess", tmp_path / "b", "OAF_neutral/OA_bite_neutral.wav")
    assert (clip.id, clip.speaker) == ("tess-OAF_bite_neutral", "OAF")


def test_urdu_has_one_id_for_a_clip_in_folders_and_in_flat_copies(tmp_path):
    clip = only_clip("urdu", tmp_path / "a", "Sad/SF10_F1_S01.wav")
    assert (clip.emotion, clip.speaker, clip.gender, clip.language) == ("sadness", "SF10", "female", "ur")
    assert clip.id == only_clip("urdu", tmp_path / "b", "Sad_SF10_F1_S01.wav").id == "urdu-Sad_SF10_F1_S01"


def test_ased_speaker_numbers_are_one_speaker_whatever_the_gender(tmp_path):
    folder = touch(tmp_path, "05Angry/a5-03-01-02-21.wav", "04Sad/S4-04-02-01-21.wav")
    angry, sad = sorted(read_corpus(CORPORA["ased"], folder).clips, key=lambda clip: clip.emotion)
    assert (angry.emotion, angry.gender, sad.emotion, sad.gender) == ("anger", "male", "sadness", "female")
    assert angry.speaker == sad.speaker == "21"


NEMO_TABLE = (
    "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage\n"
    'WR0_surprised_64.wav\tsurprised\t"Zażółć" gęślą. \tzażółć gęślą\t        WR0\tmale\t23\n'
    "EB0_anger_1.wav\tanger\tTak.\ttak\t        EB0\tfemale\t27\n"
)


def test_nemo_takes_texts_from_its_table_and_lists_what_the_table_names_without_a_file(tmp_path):
    touch(tmp_path, "samples/WR0_surprised_64.wav")
    (tmp_path / "data.tsv").write_text(NEMO_TABLE, "utf-8")
    found = read_corpus(CORPORA["nemo"], tmp_path)
    (clip,) = found.clips
    assert (clip.emotion, clip.speaker, clip.gender) == ("surprise", "WR0", "male")
    assert clip.text == '"Zażółć" gęślą.'
    (missing,) = found.skipped
    assert (missing.id, missing.reason, missing.kept) == ("nemo-EB0_anger_1", "missing", False)


def test_nemo_without_its_table_is_refused(tmp_path):
    with pytest.raises(CorpusError, match=r"no data\.tsv"):
        read_corpus(CORPORA["nemo"], touch(tmp_path, "samples/EB0_anger_1.wav"))


def test_nemo_with_a_table_that_lacks_a_column_is_refused(tmp_path):
    touch(tmp_path, "samples/EB0_anger_1.wav")
    (tmp_path / "data.tsv").write_text("file_id\temotion\nEB0_anger_1.wav\tanger\n", "utf-8")
    with pytest.raises(CorpusError, match="column raw_text missing"):
        read_corpus(CORPORA["nemo"], tmp_path)


@pytest.mark.parametrize(
    ("corpus", "wrong"),
    [
        ("ravdess", "03-01-09-01-01-01-01.wav"),
        ("ravdess", "03-01-01-01-01-01-25.wav"),
        ("emodb", "03a01Xa.wav"),
        ("emodb", "04a01Fa.wav"),
        ("nemo", "XX0_anger_1.wav"),
        ("tess", "OAF_back_bored.wav"),
        ("urdu", "SM1_F10_X010.wav"),
        ("ased", "n2-01-01-01-01.wav"),
    ],
)
def test_a_name_outside_the_rule_stands_for_no_clip(corpus, wrong):
    assert CORPORA[corpus].clip_of(Path(wrong)) is None


def test_a_folder_without_a_single_clip_is_refused_with_the_rule_and_the_home_of_the_corpus(tmp_path):
    with pytest.raises(CorpusError, match=r"none of 1 audio files follows wav/.*emodb\.bilderbar\.info"):
        read_corpus(CORPORA["emodb"], touch(tmp_path, "music.mp3"))
    with pytest.raises(CorpusError, match="no such folder"):
        read_corpus(CORPORA["emodb"], tmp_path / "nowhere")


def test_a_manifest_of_another_corpus_is_refused(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,corpus,emotion\naudio/a.wav,tess,anger\n", "utf-8")
    with pytest.raises(CorpusError, match="lists tess, not emodb"):
        read_corpus(CORPORA["emodb"], tmp_path)
