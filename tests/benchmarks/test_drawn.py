"""Which clips a benchmark takes of each corpus."""

import pytest

from builders import synthetic_cuts

drawn = pytest.importorskip("drawn")


def test_it_draws_as_many_of_each_corpus_and_the_same_in_any_order(tmp_path):
    cuts = synthetic_cuts(tmp_path / "one", speakers=4)
    for cut in cuts[:6]:
        cut.custom = {**cut.custom, "corpus": "other"}
    chosen = drawn.drawn(cuts, 8)
    assert sorted(len(of_one) for of_one in chosen.values()) == [6, 8]
    assert len(chosen["other"]) == 6, "all of a corpus that has fewer"
    again = drawn.drawn(cuts[::-1], 8)
    assert {name: [cut.id for cut in of_one] for name, of_one in again.items()} == {
        name: [cut.id for cut in of_one] for name, of_one in chosen.items()
    }
