import pytest

from tonelens.training.rates import warmup_cosine, warmup_steps


def test_a_linear_rise_then_a_cosine_to_zero():
    rates = [warmup_cosine(2.0, step, 12, 0.17) for step in range(12)]
    assert warmup_steps(12, 0.17) == 2
    assert rates[:3] == pytest.approx([1.0, 2.0, 2.0])
    assert rates[7] == pytest.approx(1.0), "half way down the cosine"
    assert 0 < rates[11] < 0.06


def test_one_step_rises_at_least():
    assert warmup_steps(5, 0.0) == 1
    assert warmup_cosine(2.0, 0, 1, 0.0) == 2.0
