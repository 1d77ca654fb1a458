import dataclasses
import json

import pytest

from tonelens.evaluation.compare import Comparison, Pair, Score, SystemScores
from tonelens.evaluation.compare_table import (
    comparison_latex,
    comparison_markdown,
    comparison_row,
    comparison_text,
    marks,
    write_comparison,
)
from tonelens.evaluation.paired import Difference, McNemar, TTest

GAIN = Difference(value=0.05, low=0.02, high=0.08, se=0.0134, p=0.002, minimal_detectable=0.0412)
PAIR = Pair(
    first="svm",
    second="tiny_v2",
    differences={"ua": GAIN, "wa": GAIN, "macro_f1": dataclasses.replace(GAIN, p=0.0004)},
    holm_p=0.002,
    verdict="better",
    mcnemar=McNemar(57, 108, 108 / 57, 0.00009),
    mcnemar_reason=None,
    t_test=TTest(4.0, 1199, 0.115, 0.00004),
    t_test_reason=None,
)


def scores(value, seed_sd=None):
    return {metric: Score(value, seed_sd) for metric in ("ua", "wa", "macro_f1")}


FOUND = Comparison(
    metric="ua",
    clips=1200,
    speakers=20,
    unit="speaker",
    clusters=20,
    replicates=2000,
    systems=(
        SystemScores("svm", 1, scores(0.72), None),
        SystemScores("tiny_v2", 3, scores(0.77, 0.008), 0.0371),
    ),
    pairs=(PAIR,),
    notes=("Seeds are averaged.",),
)


def test_the_keys_of_the_json_object_are_those_that_programs_read():
    row = comparison_row(FOUND)
    assert list(row) == [
        "schema", "protocol", "notes", "metric", "reference", "comparisons", "clips", "speakers", "unit",
        "clusters", "replicates", "systems", "pairs",
    ]  # fmt: skip
    assert row["systems"][1] == {
        "name": "tiny_v2",
        "seeds": 3,
        "scores": {name: {"value": 0.77, "seed_sd": 0.008} for name in ("ua", "wa", "macro_f1")},
        "ece": 0.0371,
    }
    (pair,) = row["pairs"]
    assert list(pair) == [
        "first", "second", "differences", "holm_p", "verdict", "mcnemar", "mcnemar_reason", "t_test",
        "t_test_reason",
    ]  # fmt: skip
    assert list(pair["differences"]["ua"]) == ["value", "low", "high", "se", "p", "minimal_detectable"]
    assert list(pair["mcnemar"]) == ["only_first", "only_second", "odds_ratio", "p"]
    assert list(pair["t_test"]) == ["t", "degrees", "d_z", "p"]
    assert row["schema"] == "tonelens/comparison@1"


@pytest.mark.parametrize(
    ("p", "verdict", "mark"),
    [
        (0.05, "not different", ""),
        (0.0499, "better", "*"),
        (0.0099, "better", "**"),
        (0.0009, "better", "***"),
        (0.0099, "worse", "††"),
    ],
)
def test_marks_grow_with_the_corrected_p_and_tell_worse_from_better(p, verdict, mark):
    assert marks(dataclasses.replace(PAIR, holm_p=p, verdict=verdict)) == mark


def test_the_protocol_says_what_was_compared_and_how():
    assert comparison_row(FOUND)["protocol"] == (
        "1200 clips, 20 speakers; seeds: svm 1, tiny_v2 3. UA = macro recall, WA = accuracy. "
        "Marks: UA against svm, paired bootstrap over 20 speakers (2000 replicates, t on 19 degrees of "
        "freedom), two-sided, Holm over 1 comparison: * p < 0.05, ** p < 0.01, *** p < 0.001; "
        "† instead of * where worse."
    )


def test_the_text_shows_scores_differences_and_every_test():
    text = comparison_text(FOUND)
    lines = text.splitlines()
    assert lines[1].split() == ["svm", "72.0", "72.0", "72.0", "none", "reference"]
    assert lines[2].split("  ")[0] == "tiny_v2"
    assert "77.0 ± 0.8**" in lines[2] and "+5.0 (+2.0 to +8.0)" in lines[2] and lines[2].endswith("0.002")
    assert lines[2].count("*") == 2  # at the chosen metric alone
    assert "detectable 4.1 points" in text
    assert "108 to 57 clips right alone  odds ratio 1.89" in text
    assert "t(1199) = 4.00" in text and "d_z 0.115" in text
    assert lines[-1] == "Seeds are averaged."


def test_the_markdown_tables_have_as_many_cells_in_each_row_and_escape_marks_and_bars():
    odd = dataclasses.replace(
        FOUND, systems=(FOUND.systems[0], dataclasses.replace(FOUND.systems[1], name="a|b"))
    )
    page = comparison_markdown(odd)
    rows = [line.replace("\\|", "") for line in page.splitlines() if line.startswith("|")]
    assert sorted({row.count("|") for row in rows}) == [6, 8]
    assert "| a\\|b | 77.0 ± 0.8\\*\\* |" in page
    assert "- Seeds are averaged." in page


def test_the_latex_table_has_rules_marks_and_no_sign_that_breaks_it():
    page = comparison_latex(FOUND)
    assert page.startswith("% Seeds are averaged.\n\\begin{table}")
    assert [page.count(rule) for rule in ("\\toprule", "\\midrule", "\\bottomrule")] == [1, 1, 1]
    assert "tiny\\_v2 & 77.0 $\\pm$ 0.8\\textsuperscript{**} & 77.0 $\\pm$ 0.8 &" in page
    assert "& $+5.0$ ($+2.0$ to $+8.0$) & 0.002 \\\\" in page
    assert "p $<$ 0.001" in page
    worse = dataclasses.replace(FOUND, pairs=(dataclasses.replace(PAIR, verdict="worse"),))
    assert "0.8\\textsuperscript{\\dag{}\\dag{}} &" in comparison_latex(worse)
    table = page[page.index("\\toprule") :]
    assert {line.count(" & ") for line in table.splitlines() if line.endswith("\\\\")} == {6}


def test_what_was_not_made_says_why():
    without = dataclasses.replace(
        PAIR, mcnemar=None, mcnemar_reason="several seeds", t_test=None, t_test_reason="all alike"
    )
    text = comparison_text(dataclasses.replace(FOUND, pairs=(without,)))
    assert "McNemar, exact       not made\n" in text
    assert "McNemar of tiny_v2 - svm not made: several seeds." in text
    assert "t-test of tiny_v2 - svm not made: all alike." in text


def test_a_difference_without_interval_stands_alone():
    bare = Difference(1.0, None, None, 0.0, None, None)
    pair = dataclasses.replace(PAIR, differences=dict.fromkeys(("ua", "wa", "macro_f1"), bare), holm_p=1.0)
    assert "+100.0 points" in comparison_text(dataclasses.replace(FOUND, pairs=(pair,)))


def test_three_files_are_written(tmp_path):
    write_comparison(FOUND, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "comparison.json",
        "comparison.md",
        "comparison.tex",
    }
    assert json.loads((tmp_path / "out/comparison.json").read_text("utf-8")) == comparison_row(FOUND)


def test_a_comparison_by_votes_shows_nats_and_says_that_lower_is_better():
    less = Difference(value=-0.05, low=-0.081, high=-0.02, se=0.0134, p=0.002, minimal_detectable=0.0412)
    by_votes = dataclasses.replace(
        FOUND,
        metric="votes_kl",
        systems=(
            SystemScores("svm", 1, {**scores(0.72), "votes_kl": Score(0.61, None)}, None),
            SystemScores("tiny_v2", 3, {**scores(0.77, 0.008), "votes_kl": Score(0.56, 0.004)}, None),
        ),
        pairs=(dataclasses.replace(PAIR, differences={**PAIR.differences, "votes_kl": less}),),
    )
    text = comparison_text(by_votes)
    head, svm, tiny = (line.split("  ") for line in text.splitlines()[:3])
    assert "votes' KL, nats" in head and "votes' KL - reference, nats (95 %)" in "  ".join(head)
    assert "0.610" in "  ".join(svm) and "0.560 ± 0.004**" in "  ".join(tiny)
    assert "-0.050 (-0.081 to -0.020)" in "  ".join(tiny)
    assert "votes' KL: lower is better." in text and "Marks: votes' KL against svm" in text
    assert "bootstrap, votes' KL" in text and "-0.050 (-0.081 to -0.020) nats" in text
    assert "detectable 0.041 nats" in text and "lower is better" not in comparison_text(FOUND)
    assert "votes' KL, nats" in comparison_latex(by_votes)
