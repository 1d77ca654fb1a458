import ast
import dataclasses
import inspect
import itertools

import pytest

from builders import small_recipe
from tonelens import recipe as module
from tonelens.config import load_recipe
from tonelens.errors import ConfigError
from tonelens.recipe import Recipe

CONFIGS = [kind for _, kind in inspect.getmembers(module, dataclasses.is_dataclass)]


@pytest.mark.parametrize(
    ("tables", "both"),
    [
        ({"streams": {"disentangled": False}}, ("streams.disentangled", "schedule.strategy")),
        ({"llm": {"source": "scratch", "lora_rank": 8}}, ("llm.source", "llm.lora_rank")),
        (
            {"llm": {"source": "x", "lora_rank": 0, "load_in_4bit": True}},
            ("llm.load_in_4bit", "llm.lora_rank"),
        ),
        ({"llm": {"width": 30, "heads": 4}}, ("llm.width (30)", "llm.heads (4)")),
        (
            {"objective": {"emotion_head_weight": 0.0}, "augment": {"mixup": 0.4}},
            ("augment.mixup", "objective.emotion_head_weight"),
        ),
        (
            {"data": {"hold_out_dev": False}, "schedule": {"patience": 2}},
            ("schedule.patience", "data.hold_out_dev"),
        ),
        ({"llm": {"source": "none", "lora_rank": 2}}, ("llm.source", "llm.lora_rank")),
        ({"llm": {"source": "none"}}, ("llm.source", "answer.descriptors")),
        (
            {
                "llm": {"source": "none"},
                "answer": {"descriptors": False, "transcript": False},
                "streams": {"summary_token": True},
            },
            ("llm.source", "streams.summary_token"),
        ),
        (
            {"answer": {"transcript": False, "given_transcript": True}},
            ("answer.transcript", "answer.given_transcript"),
        ),
        (
            {
                "streams": {"pooling": "statistics", "gauges": True},
                "objective": {"descriptor_head_weight": 0.0},
            },
            ("streams.gauges", "objective.descriptor_head_weight"),
        ),
        ({"streams": {"verdict_tokens": True}}, ("streams.verdict_tokens", "streams.pooling")),
        (
            {"streams": {"summary_token": False}, "augment": {"exchange": 0.2}},
            ("augment.exchange", "streams.summary_token"),
        ),
        ({"augment": {"speed": 0.1}}, ("augment.speed", "augment.copies")),
        ({"augment": {"channel": 0.5}}, ("channel", "augment.copies")),
        ({"augment": {"copies": 1, "channel": 1.5}}, ("augment.channel is 1.5", "[0, 1]")),
    ],
)
def test_clashing_settings_name_both(tables, both):
    with pytest.raises(ConfigError) as caught:
        small_recipe(**tables)
    assert all(name in str(caught.value) for name in both)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "key", "wrong", "right"),
    [
        ("streams", "stack", 0, 1),
        ("streams", "latent_width", 0, 1),
        ("streams", "dropout", 1.0, 0.99),
        ("llm", "lora_rank", -1, 0),
        ("objective", "beta", -0.1, 0.0),
        ("objective", "label_token_weight", 0.0, 0.1),
        ("objective", "descriptor_token_weight", 0.0, 0.1),
        ("objective", "label_smoothing", 1.0, 0.99),
        ("objective", "llm_gradient", -0.1, 0.0),
        ("objective", "llm_gradient", 1.1, 1.0),
        ("schedule", "ser_epochs", 0, 1),
        ("schedule", "asr_epochs", -1, 0),
        ("schedule", "unit_length", 0, 1),
        ("schedule", "patience", -1, 0),
        ("schedule", "least_ser_steps", -1, 0),
        ("optimiser", "batch_size", 0, 1),
        ("optimiser", "accumulate", 0, 1),
        ("optimiser", "asr_rate", 0.0, 1e-9),
        ("optimiser", "ser_rate", 0.0, 1e-9),
        ("optimiser", "clip_norm", 0.0, 1e-9),
        ("optimiser", "warmup_share", 1.0, 0.99),
        ("optimiser", "average_decay", 1.0, 0.0),
        ("augment", "crop", 0.5, 0.49),
        ("augment", "channel_drop", 1.0, 0.0),
        ("augment", "exchange", 1.01, 0.0),
    ],
)
def test_a_value_out_of_range_is_named_and_its_border_is_right(table, key, wrong, right):
    with pytest.raises(ConfigError, match=f"{table}.{key} is {wrong}"):
        small_recipe(**{table: {key: wrong}})
    assert getattr(getattr(small_recipe(**{table: {key: right}}), table), key) == right


def test_the_defaults_are_the_paper_s_system():
    """arXiv:2505.23236, section 2: encoder, LLM, beta, batch, rates, epochs; nothing of ours is on."""
    recipe = Recipe(name="paper")
    assert recipe.encoder.source == "facebook/hubert-large-ls960-ft"
    assert recipe.llm.source == "meta-llama/Llama-3.1-8B-Instruct" and recipe.llm.lora_rank > 0
    assert recipe.schedule.strategy == "alternating"
    assert (recipe.schedule.asr_epochs, recipe.schedule.ser_epochs) == (4, 4)
    optimiser = recipe.optimiser
    assert (optimiser.asr_rate, optimiser.ser_rate, optimiser.batch_size) == (2e-4, 2e-5, 8)
    assert optimiser.warmup_share == 0.03 and optimiser.average_decay == 0
    objective = recipe.objective
    assert (objective.beta, objective.label_token_weight, objective.descriptor_token_weight) == (1e-2, 1, 1)
    assert objective.emotion_head_weight == objective.label_smoothing == 0
    assert not recipe.streams.summary_token and not recipe.streams.normalise_layers
    assert recipe.streams.disentangled and recipe.streams.adapter_width == 2048
    augment = dataclasses.asdict(recipe.augment)
    assert not any(augment.values())


def test_tiny_turns_on_what_small_models_need():
    tiny = load_recipe("tiny")
    assert tiny.objective.label_token_weight > 1 and tiny.objective.emotion_head_weight > 0
    assert tiny.llm.source == "scratch" and tiny.llm.lora_rank == 0


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.__name__)
def test_every_setting_is_explained_and_frozen(kind):
    """Each field is followed by a docstring, and no recipe can change after it was checked."""
    body = ast.parse(inspect.getsource(kind)).body[0].body
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign):
            explained = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            assert explained and after.value.value.endswith("."), ast.unparse(field)
    made = kind(name="x") if kind is Recipe else kind()
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(kind)[0].name, "other")
