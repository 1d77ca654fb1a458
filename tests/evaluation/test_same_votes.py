"""Which clips votes can judge for all systems, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tonelens.errors import CorpusError
from tonelens.evaluation.compare import compare
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.same_clips import System, same_clips
from tonelens.evaluation.same_votes import VOTE_METRICS, same_votes
from tonelens.evaluation.votes import score_votes

VOTES = {"anger": 0.7, "fear": 0.3}


def clip(number, anger=0.5, *, votes=VOTES, speakers=6):
    """Answered with the likelier word; the acted label is anger throughout."""
    return Prediction(
        id=f"c{number:03}", speaker=f"s{number % speakers}", reference_emotion="anger",
        predicted_emotion="anger" if anger >= 0.5 else "fear",
        probabilities={"anger": anger, "fear": 1 - anger}, reference_shares=votes,
    )  # fmt: skip


def systems(first, second, *more):
    names = ("old", "new", "third")
    return [System(name, (tuple(run),)) for name, run in zip(names, (first, second, *more), strict=False)]


def near_and_far(random, clips=60):
    """Votes that differ from clip to clip; one system close to them, one farther off."""
    near, far = [], []
    for number, share in enumerate(random.uniform(0.2, 0.8, clips)):
        votes = {"anger": share, "fear": 1 - share}
        near.append(clip(number, np.clip(share + random.normal(0, 0.02), 0.01, 0.99), votes=votes))
        far.append(clip(number, np.clip(share + random.normal(0, 0.3), 0.01, 0.99), votes=votes))
    return near, far


@pytest.mark.parametrize("metric", VOTE_METRICS)
def test_nearer_to_the_listeners_is_better_whichever_way_the_number_goes(metric):
    near, far = near_and_far(np.random.default_rng(1), clips=240)
    found = compare(systems(far, near), metric=metric)
    (pair,) = found.pairs
    assert pair.verdict == "better"
    assert (pair.differences[metric].value > 0) == (metric == "votes_majority_accuracy")
    assert compare(systems(near, far), metric=metric).pairs[0].verdict == "worse"


def test_values_are_those_of_the_report():
    near, far = near_and_far(np.random.default_rng(2))
    for name, told in score_votes(near).intervals().items():
        found = compare(systems(far, near), metric=f"votes_{name}").systems[1]
        assert found.scores[f"votes_{name}"].value == pytest.approx(told.value)


def test_over_equal_speakers_kl_is_tested_as_scipy_tests_the_speakers_means():
    near, far = near_and_far(np.random.default_rng(3), clips=120)

    # 6 speakers of 20 clips; KL of every clip by scipy
    def by_speaker(run):
        kl = [
            stats.entropy([c.reference_shares[w] for w in VOTES], [c.probabilities[w] for w in VOTES])
            for c in run
        ]
        return np.array(kl).reshape(20, 6).mean(axis=0)

    theirs = stats.ttest_rel(by_speaker(near), by_speaker(far))
    found = compare(systems(far, near), metric="votes_kl", replicates=20_000)
    ours, ends = found.pairs[0].differences["votes_kl"], theirs.confidence_interval(0.95)
    assert (found.unit, found.clusters) == ("speaker", 6)
    assert ours.p == pytest.approx(theirs.pvalue, rel=0.1)
    assert (ours.low, ours.high) == pytest.approx((ends.low, ends.high), rel=0.03)


def test_the_correction_is_for_all_comparisons():
    near, far = near_and_far(np.random.default_rng(5))
    found = compare(systems(far, near, far[:30] + near[30:]), metric="votes_total_variation")
    smaller, larger = sorted(pair.differences["votes_total_variation"].p for pair in found.pairs)
    assert sorted(pair.holm_p for pair in found.pairs) == [2 * smaller, max(2 * smaller, larger)]


def test_other_scores_are_those_without_votes():
    near, far = near_and_far(np.random.default_rng(6))
    plain, voted = compare(systems(far, near)), compare(systems(far, near), metric="votes_kl")
    assert voted.pairs[0].differences["ua"] == plain.pairs[0].differences["ua"]
    assert "votes_kl" not in plain.systems[0].scores


def test_clips_that_cannot_be_scored_are_left_out_of_all_and_counted():
    first = [clip(number, 0.6) for number in range(8)]
    unasked = replace(clip(8), reference_shares={})
    silent = replace(clip(9), probabilities={})
    tied = clip(10, votes={"anger": 0.5, "fear": 0.5})
    same = same_clips(systems([*first, unasked, clip(9), tied], [*first, unasked, silent, tied]))
    for metric, kept in (("votes_kl", 9), ("votes_majority_accuracy", 9)):
        found = same_votes(same, metric)
        assert found.scores_NM.shape == (kept, 2) and len(found.same.references) == kept
        assert "2 of 11 clips left out of everything" in found.same.notes[-1]
    assert [one.id for one in same_votes(same, "votes_kl").same.systems[0].runs[0]][-1] == "c010"
    assert [one.id for one in same_votes(same, "votes_majority_accuracy").same.systems[1].runs[0]][
        -1
    ] == "c009"


FIRST = [clip(number, 0.6) for number in range(8)]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([replace(one, reference_shares={}) for one in FIRST], "new: no listeners' votes, but votes_kl"),
        ([replace(one, probabilities={}) for one in FIRST], "new: no probabilities, but votes_kl needs them"),
        (
            [replace(one, probabilities={**one.probabilities, "disgust": 0.0}) for one in FIRST],
            r"new and old have probabilities of different labels \(disgust\)",
        ),
        (
            [*FIRST[:7], replace(FIRST[7], reference_shares={"anger": 0.6, "fear": 0.4})],
            r"disagree on the listeners' votes of 1 clip \('c007'\)",
        ),
        ([FIRST[0], *(replace(one, probabilities={}) for one in FIRST[1:])], "1 of 8 clips can be scored"),
    ],
    ids=["votes", "probabilities", "labels", "other votes", "too few"],
)
def test_what_cannot_be_compared_is_refused_in_one_line(second, said):
    with pytest.raises(CorpusError, match=said) as refused:
        compare(systems(FIRST, second), metric="votes_kl")
    assert "\n" not in str(refused.value)


def test_the_majority_needs_no_probabilities():
    second = [replace(one, probabilities={}) for one in FIRST]
    found = compare(systems(FIRST, second), metric="votes_majority_accuracy")
    assert found.systems[1].scores["votes_majority_accuracy"].value == 1.0
