"""`tonelens prepare` as people and programs call it."""

import json

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from tonelens.cli.prepare import prepare
from tonelens.errors import CorpusError


@pytest.fixture
def calls(tmp_path):
    for seed, name in enumerate(("a ü", "b")):
        noise = 0.1 * np.random.default_rng(seed).standard_normal(8_000)
        soundfile.write(tmp_path / f"{name}.wav", np.clip(noise, -1, 1), 16_000)
    path = tmp_path / "calls.csv"
    path.write_text("path,emotion,speaker\na ü.wav,Tense,x\nb.wav,calm,y\n", "utf-8")
    return path


def call(*arguments):
    app = typer.Typer()
    app.command()(prepare)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_people_get_a_short_table(calls, tmp_path):
    result = call("csv", calls, tmp_path / "out")
    assert result.exit_code == 0
    assert "2 of 2, 0.00 h, complete" in result.stdout
    assert "calm: 1, tense: 1" in result.stdout


def test_brackets_in_names_are_no_markup(calls, tmp_path):
    bracketed = calls.rename(tmp_path / "calls [red].csv")
    result = call("csv", bracketed, tmp_path / "out [bold]")
    assert result.stdout.splitlines()[0].startswith("calls [red].csv -> ")
    assert result.stdout.splitlines()[0].endswith("out [bold]")


def test_programs_get_the_summary_and_nothing_else(calls, tmp_path):
    result = call("csv", calls, tmp_path / "out", "--json", "--labels", "tense, calm")
    assert json.loads(result.stdout) == json.loads((tmp_path / "out/summary.json").read_text("utf-8"))
    assert json.loads(result.stdout)["labels"] == ["tense", "calm"]


def test_faults_are_raised_for_the_main_command_to_tell(calls, tmp_path):
    result = call("csv", calls, tmp_path / "out", "--labels", "calm,angry")
    assert isinstance(result.exception, CorpusError)
    assert "unknown label 'Tense'" in str(result.exception)
