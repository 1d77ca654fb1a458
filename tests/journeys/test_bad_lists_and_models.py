"""Lists, recipes and model folders that break their rule: exit code 2, nothing half-written."""

import errno
import json
import shutil
from pathlib import Path

import pytest

from journeys.command_line import tonelens
from journeys.trained import settings
from tonelens.explain import Explainer


def list_of(journey, folder, *rows, header="path,emotion,speaker"):
    path = folder / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_a_list_without_a_needed_column_is_refused(journey, tmp_path):
    mine = list_of(journey, tmp_path, f"{journey.clip()},s01", header="path,speaker")
    ended = tonelens("prepare", "csv", mine, tmp_path / "cuts")
    assert ended.exit_code == 2
    assert "column 'emotion' is missing (columns found: path, speaker)" in ended.stderr
    assert not (tmp_path / "cuts").exists()


def test_everything_wrong_with_a_list_is_said_at_once(journey, tmp_path):
    clip = journey.clip()
    rows = (f"{clip},grumm,a", f"{clip},grumm,a", f"{journey.clip('s02')},rage,b", "gone.wav,plain,b")
    ended = tonelens(
        "prepare", "csv", list_of(journey, tmp_path, *rows), tmp_path / "cuts", "--labels", "grumm,plain"
    )
    assert ended.exit_code == 2
    assert f"line 3: {clip.name} is already on line 2; keep one" in ended.stderr
    assert "line 4: unknown label 'rage'; allowed are grumm, plain" in ended.stderr
    assert "line 5: no such file" in ended.stderr
    assert not (tmp_path / "cuts").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["csv", "nowhere.csv", "out"], "nowhere.csv: cannot be read (No such file or directory)"),
        (["ravdes", "somewhere", "out"], "'ravdes' is no corpus"),
        (["ravdess", "somewhere", "out"], "somewhere: no such folder"),
        (["csv", "nowhere.csv", "out", "--labels", "one"], "a label set needs at least two labels"),
    ],
)
def test_prepare_says_what_it_cannot_find(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = tonelens("prepare", *arguments)
    assert ended.exit_code == 2
    (complaint,) = ended.complaints
    assert complaint.startswith("tonelens: ")
    assert words in complaint


def test_every_wrong_setting_is_said_at_once(journey, tmp_path):
    wrong = ["llm.depth=3", "llm.width=wide", "data.protocol=at-will", "nonsense", "seeed=1"]
    changes = [word for setting in wrong for word in ("--set", setting)]
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", tmp_path / "run", *changes)
    assert ended.exit_code == 2
    headline, *problems = ended.complaints
    assert headline == "tonelens: tiny: 5 thing(s) to correct:"
    for words in (
        "llm.depth: unknown key",
        "llm.width: 'wide' is a string, but a whole number is needed.",
        "data.protocol: 'at-will' is not one of 'emobox'",
        "--set nonsense: not of the form key=value",
        "seeed: unknown key. Did you mean 'seed'?",
    ):
        assert any(words in problem for problem in problems), words
    assert list(tmp_path.iterdir()) == []


def test_settings_that_contradict_one_another_are_named_together(journey, tmp_path):
    clash = ["--set", "llm.lora_rank=8"]
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", tmp_path / "run", *clash)
    assert ended.exit_code == 2
    assert "llm.source is 'scratch' and llm.lora_rank is 8" in ended.stderr
    assert "Set llm.lora_rank=0." in ended.stderr


@pytest.mark.parametrize("recipe", ["tinny", "nowhere/mine.toml"])
def test_an_unknown_recipe_is_answered_with_those_there_are(recipe, journey, tmp_path):
    ended = tonelens("train", recipe, "--data", journey.cuts, "--out", tmp_path / "run")
    assert ended.exit_code == 2
    assert f"{recipe}: no such recipe. Give a TOML file, or one of" in ended.stderr
    assert "tiny" in ended.stderr


def test_what_is_no_set_of_cuts_is_refused(journey, tmp_path):
    for given, words in (
        (tmp_path / "none.jsonl.gz", "none.jsonl.gz: no such"),
        (journey.corpus / "manifest.csv", "manifest.csv"),
    ):
        for command in (
            ("train", "tiny", "--data", given, "--out", tmp_path / "run"),
            ("evaluate", journey.run, given),
            ("annotate", given, tmp_path / "notes"),
        ):
            if command[0] == "train" and given.suffix == ".csv":
                continue  # a list of clips is what `train` prepares itself
            ended = tonelens(*command)
            assert ended.exit_code == 2, command
            assert words in ended.stderr
    assert list(tmp_path.iterdir()) == []


def cut_short(model):
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def garbled(model):
    (model / "model.json").write_text('{"schema": "tonelens/mo', "utf-8")


def changed(**values):
    def change(model):
        card = json.loads((model / "model.json").read_text("utf-8"))
        (model / "model.json").write_text(json.dumps(card | values), "utf-8")

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_short, "model.safetensors: the weights cannot be read"),
        (garbled, "model.json: damaged"),
        (changed(schema="tonelens/model@99"), "schema 'tonelens/model@99', but this version reads"),
        (changed(encoder_fingerprint="0" * 12), "log-mel: not the encoder this model was trained on"),
        (changed(encoder_source="gone/encoder"), "gone/encoder: no speech encoder can be loaded"),
        (changed(encoder_width=8), "does not fit its recipe"),
        (shutil.rmtree, "not a model folder (no model.json)"),
        (lambda model: shutil.rmtree(model / "llm"), "llm: no tokenizer can be loaded"),
    ],
)
def test_a_damaged_model_is_refused_in_one_line(damage, words, journey, tmp_path):
    model = Path(shutil.copytree(journey.run / "model", tmp_path / "run" / "model"))
    damage(model)
    ended = tonelens("explain", journey.clip(), "--model", tmp_path / "run")
    assert (ended.exit_code, ended.stdout) == (2, "")
    (complaint,) = ended.complaints
    assert words in complaint


def test_a_model_that_is_not_there_is_named(journey, tmp_path):
    ended = tonelens("explain", journey.clip(), "--model", tmp_path / "nowhere")
    assert ended.exit_code == 2
    assert (
        "nowhere: no such model. Give a folder that `tonelens train` wrote, or leave it out" in ended.stderr
    )


@pytest.fixture
def full_disk(monkeypatch):
    """`full_disk("report.md")`: from now on the disk is full whenever a file of this name is written."""
    replace = Path.replace

    def make(name):
        def refuse(self, target):
            if Path(target).name.endswith(name):
                raise OSError(errno.ENOSPC, "No space left on device")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", refuse)

    return make


@pytest.mark.parametrize("suffix", [".json", ".png", ".html"])
def test_a_full_disk_leaves_no_torn_explanation(suffix, journey, tmp_path, full_disk):
    full_disk(suffix)
    ended = tonelens("explain", journey.clip(), "--model", journey.run, "--report", tmp_path / "r")
    assert ended.exit_code == 2
    (complaint,) = ended.complaints
    assert "cannot be written (No space left on device)" in complaint
    left = [path.suffix for path in (tmp_path / "r").iterdir()]
    assert left == ([] if suffix == ".json" else left)
    assert not [path for path in (tmp_path / "r").iterdir() if path.name.startswith(".writing")]


def test_a_full_disk_leaves_no_torn_scores(journey, tmp_path, full_disk):
    full_disk("report.md")
    ended = tonelens("evaluate", journey.run, journey.cuts, "--out", tmp_path / "scores")
    assert ended.exit_code == 2
    assert "report.md: cannot be written (No space left on device)" in ended.stderr
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["report.json"]


def test_a_full_disk_leaves_the_model_of_before(journey, tmp_path, full_disk, fresh_accelerator):
    run = Path(shutil.copytree(journey.run, tmp_path / "run"))
    before = (run / "model" / "model.safetensors").read_bytes()
    full_disk("model.safetensors")
    data = ["--data", journey.cuts, "--out", run, "--resume"]
    ended = tonelens("train", "tiny", *data, *settings())
    assert ended.exit_code == 2
    assert "model.safetensors: cannot be written (No space left on device)" in ended.stderr
    assert (run / "model" / "model.safetensors").read_bytes() == before
    assert not list(run.rglob(".writing*"))


def test_a_fault_of_ours_ends_with_1_and_says_how_to_report_it(journey, monkeypatch):
    def boom(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr(Explainer, "from_pretrained", boom)
    ended = tonelens("explain", journey.clip(), "--model", journey.run)
    assert ended.exit_code == 1
    (complaint,) = ended.complaints
    assert complaint.startswith("tonelens: internal error (RuntimeError: boom). This is our fault;")
    debugged = tonelens("--debug", "explain", journey.clip(), "--model", journey.run)
    assert debugged.exit_code == 1
    assert "Traceback (most recent call last):" in debugged.stderr


def test_debug_shows_the_way_to_an_error_and_keeps_its_exit_code(journey, tmp_path):
    ended = tonelens("--debug", "explain", journey.clip(), "--model", tmp_path / "nowhere")
    assert ended.exit_code == 2
    assert "Traceback (most recent call last):" in ended.stderr
    assert ended.complaints[-1].startswith("tonelens: ")


def test_ctrl_c_ends_with_130_and_a_word(journey, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Explainer, "from_pretrained", interrupted)
    ended = tonelens("explain", journey.clip(), "--model", journey.run)
    assert (ended.exit_code, ended.stderr) == (130, "tonelens: stopped. What was finished is kept.\n")
