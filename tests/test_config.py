import dataclasses
from pathlib import Path

import pytest

from builders import small_recipe
from tonelens.config import (
    load_recipe,
    recipe_differences,
    recipe_from_dict,
    recipe_path,
    shipped_recipes,
)
from tonelens.errors import ConfigError


@pytest.fixture
def toml(tmp_path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def problems_of(path, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load_recipe(path, overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_recipe_is_its_defaults_and_what_it_says(toml):
    recipe = load_recipe(toml("a.toml", 'name = "a"\nseed = 3\n[objective]\nbeta = 1\n'))
    assert (recipe.name, recipe.seed, recipe.objective.beta) == ("a", 3, 1.0)
    assert isinstance(recipe.objective.beta, float), "a whole number is a number too"
    assert recipe.schedule.strategy == "alternating"


def test_all_problems_are_reported_at_once(toml):
    path = toml(
        "a.toml",
        'sed = 1\n[streams]\nlatent_width = "wide"\nstak = 3\n[schedule]\nstrategy = "both"\n'
        "ser_epochs = 0\n[optimiser]\nclip_norm = -1\n[data]\nfold = 1.5\nhold_out_dev = 1\n",
    )
    message = problems_of(path, ["augment.gain=2"])
    assert "9 thing(s) to correct" in message
    for line in [
        "sed: unknown key. Did you mean 'seed'?",
        "name: missing; it has no default.",
        "streams.latent_width: 'wide' is a string, but a whole number is needed.",
        "streams.stak: unknown key. Did you mean 'stack'?",
        "schedule.strategy: 'both' is not one of 'alternating', 'two-stage', 'one-stage'.",
        "optimiser.clip_norm is -1.0; it must be above 0.",
        "data.fold: 1.5 is a number, but a whole number is needed.",
        "data.hold_out_dev: 1 is a whole number, but true or false is needed.",
        "augment.gain: unknown key. Did you mean 'gain_db'?",
    ]:
        assert line in message


def test_an_unknown_key_that_resembles_none_gets_the_list(toml):
    message = problems_of(toml("a.toml", 'name = "a"\n[encoder]\nzzz = 1\n'))
    assert "encoder.zzz: unknown key. Known: source, cache" in message


def test_a_table_where_a_value_belongs_and_the_reverse_are_named(toml):
    message = problems_of(toml("a.toml", 'name = "a"\nstreams = 3\n[seed]\nof = 1\n'))
    assert "streams: 3 is not a table." in message
    assert "seed: {'of': 1} is dict, but a whole number is needed." in message


def test_extending_keeps_what_is_not_named(toml):
    toml("base.toml", 'name = "base"\nseed = 7\n[llm]\nlora_rank = 8\nlora_alpha = 4\n')
    toml("ablations/middle.toml", 'extends = "../base.toml"\n[llm]\nlora_rank = 2\n')
    leaf = toml("ablations/leaf.toml", 'extends = "middle.toml"\nname = "leaf"\n')
    recipe = load_recipe(leaf)
    assert (recipe.name, recipe.seed, recipe.llm.lora_rank, recipe.llm.lora_alpha) == ("leaf", 7, 2, 4)


def test_a_difference_is_laid_on_another_base(toml):
    """The base takes the place of the recipe at the end of the chain, with what it extends itself."""
    toml("paper.toml", 'name = "paper"\nseed = 7\n[llm]\nlora_rank = 8\nlora_alpha = 4\n')
    base = toml("shared.toml", 'extends = "paper.toml"\nname = "shared"\n[llm]\nlora_rank = 2\nwidth = 64\n')
    toml("ablations/middle.toml", 'extends = "../paper.toml"\n[llm]\nlora_alpha = 9\n')
    leaf = toml(
        "ablations/leaf.toml", 'extends = "middle.toml"\nname = "leaf"\n[answer]\ntranscript = false\n'
    )
    recipe = load_recipe(leaf, ["llm.heads=2"], base=base)
    assert (recipe.name, recipe.seed) == ("leaf", 7)
    assert (recipe.llm.lora_rank, recipe.llm.lora_alpha, recipe.llm.width, recipe.llm.heads) == (2, 9, 64, 2)
    assert not recipe.answer.transcript
    assert load_recipe(leaf).llm.lora_rank == 8, "without a base the recipe is what it was"


def test_differences_are_named_by_their_place():
    changed = small_recipe(objective={"beta": 0.5}, seed=3)
    assert recipe_differences(changed, small_recipe()) == {"seed": 3, "objective.beta": 0.5}
    assert recipe_differences(changed, changed) == {}


def test_a_circle_of_recipes_is_refused(toml):
    toml("b.toml", 'extends = "a.toml"\n')
    assert "extends itself through a.toml -> b.toml. Break the circle." in problems_of(
        toml("a.toml", 'extends = "b.toml"\n')
    )
    assert "extends itself" in problems_of(toml("c.toml", 'extends = "c.toml"\n'))


def test_a_missing_parent_a_folder_and_wrong_toml_are_refused(toml, tmp_path):
    assert "cannot be read" in problems_of(toml("a.toml", 'extends = "none.toml"\n'))
    assert "not TOML" in problems_of(toml("b.toml", "name = \n"))
    (tmp_path / "latin.toml").write_bytes('name = "ä"\n'.encode("latin-1"))
    assert "not TOML" in problems_of(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("data.fold=2", lambda r: r.data.fold, 2),
        ("objective.beta=1e-3", lambda r: r.objective.beta, 1e-3),
        ("objective.beta=0", lambda r: r.objective.beta, 0.0),
        ("data.protocol=none", lambda r: r.data.protocol, "none"),
        ('encoder.source="a folder"', lambda r: r.encoder.source, "a folder"),
        ("encoder.source=a/b = c", lambda r: r.encoder.source, "a/b = c"),
        ("encoder.cache=false", lambda r: r.encoder.cache, False),
        ("answer.system=", lambda r: r.answer.system, ""),
        ("name=Zoë's", lambda r: r.name, "Zoë's"),
    ],
)
def test_set_takes_toml_values_and_bare_words(toml, override, read, value):
    found = read(load_recipe(toml("a.toml", 'name = "a"\n'), [override]))
    assert found == value and type(found) is type(value)


def test_the_last_set_wins_over_the_file_and_earlier_ones(toml):
    path = toml("a.toml", 'name = "a"\nseed = 1\n')
    assert load_recipe(path, ["seed=2", "seed=3"]).seed == 3


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("data.fold", "--set data.fold: not of the form key=value, e.g. --set data.fold=2."),
        ("=2", "--set =2: not of the form key=value"),
        ("data.fold=two", "data.fold: 'two' is a string, but a whole number is needed."),
        ("seed.of.life=1", "--set seed.of.life=1: seed is not a table."),
        ("dta.fold=2", "dta: unknown key. Did you mean 'data'?"),
        ("seed=true", "seed: True is true or false, but a whole number is needed."),
    ],
)
def test_a_wrong_set_is_named(toml, override, problem):
    assert problem in problems_of(toml("a.toml", 'name = "a"\nseed = 1\n'), [override])


def test_a_recipe_comes_back_from_its_dictionary():
    recipe = small_recipe()
    assert recipe_from_dict(dataclasses.asdict(recipe)) == recipe
    with pytest.raises(ConfigError, match="sed: unknown key"):
        recipe_from_dict({**dataclasses.asdict(recipe), "sed": 1})


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_loads_by_its_name_and_comes_back(name):
    recipe = load_recipe(name)
    assert recipe == load_recipe(f"{name}.toml") == recipe_from_dict(dataclasses.asdict(recipe))
    assert recipe.name


def test_an_unknown_recipe_is_answered_with_the_list():
    with pytest.raises(ConfigError, match=r"tinny: no such recipe\. .*\btiny\b"):
        recipe_path("tinny")
