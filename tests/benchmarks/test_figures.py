import json

import pytest

from figures import Figure, read_figures, shared_folder, write_figures


def figure(system, value=0.5):
    return Figure(system=system, corpus="ravdess", protocol="emobox-1", metric="ua", value=value, n=240)


def test_a_results_file_has_exactly_the_form_of_the_contract(tmp_path):
    path = write_figures("folds", [figure("probe")], folder=tmp_path)
    assert path == tmp_path / "folds.json"
    stored = json.loads(path.read_text("utf-8"))
    assert list(stored) == ["benchmark", "commit", "environment", "rows"]
    assert stored["benchmark"] == "folds"
    assert set(stored["environment"]) == {"cores", "torch", "device", "python"}
    assert stored["environment"]["device"] == "cpu"
    assert stored["rows"] == [figure("probe").to_row()]


def test_one_row_is_one_line_so_that_a_change_reads_well(tmp_path):
    path = write_figures("folds", [figure("probe"), figure("egemaps")], folder=tmp_path)
    assert sum('"system"' in line for line in path.read_text("utf-8").splitlines()) == 2


def test_a_benchmark_can_be_run_system_by_system(tmp_path):
    write_figures("folds", [figure("probe"), figure("egemaps")], folder=tmp_path)
    path = write_figures("folds", [figure("probe", 0.7)], folder=tmp_path)
    assert read_figures(path) == [figure("probe", 0.7), figure("egemaps")]


def test_a_file_without_figures_is_still_json(tmp_path):
    path = write_figures("folds", [], folder=tmp_path)
    assert json.loads(path.read_text("utf-8"))["rows"] == []


def test_the_shared_folder_is_named_by_the_environment_or_missed_clearly(tmp_path, monkeypatch):
    monkeypatch.setenv("TONELENS_SHARED", str(tmp_path))
    assert shared_folder() == tmp_path
    monkeypatch.setenv("TONELENS_SHARED", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="Set TONELENS_SHARED"):
        shared_folder()
