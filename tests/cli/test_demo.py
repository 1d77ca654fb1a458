"""`make demo`: the shipped default explains a recording that the project synthesises itself."""

import json
import subprocess
import sys

import pytest
import soundfile

from tonelens.cli import demo
from tonelens.model.find import DEFAULT, SHIPPED


def test_the_example_is_synthesised_and_always_the_same(tmp_path):
    first, again = demo.example(tmp_path / "a"), demo.example(tmp_path / "b")
    assert first.read_bytes() == again.read_bytes()
    samples, rate = soundfile.read(first)
    assert rate == 16_000 and 1.0 < len(samples) / rate < 6.0 and 0.01 < abs(samples).max() < 1.0


def test_the_demo_explains_and_draws_without_training_anything(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "tonelens.cli.demo"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert DEFAULT in ran.stdout and "picture:" in ran.stdout
    (written,) = (tmp_path / "demo" / "explained").glob("*.json")
    told = json.loads(written.read_text("utf-8"))
    assert told["model"]["name"] == DEFAULT and told["schema"] == "tonelens/explanation@1"
    assert written.with_suffix(".png").is_file()
    assert written.with_suffix(".html").is_file() and "page:" in ran.stdout
    assert not list(tmp_path.rglob("metrics.jsonl")), "nothing is trained"


def test_an_unreadable_recording_ends_with_2_and_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["demo", str(tmp_path / "none.wav")])
    with pytest.raises(SystemExit) as ended:
        demo.main()
    assert ended.value.code == 2
    assert "none.wav" in capsys.readouterr().err


def test_the_default_is_at_most_25_mb_and_names_no_folder_of_the_machine_that_built_it():
    folder = SHIPPED / DEFAULT
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 25e6
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".jinja", ".md"}, "no pickle, no code"
    for path in files:
        if path.suffix == ".json" and path.name != "tokenizer.json":  # a slash is one of its tokens
            assert not any(place in path.read_text("utf-8") for place in ('"/', "scratch/", "/tmp"))
