"""Scores against listeners' votes, by hand and against scipy."""

import dataclasses
import json
import math

import pytest
from scipy import stats

from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.report import evaluate, report_page, report_row
from tonelens.evaluation.votes import LEAST_PROBABILITY, distance, majority, score_votes

HALVES = {"anger": 0.5, "fear": 0.5}
QUARTER = {"anger": 0.25, "fear": 0.75}


def clip(number, votes, probabilities, answer="anger"):
    return Prediction(
        id=f"c{number}", speaker=f"s{number % 6}", reference_emotion="anger", predicted_emotion=answer,
        probabilities=probabilities, reference_shares=votes,
    )  # fmt: skip


def test_a_known_pair_by_hand():
    found = distance(HALVES, QUARTER)
    assert found.cross_entropy == pytest.approx(0.5 * math.log(4) + 0.5 * math.log(4 / 3))
    assert found.kl == pytest.approx(0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75))
    assert found.total_variation == 0.25
    # KL is not symmetric: the other way round it is 0.1308 instead of 0.1438 nats.
    assert found.kl == pytest.approx(0.1438, abs=5e-5)
    assert distance(QUARTER, HALVES).kl == pytest.approx(0.1308, abs=5e-5)


def test_scipy_finds_the_same_divergence():
    votes = {"anger": 0.1, "fear": 0.6, "sadness": 0.3}
    q = {"sadness": 0.5, "anger": 0.2, "fear": 0.3}  # another order
    expected = stats.entropy([votes[label] for label in q], list(q.values()))
    assert distance(votes, q).kl == pytest.approx(expected)


def test_who_says_what_listeners_say_is_at_no_distance():
    found = distance(HALVES, {"fear": 0.5, "anger": 0.5, "neutral": 0.0})
    assert (found.kl, found.total_variation) == (pytest.approx(0), 0)
    assert found.cross_entropy == pytest.approx(math.log(2)), "what is left is the listeners' own doubt"


def test_votes_for_labels_that_the_system_lacks_are_left_out_and_told():
    found = distance({"anger": 0.4, "fear": 0.4, "disgust": 0.2}, QUARTER)
    assert found.kl == pytest.approx(distance(HALVES, QUARTER).kl)
    assert found.outside == pytest.approx(0.2)
    assert distance({"disgust": 1.0}, QUARTER) is None


def test_a_probability_of_nothing_costs_much_and_not_everything():
    found = distance({"anger": 1.0}, {"anger": 0.0, "fear": 1.0})
    assert found.kl == pytest.approx(-math.log(LEAST_PROBABILITY))
    assert found.total_variation == 1


def test_the_majority_is_the_first_place_if_nobody_shares_it():
    assert majority({"anger": 0.4, "fear": 0.6}) == "fear"
    assert majority({"anger": 0.3, "fear": 0.3, "sadness": 0.4 - 1e-17}) == "sadness"
    assert majority({"anger": 3 / 9, "fear": 1 / 3, "sadness": 2 / 9, "neutral": 1 / 9}) is None


def test_scores_are_means_over_the_clips_that_can_be_compared():
    clips = [
        clip(0, HALVES, QUARTER),  # tied
        clip(1, {"fear": 1.0}, QUARTER),  # answered wrong
        clip(2, {"anger": 1.0}, {}),  # no probabilities; answered right
        clip(3, {"disgust": 1.0}, QUARTER),  # no vote to compare; a majority that is not answered
        clip(4, {}, QUARTER),  # nobody was asked
        clip(5, {"anger": 1.0}, HALVES, answer=None),  # not parsed: wrong
    ]
    found = score_votes(clips)
    ce = [math.log(16 / 3) / 2, math.log(4 / 3), math.log(2)]
    assert found.cross_entropy.value == pytest.approx(sum(ce) / 3)
    assert found.kl.value == pytest.approx((sum(ce) - math.log(2)) / 3)
    assert found.total_variation.value == pytest.approx((0.25 + 0.25 + 0.5) / 3)
    assert found.majority_accuracy.value == 1 / 4
    assert (found.with_votes, found.compared, found.tied, found.majority_accuracy.n) == (5, 3, 1, 4)
    assert score_votes([clip(4, {}, QUARTER)]) is None


def test_intervals_are_drawn_over_speakers_where_they_are_alike():
    """Six speakers, each at one distance: 20 clips of each say no more than one clip of each."""
    few = [clip(n, {"anger": 1.0}, {"anger": (n + 1) / 8, "fear": 1 - (n + 1) / 8}) for n in range(6)]
    many = [dataclasses.replace(one, id=f"{one.id}-{n}") for one in few for n in range(20)]
    one, other = score_votes(few).kl, score_votes(many).kl
    assert (other.unit, other.clusters, other.n) == ("speaker", 6, 120)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    unknown = [dataclasses.replace(one, speaker=None) for one in many]
    narrow = score_votes(unknown).kl
    assert narrow.unit == "clip" and narrow.high - narrow.low < (other.high - other.low) / 2


def test_the_report_has_them_only_where_there_are_votes():
    clips = [clip(n, QUARTER if n % 2 else HALVES, QUARTER) for n in range(12)]
    report = evaluate(clips, protocol="p")
    values = {figure.metric: figure for figure in report.figures()}
    assert values["votes_kl"].value == pytest.approx(0.1438 / 2, abs=5e-5)
    assert values["votes_kl"].low <= values["votes_kl"].value <= values["votes_kl"].high
    assert values["votes_majority_accuracy"].value == 0, "fear is the majority, anger was answered"
    row = json.loads(json.dumps(report_row(report)))
    assert row["votes"] == {"outside": 0.0, "with_votes": 12, "compared": 12, "tied": 6}
    page = report_page(report)
    assert "## Listeners" in page and "| kl | 0.072 (" in page
    assert "| majority accuracy | 0.0 (0.0 to 0.0) % | 6 |" in page
    assert "6 clips have no majority" in page
    bare = evaluate([dataclasses.replace(one, reference_shares={}) for one in clips], protocol="p")
    assert not [figure.metric for figure in bare.figures() if figure.metric.startswith("votes")]
    assert "votes" not in report_row(bare) and "Listeners" not in report_page(bare)


def test_without_probabilities_the_majority_alone_is_scored():
    report = evaluate([clip(n, QUARTER, {}, "fear") for n in range(6)], protocol="p")
    metrics = {figure.metric for figure in report.figures()}
    assert {name for name in metrics if name.startswith("votes")} == {"votes_majority_accuracy"}
    assert "KL is" not in report_page(report)
