"""`tonelens distil` as people call it."""

import pytest

from builders import save_whisper_encoder, synthetic_cuts
from journeys.command_line import tonelens
from tonelens.corpora.cuts import cuts_bytes
from tonelens.model.speech_encoder import SpeechEncoder

SMALL = [
    word
    for setting in ("width=16", "layers=1", "heads=2", "feedforward=24", "steps=3", "crop_s=1.0")
    for word in ("--set", setting)
]


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Teacher and two cuts files."""
    home = tmp_path_factory.mktemp("distil")
    cuts = synthetic_cuts(home / "corpus")
    files = [home / "a.jsonl.gz", home / "b.jsonl.gz"]
    for number, file in enumerate(files):
        file.write_bytes(cuts_bytes(cuts[number::2]))
    data = [word for file in files for word in ("--data", file)]
    return [save_whisper_encoder(home / "teacher"), *data]


def test_a_student_is_made_and_the_next_command_named(given, tmp_path):
    out = tmp_path / "student"
    ended = tonelens("distil", *given, "--out", out, *SMALL)
    assert (ended.exit_code, ended.stderr.count("Traceback")) == (0, 0)
    assert ended.stdout.splitlines()[0].startswith(f"student: {out} (0.")
    assert f"encoder.source={out}" in ended.stdout
    assert SpeechEncoder.from_pretrained(str(out)).layers == 2
    assert (tmp_path / "student-cache").is_dir()
    again = tonelens("distil", *given, "--out", out, *SMALL)
    assert again.exit_code == 2 and "--resume" in again.stderr
    resumed = tonelens("distil", *given, "--out", out, *SMALL, "--resume")
    assert (resumed.exit_code, resumed.stdout) == (0, ended.stdout)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--set", "step=5"], "Did you mean 'steps'"),
        (["--student", "bert"], "student: 'bert' is not one of"),
        (["--set", "teacher_layers='9'"], "hidden states 0 to 2"),
        (["--data", "missing"], "missing: no such cuts file"),
    ],
)
def test_what_is_wrong_ends_with_2_and_one_line(given, tmp_path, extra, said):
    ended = tonelens("distil", *given, "--out", tmp_path / "out", *SMALL, *extra)
    assert ended.exit_code == 2
    assert said in ended.stderr and len(ended.complaints) == 1
    assert not (tmp_path / "out").exists()
