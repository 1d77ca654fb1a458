import errno
import json
import resource
import signal

import pytest
import torch

from tonelens.errors import RunError, StorageError
from tonelens.storage import read_jsonl, write_jsonl
from tonelens.training import run_folder
from tonelens.training.run_folder import Progress, RunFolder, State, load_optimiser, optimiser_tensors

RUN = {"recipe": "a", "split": "b", "levels": "c", "encoder": "d"}


def state_at(step):
    weights = {"a": torch.full((300,), float(step)), "b": torch.arange(3)}
    return State(
        progress=Progress(step=step, best_score=0.5, scores_since_best=1), weights=weights,
        average={"a": weights["a"] / 2}, best={}, optimiser={"a|step": torch.tensor(float(step))},
    )  # fmt: skip


def checkpoints(folder):
    return sorted(path.name for path in (folder.path / "checkpoints").iterdir())


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.newest() is None
    folder.save(state_at(7))
    found = folder.newest()
    assert found.progress == Progress(step=7, best_score=0.5, scores_since_best=1)
    assert (
        torch.equal(found.weights["a"], torch.full((300,), 7.0)) and found.weights["b"].dtype == torch.int64
    )
    assert found.best == {} and torch.equal(found.average["a"], torch.full((300,), 3.5))
    assert torch.equal(found.optimiser["a|step"], torch.tensor(7.0))


def test_only_the_newest_checkpoint_stays(tmp_path):
    folder = RunFolder(tmp_path)
    for step in (9, 10, 100):
        folder.save(state_at(step))
        assert checkpoints(folder) == [f"step-{step:08d}"]


@pytest.mark.parametrize("call", [0, 2, 3])
def test_a_full_disk_leaves_the_older_checkpoint_and_nothing_half_written(tmp_path, monkeypatch, call):
    folder, save_file, calls = RunFolder(tmp_path), run_folder.save_file, []
    folder.save(state_at(1))

    def fill_up(tensors, path):
        calls.append(path)
        if len(calls) > call:
            raise OSError(errno.ENOSPC, "No space left on device")
        save_file(tensors, path)

    monkeypatch.setattr(run_folder, "save_file", fill_up)
    with pytest.raises(StorageError, match=r"No space left on device.*The one before is untouched") as caught:
        folder.save(state_at(2))
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    assert checkpoints(folder) == ["step-00000001"]
    assert folder.newest().progress.step == 1
    monkeypatch.setattr(run_folder, "save_file", save_file)
    folder.save(state_at(2))
    assert folder.newest().progress.step == 2


def test_a_disk_that_fills_up_below_safetensors_is_a_storage_error_too(tmp_path):
    """The library has an error of its own for this, which is no OSError."""
    folder = RunFolder(tmp_path)
    folder.save(state_at(1))
    limit, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limit[1]))
    try:
        with pytest.raises(StorageError, match="the checkpoint cannot be written"):
            folder.save(state_at(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert checkpoints(folder) == ["step-00000001"]
    assert folder.newest().progress.step == 1


def test_what_a_killed_writer_left_is_not_taken_for_a_checkpoint(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save(state_at(1))
    half = tmp_path / "checkpoints" / ".writing-1234"
    half.mkdir()
    (half / "weights.safetensors").write_bytes(b"half")
    assert folder.newest().progress.step == 1


def test_a_new_run_takes_an_empty_folder_only(tmp_path):
    RunFolder(tmp_path / "new").begin(RUN, resume=False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine", "utf-8")
    with pytest.raises(RunError, match=r"the folder is not empty\. Name a new folder"):
        RunFolder(tmp_path / "full").begin(RUN, resume=False)
    with pytest.raises(RunError, match=r"holds a run already\. Add --resume"):
        RunFolder(tmp_path / "new").begin(RUN, resume=False)


def test_a_run_goes_on_with_the_same_recipe_and_cuts_only(tmp_path):
    folder = RunFolder(tmp_path)
    folder.begin(RUN, resume=False)
    folder.begin(RUN, resume=True)
    with pytest.raises(RunError, match=r"holds another run \(different: recipe, split\)"):
        folder.begin({**RUN, "recipe": "x", "split": "y"}, resume=True)
    assert json.loads((tmp_path / "run.json").read_text("utf-8")) == RUN, "refusing changes nothing"


def test_metrics_after_the_checkpoint_are_forgotten(tmp_path):
    folder = RunFolder(tmp_path)
    write_jsonl(folder.metrics_path, [{"step": step, "kind": "step"} for step in (1, 2, 2, 3, 4)])
    with folder.metrics_path.open("a", encoding="utf-8") as file:
        file.write('{"step": 5, "ki')  # torn by the kill
    folder.rewind_metrics(2)
    assert [row["step"] for row in read_jsonl(folder.metrics_path)] == [1, 2, 2]


def test_the_optimiser_goes_on_as_if_it_had_not_been_interrupted():
    def trained(interrupt):
        torch.manual_seed(0)
        layer = torch.nn.Linear(3, 2)
        parameters = dict(layer.named_parameters())
        optimiser = torch.optim.AdamW(layer.parameters(), lr=0.1)
        for step in range(4):
            if step == 2 and interrupt:
                kept = optimiser_tensors(optimiser, {id(p): name for name, p in parameters.items()})
                optimiser = torch.optim.AdamW(layer.parameters(), lr=0.1)
                load_optimiser(optimiser, kept, parameters)
            layer(torch.full((1, 3), float(step))).square().sum().backward()
            optimiser.step()
            optimiser.zero_grad()
        return layer.weight

    assert torch.equal(trained(interrupt=True), trained(interrupt=False))
