"""Every shipped recipe trains and its model answers, with its big parts exchanged for tiny ones."""

from functools import partial

import pytest

from builders import in_dialogue, random_clips, save_llama, voted
from tonelens.config import load_recipe, shipped_recipes
from tonelens.descriptors.sentences import read
from tonelens.evaluation.paper_rows import ROWS
from tonelens.evaluation.shared_scale import shared_recipe
from tonelens.model.answering import Answerer
from tonelens.model.checkpoint import load_model
from tonelens.storage import read_jsonl
from tonelens.training.loop import train

TINY = [
    "data.protocol=emobox", "data.fold=1", "data.hold_out_dev=false", "schedule.patience=0",
    "optimiser.precision=no",
    "schedule.ser_epochs=1", "optimiser.batch_size=6", "optimiser.accumulate=1", "streams.latent_width=6",
    "streams.hidden_width=12", "streams.adapter_width=16", "streams.stack=4", "augment.copies=0",
    "augment.speed=0", "augment.gain_db=0", "augment.noise_snr_db=0", "augment.channel=0",
    "answer.max_transcript_tokens=4",
]  # fmt: skip
SCRATCH = ["llm.width=16", "llm.layers=1", "llm.heads=2", "llm.vocabulary=400"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return save_llama(tmp_path_factory.mktemp("llama"))


SHARED = [name for name in ROWS if name not in ("table3_row1", "table3_row3", "table3_row4")]
"""Those three are the same systems as rows of table 2."""
RECIPES = {name: partial(load_recipe, name) for name in shipped_recipes()}
RECIPES |= {f"{name} at shared scale": partial(shared_recipe, ROWS[name]) for name in SHARED}


@pytest.mark.parametrize("name", RECIPES)
def test_a_shipped_recipe_trains_and_answers(name, tmp_path, cuts, measures, cache, encoder_folder, llama):
    whole = RECIPES[name]()
    overrides = [*TINY, f"encoder.source='{encoder_folder}'"]
    overrides += {"scratch": SCRATCH, "none": []}.get(
        whole.llm.source, [f"llm.source='{llama}'", "llm.load_in_4bit=false"]
    )
    if whole.schedule.asr_epochs:
        overrides += ["schedule.asr_epochs=1"]
    recipe = RECIPES[name](overrides)
    if recipe.data.soft_labels:
        cuts = voted(cuts, {"anger": 0.75, "fear": 0.25})
    if recipe.answer.dialogue_turns:
        cuts = in_dialogue(cuts)
    train(recipe, cuts, measures, tmp_path / "run", cache=cache)
    stages = {row["stage"] for row in read_jsonl(tmp_path / "run" / "metrics.jsonl")}
    if recipe.schedule.strategy == "one-stage":
        assert stages == {"joint"}
    else:
        assert stages == ({"asr", "ser-sed"} if recipe.schedule.asr_epochs else {"ser-sed"})
    loaded = load_model(tmp_path / "run")
    asks = Answerer(loaded.model, loaded.prompter, loaded.card.labels)
    for answer in asks.answer(random_clips([9, 30])):
        assert read(asks.grammar, answer.text) == answer.values
