"""GigaSpeech's two layouts with SpeechCraft's labels, made anew around noise: long Opus files, and chunks."""

import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonelens import audio
from tonelens.corpora import gigaspeech
from tonelens.corpora.cuts import (
    caption_of,
    emotion_of,
    gender_of,
    load_audio,
    read_cuts,
    speaker_of,
    text_of,
)
from tonelens.corpora.gigaspeech import CORPUS, plain_text
from tonelens.corpora.prepare import prepare, read_corpus
from tonelens.errors import CorpusError

RATE = 16_000
LONG_S = 10.0
POD, YOU = "POD0000000001", "YOU0000000315"
SEGMENTS = {
    f"{POD}_S0000008": (2.0, 3.5, "WELL <COMMA> NO <PERIOD> I'M FINE <EXCLAMATIONPOINT>", "{XL} {L} {M}"),
    f"{POD}_S0000009": (7.25, 9.0, "YES <PERIOD>", "{XL} {L} {M}"),
    f"{POD}_S0000010": (4.0, 5.0, "UNLABELLED", "{XL} {L} {M}"),
    f"{POD}_S0000011": (5.0, 6.0, "OF THE SMALL SUBSET", "{XL} {L} {M} {S}"),
    f"{YOU}_S0000660": (1.0, 2.0, "<MUSIC>", "{XL} {L} {M}"),
}
EMOTIONS = {f"{POD}_S0000008": "Happy", f"{POD}_S0000009": "Fearful", f"{YOU}_S0000660": "Neutral"}


def labels_of(emotion: str) -> str:
    return (
        f"age:Elderly\tgender:Female\tpitch:high\tvolume:low\tspeed:slow\temotion:{emotion}\ttranscription:um"
    )


def write_labels(root: Path, emotions: dict[str, str]) -> None:
    entries = {f"m_chunks_0000_{sid}": {"labels": labels_of(word)} for sid, word in emotions.items()}
    (root / "labels_english.json").write_text(json.dumps(entries), "utf-8")
    sentences = {key: {"description": f"An old woman, {key[-4:]}."} for key in entries}
    (root / "description_english.json").write_text(json.dumps(sentences), "utf-8")


def write_index(root: Path) -> None:
    audios = [
        {
            "aid": aid,
            "path": f"audio/{folder}/P0001/{aid}.opus",
            "duration": LONG_S,
            "sample_rate": RATE,
            "segments": [
                {
                    "sid": sid,
                    "speaker": "N/A",
                    "begin_time": begin_s,
                    "end_time": end_s,
                    "text_raw": "",
                    "text_tn": text,
                    "subsets": subsets.split(),
                }
                for sid, (begin_s, end_s, text, subsets) in SEGMENTS.items()
                if sid.startswith(aid)
            ],
        }
        for folder, aid in (("podcast", POD), ("youtube", YOU))
    ]
    (root / "GigaSpeech.json").write_text(json.dumps({"dataset": "GigaSpeech", "audios": audios}), "utf-8")


def noise(seed: int, length_s: float = LONG_S) -> np.ndarray:
    return 0.1 * np.clip(np.random.default_rng(seed).standard_normal(round(length_s * RATE)), -3, 3)


@pytest.fixture(scope="module")
def opus(tmp_path_factory) -> dict[str, bytes]:
    files = {}
    for seed, aid in enumerate((POD, YOU)):
        path = tmp_path_factory.mktemp("opus") / f"{aid}.opus"
        soundfile.write(path, noise(seed), RATE, format="OGG", subtype="OPUS")
        files[aid] = path.read_bytes()
    return files


@pytest.fixture
def original(tmp_path, opus) -> Path:
    root = tmp_path / "GigaSpeech"
    for folder, aid in (("podcast", POD), ("youtube", YOU)):
        path = root / "audio" / folder / "P0001" / f"{aid}.opus"
        path.parent.mkdir(parents=True)
        path.write_bytes(opus[aid])
    write_index(root)
    write_labels(root, EMOTIONS)
    return root


@pytest.fixture
def chunks(tmp_path) -> Path:
    root = tmp_path / "gigaspeech-m"
    folder = root / "m_chunks_0000"
    folder.mkdir(parents=True)
    lines = ["sid,speaker,begin_time,end_time,text_tn"]
    for seed, sid in enumerate(EMOTIONS):
        begin_s, end_s, text, _ = SEGMENTS[sid]
        soundfile.write(folder / f"{sid}.wav", noise(seed, end_s - begin_s), RATE)
        lines.append(f"{sid},N/A,{begin_s},{end_s},{text}")
    (root / "m_chunks_0000_metadata.csv").write_text("\n".join(lines) + "\n", "utf-8")
    write_labels(root, EMOTIONS)
    return root


@pytest.fixture
def few(monkeypatch) -> None:
    """As if these three clips were all that is published."""
    monkeypatch.setattr(gigaspeech, "PUBLISHED", 3)


def reasons(found) -> dict[str | None, str]:
    return {item.id: item.reason for item in found.skipped}


def test_segments_of_long_recordings_become_clips_with_their_labels(original):
    found = read_corpus(CORPUS, original)
    assert {clip.id: (clip.start_s, clip.end_s) for clip in found.clips} == {
        f"gigaspeech-{sid}": SEGMENTS[sid][:2] for sid in EMOTIONS
    }
    clip = found.clips[0]
    assert (clip.emotion, clip.gender, clip.language) == ("happiness", "female", "en")
    assert (clip.text, clip.speaker) == ("Well, no. I'm fine!", None)
    assert clip.facts == {
        "caption": "An old woman, 0008.", "age_group": "elderly", "pitch_label": "high",
        "volume_label": "low", "speed_label": "slow", "recording": POD,
    }  # fmt: skip
    assert found.clips[2].text == "um"  # GigaSpeech has only <MUSIC>, so SpeechCraft's transcript


def test_of_the_part_that_is_labelled_a_segment_without_a_label_is_listed_and_of_others_not(original):
    assert reasons(read_corpus(CORPUS, original)) == {f"gigaspeech-{POD}_S0000010": "no-label"}


def test_the_cuts_hold_the_parts_and_only_these_are_decoded(original, tmp_path, few):
    summary = prepare("gigaspeech", original, tmp_path / "cuts")
    assert (summary.clips, summary.expected, summary.complete) == (3, 3, True)
    cuts = {cut.id.removeprefix("gigaspeech-"): cut for cut in read_cuts(tmp_path / "cuts")}
    cut = cuts[f"{POD}_S0000009"]
    assert (cut.start, cut.duration, cut.recording.duration) == (7.25, 1.75, LONG_S)
    assert (emotion_of(cut), gender_of(cut), text_of(cut), speaker_of(cut)) == (
        "fear",
        "female",
        "Yes.",
        None,
    )
    assert caption_of(cut) == "An old woman, 0009."
    clip = load_audio(cut)
    assert clip.duration_s == pytest.approx(1.75)
    said = noise(0)[round(7.25 * RATE) : round(9.0 * RATE)]
    assert np.corrcoef(clip.samples, said)[0, 1] > 0.8  # Opus is lossy; another part gives 0
    assert clip.sha256 == audio.load(path_bytes(cut)).sha256 == cut.custom["sha256"]


def path_bytes(cut) -> bytes:
    return Path(cut.recording.sources[0].source).read_bytes()


def test_a_part_reads_a_small_share_of_its_file(tmp_path, monkeypatch):
    path = tmp_path / "long.flac"  # written in a moment; Opus would take seconds
    soundfile.write(path, noise(0, 120.0), RATE)
    audio.load(path, start_s=17.25, end_s=19.0)  # takes the hash of the file, once
    read = []

    class Counting(io.FileIO):
        def read(self, size=-1):
            read.append(size)
            return super().read(size)

        def readinto(self, buffer):
            read.append(super().readinto(buffer))
            return read[-1]

    monkeypatch.setattr(audio, "_opened", lambda source, label: Counting(source))
    audio.load(path, start_s=100.0, end_s=101.5)
    assert 0 < sum(read) < path.stat().st_size / 5


def test_a_recording_that_was_replaced_gets_another_hash(original):
    path = next(original.rglob(f"{POD}.opus"))
    first = audio.load(path, start_s=2.0, end_s=3.5).sha256
    other = next(original.rglob(f"{YOU}.opus")).read_bytes()
    path.write_bytes(other)
    assert audio.load(path, start_s=2.0, end_s=3.5).sha256 == audio.load(other).sha256 != first


def test_a_removed_recording_is_missing_by_the_ids_of_its_segments(original, few, tmp_path):
    next(original.rglob(f"{POD}.opus")).unlink()
    assert reasons(read_corpus(CORPUS, original)) == {
        f"gigaspeech-{POD}_S0000008": "missing",
        f"gigaspeech-{POD}_S0000009": "missing",
    }
    with pytest.raises(
        CorpusError, match=r"fear 0, not 1, happiness 0, not 1; left out: .*S0000008 \(missing\)"
    ):
        prepare("gigaspeech", original, tmp_path / "cuts")


def test_of_a_truncated_recording_the_segments_that_broke_off_are_listed(original, opus):
    path = next(original.rglob(f"{POD}.opus"))
    path.write_bytes(opus[POD][: len(opus[POD]) // 2])
    found = read_corpus(CORPUS, original)
    assert {clip.id for clip in found.clips} == {
        f"gigaspeech-{POD}_S0000008",
        f"gigaspeech-{YOU}_S0000660",
    }
    assert reasons(found)[f"gigaspeech-{POD}_S0000009"] == "truncated"


def test_a_label_without_a_segment_is_listed(original):
    write_labels(original, EMOTIONS | {"AUD0000000007_S0000001": "Sad"})
    assert reasons(read_corpus(CORPUS, original))["gigaspeech-AUD0000000007_S0000001"] == "no-segment"


def test_unknown_and_contradicting_emotions_and_odd_words_are_listed_by_id(original, few, tmp_path):
    write_labels(original, EMOTIONS | {f"{POD}_S0000008": "Smug"})
    other = {f"m_chunks_0000_{POD}_S0000009": {"tone": "Angry"}, f"x_{YOU}_S0000660": {"age": "ageless"}}
    (original / "more.json").write_text(json.dumps(other), "utf-8")
    found = read_corpus(CORPUS, original)
    assert reasons(found) == {
        f"gigaspeech-{POD}_S0000008": "other-label",
        f"gigaspeech-{POD}_S0000009": "contradiction",
        f"gigaspeech-{POD}_S0000010": "no-label",
        f"gigaspeech-{YOU}_S0000660": "label-doubt",
    }
    assert [item.id for item in found.skipped if item.kept] == [f"gigaspeech-{YOU}_S0000660"]
    with pytest.raises(CorpusError, match="smug 0, not 1"):
        prepare("gigaspeech", original, tmp_path / "cuts")


def test_fewer_labels_than_published_are_a_shortage(original, tmp_path):
    with pytest.raises(CorpusError, match=r"3 usable clips of 670070; without a label 0, not 670067"):
        prepare("gigaspeech", original, tmp_path / "cuts")
    summary = prepare("gigaspeech", original, tmp_path / "cuts", allow_incomplete=True)
    assert (summary.clips, summary.expected, summary.complete) == (3, 670_070, False)


def test_a_segment_published_too_short_is_listed_and_no_shortage(original, few, tmp_path, monkeypatch):
    sid = f"{YOU}_S0000660"
    monkeypatch.setitem(SEGMENTS, sid, (1.0, 1.3, "HM", "{M}"))
    write_index(original)
    summary = prepare("gigaspeech", original, tmp_path / "cuts")
    assert (summary.clips, summary.complete, summary.left_out["too-short"]) == (2, True, 1)


def test_files_of_single_segments_are_read_in_chunks(chunks, tmp_path, few):
    summary = prepare("gigaspeech", chunks, tmp_path / "cuts")
    assert (summary.clips, summary.complete) == (3, True)
    cuts = {cut.id.removeprefix("gigaspeech-"): cut for cut in read_cuts(tmp_path / "cuts")}
    assert set(cuts) == set(EMOTIONS)
    cut = cuts[f"{POD}_S0000009"]
    assert (cut.start, cut.duration, text_of(cut)) == (0.0, 1.75, "Yes.")


def test_faults_of_chunks_are_reported_by_id(chunks):
    folder = chunks / "m_chunks_0000"
    (folder / f"{POD}_S0000008.wav").rename(folder / f"{POD}_S0000099.wav")
    short = folder / f"{POD}_S0000009.wav"
    short.write_bytes(short.read_bytes()[: 44 + 2 * RATE])  # 1 s of 1.75 s
    assert Counter(reasons(read_corpus(CORPUS, chunks)).items()) == Counter(
        {
            (f"gigaspeech-{POD}_S0000008", "missing"): 1,
            (f"gigaspeech-{POD}_S0000099", "no-label"): 1,
            (f"gigaspeech-{POD}_S0000009", "truncated"): 1,
        }
    )


def test_chunks_without_their_table_go_by_their_names_and_speechcrafts_words(chunks):
    (chunks / "m_chunks_0000_metadata.csv").unlink()
    assert {clip.text for clip in read_corpus(CORPUS, chunks).clips} == {"um"}


def test_recordings_without_the_index_are_refused(original):
    (original / "GigaSpeech.json").unlink()
    with pytest.raises(CorpusError, match=r"no GigaSpeech\.json, which says where segments begin"):
        read_corpus(CORPUS, original)


def test_a_recording_that_the_index_does_not_name_is_listed(original, opus):
    (original / "audio" / "POD0000000002.opus").write_bytes(opus[POD])
    assert reasons(read_corpus(CORPUS, original))["gigaspeech-POD0000000002"] == "no-label"


def test_an_index_of_another_form_is_refused(original):
    index = original / "GigaSpeech.json"
    index.write_text(index.read_text("utf-8").replace('"begin_time"', '"start"'), "utf-8")
    with pytest.raises(CorpusError, match=rf"segment '{POD}_S0000008' of {POD} without begin_time"):
        read_corpus(CORPUS, original)


@pytest.mark.parametrize(
    ("tagged", "plain"),
    [
        (
            "AS THEY'RE LEAVING <COMMA> CAN KASH COME <QUESTIONMARK> YES",
            "As they're leaving, can kash come? Yes",
        ),
        ("<SIL> OH <NOISE> WELL", "Oh well"),
        ("<MUSIC>", None),
        ("<PERIOD>", None),
    ],
)
def test_tags_become_signs_or_nothing(tagged, plain):
    assert plain_text(tagged) == plain
