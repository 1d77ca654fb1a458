import numpy as np
import pytest
from lhotse import MonoCut, SupervisionSegment

import leave_corpus_out as loco
from tonelens.corpora.cuts import emotion_of
from tonelens.evaluation.prediction import Prediction


def cut(name, emotion):
    said = SupervisionSegment(
        id=name, recording_id=name, start=0.0, duration=1.0, custom={"emotion": emotion}
    )
    return MonoCut(id=name, start=0.0, duration=1.0, channel=0, supervisions=[said])


def test_calm_is_neutral_and_classes_that_not_all_corpora_have_are_left_out():
    given = [cut("a", "calm"), cut("b", "boredom"), cut("c", "anger"), cut("d", "neutral")]
    found = {clip.id: emotion_of(clip) for clip in loco.common(given)}
    assert found == {"a": "neutral", "c": "anger", "d": "neutral"}
    assert emotion_of(given[0]) == "calm", "the cuts given stay as they are"
    assert [clip.id for clip in loco.common(given[::-1])] == [clip.id for clip in loco.common(given)]


def test_the_row_of_all_is_the_mean_of_the_corpora_not_of_the_clips():
    def said(first, count, emotion):
        return [
            Prediction(
                id=f"{first}{n}", speaker=f"{first}{n}", reference_emotion="anger", predicted_emotion=emotion
            )
            for n in range(count)
        ]

    rows = loco.table({"one": said("a", 30, "anger"), "two": said("b", 10, "sadness")}, "probe", "p")
    assert loco.ua_of(rows) == pytest.approx(0.5)


def test_standardised_by_other_rows():
    rows, reference = np.array([[3.0, 1.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])
    assert loco.standardised(rows, reference).tolist() == [[2.0, 0.0]]
