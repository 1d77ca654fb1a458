"""docs/fine-tuning.md, done: a trained model, a list with labels of one's own, one command, answers."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from journeys.command_line import Ended, tonelens
from journeys.trained import LABELS, fresh_accelerator
from rules.sources import ROOT
from tonelens.corpora.synthetic import write_corpus
from tonelens.model.checkpoint import load_model

OWN = {"happiness": "pleased", "anger": "annoyed", "neutral": "plain"}
"""`plain` is a label of the started model too."""
QUICK = [
    word
    for setting in ("schedule.ser_epochs=2", "schedule.least_ser_steps=0", "optimiser.precision=no")
    for word in ("--set", setting)
]


def write_list(corpus: Path, name: str, *, per_label: int = 99, labels: dict[str, str] = OWN) -> Path:
    """A list of the corpus's clips under labels of one's own; it says no speaker and no text."""
    left = dict.fromkeys(labels, per_label)
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["emotion"] in labels]
    lines = ["path,emotion"]
    for row in rows:
        if left[row["emotion"]]:
            left[row["emotion"]] -= 1
            lines.append(f"{row['path']},{labels[row['emotion']]}")
    (corpus / name).write_text("\n".join(lines) + "\n", "utf-8")
    return corpus / name


def fine_tune(start: Path | str, data: Path, out: Path, *more: object) -> Ended:
    with fresh_accelerator():
        return tonelens("train", "finetune", "--start", start, "--data", data, "--out", out, *QUICK, *more)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """24 clips of the three emotions by four other voices than the started model has heard."""
    return write_corpus(tmp_path_factory.mktemp("mine"), speakers=4, clips_per_speaker=12, seed=1)


def commands_of_the_page() -> list[list[str]]:
    """What docs/fine-tuning.md shows, as arguments of `tonelens`."""
    page = (ROOT / "docs" / "fine-tuning.md").read_text("utf-8")
    return [line.split()[1:] for line in re.findall(r"^tonelens .*$", page, re.MULTILINE)]


@pytest.fixture(scope="module")
def page(journey, recordings, tmp_path_factory) -> tuple[list[Ended], Path]:
    """The page's commands, run on other paths and with fewer epochs."""
    home = tmp_path_factory.mktemp("tuned")
    paths = {
        "runs/first": journey.run,
        "clips.csv": write_list(recordings, "clips.csv"),
        "new.wav": next(recordings.glob("audio/*.flac")),
    }
    ended = []
    for command in commands_of_the_page():
        words = [paths.get(word, re.sub("^runs/", f"{home}/", word)) for word in command]
        with fresh_accelerator():
            ended.append(tonelens(*words, *(QUICK if command[0] == "train" else ["--json"])))
    return ended, home / "mine"


@pytest.fixture(scope="module")
def tuned(page) -> tuple[Ended, Path]:
    (trained, *_), run = page
    return trained, run


def test_the_commands_of_the_page_work(page):
    ended, _ = page
    assert [command[0] for command in commands_of_the_page()] == ["train", "evaluate", "explain"]
    assert [one.exit_code for one in ended] == [0, 0, 0], [one.stderr for one in ended]
    assert 4 <= json.loads(ended[1].stdout)["clips"] <= 6, "a fifth of 24 clips"


def test_one_command_fine_tunes_on_a_list(tuned):
    ended, run = tuned
    assert ended.exit_code == 0, ended.stderr
    model, protocol, following = ended.stdout.splitlines()
    assert model == f"model: {run / 'model'}"
    assert "NOT speaker-disjoint: the speaker of 24 clips is unknown" in protocol
    cuts = run.parent / "mine-cache" / "lists" / "clips" / "cuts.jsonl.gz"
    assert f"tonelens evaluate {run} {cuts}" in following
    assert cuts.is_file()


def test_the_result_answers_with_the_new_labels_alone(page):
    (*_, explained), _ = page
    emotion = json.loads(explained.stdout)["emotion"]
    assert list(emotion["probabilities"]) == ["annoyed", "plain", "pleased"]
    assert emotion["label"] in OWN.values()
    assert sum(emotion["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def test_the_new_labels_are_spelled_with_the_old_tokens(tuned, journey):
    _, run = tuned
    prompter = load_model(run).prompter
    assert len(prompter.tokens(" annoyed")) > 1
    assert prompter.tokenizer.get_vocab() == load_model(journey.run).prompter.tokenizer.get_vocab()


def test_the_card_says_what_it_was_started_from(tuned, journey):
    _, run = tuned
    card, before = load_model(run).card, load_model(journey.run)
    assert card.name == "tiny-finetune"
    assert card.started_from is not None
    assert card.started_from.name == "tiny"
    assert card.started_from.fingerprint == before.fingerprint
    assert card.started_from.protocol == before.card.protocol
    assert card.protocol.endswith(f"Started from tiny ({before.fingerprint}).")
    assert card.train_speakers == ["synthetic-s03", "synthetic-s04"], "voices that the start has heard"


def test_resuming_changes_nothing_and_needs_the_same_start(tuned, journey, recordings, tmp_path):
    _, run = tuned
    data, weights = recordings / "clips.csv", run / "model" / "model.safetensors"
    before = weights.read_bytes()
    assert fine_tune(journey.run, data, run, "--resume").exit_code == 0
    assert weights.read_bytes() == before
    other = shutil.copytree(journey.run / "model", tmp_path / "other")
    content = bytearray((other / "model.safetensors").read_bytes())
    content[-1] ^= 1  # one bit of the last weight
    (other / "model.safetensors").write_bytes(content)
    ended = fine_tune(other, data, run, "--resume")
    assert ended.exit_code == 2
    assert "holds another run (different: start)" in ended.stderr


def test_speakers_that_are_known_are_kept_apart(journey, recordings, tmp_path):
    text = (recordings / "manifest.csv").read_text("utf-8")
    (recordings / "known.csv").write_text(text, "utf-8")
    more = ["--set", "schedule.ser_epochs=1"]
    ended = fine_tune(journey.run, recordings / "known.csv", tmp_path / "run", *more)
    assert ended.exit_code == 0, ended.stderr
    assert "no speaker stands in two parts (checked)" in ended.stdout


@pytest.mark.parametrize(
    ("labels", "per_label", "complaint"),
    [
        ({"anger": "annoyed"}, 8, "a label set needs at least two labels, but has ['annoyed']"),
        (OWN, 3, "annoyed 3, plain 3, pleased 3: a label needs 4 clips or more"),
    ],
)
def test_too_little_to_learn_from_is_refused(journey, recordings, tmp_path, labels, per_label, complaint):
    data = write_list(recordings, "few.csv", labels=labels, per_label=per_label)
    ended = fine_tune(journey.run, data, tmp_path / "run")
    assert ended.exit_code == 2
    (line,) = [line for line in ended.complaints if line.startswith("tonelens: ")]
    assert complaint in line
    assert not (tmp_path / "run").exists()


def test_an_unknown_model_is_refused(recordings, tmp_path):
    data = write_list(recordings, "clips.csv")
    ended = fine_tune("nowhere", data, tmp_path / "run")
    assert ended.exit_code == 2
    assert "no such model" in ended.stderr


def test_another_encoder_than_the_models_is_refused(journey, recordings, tmp_path):
    other = shutil.copytree(journey.run / "model", tmp_path / "other")
    card = json.loads((other / "model.json").read_text("utf-8"))
    (other / "model.json").write_text(json.dumps(card | {"encoder_fingerprint": "0" * 12}), "utf-8")
    ended = fine_tune(other, write_list(recordings, "clips.csv"), tmp_path / "run")
    assert ended.exit_code == 2
    assert "not the encoder this model was trained on" in ended.stderr


def test_what_the_started_model_decides_cannot_be_set(journey, recordings, tmp_path):
    data = write_list(recordings, "clips.csv")
    ended = fine_tune(journey.run, data, tmp_path / "run", "--set", "llm.width=64")
    assert ended.exit_code == 2
    assert "--set llm.width=64: with --start this comes from the started model" in ended.stderr


def test_what_a_shared_label_has_learnt_is_carried_over(journey, recordings, tmp_path):
    """With rates of nothing the weights of `plain` are those of the started model; the others are new."""
    still = [
        "--set",
        "optimiser.ser_rate=1e-30",
        "--set",
        "utterance.rate=1e-30",
        "--set",
        "optimiser.weight_decay=0",
    ]
    ended = fine_tune(journey.run, write_list(recordings, "clips.csv"), tmp_path / "run", *still)
    assert ended.exit_code == 0, ended.stderr
    before = load_file(journey.run / "model" / "model.safetensors")["emotion_head.weight"]
    after = load_file(tmp_path / "run" / "model" / "model.safetensors")["emotion_head.weight"]
    assert after.shape[0] == 3
    assert after[1].equal(before[LABELS.index("plain")])
    assert not any(row.equal(other) for row in after[[0, 2]] for other in before)


def test_fine_tuning_nothing_is_refused(recordings, tmp_path):
    ended = tonelens(
        "train", "finetune", "--data", write_list(recordings, "nothing.csv"), "--out", tmp_path / "x"
    )
    assert ended.exit_code == 2
    assert "--start tonelens-tiny" in ended.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("share", "warns"), [(0.4, True), (0.95, False), (None, False)])
def test_a_text_that_goes_by_the_clips_is_told_of(journey, recordings, tmp_path, monkeypatch, share, warns):
    """The training itself looks fine then, so the command has to say it."""
    monkeypatch.setattr("tonelens.training.loop.share_that_reads", lambda *_: share)
    ended = fine_tune(journey.run, write_list(recordings, "clips.csv"), tmp_path / "mine")
    assert ended.exit_code == 0, ended.stderr
    assert ("on 40% of training clips" in ended.stderr) == warns
    assert ("augment.exchange" in ended.stderr) == warns
    assert json.loads((tmp_path / "mine" / "model" / "model.json").read_text("utf-8"))["reads_heads"] == share
