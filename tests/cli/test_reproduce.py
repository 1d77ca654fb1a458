"""`tonelens reproduce`: the list, the plan, and what it refuses; tests/journeys trains a row."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tonelens.cli.main import app
from tonelens.errors import InputError


def ended(*arguments):
    return CliRunner().invoke(app, ["reproduce", *map(str, arguments)])


def test_without_a_row_all_are_listed():
    lines = ended().stdout.splitlines()
    assert len(lines) == 1 + 15 + 4 + 3 + 2
    assert "table2_row7      77.6 / 11.1       60.1 / 25.3     proposed" in lines
    assert "no_freezing      - / -             - / -           content stream not frozen in SER-SED" in lines
    assert "sequel_no_sed    73.65 / -         56.29 / -       sequel: fixed template, no SED" in lines
    assert json.loads(ended("--json").stdout)["table2_row6"]["iemocap"] == {"wa": 75.5, "wer": None}


def test_an_8b_model_is_planned_without_its_weights():
    code = (
        "import resource, sys; from tonelens.cli.main import app\n"
        "try: app(['reproduce', 'table2_row7', '--dry-run', '--json'])\n"
        "except SystemExit: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    found = json.loads(done.stdout)
    assert found["weights"]["llm"] > 8e9
    assert 20e9 < found["peak_bytes"] < 60e9
    assert int(done.stderr.splitlines()[-1]) < 2e6, "2 GB of memory"


def test_the_page_states_what_it_assumes():
    page = ended("table2_row1", "--dry-run", "--clips", 800).stdout
    assert "800 clips of 4.5 s" in page
    assert "if 120 Tflop/s are reached" in page


def test_a_row_at_shared_scale_is_planned_too():
    page = ended("table2_row5", "--scale", "shared", "--dry-run", "--clips", 1200).stdout
    assert "openai/whisper-tiny.en + scratch, 1200 clips" in page


def test_a_row_that_begins_with_a_run_is_planned_without_one():
    page = ended("sequel_in_domain", "--scale", "shared", "--dry-run", "--clips", 80).stdout
    assert "sequel_in_domain: openai/whisper-tiny.en + scratch, 80 clips" in page
    assert "ser-sed                 100     steps" in page, "ten epochs of 80 clips in batches of 8"


def test_without_its_run_a_row_says_how_the_run_is_made():
    refused = ended("sequel_in_domain", "--scale", "shared", "--data", "cuts", "--out", "run")
    assert isinstance(refused.exception, InputError)
    told = str(refused.exception)
    assert told.startswith("sequel_in_domain: begins with a run of sequel_template on other corpora, but")
    assert (
        "`tonelens reproduce sequel_template --scale shared --data OTHER_CUTS --out RUN "
        "--set data.protocol=none --set schedule.asr_epochs=2 --set schedule.ser_epochs=2`" in told
    )
    assert "\n" not in told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("sequel_template", "--start", "run"), "takes no --start. Leave it out, or name sequel_in_domain"),
        (("table9",), "is no row"),
        (("table2_row7", "--scale", "small"), "must be paper or shared"),
        (("table2_row7", "--scale", "shared"), "tonelens prepare ravdess"),
        (("table2_row7",), "--data CUTS and --out DIR are needed"),
        (("table2_row7", "--dry-run", "--clips", 0), "1 clip or more"),
        (("table2_row7", "--dry-run", "--seconds", 90), "0.1 to 60 s"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, complaint):
    refused = ended(*arguments)
    assert isinstance(refused.exception, InputError)
    assert complaint in str(refused.exception)
