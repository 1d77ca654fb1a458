"""Published corpora: what must be there, what is known to be wrong, and the real ones where they are."""

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonelens.corpora.clips import Clip, Corpus
from tonelens.corpora.doctor.diagnosis import Diagnosis, diagnose
from tonelens.corpora.doctor.report import to_text
from tonelens.corpora.prepare import CORPORA

GRID = [f"{speaker}{label}{take}" for speaker, label, take in product("abcd", "xy", "123")]
LABELS = {"x": "anger", "y": "calm"}


def clip_of(path: Path) -> Clip | None:
    match = re.fullmatch(r"([a-d])([xy])[1-3]", path.stem)
    if match is None:
        return None
    return Clip(id=f"toy-{path.stem}", path=path, corpus="toy", emotion=LABELS[match[2]], speaker=match[1])


def missing(ids: Collection[str]) -> list[str]:
    return [f"toy-{name}" for name in GRID if f"toy-{name}" not in ids]


TOY = Corpus(
    name="toy",
    title="Toy",
    emotion_counts={"anger": 12, "calm": 12},
    language="en",
    licence="ours",
    home="nowhere",
    name_rule="<a-d><x|y><1-3>.wav",
    clip_of=clip_of,
    missing=missing,
)


@pytest.fixture
def folder(tmp_path, record) -> Path:
    for seed, name in enumerate(GRID):
        record(tmp_path / f"{name}.wav", seed)
    return tmp_path


@pytest.fixture
def examined(folder, monkeypatch):
    def examine(**fields: object) -> Diagnosis:
        monkeypatch.setitem(CORPORA, "toy", replace(TOY, **fields))
        return diagnose("toy", folder)

    return examine


def told(diagnosis: Diagnosis) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {finding.reason: (finding.severity, finding.ids) for finding in diagnosis.findings}


def test_a_complete_corpus_gives_no_finding(examined):
    diagnosis = examined()
    assert diagnosis.findings == ()
    assert [(label.emotion, label.expected, label.found) for label in diagnosis.labels] == [
        ("calm", 12, 12),
        ("anger", 12, 12),
    ]


def test_a_missing_clip_of_a_grid_is_an_error_by_its_id(examined, folder):
    (folder / "bx2.wav").unlink()
    diagnosis = examined()
    assert told(diagnosis) == {"missing": ("error", ("toy-bx2",))}
    assert (diagnosis.clips, diagnosis.expected) == (23, 24)


def test_other_counts_are_an_error_where_no_grid_names_the_clips(examined, folder):
    (folder / "bx2.wav").unlink()
    diagnosis = examined(missing=lambda ids: [])
    assert told(diagnosis) == {"count": ("error", ())}
    assert diagnosis.findings[0].cases[0].what == "anger: 11 clips, not 12"


def test_more_clips_than_there_are_is_an_error_that_names_them_all(examined):
    diagnosis = examined(emotion_counts={"anger": 12, "calm": 11})
    severity, ids = told(diagnosis)["count"]
    assert (severity, len(ids)) == ("error", 12)


def test_a_file_that_breaks_the_naming_rule_is_a_warning(examined, folder):
    (folder / "bx2.wav").rename(folder / "bx-2.wav")
    assert told(examined()) == {"missing": ("error", ("toy-bx2",)), "wrong-name": ("warning", ())}


def test_known_defects_are_noted_as_known_fixed_or_absent(examined, folder):
    (folder / "ax2.wav").write_bytes((folder / "ax1.wav").read_bytes())
    diagnosis = examined(known_defects={"toy-ax2": "is ax1", "toy-bx1": "was cut", "toy-zz9": "never came"})
    assert told(diagnosis) == {"twin": ("note", ("toy-ax1", "toy-ax2"))}
    assert [(defect.id, defect.status) for defect in diagnosis.known_defects] == [
        ("toy-ax2", "known"),
        ("toy-bx1", "fixed"),
        ("toy-zz9", "absent"),
    ]
    assert diagnosis.passed(strict=True)


def test_a_known_defect_excuses_no_other_clip_and_no_error(examined, folder):
    (folder / "ax2.wav").write_bytes((folder / "ax1.wav").read_bytes())
    (folder / "bx2.wav").write_bytes((folder / "bx1.wav").read_bytes())
    soundfile.write(folder / "cx1.wav", np.zeros(4_000), 8_000)
    diagnosis = examined(known_defects={"toy-ax2": "is ax1", "toy-cx1": "silent"})
    assert [(finding.reason, finding.severity, finding.ids) for finding in diagnosis.findings] == [
        ("silent", "error", ("toy-cx1",)),
        ("twin", "warning", ("toy-bx1", "toy-bx2")),
        ("twin", "note", ("toy-ax1", "toy-ax2")),
    ]


def test_a_clip_that_no_copy_has_whole_is_only_noted(examined, folder):
    soundfile.write(folder / "cx1.wav", np.zeros(4_000), 8_000)
    assert told(examined(unusable={"toy-cx1": "anger"})) == {"silent": ("note", ("toy-cx1",))}
    (folder / "cx1.wav").unlink()
    diagnosis = examined(unusable={"toy-cx1": "anger"})
    assert diagnosis.findings == () and diagnosis.expected == 23


def test_a_speaker_in_two_published_parts_is_a_warning(examined):
    def in_part(path: Path) -> Clip | None:
        clip = clip_of(path)
        part = "test" if path.stem.startswith("a") or path.stem == "by3" else "train"
        return clip and replace(clip, part=part)

    assert told(examined(clip_of=in_part)) == {"speaker-parts": ("warning", ("toy-by3",))}


def test_a_corpus_without_texts_may_number_its_sentences(examined):
    diagnosis = examined(sentence_of=lambda clip: f"s{clip.id[5]}")
    assert told(diagnosis)["text-leak"][0] == "warning"
    assert diagnosis.findings[0].cases[0].what == '"sx": 12 clips, all anger'


@pytest.mark.corpus
def test_ravdess_has_its_known_twin_and_sentences_that_tell_nothing(shared):
    diagnosis = diagnose("ravdess", shared / "corpora" / "ravdess")
    twins = ("ravdess-03-01-03-01-02-01-07", "ravdess-03-01-03-01-02-02-07")
    assert told(diagnosis) == {"twin": ("note", twins)}
    assert {leak.evidence: leak.verdict for leak in diagnosis.leaks}["text"] == "none"
    assert "Fit to train on: 0 errors, 0 warnings, 1 note." in to_text(diagnosis)


@pytest.mark.corpus
@pytest.mark.slow
def test_ased_has_four_known_twins_and_sentences_that_belong_to_emotions(shared):
    diagnosis = diagnose("ased", shared / "corpora" / "ased")
    reasons = told(diagnosis)
    assert reasons["twin"][0] == "note" and len(reasons["twin"][1]) == 8
    assert reasons["text-leak"][0] == "warning"
    assert len(reasons["text-leak"][1]) == 1_850  # 25 sentences of 74 clips
    assert {defect.status for defect in diagnosis.known_defects} == {"known"}
    assert diagnosis.count("error") == 0
