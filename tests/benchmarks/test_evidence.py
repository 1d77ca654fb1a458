"""Figures of the evidence benchmark, from rows made by hand."""

import importlib.util
import sys
from pathlib import Path

import pytest

from evidence.examined_rows import ROWS
from tonelens.evidence.examined import examined

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "evidence.py"


@pytest.fixture(scope="module")
def script():
    """The benchmark under another name: `evidence` is a folder of tests."""
    spec = importlib.util.spec_from_file_location("evidence_benchmark", SCRIPT)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_number_has_its_figure_and_its_interval(script):
    figures = {
        row.metric: row for row in script.figures_of(examined("made", ROWS, protocol="made up"), "made")
    }
    assert (figures["agreement_pitch"].value, figures["agreement_pitch"].n) == (0.75, 4)
    assert (round(figures["moves_pitch"].value, 4), figures["moves_pitch"].n) == (0.6667, 3)
    assert figures["moves_pitch"].low < figures["moves_pitch"].value < figures["moves_pitch"].high
    assert (figures["flip_steps_pitch"].value, figures["flip_pitch"].n) == (3.0, 3)
    assert (figures["deletion_median"].value, figures["cited"].value) == (0.75, 0.5)
    assert not {"moves_speed", "flip_steps_speed", "share_voice"} & set(figures), "nothing where nothing was"


def test_the_majority_says_the_commonest_word_of_each_descriptor(script):
    claims = [{"pitch": "high", "volume": "low"}, {"pitch": "high"}, {"pitch": "low", "volume": "low"}]
    majority = script.Majority.of(
        [{"heard": {"claims": said}} for said in claims] + [{"refused": "no voice"}]
    )
    assert majority.claims == {"pitch": "high", "volume": "low"}
    assert [heard.claims for heard in majority.hear(["a", "b"])] == [majority.claims] * 2
