import numpy as np
import pytest

from tonelens.evidence.clusters import clusters_of

FIVE = list("abcde")


def test_rows_of_one_speaker_are_added_up():
    clusters = clusters_of([*FIVE, "b"])
    assert (clusters.unit, clusters.count) == ("speaker", 5)
    sums = clusters.sums(np.array([[1.0, 1], [2, 1], [3, 1], [4, 1], [5, 1], [20, 1]]))
    assert sums.tolist() == [[1, 1], [22, 2], [3, 1], [4, 1], [5, 1]]


@pytest.mark.parametrize("speakers", [list("abcdab"), [*FIVE, None]], ids=["four", "one unknown"])
def test_clips_are_drawn_where_speakers_are_few_or_unknown(speakers):
    clusters = clusters_of(speakers)
    assert (clusters.unit, clusters.count) == ("clip", 6)


def test_frames_of_one_clip_stay_together():
    clusters = clusters_of(["a"] * 4, ["one", "two", "two", "two"])
    assert (clusters.unit, clusters.count) == ("clip", 2)
    assert clusters.sums(np.ones((4, 1))).tolist() == [[1], [3]]
