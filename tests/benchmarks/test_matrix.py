"""The matrix of rows at shared scale: which trainings there are, and the page, from made-up answers."""

import pytest

import matrix
import matrix_pretraining
from matrix_page import FAMILIES, Answers, Page, compared, difference_figures, gained, matrix_page, sentence
from tonelens.evaluation.paper_rows import PROPOSED, ROWS
from tonelens.evaluation.prediction import Prediction, write_predictions
from tonelens.evaluation.shared_scale import shared_recipe

SPEAKERS, CLIPS = 6, 10


def run(right_of_10, transcript="kids talk"):
    """60 clips of six speakers; each speaker's first `right_of_10[speaker]` clips are answered right.

    Half of a speaker's clips are anger, half sadness, in turns.
    """
    return tuple(
        Prediction(
            id=f"s{speaker}-{clip}", speaker=f"s{speaker}", reference_emotion=EMOTIONS[clip % 2],
            predicted_emotion=EMOTIONS[(clip + (clip >= right_of_10[speaker])) % 2],
            reference_text="kids talk", transcript=transcript,
        )
        for speaker in range(SPEAKERS)
        for clip in range(CLIPS)
    )  # fmt: skip


EMOTIONS = ("anger", "sadness")


def system(name, *runs):
    return Answers(name, (name,), runs, shared_recipe(ROWS[name]).answer)


@pytest.fixture(scope="module")
def found():
    """By hand: proposed 48/60 and 48/60, no SED 30/60 and 36/60 (-25 points), beta 0 48/60 twice, one speaker
    two up, one two down (0 points)."""
    return [
        system(PROPOSED, run([8] * 6), run([8] * 6)),
        system("table2_row5", run([4, 5, 5, 5, 5, 6]), run([5, 6, 6, 6, 6, 7])),
        system("table2_row6", run([4, 8, 8, 8, 8, 10], None), run([8, 6, 8, 8, 8, 10], None)),
        system("beta_zero", run([10, 6, 8, 8, 8, 8]), run([10, 6, 8, 8, 8, 8])),
    ]


@pytest.fixture(scope="module")
def page(found):
    part = matrix.Part("ravdess", (1,))
    scores = {one.name: matrix.figures_of(one, part) for one in found}
    return Page("ravdess", part.protocol, found, scores, compared(found))


def test_rows_of_the_same_system_are_trained_once():
    systems = matrix.same_systems(list(ROWS))
    assert systems["table2_row7"] == ("table2_row7", "table3_row4")
    assert systems["table2_row5"] == ("table2_row5", "table3_row3")
    assert systems["table2_row6"] == ("table2_row6", "table3_row1")
    assert len(systems) == len(ROWS) - 3


def test_a_row_without_a_small_encoder_is_left_out():
    assert [name for name in ROWS if not matrix.has_small_encoder(name)] == ["table2_row3"]


def test_every_other_system_is_asked_about_in_exactly_one_family():
    asked = [name for family in FAMILIES.values() for name in family.claims]
    firsts = {family.first for family in FAMILIES.values()}
    rows = [name for name in ROWS if matrix.has_small_encoder(name)]
    assert sorted(asked) == sorted(set(matrix.same_systems(rows)) - firsts)
    assert firsts == {PROPOSED, "sequel_template"}
    assert all(family.better <= set(family.claims) for family in FAMILIES.values())


def test_shards_hold_every_training_once():
    jobs = matrix.jobs_of(["a", "b", "c"], [matrix.Part.of("ravdess:1,2"), matrix.Part.of("emodb")], 3)
    assert len(jobs) == 3 * 3 * 3
    first, second = matrix.sharded(jobs, "1/2"), matrix.sharded(jobs, "2/2")
    assert sorted(job.name for job in first + second) == sorted(job.name for job in jobs)
    assert {job.seed for job in jobs[:9]} == {0}, "a seed of everything first"
    for wrong in ("0/2", "3/2", "2", "a/b"):
        with pytest.raises(SystemExit, match="K/N"):
            matrix.sharded(jobs, wrong)


def test_a_part_is_read_and_named():
    part = matrix.Part.of("ravdess:1,3")
    assert (part.folds, part.protocol) == ((1, 3), "emobox-1+3")
    assert matrix.Part.of("emodb").protocol == "speaker-disjoint-1"
    with pytest.raises(SystemExit, match="must be ravdess"):
        matrix.Part.of("tess:1")


def test_the_base_s_encoder_is_replaced_and_the_student_is_not(tmp_path):
    proposed = matrix.Job(PROPOSED, "ravdess", 2, 1).recipe(tmp_path)
    assert (proposed.encoder.source, proposed.data.fold, proposed.seed) == (str(tmp_path), 2, 1)
    assert matrix.Job("table2_row2", "ravdess", 1, 0).recipe(tmp_path).encoder.source.endswith("encoder")


def test_the_gain_is_the_proposed_row_s_and_its_interval_is_turned_with_it(found):
    pair = compared(found)["The paper's claims"].pairs[0]
    assert pair.second == "table2_row5"
    gain = gained(pair)
    assert gain.value == pytest.approx(0.8 - (0.5 + 0.6) / 2)
    assert (gain.low, gain.high) == (-pair.differences["wa"].high, -pair.differences["wa"].low)
    assert gain.low <= gain.value <= gain.high


def test_an_effect_appears_or_does_not_in_words(found):
    families = compared(found)
    claims = {pair.second: pair for pair in families["The paper's claims"].pairs}
    assert claims["table2_row6"].verdict == "not different"
    told = sentence(claims["table2_row6"], "proposed > no ASR")
    assert told.startswith("proposed > no ASR: the effect does not appear: difference +1.7 (")
    assert "would be found 8 times in 10" in told
    (beta,) = families["The weight of the bottleneck"].pairs
    assert "the effect does not appear: difference +0.0 (" in sentence(beta, "x")


def test_a_significant_loss_appears_and_a_gain_is_the_opposite():
    base, low = run([8, 7, 8, 9, 8, 8]), run([3, 2, 4, 4, 3, 2])
    (pair,) = compared([system(PROPOSED, base), system("one_stage", low)])["The paper's claims"].pairs
    told = sentence(pair, "x")  # 48/60 against 18/60
    assert "the effect appears: difference +50.0 (" in told and "p < 0.001 (Holm)" in told
    (pair,) = compared([system(PROPOSED, low), system("one_stage", base)])["The paper's claims"].pairs
    assert "the opposite appears: difference -50.0 (" in sentence(pair, "x")


def test_the_page_shows_paper_and_ours_side_by_side(page):
    lines = matrix_page([page]).splitlines()
    (row,) = [line for line in lines if line.startswith("| table2_row5 |") and "no SED" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    # Paper: 77.6 - 70.6 and 60.1 - 53.3. Ours: (30 + 36) / 120, seeds 50 and 60: standard deviation 7.07.
    assert cells[2:4] == ["70.6 / 53.3", "+7.0 / +6.8"]
    assert cells[4].startswith("55.0 (") and cells[4].endswith("± 7.1")
    assert cells[5].startswith("+25.0 (")
    (beta,) = [line for line in lines if line.startswith("| beta_zero |") and "bottleneck" in line]
    assert "| - | - | 80.0 (" in beta, "the paper has no such row"
    assert "60 test clips of 6 speakers that were not heard in training, 2 seeds." in lines
    assert any("drawn over 6 speakers" in line for line in lines)
    assert "### The paper's claims" in lines and "### Other rows" not in lines


def test_words_are_scored_only_where_a_row_says_them(page):
    lines = matrix_page([page]).splitlines()

    def words(name):
        (row,) = [line for line in lines if line.startswith(f"| {name} |")][1:]
        return [cell.strip() for cell in row.strip("|").split("|")]

    assert words(PROPOSED)[1:3] == ["11.1 / 25.3", "0.0 (0.0 to 0.0)"]
    assert words("table2_row6")[1:3] == ["-", "-"], "it writes no transcript: no WER of 100 %"
    assert words("table2_row5")[6:] == ["-", "-"], "its shorter captions meet shorter references"


def test_differences_become_figures(page):
    figures = {
        (one.system, one.metric): one for one in difference_figures(page.families, "ravdess", "emobox-1")
    }
    gain = figures["table2_row5", "wa_below_proposed"]
    assert (gain.value, gain.seeds, gain.n) == (pytest.approx(0.25), 2, 60)
    assert figures["table2_row5", "holm_p"].value < 0.001
    assert (PROPOSED, "wa_below_proposed") not in figures


def test_a_system_that_is_not_complete_is_named_and_left_out(tmp_path, capsys):
    part = matrix.Part("ravdess", (1,))
    for name, seeds in ((PROPOSED, 2), ("one_stage", 1)):
        for seed in range(seeds):
            job = matrix.Job(name, "ravdess", 1, seed)
            write_predictions(matrix.predictions_of(job, tmp_path), run([8] * 6))
    systems = matrix.same_systems([PROPOSED, "one_stage"])
    (only,) = matrix.complete(systems, part, 2, tmp_path)
    assert (only.name, len(only.runs)) == (PROPOSED, 2)
    assert "one_stage ravdess/emobox-1: without one_stage-ravdess-1-1; left out" in capsys.readouterr().out


def test_a_row_that_begins_with_a_run_is_another_system():
    """At shared scale its recipe is that of the run's row."""
    systems = matrix.same_systems(["sequel_template", "sequel_in_domain"])
    assert list(systems) == ["sequel_template", "sequel_in_domain"]


@pytest.fixture(scope="module")
def sequel():
    """By hand: template 36/60, no SED 18/60 (30 points below), in domain 54/60 (30 points above)."""
    return [
        system(PROPOSED, run([8] * 6)),
        system("sequel_template", run([6] * 6)),
        system("sequel_no_sed", run([2, 4, 3, 3, 3, 3])),
        system("sequel_in_domain", run([9, 9, 8, 10, 9, 9])),
    ]


def test_the_sequel_is_held_against_its_own_row(sequel):
    family = compared(sequel)["The sequel"]
    assert [(pair.first, pair.second) for pair in family.pairs] == [
        ("sequel_template", "sequel_no_sed"), ("sequel_template", "sequel_in_domain"),
    ]  # fmt: skip
    figures = {(one.system, one.metric): one.value for one in difference_figures(compared(sequel), "c", "p")}
    assert figures["sequel_no_sed", "wa_below_sequel_template"] == pytest.approx(0.3)
    assert figures["sequel_in_domain", "wa_below_sequel_template"] == pytest.approx(-0.3)
    assert not [name for name, metric in figures if metric == "wa_below_proposed"]


def test_a_row_that_is_claimed_to_be_better_has_its_effect_when_it_is(sequel):
    worse, better = compared(sequel)["The sequel"].pairs
    assert "x: the effect appears: difference +30.0 (" in sentence(worse, "x")
    assert "x: the effect appears: difference +30.0 (" in sentence(better, "x", is_better=True)
    assert "x: the opposite appears: difference -30.0 (" in sentence(worse, "x", is_better=True)
    assert "x: the opposite appears: difference -30.0 (" in sentence(better, "x")


def test_the_page_shows_the_sequel_beside_its_first_row(sequel):
    part = matrix.Part("ravdess", (1,))
    scores = {one.name: matrix.figures_of(one, part) for one in sequel}
    page = Page("ravdess", part.protocol, sequel, scores, compared(sequel))
    lines = matrix_page([page]).splitlines()

    def cells(name):
        (row,) = [line for line in lines if line.startswith(f"| {name} | sequel")]
        return [cell.strip() for cell in row.strip("|").split("|")]

    assert cells("sequel_template")[2:4] == ["78.1 / 60.8", ""] and cells("sequel_template")[5] == ""
    assert cells("sequel_no_sed")[2:4] == ["73.7 / 56.3", "+4.4 / +4.5"], "78.08 - 73.65 and 60.81 - 56.29"
    assert cells("sequel_no_sed")[5].startswith("+30.0 (")
    assert cells("sequel_in_domain")[3] == "-", "the sequel prints one value for both"
    assert cells("sequel_in_domain")[5].startswith("-30.0 (")
    (told,) = [line for line in lines if line.startswith("- other corpora first")]
    assert "in domain alone: the effect appears: difference +30.0 (" in told


def test_the_run_to_begin_with_hears_every_corpus_but_the_tested_one(tmp_path):
    job = matrix_pretraining.Pretraining("sequel_template", "ravdess", 2)
    assert job.corpora == ("emodb", "nemo")
    recipe = job.recipe(tmp_path)
    assert (recipe.data.protocol, recipe.data.hold_out_dev, recipe.seed) == ("none", False, 2)
    assert (recipe.schedule.asr_epochs, recipe.schedule.ser_epochs) == (2, 2)
    assert (recipe.answer.style, recipe.encoder.source) == ("template", str(tmp_path))


def test_it_is_trained_once_for_all_folds_of_a_corpus_and_seed(tmp_path, monkeypatch):
    trained = []

    def train(recipe, data, run, cache):
        trained.append((run.name, [file.parent.name for file in data]))
        (run / "model").mkdir(parents=True)
        (run / "model" / "model.json").write_text("{}")

    monkeypatch.setattr(matrix_pretraining, "trained_explainer", train)
    monkeypatch.setattr(matrix_pretraining, "open_start", lambda run: run)
    monkeypatch.setattr(matrix_pretraining, "prepared", lambda corpus, work: work / corpus / "cuts.jsonl.gz")
    jobs = [
        matrix.Job(row, corpus, fold, seed)
        for row in ("sequel_template", "sequel_in_domain")
        for corpus, fold, seed in (("ravdess", 1, 0), ("ravdess", 2, 0), ("ravdess", 2, 1), ("emodb", 1, 0))
    ]
    starts = [job.start(tmp_path, tmp_path) for job in jobs]
    assert starts[:4] == [None] * 4
    assert starts[4] == starts[5] == tmp_path / "pretrained" / "sequel_template-without-ravdess-0"
    assert trained == [
        ("sequel_template-without-ravdess-0", ["emodb", "nemo"]),
        ("sequel_template-without-ravdess-1", ["emodb", "nemo"]),
        ("sequel_template-without-emodb-0", ["ravdess", "nemo"]),
    ]
