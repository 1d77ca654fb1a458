"""`tonelens doctor`: exit codes, and the three forms of its report."""

import json
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from journeys.command_line import tonelens

TOP_KEYS = {
    *("schema", "corpus", "title", "source", "clips", "expected", "usable", "hours", "labels", "speakers"),
    *("folds", "sample_rates", "channels", "formats", "duration_s", "level_dbfs", "leaks", "known_defects"),
    *("findings", "counts"),
}


@pytest.fixture
def listed(tmp_path) -> Path:
    """A clean list of 24 clips, with a speaker whose name would break a careless page."""
    noise = np.random.default_rng(0)
    rows = ["path,emotion,speaker"]
    for speaker, emotion, _ in product(("ann", "<b>&", "cem"), ("anger", "calm"), range(4)):
        name = f"{len(rows)}.wav"
        soundfile.write(tmp_path / name, 0.1 * np.clip(noise.standard_normal(4_000), -3, 3), 8_000)
        rows.append(f"{name},{emotion},{speaker}")
    path = tmp_path / "toy.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def spoil(listed: Path) -> None:
    (listed.parent / "5.wav").unlink()


def warn(listed: Path) -> None:
    path = listed.parent / "5.wav"
    samples, rate = soundfile.read(path)
    samples[:40] = 1.0
    soundfile.write(path, samples, rate)


def test_a_clean_list_ends_with_zero(listed):
    ended = tonelens("doctor", "csv", listed, "--strict")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("toy.csv: 24 clips, 24 usable, 0.00 h, 3 speakers\n")
    assert ended.stdout.endswith("Fit to train on: 0 errors, 0 warnings, 0 notes.\n")
    assert "checking 24/24" in ended.stderr and "measuring 24/24" in ended.stderr


def test_an_error_ends_with_three_after_the_report(listed):
    spoil(listed)
    ended = tonelens("doctor", "csv", listed)
    assert ended.exit_code == 3
    assert "✗ error missing: 1 file: no file gives these clips." in ended.stdout
    assert "    toy-5: no such file. Check the path." in ended.stdout
    assert "Do not train on it yet: 1 error, 0 warnings, 0 notes." in ended.stdout


def test_a_warning_ends_with_three_only_when_strict(listed):
    warn(listed)
    assert tonelens("doctor", "csv", listed).exit_code == 0
    ended = tonelens("doctor", "csv", listed, "--strict")
    assert ended.exit_code == 3
    assert "! warning clipped: 1 clip with 0.1 % or more at full scale (calm 1)." in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("iemocab", "nowhere"), "'iemocab' is no corpus"),
        (("ravdess", "nowhere"), "nowhere: no such folder"),
        (("csv", "nowhere.csv"), "cannot be read"),
        (("csv", "nowhere.csv", "--folds", "f.csv"), "Add a column test_fold"),
    ],
)
def test_wrong_arguments_end_with_two_and_one_line(arguments, words):
    ended = tonelens("doctor", *arguments)
    assert ended.exit_code == 2
    assert len(ended.complaints) == 1 and words in ended.complaints[0]


def test_the_json_report_keeps_its_keys(listed):
    spoil(listed)
    report = json.loads(tonelens("doctor", "csv", listed, "--json").stdout)
    assert report.keys() == TOP_KEYS
    assert report["schema"] == "tonelens/doctor@1"
    assert report["counts"] == {"error": 1, "warning": 0, "note": 0}
    (finding,) = report["findings"]
    assert finding.keys() == {"severity", "reason", "found", "do", "ids", "cases"}
    assert (finding["severity"], finding["reason"], finding["ids"]) == ("error", "missing", ["toy-5"])
    assert {leak["evidence"] for leak in report["leaks"]} == {
        "text",
        "duration",
        "level",
        "file",
        "recording",
    }
    assert report["labels"][0].keys() == {"emotion", "expected", "found", "usable", "median_s", "median_dbfs"}


class Page(HTMLParser):
    """Open elements, links and labels of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.labels: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.labels += [value or "" for name, value in attrs if name == "aria-label"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_whole_fetches_nothing_and_escapes_names(listed, tmp_path):
    spoil(listed)
    ended = tonelens("doctor", "csv", listed, "--html", tmp_path / "new" / "report.html")
    assert ended.exit_code == 3
    text = (tmp_path / "new" / "report.html").read_text("utf-8")
    page = Page(text)
    assert page.open == [] and page.fetched == [] and "script" not in page.tags
    assert "url(" not in text and "@import" not in text
    assert "b" not in [tag for tag in page.tags[page.tags.index("svg") :] if tag == "b"]
    assert "<b>&" in page.texts  # as text, beside its bar
    assert page.labels[0] == "Usable clips of each emotion (line: expected): calm 11, anger 12"
    assert page.tags.count("svg") == 4  # emotions, durations, levels, speakers
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.html"]


def test_a_page_that_cannot_be_written_ends_with_two(listed, tmp_path):
    (tmp_path / "file").write_text("")
    ended = tonelens("doctor", "csv", listed, "--html", tmp_path / "file" / "report.html")
    assert ended.exit_code == 2
    assert "cannot be written" in ended.complaints[-1]
