"""Every setting is the recipe with one change, and a measured run is not trained again."""

import granularity
from figures import Figure, write_figures
from journeys.trained import explainer, journey
from tonelens.config import load_recipe
from tonelens.corpora.cuts import read_cuts


def test_every_setting_changes_one_thing_of_tiny():
    base = load_recipe("tiny", [])
    found = {name: load_recipe("tiny", list(changes)) for name, changes in granularity.SETTINGS.items()}
    assert found["tiny"] == base
    bottlenecks = {
        name: (recipe.objective.beta, recipe.streams.latent_width, recipe.streams.stack)
        for name, recipe in found.items()
    }
    assert len(set(bottlenecks.values())) == len(bottlenecks) == 9
    own = bottlenecks["tiny"]
    for name, values in bottlenecks.items():
        assert sum(value != mine for value, mine in zip(values, own, strict=True)) == (name != "tiny")


def test_a_run_is_measured_for_accuracy_and_leakage():
    cuts = list(read_cuts(journey().cuts))
    rows = {(row.system, row.metric): row for row in granularity.measured(explainer(), cuts, "small")}
    assert rows["small", "ua"].n == 48
    assert rows["small/content", "f0 linear r2"].n > 40
    assert rows["small/content-descriptor", "sentence linear recall"].low is not None
    assert rows["small/descriptor", "nats a frame"].value > 0
    assert not [name for name, _ in rows if "random" in name or "utterance-" in name]


def test_what_is_measured_is_not_trained_again(tmp_path):
    row = Figure(system="tiny", corpus="ravdess", protocol="p", metric="ua", value=0.5, n=3)
    write_figures("tiny", [row], folder=tmp_path / "rows")
    nothing = tmp_path / "no-such-file"
    assert granularity.trained_and_measured("tiny", (), nothing, nothing, tmp_path) == [row]
