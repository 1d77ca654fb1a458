import math

import pytest
import torch

from builders import batch_of, random_clips, save_llama, small_model, small_recipe
from tonelens.errors import ConfigError
from tonelens.recipe import OptimiserConfig
from tonelens.training.stages import (
    ASR,
    JOINT,
    SER_SED,
    SER_SED_UNFROZEN,
    learning_rate,
    plan,
    set_stage,
    stages_of,
)

STREAM = {
    "mix.logits",
    "adapter.first.weight", "adapter.first.bias", "adapter.second.weight", "adapter.second.bias",
    "bottleneck.body.0.weight", "bottleneck.body.0.bias", "bottleneck.body.3.weight",
    "bottleneck.body.3.bias", "bottleneck.mean.weight", "bottleneck.mean.bias",
    "bottleneck.std.weight", "bottleneck.std.bias",
}  # fmt: skip
CONTENT = {f"content.{name}" for name in STREAM}
DESCRIPTOR = {f"descriptor.{name}" for name in STREAM} | {
    "pooling.score.0.weight", "pooling.score.0.bias", "pooling.score.2.weight", "pooling.score.2.bias",
    "summary.weight", "summary.bias", "emotion_head.weight", "emotion_head.bias",
}  # fmt: skip
PROJECTIONS = {f"self_attn.{one}_proj" for one in "qkvo"} | {
    f"mlp.{one}_proj" for one in ("gate", "up", "down")
}
LLM = {"llm.model.embed_tokens.weight", "llm.model.norm.weight"} | {
    f"llm.model.layers.{layer}.{name}.weight"
    for layer in range(2)
    for name in PROJECTIONS | {"input_layernorm", "post_attention_layernorm"}
}
LORA = {
    f"llm.base_model.model.model.layers.{layer}.{name}.lora_{side}.default.weight"
    for layer in range(2)
    for name in PROJECTIONS
    for side in "AB"
}
TRAINED = [(ASR, CONTENT), (SER_SED, DESCRIPTOR), (JOINT, CONTENT | DESCRIPTOR)]
TRAINED += [(SER_SED_UNFROZEN, CONTENT | DESCRIPTOR)]
STAGE_NAMES = ["asr", "ser-sed", "joint", "ser-sed, not frozen"]
by_stage = pytest.mark.parametrize(("stage", "streams"), TRAINED, ids=STAGE_NAMES)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The same streams with a small Llama trained whole, and with a saved one and LoRA."""
    llama = save_llama(tmp_path_factory.mktemp("llama"))
    lora = small_recipe(llm={"source": str(llama), "lora_rank": 4})
    return {"whole": (*small_model(small_recipe()), LLM), "lora": (*small_model(lora), LORA)}


def trainable(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@by_stage
@pytest.mark.parametrize("kind", ["whole", "lora"])
def test_each_stage_trains_exactly_its_parts(models, kind, stage, streams):
    model, _, llm = models[kind]
    set_stage(model, stage)
    assert trainable(model) == streams | llm


def test_lora_trains_nothing_else_of_the_llm(models):
    model = models["lora"][0]
    for stage, _ in TRAINED:
        set_stage(model, stage)
        non_lora_trainable = {name for name in trainable(model) if name.startswith("llm.")} - LORA
        assert non_lora_trainable == set()


def test_stages_can_follow_in_any_order(models):
    model, _, llm = models["whole"]
    for stage, streams in [*TRAINED, *reversed(TRAINED), *TRAINED]:
        set_stage(model, stage)
        assert trainable(model) == streams | llm


@pytest.mark.parametrize(
    ("stage", "frozen"),
    [(ASR, {"descriptor", "pooling", "summary", "emotion_head"}), (SER_SED, {"content"}), (JOINT, set()),
     (SER_SED_UNFROZEN, set())],
)  # fmt: skip
def test_frozen_parts_are_in_eval_mode_and_draw_no_noise(models, stage, frozen):
    model, prompter, _ = models["whole"]
    set_stage(model, stage)
    for name, part in model.named_children():
        assert all(module.training == (name not in frozen) for module in part.modules()), name
    batch = batch_of(model, prompter, random_clips([9, 14]))
    voice = model.listen(batch.layers_BTLH, batch.is_speech_BT)
    for name in ("content", "descriptor"):
        latent = getattr(voice, name).latent
        assert torch.equal(latent.z_BTZ, latent.mean_BTZ) == (name in frozen)


@by_stage
@pytest.mark.parametrize("kind", ["whole", "lora"])
def test_one_step_changes_the_stage_s_weights_and_nothing_else(models, kind, stage, streams):
    model, prompter, llm = models[kind]
    with torch.no_grad():  # LoRA's B is zero at first, and then A has no gradient
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    set_stage(model, stage)
    torch.manual_seed(0)
    losses = model(batch_of(model, prompter, random_clips([9, 30, 13, 22])), stage)
    losses.total(model.recipe.objective).backward()
    optimiser.step()
    changed = {name for name, p in model.named_parameters() if not torch.equal(before[name], p)}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(before[name])
            parameter.grad = None
    expected = streams | llm
    # A softmax does not feel a constant: the last bias of the pooling's scores has no gradient to speak of.
    assert changed - {"pooling.score.2.bias"} == expected - {"pooling.score.2.bias"}


def recipe_for(**schedule):

    return small_recipe(schedule=schedule)


def planned(steps, **schedule):
    return [(turn.stage.name, turn.first, turn.steps) for turn in plan(recipe_for(**schedule), steps)]


STEPS = {"asr": 3, "ser-sed": 5}


def test_alternating_by_epoch_takes_turns_until_both_are_done():
    assert planned(STEPS, asr_epochs=2, ser_epochs=2) == [
        ("asr", 0, 3), ("ser-sed", 0, 5), ("asr", 3, 3), ("ser-sed", 5, 5),
    ]  # fmt: skip


def test_the_longer_stage_goes_on_alone():
    assert planned(STEPS, asr_epochs=1, ser_epochs=3) == [
        ("asr", 0, 3), ("ser-sed", 0, 5), ("ser-sed", 5, 5), ("ser-sed", 10, 5),
    ]  # fmt: skip
    assert planned(STEPS, asr_epochs=2, ser_epochs=1) == [("asr", 0, 3), ("ser-sed", 0, 5), ("asr", 3, 3)]


def test_alternating_by_step_counts_steps():
    assert planned(STEPS, asr_epochs=1, ser_epochs=1, unit="step", unit_length=2) == [
        ("asr", 0, 2), ("ser-sed", 0, 2), ("asr", 2, 1), ("ser-sed", 2, 2), ("ser-sed", 4, 1),
    ]  # fmt: skip


def test_two_epochs_a_turn():
    assert planned(STEPS, asr_epochs=3, ser_epochs=2, unit_length=2) == [
        ("asr", 0, 6), ("ser-sed", 0, 10), ("asr", 6, 3),
    ]  # fmt: skip


def test_two_stages_come_once_each_and_one_stage_is_joint():
    assert planned(STEPS, asr_epochs=4, ser_epochs=2, strategy="two-stage") == [
        ("asr", 0, 12),
        ("ser-sed", 0, 10),
    ]
    assert planned({"joint": 5}, ser_epochs=3, strategy="one-stage") == [("joint", 0, 15)]


def test_few_clips_have_as_many_more_epochs_as_the_least_steps_take():
    """11 steps are three epochs of 5; 10 are two, which were asked for anyway; words have no least."""
    few = {"asr_epochs": 1, "ser_epochs": 2, "strategy": "two-stage"}
    assert planned(STEPS, least_ser_steps=11, **few) == [("asr", 0, 3), ("ser-sed", 0, 15)]
    assert planned(STEPS, least_ser_steps=10, **few) == [("asr", 0, 3), ("ser-sed", 0, 10)]
    assert planned({"joint": 1}, least_ser_steps=4, strategy="one-stage", ser_epochs=1) == [("joint", 0, 4)]


@pytest.mark.parametrize("strategy", ["alternating", "two-stage"])
def test_no_asr_epochs_leave_the_stage_out(strategy):
    recipe = recipe_for(asr_epochs=0, ser_epochs=2, strategy=strategy)
    assert stages_of(recipe) == (SER_SED,)
    assert sum(turn.steps for turn in plan(recipe, {"ser-sed": 5})) == 10


def test_without_freezing_the_content_stream_trains_in_both_stages():
    assert stages_of(recipe_for(freeze_content=False)) == (ASR, SER_SED_UNFROZEN)
    assert stages_of(recipe_for()) == (ASR, SER_SED)
    with pytest.raises(ConfigError, match="'one-stage' freezes nothing"):
        recipe_for(freeze_content=False, strategy="one-stage")


def rates(stage, steps, warmup_share):
    config = OptimiserConfig(asr_rate=2e-4, ser_rate=2e-5, warmup_share=warmup_share)
    return [learning_rate(config, stage, step, steps) for step in range(steps)]


def test_the_asr_stage_is_constant_after_its_warm_up():
    # By hand: 20 % of 10 steps are two: half of the rate, then all of it.
    assert rates(ASR, 10, 0.2) == pytest.approx([1e-4] + [2e-4] * 9)


@pytest.mark.parametrize("stage", [SER_SED, JOINT], ids=lambda stage: stage.name)
def test_the_other_stages_fall_as_a_cosine_to_zero(stage):
    # By hand: two steps of warm-up, then 2e-5 * (1 + cos(pi * k / 8)) / 2 for k = 0 ... 7.
    cosine = [2e-5 * (1 + math.cos(math.pi * k / 8)) / 2 for k in range(8)]
    found = rates(stage, 10, 0.2)
    assert found == pytest.approx([1e-5, 2e-5, *cosine])
    assert found[2] == pytest.approx(2e-5) and found[6] == pytest.approx(1e-5), "the top and the middle"


def test_the_first_step_learns_without_a_warm_up_too():
    assert rates(SER_SED, 1, 0.0) == pytest.approx([2e-5])
    assert rates(ASR, 3, 0.0) == pytest.approx([2e-4] * 3)
    assert len(rates(SER_SED, 1000, 0.03)) == 1000 and rates(SER_SED, 1000, 0.03)[29] == pytest.approx(2e-5)


def test_utterance_latent_and_descriptor_heads_belong_to_the_descriptor_side():
    model, _ = small_model(
        small_recipe(
            streams={"pooling": "statistics", "utterance_hidden_width": 12},
            objective={"descriptor_head_weight": 1.0},
        )
    )
    bottleneck = {
        f"pooling.members.0.{layer}.{kind}"
        for layer in ("body.0", "body.3", "mean", "std")
        for kind in ("weight", "bias")
    }
    heads = {
        f"descriptor_heads.{slot}.{kind}"
        for slot in ("gender", "speed", "pitch", "volume")
        for kind in ("weight", "bias")
    }
    set_stage(model, SER_SED)
    assert bottleneck | heads <= trainable(model), (
        "the statistics' mean and deviation are fitted, not trained"
    )
    assert not any("statistics" in name for name in trainable(model))
    set_stage(model, ASR)
    assert not any(name.startswith(("pooling", "descriptor_heads")) for name in trainable(model))


def test_what_the_stage_before_the_turns_learnt_stays_and_has_no_noise():
    model, _ = small_model(
        small_recipe(streams={"pooling": "statistics", "utterance_hidden_width": 12}, utterance={"epochs": 1})
    )
    set_stage(model, SER_SED)
    assert not any(name.startswith(("pooling", "emotion_head")) for name in trainable(model))
    assert any(name.startswith("descriptor.") for name in trainable(model))
    assert not model.pooling.training and model.descriptor.training
