from pytest import approx

from tonelens.config import load_recipe, recipe_differences, shipped_recipes
from tonelens.evaluation.paper_rows import ROWS, START_SETTINGS, Printed


def test_every_row_has_its_recipe_and_every_recipe_of_a_row_is_listed():
    assert {row.recipe for row in ROWS.values()} <= set(shipped_recipes())
    rows = {name for name in shipped_recipes() if name.startswith("ablations/")}
    assert {row.recipe for row in ROWS.values()} == rows


def test_the_rows_that_the_paper_lacks_have_no_printed_values():
    lacking = {name for name, row in ROWS.items() if not row.printed()}
    assert lacking == {"beta_zero", "one_stage", "streams_swapped", "no_freezing"}


def test_the_sequel_prints_accuracies_and_no_wer():
    printed = {
        name: [(one.wa, one.wer) for one in (row.iemocap, row.meld)]
        for name, row in ROWS.items()
        if row.is_sequel
    }
    assert printed == {
        "sequel_template": [(78.08, None), (60.81, None)],
        "sequel_no_sed": [(73.65, None), (56.29, None)],
        "sequel_in_domain": [(78.08, None), (60.81, None)],
    }


def test_a_row_begins_with_a_run_of_the_same_system():
    assert {name: row.start for name, row in ROWS.items() if row.start} == {
        "sequel_in_domain": "sequel_template"
    }
    one, other = (load_recipe(ROWS[name].recipe) for name in ("sequel_in_domain", "sequel_template"))
    assert recipe_differences(one, other) == {
        "name": "sequel_in_domain", "schedule.asr_epochs": 6, "schedule.ser_epochs": 6,
    }  # fmt: skip


def test_the_run_to_begin_with_holds_nothing_out_and_trains_two_epochs():
    recipe = load_recipe("ablations/sequel_template", START_SETTINGS)
    schedule = recipe.schedule
    assert (recipe.data.protocol, schedule.asr_epochs, schedule.ser_epochs) == ("none", 2, 2)


def test_the_tolerance_is_half_a_binomial_interval():
    assert Printed(77.6, 11.1).tolerance("iemocap") == approx(2.32, abs=0.01)  # 1.96 sqrt(.776 .224 / 1241)
    assert Printed(60.1, 25.3).tolerance("meld") == approx(1.88, abs=0.01)  # 1.96 sqrt(.601 .399 / 2610)


def test_rows_of_the_same_system_print_the_same():
    assert ROWS["table2_row7"].printed() == ROWS["table3_row4"].printed()
    assert ROWS["table2_row6"].printed() == ROWS["table3_row1"].printed()
    assert ROWS["table2_row5"].printed() == ROWS["table3_row3"].printed()
