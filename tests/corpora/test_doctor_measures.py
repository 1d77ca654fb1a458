"""The doctor's own measures: truncation, clipping, guessing; against hand counts and scikit-learn."""

import shutil
import struct

import numpy as np
import pytest
import soundfile

from tonelens.corpora.doctor.findings import ERROR, NOTE, WARNING, Case, Finding, ordered
from tonelens.corpora.doctor.guessing import FOLDS, binned, gain_of, guess
from tonelens.corpora.doctor.truncation import truncation_of


def test_a_wav_that_lost_its_end_is_truncated_and_a_whole_one_is_not(tmp_path, record):
    path = record(tmp_path / "a.wav", 1, duration_s=1.0)
    assert truncation_of(path) is None
    path.write_bytes(path.read_bytes()[: 44 + 8_000])  # half of 8000 samples of two bytes
    assert truncation_of(path) == "its header promises 1.00 s, 0.50 s are there"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_does_not_know_its_length_and_is_not_truncated(tmp_path, record, size):
    path = record(tmp_path / "a.wav", 1)
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", size)
    path.write_bytes(content)
    assert truncation_of(path) is None


def test_chunks_before_the_samples_are_stepped_over(tmp_path, record):
    path = record(tmp_path / "a.wav", 1, duration_s=1.0)
    content = path.read_bytes()
    path.write_bytes(content[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + content[36:])  # odd: padded
    assert truncation_of(path) is None
    path.write_bytes(path.read_bytes()[:-8_000])
    assert truncation_of(path) == "its header promises 1.00 s, 0.50 s are there"


def test_an_ogg_stream_without_its_end_is_truncated(tmp_path):
    path, cut = tmp_path / "a.ogg", tmp_path / "cut.ogg"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(48_000), 16_000)
    shutil.copy(path, cut)
    assert truncation_of(path) is None
    cut.write_bytes(path.read_bytes()[:-100])
    assert truncation_of(cut) == "its last Ogg page is torn"
    last_page = path.read_bytes().rfind(b"OggS")
    cut.write_bytes(path.read_bytes()[:last_page])
    assert truncation_of(cut) == "its Ogg stream has no end"


def test_the_gain_is_the_way_from_chance_to_certainty_and_nothing_where_luck_explains_it():
    clips = np.array(
        [50, 50]
    )  # the standard error of a macro recall of 0.5 is sqrt(0.25 / 50 x 2) / 2 = 0.05
    assert gain_of(0.75, clips) == pytest.approx(0.5)
    assert gain_of(0.64, clips) == 0.0  # under three standard errors
    assert gain_of(0.66, clips) == pytest.approx(0.32)
    assert gain_of(0.1, clips) == 0.0


def test_too_few_clips_one_label_or_one_speaker_measure_nothing():
    assert guess([("a",)] * 9, ["x", "y", "x"] * 3) is None
    assert guess([("a",)] * 20, ["x"] * 20) is None
    assert guess([("a",)] * 20, ["x", "y"] * 10, ["ann"] * 20) is None
    assert guess([("a",)] * 20, ["x", "y"] * 10, [None, "ann"] * 10) is None


def test_evidence_that_is_the_speaker_does_not_pass_to_unseen_speakers():
    speakers = [f"s{number // 10}" for number in range(100)]  # ten of ten clips, one label each
    labels = ["x" if int(speaker[1]) % 2 else "y" for speaker in speakers]
    tokens = [(speaker,) for speaker in speakers]
    by_clips, by_speakers = guess(tokens, labels), guess(tokens, labels, speakers)
    assert by_clips is not None and by_clips.macro_recall == 1.0
    assert by_speakers is not None and by_speakers.gain == 0.0
    assert (by_speakers.grouped_by, by_speakers.folds) == ("speakers", 5)


def test_guesses_agree_with_scikit_learns_naive_bayes():
    bayes = pytest.importorskip("sklearn.naive_bayes", reason="needs scikit-learn (extra `reference`)")
    text = pytest.importorskip("sklearn.feature_extraction.text")
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    labels = random.choice(["x", "y", "z"], 300, p=[0.5, 0.3, 0.2])
    words = {"x": "abcd", "y": "bcde", "z": "defa"}
    tokens = [tuple(random.choice(list(words[label]), 4)) for label in labels]
    counts = text.CountVectorizer(analyzer=lambda bag: bag).fit_transform(tokens)
    part = np.random.default_rng(0).permutation(300) % FOLDS
    plain, level = np.empty(300, dtype=object), np.empty(300, dtype=object)
    for fold in range(FOLDS):
        for prior, answers in ((True, plain), (False, level)):
            model = bayes.MultinomialNB(fit_prior=prior).fit(counts[part != fold], labels[part != fold])
            answers[part == fold] = model.predict(counts[part == fold])
    found = guess(tokens, list(labels))
    assert found is not None
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, list(plain)))
    assert found.macro_recall == pytest.approx(metrics.balanced_accuracy_score(labels, list(level)))
    assert 0.4 < found.macro_recall < 0.9  # neither chance nor certainty, which would agree by themselves


def test_equal_values_share_a_bin_and_eight_bins_halve_eight_times():
    assert set(binned([1.0] * 20, "level")) == {"level 1"}
    assert binned([float(value) for value in range(8)], "level") == [f"level {place}" for place in range(8)]


def test_findings_are_ordered_by_severity_and_only_cases_of_clips_can_be_known():
    def finding(severity: str, reason: str) -> Finding:
        return Finding(severity=severity, reason=reason, found="", do="", cases=(Case("", ("a", "b")),))

    every = [finding(NOTE, "long-clip"), finding(WARNING, "speaker-folds"), finding(WARNING, "twin")]
    every.append(finding(ERROR, "silent"))
    parted = ordered(every, {"b": "known to us"})
    assert [(one.severity, one.reason, one.cases[0].known) for one in parted] == [
        (ERROR, "silent", "known to us"),
        (WARNING, "speaker-folds", None),
        (NOTE, "long-clip", "known to us"),
        (NOTE, "twin", "known to us"),
    ]
