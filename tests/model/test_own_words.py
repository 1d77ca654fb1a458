"""When a model's own transcript is given: thresholds by hand, and cards with and without one."""

import json
import math

import pytest

from tonelens.errors import ModelError
from tonelens.model.own_words import WordsCheck, score

CHECK = WordsCheck(
    threshold=-1.0, fitted_on="made-up clips", unheard=20, invented=0.05, known=40, refused=0.125
)


def test_the_score_of_a_transcript_is_the_log_probability_of_all_its_tokens():
    assert score([-0.5, 0.0, -0.25]) == -0.75


def test_one_doubtful_token_is_enough_to_distrust_a_transcript():
    assert CHECK.trusts([0.0] * 20 + [-1.0])
    assert not CHECK.trusts([0.0] * 20 + [-1.001])


def test_nothing_written_is_not_trusted():
    assert score([]) == -math.inf
    assert not CHECK.trusts([])


def test_a_check_comes_back_from_json():
    assert WordsCheck.from_dict(json.loads(json.dumps(CHECK.to_dict()))) == CHECK


@pytest.mark.parametrize(
    "row", [None, [], {}, CHECK.to_dict() | {"more": 1}, CHECK.to_dict() | {"threshold": "x"}]
)
def test_a_damaged_check_is_refused(row):
    with pytest.raises(ModelError, match=r"words is damaged .* Copy or train the model again"):
        WordsCheck.from_dict(row)


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(ModelError, match="finite"):
        WordsCheck.from_dict(CHECK.to_dict() | {"threshold": math.nan})
