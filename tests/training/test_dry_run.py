"""What a training needs, counted by hand and on the real model."""

import torch
from torch import nn

from builders import save_llama
from tonelens.config import load_recipe
from tonelens.training.dry_run import Needs, StageNeeds, Workload, _kept_bytes, needs_of


def test_the_proposed_system_trains_lora_and_one_block_a_stage():
    found = needs_of(load_recipe("ablations/table2_row7"), Workload(clips=100))
    # LoRA of rank 16 on q, k, v, o, gate, up, down of 32 layers: 16 * sum(inputs + outputs)
    one_layer = (4096 + 4096) + 2 * (4096 + 1024) + (4096 + 4096) + 2 * (4096 + 14336) + (14336 + 4096)
    lora = 32 * 16 * one_layer
    assert found.stages["asr"].trainable["llm"] == found.stages["ser-sed"].trainable["llm"] == lora
    assert set(found.stages["asr"].trainable) == {"content", "llm"}
    assert set(found.stages["ser-sed"].trainable) == {"descriptor", "llm"}
    assert found.weights["llm"] == 8_030_261_248 + lora
    assert found.weight_bytes > 2 * 8_030_261_248, "bfloat16"
    blocks = 2 * found.weights["content"]
    assert found.gradient_bytes == 4 * (lora + blocks), "float32"
    assert found.optimiser_bytes == 2 * found.gradient_bytes
    assert found.stages["asr"].steps == 4 * 13, "100 clips in steps of 8, 4 epochs"
    # 2 operations a weight and token, forward and once more backward, on 8 x (2 x 45 + 40 + 60) tokens
    tokens = 8 * (2 * (225 // 5) + 100)
    assert 0.85 < found.stages["asr"].flops / (4 * 8.03e9 * tokens) < 1.15


def test_a_model_of_a_folder_is_as_large_as_there(tmp_path):
    llm = save_llama(tmp_path / "llm")
    recipe = load_recipe("tiny", [f"llm.source={llm}", "llm.lora_rank=0"])
    config = recipe.llm
    assert config.source == str(llm)
    found = needs_of(recipe, Workload(clips=8))
    from transformers import AutoModelForCausalLM

    real = AutoModelForCausalLM.from_pretrained(llm)
    assert found.weights["llm"] == sum(parameter.numel() for parameter in real.parameters())


def test_what_autograd_keeps_is_counted_once_and_without_weights():
    layer = nn.Linear(4, 3)
    given = torch.zeros(2, 4, requires_grad=True)
    with _kept_bytes(layer) as kept:
        layer(given).relu()
    assert kept.bytes == 2 * 4 * 4 + 2 * 3 * 4, "the layer's input and the ReLU's output, float32"
    with _kept_bytes(layer) as kept:
        (given * given[:1]).sum()
    assert kept.bytes == 2 * 4 * 4, "a view is no second copy"


def test_the_peak_is_everything_and_the_largest_stage():
    def stage(kept, flops, steps):
        return StageNeeds(trainable={}, activation_bytes=kept, flops=flops, steps=steps)

    needs = Needs(
        weights={}, weight_bytes=100, encoder_bytes=7,
        stages={"a": stage(5, 10**12, 60), "b": stage(9, 10**12, 20)},
        gradient_bytes=20, optimiser_bytes=40, average_bytes=3, encoder_flops=10**12,
        workload=Workload(clips=40),
    )  # fmt: skip
    assert needs.peak_bytes == 100 + 20 + 40 + 3 + 9
    assert needs.gpu_hours(tflops=1) * 3600 == 60 + 20 + 40
