"""A run that was killed and resumed ends with the weights of one that was not, bit for bit."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builders import made_up_measures
from tonelens.storage import read_jsonl
from tonelens.training.loop import train

PLAIN = {"data": {"hold_out_dev": False}}
EVERYTHING = {
    "data": {"hold_out_dev": False},
    "schedule": {"unit": "step", "unit_length": 2, "asr_epochs": 2, "ser_epochs": 2},
    "optimiser": {"batch_size": 2, "accumulate": 2, "average_decay": 0.9},
    "augment": {"crop": 0.2, "channel_drop": 0.1, "mixup": 0.4},
    "streams": {"dropout": 0.1},
}
WATCHED = {"data": {"protocol": "speaker-disjoint", "folds": 4}, "schedule": {"ser_epochs": 3, "patience": 2}}
RUNS = {"plain": PLAIN, "everything": EVERYTHING, "watched": WATCHED}
DEATHS = [
    ("plain", "advance", 1),  # before the first checkpoint
    ("plain", "advance", 4),  # in the second stage; the newest checkpoint is one step older
    ("plain", "save_model", 1),  # all steps done, the model half written
    ("everything", "advance", 5),  # between two turns
    ("everything", "save_file", 4 * 4 + 2),  # in the second of the fifth checkpoint's four files
    ("watched", "advance", 5),  # after two dev scores
]


def ids(death):
    return "-".join(map(str, death))


@pytest.fixture(scope="module")
def recipes(encoder_folder):
    from builders import small_recipe

    return {
        name: small_recipe(**tables, encoder={"source": str(encoder_folder)}) for name, tables in RUNS.items()
    }


@pytest.fixture(scope="module")
def corpus(cuts):
    return Path(cuts[0].recording.sources[0].source).parents[1]


@pytest.fixture(scope="module")
def killed(tmp_path_factory, corpus, cache, recipes):
    """Folders of runs that died, by death."""
    folder = tmp_path_factory.mktemp("killed")
    outs = {death: folder / ids(death) for death in DEATHS}
    jobs = [
        {
            "corpus": str(corpus), "recipe": dataclasses.asdict(recipes[name]),
            "out": str(outs[name, where, when]), "cache": str(cache), "dies": [where, when],
        }
        for name, where, when in DEATHS
    ]  # fmt: skip
    (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": str(here.parent), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, str(here / "killed_runs.py"), str(folder / "jobs.json")],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == [-signal.SIGKILL] * len(DEATHS), done.stderr[-2000:]
    return outs


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, cuts, cache, recipes):
    """Folders of whole runs, by name; checkpoints are rare here, which must not matter."""
    made = {}

    def run(name):
        if name not in made:
            out = tmp_path_factory.mktemp("whole") / name
            train(recipes[name], cuts, made_up_measures(cuts), out, cache=cache, checkpoint_every_s=1e9)
            made[name] = out
        return made[name]

    return run


def numbers(out):
    """metrics.jsonl without the times."""
    return [
        {name: value for name, value in row.items() if not name.startswith("seconds")}
        for row in read_jsonl(out / "metrics.jsonl")
    ]


@pytest.mark.parametrize("death", DEATHS, ids=ids)
def test_a_killed_run_ends_with_the_same_bits(death, killed, undisturbed, cuts, cache, recipes):
    name, whole, out = death[0], undisturbed(death[0]), killed[death]
    assert not (out / "model" / "model.safetensors").is_file(), "it died before it was done"
    train(recipes[name], cuts, made_up_measures(cuts), out, resume=True, cache=cache, checkpoint_every_s=0)
    files = sorted(path.relative_to(whole) for path in (whole / "model").rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(out) for path in (out / "model").rglob("*") if path.is_file())
    for file in files:
        assert (out / file).read_bytes() == (whole / file).read_bytes(), f"{file} differs"
    assert numbers(out) == numbers(whole)


def test_resuming_a_finished_run_changes_nothing(undisturbed, cuts, cache, recipes):
    out = undisturbed("plain")
    before = (out / "model" / "model.safetensors").read_bytes(), numbers(out)
    train(recipes["plain"], cuts, made_up_measures(cuts), out, resume=True, cache=cache)
    assert ((out / "model" / "model.safetensors").read_bytes(), numbers(out)) == before
