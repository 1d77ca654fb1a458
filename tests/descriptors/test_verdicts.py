import pytest

from tonelens.descriptors.levels import Level
from tonelens.descriptors.verdicts import judge
from tonelens.errors import LabelError

LOW = Level("low", 92.0, "Hz", "group")


def test_a_claim_that_the_measurement_shares_is_supported():
    assert judge("pitch", "low", LOW).outcome == "supported"


def test_another_word_is_contradicted_and_the_number_is_named():
    verdict = judge("pitch", "high", LOW)
    assert verdict.outcome == "contradicted"
    assert verdict.reason == "92 Hz is low for the group, not high"


def test_without_a_measurement_the_reason_is_kept():
    verdict = judge("pitch", "high", Level(None, None, "Hz", None, "fewer than 5 voiced frames"))
    assert (verdict.outcome, verdict.reason) == ("not measurable", "fewer than 5 voiced frames")


@pytest.mark.parametrize(("descriptor", "word"), [("pitch", "fast"), ("colour", "red")])
def test_a_word_that_does_not_exist_is_refused(descriptor, word):
    with pytest.raises(LabelError, match="no such claim"):
        judge(descriptor, word, LOW)
