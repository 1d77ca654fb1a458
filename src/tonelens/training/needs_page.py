"""What a training needs, as a page to read and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tonelens.recipe import Recipe
from tonelens.training.dry_run import REACHED_TFLOPS, Needs

GB = 1e9


def needs_row(name: str, needs: Needs) -> dict[str, Any]:
    """The JSON object of `reproduce --dry-run`; bytes are bytes."""
    return {
        "row": name,
        **asdict(needs),
        "peak_bytes": needs.peak_bytes,
        "gpu_hours": needs.gpu_hours(),
        "assumed_tflops": REACHED_TFLOPS,
    }


def needs_page(name: str, recipe: Recipe, needs: Needs) -> str:
    """The same in lines."""
    total = sum(needs.weights.values())
    lines = [
        f"{name}: {recipe.encoder.source} + {recipe.llm.source}, {needs.workload.clips} clips of "
        f"{needs.workload.seconds:g} s, steps of {recipe.optimiser.batch_size}",
        "",
        f"weights          {total / 1e6:10.1f} M   "
        + ", ".join(f"{part} {count / 1e6:.1f}" for part, count in needs.weights.items()),
    ]
    for stage, one in needs.stages.items():
        parts = ", ".join(f"{part} {count / 1e6:.1f}" for part, count in one.trainable.items())
        lines.append(f"trained, {stage:<8}{sum(one.trainable.values()) / 1e6:10.1f} M   {parts}")
    lines += [
        "",
        f"GPU memory       {needs.peak_bytes / GB:10.1f} GB  at the largest step, of which",
        f"  weights        {needs.weight_bytes / GB:10.1f} GB  without the encoder, "
        f"which is done before ({needs.encoder_bytes / GB:.1f} GB)",
        f"  gradients      {needs.gradient_bytes / GB:10.1f} GB",
        f"  AdamW          {needs.optimiser_bytes / GB:10.1f} GB",
        f"  average        {needs.average_bytes / GB:10.1f} GB",
        *(
            f"  kept by autograd{one.activation_bytes / GB:9.1f} GB  in {stage}"
            for stage, one in needs.stages.items()
        ),
        "",
        *(
            f"{stage:<17}{one.steps:10d}     steps of {one.flops / 1e12:.2f} Tflop"
            for stage, one in needs.stages.items()
        ),
        f"GPU hours        {needs.gpu_hours():10.2f}     if {REACHED_TFLOPS:g} Tflop/s are reached "
        f"(an A100's bfloat16 peak is 312)",
        "Not counted: CUDA's own context, fragments, the dev part, data loading.",
    ]
    return "\n".join(lines)
