import pytest

from tonelens.errors import StorageError
from tonelens.storage import read_jsonl
from tonelens.training.metrics import Clock, Metrics


def test_every_line_is_on_disk_as_it_is_written(tmp_path):
    metrics = Metrics(tmp_path / "metrics.jsonl", None)
    metrics.write(1, "step", {"loss": 1.23456789, "stage": "asr"})
    metrics.write(2, "dev", {"ua": 0.5})
    assert read_jsonl(tmp_path / "metrics.jsonl") == [
        {"step": 1, "kind": "step", "loss": 1.234568, "stage": "asr"},
        {"step": 2, "kind": "dev", "ua": 0.5},
    ]


def test_the_same_numbers_become_curves(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    metrics = Metrics(tmp_path / "metrics.jsonl", tmp_path / "board")
    for step in (1, 2):
        metrics.write(step, "step", {"loss": 2.0 / step, "stage": "asr"})
    metrics.close()
    curves = EventAccumulator(str(tmp_path / "board")).Reload()
    assert curves.Tags()["scalars"] == ["step/loss"]
    assert [(event.step, event.value) for event in curves.Scalars("step/loss")] == [(1, 2.0), (2, 1.0)]


def test_a_full_disk_is_named(tmp_path):
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"No space left on device.*resume"):
        Metrics(tmp_path / "metrics.jsonl", None).write(1, "step", {"loss": 1.0})


def test_the_clock_adds_up_by_purpose_and_starts_anew():
    clock = Clock()
    for _ in range(3):
        with clock.measuring("model"):
            pass
    taken = clock.take()
    assert list(taken) == ["seconds_model"] and taken["seconds_model"] >= 0
    assert clock.take() == {}
