"""`tonelens evidence` and pages with evidence, from a trained run to files."""

import json
import re

import pytest

from journeys.command_line import tonelens
from journeys.trained import journey
from tonelens.corpora.cuts import path_of, read_cuts
from tonelens.evidence.backend import OwnBackend

pytest.importorskip("pyworld", reason="changing a voice needs the extra `evidence`")


def test_a_run_is_examined_and_goes_on(tmp_path):
    asked = (
        "evidence",
        journey().run,
        journey().cuts,
        "--out",
        tmp_path,
        "--part",
        "agreement",
        "--part",
        "streams",
    )
    first = tonelens(*asked, "--clips", "2")
    assert first.exit_code == 0, first.stderr
    assert "claims against the signal" in first.stdout
    assert "share of the voice" in first.stdout
    assert first.stdout.rstrip().splitlines()[-1].startswith("protocol: ")
    second = tonelens(*asked, "--clips", "3", "--json")
    found = json.loads(second.stdout)
    assert (found["schema"], found["clips"]) == ("tonelens/evidence@1", 3)
    assert found == json.loads((tmp_path / "evidence.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (tmp_path / "clips.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 3
    assert {row["speaker"] for row in rows} <= {"synthetic-s01", "synthetic-s02"}, "unheard speakers alone"
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "3; the first by a hash of their ids" in page, "of the second run, not of the first"
    assert "Carried by the voice" in page and "not asked for (--part)" in page and "Not finished" not in page
    assert not re.search(r"<a [^>]*href", page)
    clip = next(cut for cut in read_cuts(journey().cuts) if cut.id == rows[0]["id"])
    explained = tonelens("explain", path_of(clip), "--model", journey().run, "--report", tmp_path / "pages")
    assert explained.exit_code == 0, explained.stderr
    assert (tmp_path / "pages" / f"{rows[0]['page']}.html").is_file(), "the name that the report looks for"


def test_a_stopped_run_leaves_a_page_of_what_there_is(tmp_path, monkeypatch):
    hear, asked = OwnBackend.hear_measured, []

    def stopped_at_the_third(backend, clips, measures=None):
        asked.append(clips)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return hear(backend, clips, measures)

    monkeypatch.setattr(OwnBackend, "hear_measured", stopped_at_the_third)
    words = (
        "evidence",
        journey().run,
        journey().cuts,
        "--out",
        tmp_path,
        "--clips",
        "4",
        "--part",
        "agreement",
    )
    assert tonelens(*words).exit_code == 130
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "2 of 4 clips are answered so far" in page
    assert tonelens(*words).exit_code == 0
    assert "answered so far" not in (tmp_path / "report.html").read_text("utf-8")


def test_other_questions_need_another_folder(tmp_path):
    for part, exit_code in (("agreement", 0), ("spans", 2)):
        ended = tonelens(
            "evidence", journey().run, journey().cuts, "--out", tmp_path, "--clips", "1", "--part", part
        )
        assert ended.exit_code == exit_code
    assert "Give another --out" in ended.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--clips", "0"), "there must be one or more"),
        (("--part", "magic"), "'magic' is no part"),
    ],
)
def test_wrong_options_are_one_line(tmp_path, words, message):
    ended = tonelens("evidence", journey().run, journey().cuts, "--out", tmp_path / "new", *words)
    assert ended.exit_code == 2
    assert message in ended.stderr and len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_a_page_shows_what_decides(tmp_path):
    ended = tonelens(
        "explain", journey().clip(), "--model", journey().run, "--report", tmp_path, "--evidence"
    )
    assert ended.exit_code == 0, ended.stderr
    (page,) = tmp_path.glob("*.html")
    text = page.read_text("utf-8")
    assert "Do the claims follow the voice?" in text or "Words or voice" in text


def test_evidence_without_a_page_is_refused(tmp_path):
    ended = tonelens("explain", journey().clip(), "--model", journey().run, "--evidence")
    assert ended.exit_code == 2
    assert "--report" in ended.stderr
