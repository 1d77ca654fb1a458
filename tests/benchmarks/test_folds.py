import pytest

import folds
from figures import Figure
from tonelens.evaluation.prediction import Claim, Prediction


def answers(pairs, first):
    return [
        Prediction(
            id=f"c{first + number}", speaker=f"s{number % 2}", reference_emotion=truth, predicted_emotion=said
        )
        for number, (truth, said) in enumerate(pairs)
    ]


def test_over_folds_is_the_mean_of_the_folds_not_the_score_of_the_pool():
    all_right = answers([("anger", "anger"), ("sadness", "sadness")], 0)
    half_right = answers([("anger", "anger"), ("anger", "anger"), ("sadness", "anger")], 10)
    rows = folds.over_folds([all_right, half_right], "probe", "ravdess", "emobox")
    figures = {row.metric: row for row in rows}
    assert figures["ua"].value == pytest.approx((1.0 + 0.5) / 2)
    assert figures["wa"].value == pytest.approx((1.0 + 2 / 3) / 2), "pooled it would be 4 of 5"
    assert figures["ua"].n == 5


def test_levels_have_a_row_of_the_pooled_clips_too():
    """Two folds of one voice each, low or high alone; of four clips one is named wrongly."""

    def voice(name, level, said):
        return [
            Prediction(
                id=f"{name}{number}", speaker=name, reference_emotion="anger", predicted_emotion="anger",
                descriptors={"pitch": Claim(claimed=claim, measured=level)},
            )
            for number, claim in enumerate(said)
        ]  # fmt: skip

    by_fold = [voice("a", "low", ["low", "low"]), voice("b", "high", ["high", "low"])]
    figures = {row.metric: row.value for row in folds.over_folds(by_fold, "tonelens-tiny", "c", "p")}
    assert figures["pitch_macro_f1"] == pytest.approx((1.0 + 2 / 3) / 2), "levels that occur"
    assert figures["pitch_macro_f1_pooled"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_over_seeds_is_the_mean_of_values_and_interval_ends():
    def run(value, low, high):
        return [
            Figure(system="s", corpus="c", protocol="p", metric="ua", value=value, low=low, high=high, n=3)
        ]

    (row,) = folds.over_seeds([run(0.5, 0.4, 0.6), run(0.7, 0.5, 0.9)])
    assert (row.value, row.low, row.high, row.seeds) == pytest.approx((0.6, 0.45, 0.75, 2))


def test_seeds_run_one_by_one_are_averaged_and_one_that_is_run_again_replaces_itself(tmp_path):
    def seed(number, value, protocol="emobox"):
        row = Figure(system="tonelens-tiny", corpus="emodb", protocol=protocol, metric="ua", value=value, n=3)
        folds.write_seed([row], number, folder=tmp_path)

    def averaged():
        return folds.all_seeds("tonelens-tiny", "emodb", "emobox", folder=tmp_path)

    assert averaged() == []
    seed(0, 0.5)
    seed(1, 0.9)
    seed(1, 0.7)  # run again
    seed(0, 0.1, protocol="speaker-disjoint")
    (row,) = averaged()
    assert (row.value, row.seeds, row.protocol) == (pytest.approx(0.6), 2, "emobox")


def test_only_emodb_s_published_folds_may_share_speakers():
    overlap = "data.allow_speaker_overlap=true"
    assert overlap in folds.Fold("emodb", "emobox", 1).settings()
    assert overlap not in folds.Fold("emodb", "speaker-disjoint", 1).settings()
    assert overlap not in folds.Fold("ravdess", "emobox", 1).settings()


def test_the_best_probe_is_chosen_by_its_mean_over_the_folds():
    good, bad = answers([("a", "a"), ("b", "b")], 0), answers([("a", "b"), ("b", "a")], 0)
    by_fold = [{name: (good if name == "layer-2" else bad) for name in folds.PROBES}]
    ua = next(row for row in folds.best_probe(by_fold, "c", "p") if row.metric == "ua")
    assert ua.value == 1.0 and ua.system == "probe"
