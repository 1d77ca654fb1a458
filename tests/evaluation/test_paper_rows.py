from pytest import approx

from tonelens.config import shipped_recipes
from tonelens.evaluation.paper_rows import ROWS, Printed


def test_every_row_has_its_recipe_and_every_recipe_of_a_row_is_listed():
    assert {row.recipe for row in ROWS.values()} <= set(shipped_recipes())
    rows = {name for name in shipped_recipes() if name.startswith("ablations/")}
    assert {row.recipe for row in ROWS.values()} == rows - {"ablations/sequel_template"}


def test_the_rows_that_the_paper_lacks_have_no_printed_values():
    lacking = {name for name, row in ROWS.items() if not row.printed()}
    assert lacking == {"beta_zero", "one_stage", "streams_swapped", "no_freezing"}


def test_the_tolerance_is_half_a_binomial_interval():
    assert Printed(77.6, 11.1).tolerance("iemocap") == approx(2.32, abs=0.01)  # 1.96 sqrt(.776 .224 / 1241)
    assert Printed(60.1, 25.3).tolerance("meld") == approx(1.88, abs=0.01)  # 1.96 sqrt(.601 .399 / 2610)


def test_rows_of_the_same_system_print_the_same():
    assert ROWS["table2_row7"].printed() == ROWS["table3_row4"].printed()
    assert ROWS["table2_row6"].printed() == ROWS["table3_row1"].printed()
    assert ROWS["table2_row5"].printed() == ROWS["table3_row3"].printed()
