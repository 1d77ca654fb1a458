"""`tonelens compare` as people and programs call it."""

import json

import pytest

from journeys.command_line import tonelens

BASE, BETTER, WORSE = "110010" * 8, "111110" * 8, "100010" * 8


def written(path, right, *, clips=48, extra=""):
    """A CSV of 48 clips by 6 speakers, two classes in turns; `1` is a right answer."""
    words = ("anger", "fear")
    rows = [
        f"c{number:02},{words[number % 2]},{words[(number + (letter == '0')) % 2]},s{number // 8}"
        for number, letter in enumerate(right[:clips])
    ]
    path.write_text("\n".join(["id,label,prediction,speaker", *rows, *extra.split()]) + "\n", "utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    return {
        name: written(tmp_path / f"{name}.csv", right)
        for name, right in (("old", BASE), ("new", BETTER), ("bad", WORSE))
    }


def test_people_get_tables_and_the_protocol(files):
    ended = tonelens("compare", files["old"], f"ours={files['new']}")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert [line.split()[0] for line in ended.stdout.splitlines()[1:3]] == ["old", "ours"]
    assert "48 clips, 6 speakers; seeds: old 1, ours 1. UA = macro recall, WA = accuracy." in ended.stdout
    assert "ours - old  McNemar, exact       16 to 0 clips right alone" in ended.stdout


def test_programs_get_one_object_and_nothing_else(files):
    ended = tonelens("compare", files["old"], files["new"], files["bad"], "--json", "--metric", "wa")
    row = json.loads(ended.stdout)
    assert (row["metric"], row["reference"], row["comparisons"], row["unit"]) == ("wa", "old", 2, "speaker")
    assert [pair["second"] for pair in row["pairs"]] == ["new", "bad"]
    assert [system["scores"]["wa"]["value"] for system in row["systems"]] == [0.5, 40 / 48, 16 / 48]


def test_files_after_a_comma_are_seeds(files):
    ended = tonelens("compare", files["old"], f"ours={files['new']},{files['bad']}", "--json")
    row = json.loads(ended.stdout)
    assert [(system["name"], system["seeds"]) for system in row["systems"]] == [("old", 1), ("ours", 2)]
    assert row["pairs"][0]["mcnemar"] is None


def test_predictions_of_two_reports_are_called_after_their_folders(tmp_path):
    for name, right in (("first", BASE), ("second=b", BETTER)):
        (tmp_path / name).mkdir()
        written(tmp_path / name / "predictions.csv", right)
    ended = tonelens(
        "compare", tmp_path / "first/predictions.csv", tmp_path / "second=b/predictions.csv", "--json"
    )
    assert [system["name"] for system in json.loads(ended.stdout)["systems"]] == ["first", "second=b"]


@pytest.mark.parametrize(("style", "begin"), [("markdown", "| system |"), ("latex", "\\begin{table}")])
def test_tables_for_pages_and_papers(files, style, begin):
    ended = tonelens("compare", files["old"], files["new"], "--format", style)
    assert (ended.exit_code, ended.stdout.startswith(begin)) == (0, True)


def test_out_gets_the_files_whatever_is_printed(files, tmp_path):
    ended = tonelens("compare", files["old"], files["new"], "--out", tmp_path / "out", "--json")
    assert json.loads((tmp_path / "out/comparison.json").read_text("utf-8")) == json.loads(ended.stdout)
    assert (tmp_path / "out/comparison.tex").is_file() and (tmp_path / "out/comparison.md").is_file()


@pytest.mark.parametrize(
    ("last", "required", "code"),
    [
        ("new", "better", 0),
        ("new", "not-worse", 0),
        ("bad", "better", 3),
        ("bad", "not-worse", 3),
        ("same", "better", 3),
        ("same", "not-worse", 0),
    ],
)
def test_a_requirement_on_the_last_system_decides_the_exit_code(files, tmp_path, last, required, code):
    files["same"] = written(tmp_path / "same.csv", BASE)
    ended = tonelens("compare", files["old"], files["new"], files[last].rename(tmp_path / "last.csv")
                     if last != "new" else f"last={files['new']}", "--require", required)  # fmt: skip
    assert ended.exit_code == code
    assert ended.stdout.startswith("system")  # the comparison is printed all the same
    assert len(ended.complaints) == (code == 3)
    if code:
        assert f"but --require {required} was asked." in ended.stderr


def test_common_clips_are_compared_when_asked_and_counted(files, tmp_path):
    short = written(tmp_path / "short.csv", BETTER, clips=40)
    refused = tonelens("compare", files["old"], short)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "short: without 8 clips ('c40', 'c41', 'c42' ...)" in refused.stderr
    ended = tonelens("compare", files["old"], short, "--common")
    assert ended.exit_code == 0
    assert "old: 8 of 48 clips left out" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{old}"], "two or more are needed"),
        (["{old}", "{old}"], "two systems are called 'old'"),
        (["{old}", "=x.csv"], "a name or a file is empty"),
        (["{old}", "a={new},"], "a name or a file is empty"),
        (["{old}", "a={new},{new}"], "the same file twice"),
        (["{old}", "missing.csv"], "missing.csv: no such file"),
        (["{old}", "{new}", "--metric", "f1"], "--metric is 'f1'; it must be ua, wa, macro_f1"),
        (["{old}", "{new}", "--format", "html"], "--format is 'html'"),
        (["{old}", "{new}", "--require", "best"], "--require is 'best'; it must be better or not-worse"),
    ],
)
def test_what_is_wrong_ends_with_2_and_one_line(files, arguments, said):
    ended = tonelens("compare", *(argument.format(**files) for argument in arguments))
    assert (ended.exit_code, ended.stdout, len(ended.complaints)) == (2, "", 1)
    assert said in ended.stderr


def judged(folder, nearness, *, has_votes=True):
    """predictions.jsonl of 48 clips by 6 speakers: listeners say 70 % anger, the system something near it."""
    folder.mkdir()
    rows = [
        {"id": f"c{n:02}", "speaker": f"s{n // 8}", "reference_emotion": "fear", "predicted_emotion": "anger",
         "probabilities": {"anger": 0.7 - off, "fear": 0.3 + off}}
        | ({"reference_shares": {"anger": 0.7, "fear": 0.3}} if has_votes else {})
        for n in range(48)
        for off in [nearness * (1 + n % 7) / 7]
    ]  # fmt: skip
    path = folder / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_systems_are_compared_by_how_near_they_come_to_the_listeners(tmp_path):
    far, near = judged(tmp_path / "far", 0.4), judged(tmp_path / "near", 0.1)
    ended = tonelens("compare", far, near, "--metric", "votes_kl", "--require", "better")
    assert ended.exit_code == 0, "a smaller distance is better"
    assert "votes' KL: lower is better." in ended.stdout
    assert tonelens("compare", near, far, "--metric", "votes_kl", "--require", "not-worse").exit_code == 3


def test_predictions_without_votes_are_refused_in_one_line(tmp_path):
    voted, bare = judged(tmp_path / "voted", 0.1), judged(tmp_path / "bare", 0.1, has_votes=False)
    ended = tonelens("compare", voted, bare, "--metric", "votes_total_variation")
    assert (ended.exit_code, ended.stdout, len(ended.complaints)) == (2, "", 1)
    assert "bare: no listeners' votes, but votes_total_variation is against them." in ended.stderr
