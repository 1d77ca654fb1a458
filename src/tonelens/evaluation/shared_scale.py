"""A row of the paper at shared scale: its difference, laid on a system that a CPU trains in minutes.

Rows      `recipes/shared.toml` takes the place of `paper.toml`; a row's own recipe holds nothing but how it
          differs from the proposed system (strategy, targets, beta, streams, classifier head), so that the
          same difference is asked for at both scales.
Encoders  the paper's LLM systems and its first classifier hear HuBERT-large: here Whisper-tiny. The second
          classifier hears another encoder (WavLM-large): here the student that ships with the package, which
          learnt without labels from the sound of these corpora, their test clips among it. There is no third
          small encoder: row 3 of table 2 keeps wav2vec2-large, unless a recipe setting names another.
Sequel    its rates are those of LoRA on a pretrained LLM, its epochs those of its corpora: its rows keep the
          base's of both, and differ from the proposed row in the answer alone.
Corpora   of `SETTINGS`, on their public folds: whole speakers are in one part, there is no dev part, and the
          number of epochs is fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tonelens.config import load_recipe
from tonelens.evaluation.paper_rows import Row
from tonelens.model.find import DEFAULT, SHIPPED
from tonelens.recipe import Recipe

BASE = "shared"
STAND_INS: Mapping[str, str] = MappingProxyType({"microsoft/wavlm-large": str(SHIPPED / DEFAULT / "encoder")})
"""A large encoder that a row names -> the small one in its place."""
SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ravdess": ("data.protocol=emobox", "data.fold=1"),
        "emodb": ("data.protocol=speaker-disjoint", "data.folds=5", "data.fold=1"),
        "nemo": ("data.protocol=leave-speakers-out", "data.fold=1"),
    }
)
"""The test part of a corpus. EmoDB's published folds share their ten speakers: groups of our own."""
EPOCHS: Mapping[str, int] = MappingProxyType({"emodb": 2})
"""How many times the recipe's epochs, in every row, where a corpus is far smaller than RAVDESS."""


def shared_recipe(row: Row, settings: Sequence[str] = (), *, corpus: str | None = None) -> Recipe:
    """The row's recipe at shared scale, with `key=value` settings on top.

    Args:
        row: of `paper_rows`.
        settings: they win over everything else.
        corpus: the one that is trained on; it chooses the test part and how many times the epochs.

    Raises:
        ConfigError: see `load_recipe`.
    """
    scale = _of_the_scale() if row.is_sequel else ()
    plain = load_recipe(row.recipe, scale, base=BASE)
    own = [f"name={plain.name}-{BASE}", *SETTINGS.get(corpus or "", ())]
    if plain.encoder.source in STAND_INS:
        own.append(f"encoder.source={STAND_INS[plain.encoder.source]}")
    times = EPOCHS.get(corpus or "", 1)
    own += [
        f"schedule.{stage}_epochs={times * epochs}"
        for stage, epochs in (("asr", plain.schedule.asr_epochs), ("ser", plain.schedule.ser_epochs))
    ]
    return load_recipe(row.recipe, [*scale, *own, *settings], base=BASE)


def _of_the_scale() -> list[str]:
    """The base's rates and epochs as settings."""
    base = load_recipe(BASE)
    optimiser, schedule = base.optimiser, base.schedule
    return [
        f"optimiser.asr_rate={optimiser.asr_rate}",
        f"optimiser.ser_rate={optimiser.ser_rate}",
        f"optimiser.warmup_share={optimiser.warmup_share}",
        f"schedule.asr_epochs={schedule.asr_epochs}",
        f"schedule.ser_epochs={schedule.ser_epochs}",
    ]
