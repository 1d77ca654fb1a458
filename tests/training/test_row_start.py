"""The run that a row begins with; tests/journeys trains one and goes on with it."""

import pytest

from journeys.trained import explainer, journey
from tonelens.errors import ConfigError, CorpusError, ModelError
from tonelens.evaluation.paper_rows import ROWS
from tonelens.evaluation.shared_scale import shared_recipe
from tonelens.training.row_start import open_row_start

ROW = "sequel_in_domain"


def test_a_run_of_another_system_is_refused_by_what_is_other():
    """The journey's recipe is `tiny`: the sequel's answer, but an utterance latent and beta 1e-3."""
    run = journey().run
    with pytest.raises(ConfigError) as refused:
        open_row_start(ROW, run, shared_recipe(ROWS[ROW]), [], [])
    assert str(refused.value) == (
        f"{run}: trained with streams.pooling=statistics, objective.beta=0.001, so it is no run of "
        f"sequel_template. Give --start a run of that row."
    )


def test_a_run_that_has_heard_voices_of_the_cuts_is_refused():
    same = explainer().loaded.model.recipe
    with pytest.raises(CorpusError, match=r"2 of these cuts' speakers \(synthetic-s03, \.\.\.\)"):
        open_row_start(ROW, journey().run, same, [journey().cuts], [])
    assert open_row_start(ROW, journey().run, same, [], []).folder == journey().run


def test_what_the_run_decides_cannot_be_set_and_an_unfinished_run_is_no_model(tmp_path):
    same = explainer().loaded.model.recipe
    with pytest.raises(ConfigError, match=r"^--set llm\.width=64"):
        open_row_start(ROW, journey().run, same, [], ["llm.width=64"])
    with pytest.raises(ModelError, match="not a model folder"):
        open_row_start(ROW, tmp_path, same, [], [])
