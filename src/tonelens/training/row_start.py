"""The run that a row of the sequel begins with: the same system, trained out of domain.

How weights, tokenizer and labels are taken over is `training.start`'s. Here stands what makes such a run the
row's: it was trained as the row's recipe asks, and has heard no voice of the clips that come now.
Source    arXiv:2606.14086: two epochs on GigaSpeech-m, then in domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tonelens.config import recipe_differences
from tonelens.corpora.cuts import read_cuts, speaker_of
from tonelens.errors import ConfigError, CorpusError
from tonelens.evaluation.paper_rows import ROWS
from tonelens.recipe import Recipe
from tonelens.training.start import Start, open_start

MADE_OF = (
    "answer.style", "answer.descriptors", "answer.transcript", "answer.given_transcript",
    "answer.descriptor_first", "streams.disentangled", "streams.pooling", "objective.beta",
    "schedule.strategy", "schedule.freeze_content",
)  # fmt: skip
"""Settings in which a row's two trainings must agree; sizes, rates and epochs may differ."""


def open_row_start(
    name: str, run: str | Path, asked: Recipe, data: Sequence[Path], settings: Sequence[str]
) -> Start:
    """The run to begin with.

    Args:
        name: of the row.
        run: a run or model folder.
        asked: what is trained now.
        data: cuts that it is trained on now.
        settings: the user's own, on top of the row's recipe.

    Raises:
        ModelError: there is no finished model.
        ConfigError: it is another system than the row's, or a setting that it decides.
        CorpusError: it has heard voices of the cuts.
    """
    start = open_start(run, settings)
    other = recipe_differences(start.loaded.model.recipe, asked)
    wrong = [f"{key}={value}" for key, value in other.items() if key in MADE_OF]
    if wrong:
        raise ConfigError(
            f"{run}: trained with {', '.join(wrong)}, so it is no run of {ROWS[name].start}. Give --start a "
            f"run of that row."
        )
    heard = set(start.loaded.card.train_speakers)
    voices = {speaker_of(cut) for path in data for cut in read_cuts(path)}
    if known := sorted(speaker for speaker in voices if speaker in heard):
        raise CorpusError(
            f"{run}: was trained on {len(known)} of these cuts' speakers ({known[0]}, ...), but must be "
            f"a run on other corpora. Give --start such a run."
        )
    return start
