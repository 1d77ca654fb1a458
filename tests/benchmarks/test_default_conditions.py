"""The benchmark of the default's conditions: which groups it scores."""

import pytest

from builders import synthetic_cuts

pytest.importorskip("sklearn", reason="the baselines are scikit-learn's")
default_conditions = pytest.importorskip("default_conditions")

from tonelens.corpora.cuts import emotion_of  # noqa: E402
from tonelens.evaluation.predict import Predicted, answered  # noqa: E402


def test_every_group_has_a_row_of_its_own_and_a_wrong_answer_counts_in_it(tmp_path):
    cuts = synthetic_cuts(tmp_path / "one", speakers=4)
    for cut in cuts:
        cut.supervisions[0].gender = "male"
    cuts[0].supervisions[0].gender = "female"
    labels = sorted({emotion_of(cut) for cut in cuts})
    wrong = labels[labels.index(emotion_of(cuts[0])) - 1]
    said = [answered(cuts[0], wrong), *(answered(cut, emotion_of(cut)) for cut in cuts[1:])]
    predicted = Predicted(predictions=said, refused=[], unanswered={})
    figures = default_conditions.condition_figures("babble-10", predicted, None)
    wa = {figure.protocol: (figure.value, figure.n) for figure in figures if figure.metric == "wa"}
    assert wa["default-held-out; babble-10"] == (pytest.approx(1 - 1 / len(cuts)), len(cuts))
    assert wa["default-held-out; babble-10; gender=female"] == (0.0, 1)
    assert wa["default-held-out; babble-10; gender=male"] == (1.0, len(cuts) - 1)
