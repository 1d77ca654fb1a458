"""IEMOCAP's folders, made anew around tiny recordings: EmoBox's clips, labels and folds, and every trap."""

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tonelens.corpora.clips import Found
from tonelens.corpora.cuts import read_cuts
from tonelens.corpora.emobox import with_folds
from tonelens.corpora.gather import gather
from tonelens.corpora.iemocap import CORPUS, FIVE_CLASSES, SIX_CLASSES
from tonelens.corpora.prepare import CORPORA, prepare, read_corpus
from tonelens.corpora.splits import split
from tonelens.corpora.summary import Source
from tonelens.errors import CorpusError

WORDS = {"neu": "Neutral", "hap": "Happiness", "exc": "Excited", "sad": "Sadness", "ang": "Anger"}
WORDS |= {"fru": "Frustration", "sur": "Surprise", "fea": "Fear", "dis": "Disgust", "oth": "Other"}
RELEASE = {"neu": 1708, "hap": 595, "exc": 1041, "sad": 1084, "ang": 1103, "fru": 1849}
RELEASE |= {"sur": 107, "fea": 40, "dis": 2, "oth": 3, "xxx": 2507}
TURNS = [
    ("Ses01F_impro01_F000", "neu"),
    ("Ses01F_impro01_M000", "exc"),
    ("Ses01F_impro01_M001", "fru"),
    ("Ses01F_impro01_F001", "xxx"),
    ("Ses05M_script01_1b_F003", "ang"),
    ("Ses05M_script01_1b_M002", "sad"),
]


def dialogue_of(turn: str) -> str:
    return turn.rpartition("_")[0]


def block(turn: str, label: str, number: int, judges: str | None = None) -> str:
    """A turn as EmoEvaluation/<dialogue>.txt has it; every recording of these tests is 0.45 s long."""
    heard = judges or WORDS.get(label, "Neutral; Anger")
    return (
        f"[{number + 0.25:.4f} - {number + 0.7:.4f}]\t{turn}\t{label}\t[2.5000, 3.0000, 3.5000]\n"
        f"C-E2:\t{heard};\t()\nC-E3:\t{heard}; Other;\t(a note, with: signs)\nC-F1:\tSurprise;\t()\n"
        f"A-E3:\tval 3; act 2; dom  2;\t()\n\n"
    )


def write_release(root: Path, turns: Iterable[tuple[str, str]], wav: Path, judges: str | None = None) -> Path:
    """The release's folders; each recording is a link to `wav`."""
    folders: dict[str, list[tuple[str, str]]] = {}
    for turn, label in turns:
        folders.setdefault(dialogue_of(turn), []).append((turn, label))
    for dialogue, members in folders.items():
        session = root / f"Session{dialogue[4]}"
        sound = session / "sentences" / "wav" / dialogue
        for folder in (sound, session / "dialog/EmoEvaluation", session / "dialog/transcriptions"):
            folder.mkdir(parents=True, exist_ok=True)
        table = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n" + "".join(
            block(turn, label, number, judges) for number, (turn, label) in enumerate(members)
        )
        said = "".join(f"{turn} [000.2500-000.7000]: This is {turn[-4:]}.\n" for turn, _ in members)
        (session / "dialog/EmoEvaluation" / f"{dialogue}.txt").write_text(table)
        (session / "dialog/transcriptions" / f"{dialogue}.txt").write_text(f"M: [LAUGHTER]\n{said}F: Okay.\n")
        for turn, _ in members:
            os.link(wav, sound / f"{turn}.wav")
    return root


@pytest.fixture(scope="module")
def wav(tmp_path_factory, record) -> Path:
    return record(tmp_path_factory.mktemp("one") / "turn.wav", 1)


@pytest.fixture
def small(tmp_path, wav) -> Path:
    return write_release(tmp_path / "IEMOCAP_full_release", TURNS, wav)


def of(found: Found, reason: str) -> list[str | None]:
    return [item.id for item in found.skipped if item.reason == reason]


def test_a_turn_is_read_from_its_name_its_evaluation_and_its_transcription(small):
    clips = {clip.id: clip for clip in read_corpus(CORPUS, small).clips}
    assert sorted(clips) == [
        "iemocap-Ses01F_impro01_F000",
        "iemocap-Ses01F_impro01_M000",
        "iemocap-Ses05M_script01_1b_F003",
        "iemocap-Ses05M_script01_1b_M002",
    ]
    clip = clips["iemocap-Ses01F_impro01_M000"]  # the man speaks, although the woman has the markers
    assert (clip.emotion, clip.speaker, clip.gender, clip.test_fold) == ("happiness", "Ses01M", "male", 1)
    assert (clip.text, clip.language, clip.corpus) == ("This is M000.", "en", "iemocap")
    assert clip.facts == {
        "dialogue": "Ses01F_impro01",
        "dialogue_start_s": 1.25,
        "valence": 2.5,
        "arousal": 3.0,
        "dominance": 3.5,
        "turns_before": [{"id": "iemocap-Ses01F_impro01_F000", "speaker": "A", "text": "This is F000."}],
    }
    clip = clips["iemocap-Ses05M_script01_1b_F003"]
    assert (clip.emotion, clip.speaker, clip.gender, clip.test_fold) == ("anger", "Ses05F", "female", 5)


def test_turns_of_every_label_stand_before_a_clip_and_who_begins_is_a(tmp_path, wav):
    turns = [("Ses01F_impro01_M000", "xxx"), ("Ses01F_impro01_F000", "neu"), ("Ses01F_impro01_M001", "hap")]
    clips = read_corpus(CORPUS, write_release(tmp_path / "release", turns, wav)).clips
    before = {clip.id[-4:]: clip.facts.get("turns_before", []) for clip in clips}
    first = {"id": "iemocap-Ses01F_impro01_M000", "speaker": "A", "text": "This is M000."}
    second = {"id": "iemocap-Ses01F_impro01_F000", "speaker": "B", "text": "This is F000."}
    assert before == {"F000": [first], "M001": [first, second]}


def test_more_classes_take_more_turns_and_the_others_are_listed_by_id(small):
    emotions = {
        corpus.name: {clip.id[-4:]: clip.emotion for clip in read_corpus(corpus, small).clips}
        for corpus in (CORPUS, FIVE_CLASSES, SIX_CLASSES)
    }
    four = {"F000": "neutral", "M000": "happiness", "F003": "anger", "M002": "sadness"}
    assert emotions["iemocap"] == four
    assert emotions["iemocap-5"] == four | {"M001": "frustration"}
    assert emotions["iemocap-6"] == four | {"M001": "frustration", "M000": "excitement"}
    assert of(read_corpus(CORPUS, small), "other-label") == [
        "iemocap-Ses01F_impro01_F001",
        "iemocap-Ses01F_impro01_M001",
    ]
    assert of(read_corpus(SIX_CLASSES, small), "other-label") == ["iemocap-Ses01F_impro01_F001"]


def test_hidden_files_judges_of_their_own_and_whole_dialogues_are_no_turns(small, wav):
    session = small / "Session1"
    (session / "sentences/wav/Ses01F_impro01/._Ses01F_impro01_F000.wav").write_bytes(b"\0\5\26\7")
    (session / "dialog/EmoEvaluation/._Ses01F_impro01.txt").write_text(block("Ses01F_impro01_F098", "ang", 0))
    (session / "dialog/EmoEvaluation/Categorical").mkdir()
    own = session / "dialog/EmoEvaluation/Categorical/Ses01F_impro01_e1_cat.txt"
    own.write_text("Ses01F_impro01_F000 :Anger; ()\n" + block("Ses01F_impro01_F099", "ang", 0))
    (session / "dialog/wav").mkdir()
    os.link(wav, session / "dialog/wav/Ses01F_impro01.wav")
    found = read_corpus(CORPUS, small)
    assert next(clip.emotion for clip in found.clips if clip.id.endswith("impro01_F000")) == "neutral"
    assert {item.reason for item in found.skipped} == {"other-label"}


def test_a_removed_file_is_reported_by_id(small):
    (small / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav").unlink()
    assert of(read_corpus(CORPUS, small), "missing") == ["iemocap-Ses01F_impro01_F000"]
    with pytest.raises(CorpusError, match=r"left out: .*Ses01F_impro01_F000\.wav \(missing\)"):
        prepare("iemocap", small, small / "out")


def test_a_file_without_a_turn_is_reported_by_id(small, wav):
    os.link(wav, small / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F077.wav")
    assert of(read_corpus(CORPUS, small), "no-label") == ["iemocap-Ses01F_impro01_F077"]


def test_a_truncated_file_is_reported_by_id(small, tmp_path, record):
    """The tables say 1.2 s; the header promises them, but the copy broke off after 0.45 s."""
    path = small / "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F003.wav"
    whole = record(tmp_path / "whole.wav", 2, duration_s=1.2).read_bytes()
    path.unlink()
    path.write_bytes(whole[: 44 + round(0.45 * 8_000) * 2])
    table = small / "Session5/dialog/EmoEvaluation/Ses05M_script01_1b.txt"
    table.write_text(table.read_text().replace("[0.2500 - 0.7000]", "[0.2500 - 1.4500]"))
    (item,) = [item for item in read_corpus(CORPUS, small).skipped if item.reason == "truncated"]
    assert (item.id, item.kept) == ("iemocap-Ses05M_script01_1b_F003", False)
    assert "0.45 s, but its table says 1.20 s" in item.found
    path.write_bytes(whole)
    assert of(read_corpus(CORPUS, small), "truncated") == []


def test_a_label_that_no_judge_gave_is_reported_by_id_and_the_counts_say_so(small):
    table = small / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    table.write_text(table.read_text().replace("_F000\tneu", "_F000\tsad"))
    (item,) = [item for item in read_corpus(CORPUS, small).skipped if item.reason == "label-doubt"]
    assert (item.id, item.kept) == ("iemocap-Ses01F_impro01_F000", True)
    assert "labelled 'sad', but its judges heard Neutral, Neutral, Other" in item.found
    with pytest.raises(CorpusError, match=r"neutral 0, not 1708, sadness 2, not 1084"):
        prepare("iemocap", small, small / "out")


def test_a_folder_without_evaluations_is_refused(small):
    for table in small.rglob("EmoEvaluation/*.txt"):
        table.unlink()
    with pytest.raises(CorpusError, match=r"no turn in dialog/EmoEvaluation.* Session1 to Session5"):
        read_corpus(CORPUS, small)


def test_cuts_keep_ratings_and_sessions_stay_apart(small, tmp_path):
    prepare("iemocap-6", small, tmp_path / "out", allow_incomplete=True)
    cuts = list(read_cuts(tmp_path / "out"))
    assert {cut.custom["arousal"] for cut in cuts} == {3.0}
    assert {cut.custom["dialogue"] for cut in cuts} == {"Ses01F_impro01", "Ses05M_script01_1b"}
    assert {cut.supervisions[0].speaker for cut in cuts} == {
        f"iemocap-Ses0{number}{gender}" for number in (1, 5) for gender in "FM"
    }


def test_the_three_label_sets_have_the_sizes_of_the_release():
    assert sum(RELEASE.values()) == 10_039
    sizes = {name: corpus.clip_count for name, corpus in CORPORA.items() if name.startswith("iemocap")}
    assert sizes == {"iemocap": 5531, "iemocap-5": 7380, "iemocap-6": 7380}
    assert CORPUS.emotion_counts == {"neutral": 1708, "happiness": 1636, "sadness": 1084, "anger": 1103}
    assert SIX_CLASSES.emotion_counts["happiness"] == 595 and SIX_CLASSES.emotion_counts["excitement"] == 1041


@pytest.fixture(scope="module")
def emobox(shared) -> Path:
    path = shared / "protocols" / "emobox_folds.csv.gz"
    if not path.is_file():
        pytest.skip("needs protocols/emobox_folds.csv.gz in the shared folder")
    return path


@pytest.fixture(scope="module")
def listed(emobox) -> list[dict[str, str]]:
    with gzip.open(emobox, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["corpus"] == "iemocap"]


@pytest.fixture(scope="module")
def release(listed, wav, tmp_path_factory) -> Path:
    """EmoBox's 5531 turns, and as many turns of the other labels as the release has, in other dialogues."""
    turns = [(Path(row["wav"]).stem, row["emo"]) for row in listed]
    for label, count in RELEASE.items():
        if label in {"fru", "sur", "fea", "dis", "oth", "xxx"}:
            turns += [
                (f"Ses0{n % 5 + 1}M_impro{n // 1000:02d}{label}_{'FM'[n % 2]}{n % 1000:03d}", label)
                for n in range(count)
            ]
    return write_release(tmp_path_factory.mktemp("IEMOCAP"), turns, wav)


@pytest.mark.corpus
def test_every_clip_label_and_fold_of_emobox_is_reached(release, listed, emobox):
    found = read_corpus(CORPUS, release)
    words = {"neu": "neutral", "hap": "happiness", "exc": "happiness", "sad": "sadness", "ang": "anger"}
    expected = {
        f"iemocap-{Path(row['wav']).stem}": (words[row["emo"]], int(row["test_folds"])) for row in listed
    }
    assert {clip.id: (clip.emotion, clip.test_fold) for clip in found.clips} == expected
    assert len(found.clips) == 5531
    assert Counter(clip.emotion for clip in found.clips) == CORPUS.emotion_counts
    folds = Counter(clip.test_fold for clip in found.clips)
    assert folds == {1: 1085, 2: 1023, 3: 1151, 4: 1031, 5: 1241}
    assert len(of(found, "other-label")) == 10_039 - 5531 and len(found.skipped) == 10_039 - 5531
    again = with_folds(found, CORPUS, emobox)
    assert [clip.test_fold for clip in again.clips] == [clip.test_fold for clip in found.clips]


@pytest.mark.corpus
@pytest.mark.parametrize("corpus", [FIVE_CLASSES, SIX_CLASSES], ids=lambda corpus: corpus.name)
def test_five_and_six_classes_reach_the_counts_of_the_release(release, corpus):
    found = read_corpus(corpus, release)
    assert Counter(clip.emotion for clip in found.clips) == corpus.emotion_counts
    assert len(found.clips) == 7380 and len(of(found, "other-label")) == 2659


@pytest.mark.corpus
def test_sessions_are_folds_whose_speakers_stand_apart(release, cut):
    fields = ("emotion", "speaker", "gender", "test_fold")
    cuts = [
        cut(clip.id, corpus="iemocap", **{name: getattr(clip, name) for name in fields})
        for clip in read_corpus(CORPUS, release).clips
    ]
    for fold, size in enumerate((1085, 1023, 1151, 1031, 1241), start=1):
        parted = split(cuts, "emobox", fold=fold)
        assert parted.counts()["test"] == size
        assert parted.speaker_disjoint
        assert len({item.supervisions[0].speaker for item in parted.select(cuts, "test")}) == 2


@pytest.mark.corpus
def test_one_label_turned_in_the_whole_release_is_named_with_its_counts(
    release, listed, tmp_path, monkeypatch
):
    turn = next(Path(row["wav"]).stem for row in listed if row["emo"] == "ang")
    table = release / f"Session{turn[4]}/dialog/EmoEvaluation/{dialogue_of(turn)}.txt"
    text = table.read_text()
    monkeypatch.setattr("tonelens.corpora.gather.check_clips", unopened)
    try:
        table.write_text(text.replace(f"{turn}\tang", f"{turn}\tneu"))
        found = read_corpus(CORPUS, release)
        assert of(found, "label-doubt") == [f"iemocap-{turn}"]
        with pytest.raises(CorpusError, match="anger 1102, not 1103, neutral 1709, not 1708"):
            gather(Source.of(CORPUS, found.emotion_counts), found, tmp_path / "out")
    finally:
        table.write_text(text)


def unopened(clips, progress=None):
    """Every clip as if its audio had been read and was good."""
    from tonelens.corpora.checks import Checked

    about = {"sha256": "0", "sample_rate": 8_000, "frames": 3_600, "channels": 1, "duration_s": 0.45}
    return [Checked(clip=clip, content=clip.id, **about) for clip in clips], []
