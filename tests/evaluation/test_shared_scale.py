import pytest

from tonelens.config import load_recipe, recipe_differences
from tonelens.evaluation.paper_rows import PROPOSED, ROWS
from tonelens.evaluation.shared_scale import BASE, EPOCHS, SETTINGS, STAND_INS, shared_recipe

CLASSIFIER = {
    "streams.disentangled": False, "streams.summary_token": False, "llm.source": "none",
    "answer.descriptors": False, "answer.transcript": False, "objective.emotion_head_weight": 1.0,
    "schedule.strategy": "one-stage", "schedule.asr_epochs": 0, "optimiser.ser_rate": 1e-3,
}  # fmt: skip
NO_ASR = {"answer.transcript": False, "schedule.strategy": "one-stage", "schedule.asr_epochs": 0}
DIFFERENCES = {
    "table2_row1": CLASSIFIER,
    "table2_row2": {"encoder.source": STAND_INS["microsoft/wavlm-large"], **CLASSIFIER},
    "table2_row3": {"encoder.source": "facebook/wav2vec2-large-960h", **CLASSIFIER},
    "table2_row4": {"streams.disentangled": False, "schedule.strategy": "one-stage"},
    "table2_row5": {"answer.descriptors": False},
    "table2_row6": NO_ASR,
    "table2_row7": {},
    "table3_row1": NO_ASR,
    "table3_row2": {"schedule.strategy": "two-stage"},
    "table3_row3": {"answer.descriptors": False},
    "table3_row4": {},
    "table3_row5": {"objective.beta": 1.0},
    "table3_row6": {"objective.beta": 0.1},
    "table3_row7": {"objective.beta": 1e-3},
    "table3_row8": {"objective.beta": 1e-4},
    "beta_zero": {"objective.beta": 0.0},
    "one_stage": {"schedule.strategy": "one-stage"},
    "streams_swapped": {"answer.descriptor_first": True},
    "no_freezing": {"schedule.freeze_content": False},
    "sequel_template": {"answer.style": "template"},
    "sequel_no_sed": {"answer.style": "template", "answer.descriptors": False},
    "sequel_in_domain": {"answer.style": "template"},
}
SEQUEL_RATES = {"optimiser.ser_rate": 2e-4, "optimiser.warmup_share": 0.1}
OF_THE_SCALE = {
    "sequel_template": SEQUEL_RATES,
    "sequel_no_sed": SEQUEL_RATES,
    "sequel_in_domain": {**SEQUEL_RATES, "schedule.asr_epochs": 6, "schedule.ser_epochs": 6},
}
"""What a row has at the paper's scale alone; the ASR rate of both papers is 2e-4."""


@pytest.mark.parametrize("name", ROWS)
def test_a_row_differs_from_the_proposed_one_in_what_it_is_about_and_nothing_else(name):
    recipe = shared_recipe(ROWS[name])
    assert recipe_differences(recipe, load_recipe(BASE)) == {"name": f"{name}-shared", **DIFFERENCES[name]}


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"table2_row1", "table2_row2", "table2_row3"}))
def test_the_difference_is_the_same_as_at_the_paper_s_scale(name):
    paper = recipe_differences(load_recipe(ROWS[name].recipe), load_recipe("paper"))
    assert paper == {"name": name, **DIFFERENCES[name], **OF_THE_SCALE.get(name, {})}


def test_the_shared_system_is_the_paper_s_where_a_row_asks():
    """Strategy, targets, beta and streams; what else differs is listed in the recipe."""
    shared = recipe_differences(load_recipe(BASE), load_recipe("paper"))
    assert not [
        key for key in shared if key.startswith(("utterance.", "streams.disentangled", "streams.pooling"))
    ]
    kept = {"objective.beta", "schedule.strategy", "schedule.freeze_content", "answer.style"}
    kept |= {"answer.transcript", "answer.descriptors", "answer.descriptor_first"}
    assert kept.isdisjoint(shared)


def test_a_corpus_brings_its_test_part_and_epochs_and_the_user_wins():
    plain = shared_recipe(ROWS[PROPOSED], corpus="ravdess")
    assert (plain.data.protocol, plain.data.fold) == ("emobox", 1)
    twice = shared_recipe(ROWS[PROPOSED], corpus="emodb")
    assert twice.schedule.ser_epochs == 2 * plain.schedule.ser_epochs
    assert twice.schedule.asr_epochs == 2 * plain.schedule.asr_epochs
    assert shared_recipe(ROWS["table2_row6"], corpus="emodb").schedule.asr_epochs == 0
    asked = shared_recipe(ROWS[PROPOSED], ["schedule.ser_epochs=1", "data.fold=3"], corpus="emodb")
    assert (asked.schedule.ser_epochs, asked.data.fold) == (1, 3)
    assert set(EPOCHS) <= set(SETTINGS)


def test_rows_of_the_sequel_learn_as_fast_and_as_long_as_the_proposed_one():
    proposed = shared_recipe(ROWS[PROPOSED], corpus="emodb")
    for name in OF_THE_SCALE:
        recipe = shared_recipe(ROWS[name], corpus="emodb")
        assert (recipe.optimiser, recipe.schedule) == (proposed.optimiser, proposed.schedule)
    asked = shared_recipe(ROWS["sequel_template"], ["optimiser.ser_rate=0.5", "schedule.asr_epochs=3"])
    assert (asked.optimiser.ser_rate, asked.schedule.asr_epochs) == (0.5, 3)


def test_nothing_is_chosen_on_a_dev_part_and_no_speaker_is_shared():
    for corpus in SETTINGS:
        recipe = shared_recipe(ROWS[PROPOSED], corpus=corpus)
        assert not recipe.data.hold_out_dev and recipe.schedule.patience == 0
        assert not recipe.data.allow_speaker_overlap
