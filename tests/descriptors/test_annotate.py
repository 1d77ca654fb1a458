import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from descriptors.signals import RATE, syllables
from tonelens.descriptors import clips as clips_module
from tonelens.descriptors.annotate import annotate_rows, read_levels, read_rows
from tonelens.descriptors.clips import Clip, measure_clips
from tonelens.errors import CorpusError


def recorded(folder, name, *, f0_hz=150.0, seconds=1.0):
    path = folder / f"{name}.wav"
    soundfile.write(path, 0.05 * syllables(4.0, seconds, f0_hz=f0_hz), RATE)
    return path


def row(path, *, part=None, speaker="s", gender="female"):
    custom = {} if part is None else {"part": part}
    return {
        "id": path.stem,
        "start": 0.0,
        "duration": 1.0,
        "recording": {"duration": 1.0, "sources": [{"type": "file", "source": str(path)}]},
        "supervisions": [{"speaker": speaker, "gender": gender}],
        "custom": custom,
        "type": "MonoCut",
    }


@pytest.fixture
def counted(monkeypatch):
    """Names of the clips that were really measured."""
    measured = []
    original = clips_module._measure_one
    monkeypatch.setattr(clips_module, "_measure_one", lambda c: (measured.append(c.id), original(c))[1])
    return measured


def test_a_second_run_measures_nothing(tmp_path, counted):
    rows = [row(recorded(tmp_path, f"c{i}")) for i in range(3)]
    first = annotate_rows(rows, tmp_path / "out")
    assert sorted(counted) == ["c0", "c1", "c2"]
    assert annotate_rows(rows, tmp_path / "out") == first
    assert len(counted) == 3


def test_a_torn_last_line_is_measured_again_and_no_other(tmp_path, counted):
    rows = [row(recorded(tmp_path, f"c{i}")) for i in range(3)]
    whole = annotate_rows(rows, tmp_path / "out").measures
    store = tmp_path / "out" / "measures.jsonl"
    content = store.read_bytes()
    store.write_bytes(content[:-40])  # as kill -9 leaves it
    counted.clear()
    assert annotate_rows(rows, tmp_path / "out").measures == whole
    assert counted == ["c2"]
    assert store.read_bytes() == content


def test_a_file_with_other_content_is_measured_again(tmp_path, counted):
    rows = [row(recorded(tmp_path, "c0"))]
    before = annotate_rows(rows, tmp_path / "out").measures["c0"].f0_median_hz
    recorded(tmp_path, "c0", f0_hz=200.0)
    after = annotate_rows(rows, tmp_path / "out").measures["c0"].f0_median_hz
    assert (before, after) == pytest.approx((150, 200), rel=0.01)


def test_clips_that_cannot_be_measured_are_listed_with_the_reason(tmp_path):
    good = recorded(tmp_path, "good")
    quiet, text = tmp_path / "quiet.wav", tmp_path / "text.wav"
    soundfile.write(quiet, np.zeros(RATE), RATE)
    text.write_text("no sound")
    found = annotate_rows([row(p) for p in (good, quiet, text, tmp_path / "gone.wav")], tmp_path / "out")
    assert [r["id"] for r in found.rows] == ["good"]
    listed = [json.loads(line) for line in (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()]
    assert {(s["id"], s["reason"]) for s in listed} == {
        ("quiet", "silent"),
        ("text", "unreadable"),
        ("gone", "missing"),
    }


def test_a_file_that_changed_since_its_cut_was_made_is_not_measured(tmp_path):
    path = recorded(tmp_path, "c0")
    measures, (skipped,) = measure_clips([Clip("c0", str(path), sha256="0" * 64)], tmp_path / "out")
    assert (measures, skipped.reason) == ({}, "changed")


def test_a_part_of_a_file_is_measured_by_itself(tmp_path):
    path = recorded(tmp_path, "c0", seconds=2.0)
    measures, _ = measure_clips([Clip("c0", str(path), start_s=0.5, end_s=1.25)], tmp_path / "out")
    assert measures["c0"].duration_s == pytest.approx(0.75)


def test_levels_are_fitted_on_the_training_part_only(tmp_path):
    rows = [
        row(recorded(tmp_path, f"c{i}", f0_hz=100.0 + 10 * i), part="test" if i == 5 else "train")
        for i in range(6)
    ]
    found = annotate_rows(rows, tmp_path / "out")
    edges = read_levels(tmp_path / "out" / "levels.json").edges["pitch"]["corpus"]
    assert (edges.clips, found.is_fitted_on_all) == (5, False)
    assert edges.high == pytest.approx(100 + 10 * 4 * 2 / 3, rel=0.01)  # by hand over 100 .. 140 Hz
    recorded(tmp_path, "c5", f0_hz=400.0)  # the test clip changes
    annotate_rows(rows, tmp_path / "out")
    assert read_levels(tmp_path / "out" / "levels.json").edges["pitch"]["corpus"] == edges


def test_annotated_cuts_carry_measures_and_levels(tmp_path):
    rows = [row(recorded(tmp_path, f"c{i}")) for i in range(2)]
    found = annotate_rows(rows, tmp_path / "out")
    assert found.is_fitted_on_all
    assert read_rows(tmp_path / "out" / "cuts.jsonl.gz") == found.rows
    custom = found.rows[0]["custom"]
    assert custom["measures"]["f0_median_hz"] == pytest.approx(150, rel=0.01)
    assert custom["levels"]["pitch"]["reference"] == "corpus"
    assert rows[0]["custom"] == {}  # the given rows stay as they were


def test_progress_tells_clips_done_of_all(tmp_path):
    told = []
    rows = [row(recorded(tmp_path, f"c{i}")) for i in range(2)]
    annotate_rows(rows, tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_several_processes_give_the_same_measures_as_one(tmp_path):
    paths = [recorded(tmp_path, f"c{i}", f0_hz=100.0 + i) for i in range(clips_module.FEW_CLIPS + 1)]
    clips = [Clip(path.stem, str(path)) for path in paths]
    assert measure_clips(clips, tmp_path / "two", 2) == measure_clips(clips, tmp_path / "one", 1)


def test_a_script_without_a_guard_is_told_so_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tonelens.descriptors.clips import Clip, measure_clips\n"
        f"clips = [Clip(f'c{{i}}', f'missing-{{i}}.wav') for i in range({clips_module.FEW_CLIPS + 1})]\n"
        f"measure_clips(clips, Path({str(tmp_path / 'out')!r}))\n"
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 1
    assert 'without if __name__ == "__main__"' in ran.stderr
    assert "bootstrapping" not in ran.stderr  # what multiprocessing prints for every process


def test_a_file_without_cuts_is_refused(tmp_path):
    (tmp_path / "cuts.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(CorpusError, match="holds no cuts"):
        read_rows(tmp_path / "cuts.jsonl")
    with pytest.raises(CorpusError, match="no such file"):
        read_rows(tmp_path / "missing.jsonl.gz")


def test_annotating_loads_neither_torch_nor_lhotse():
    listing = "[name for name in ('torch', 'lhotse') if name in sys.modules]"
    code = f"import sys, tonelens.descriptors.annotate, tonelens.cli.annotate; print({listing})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
