"""METEOR and SPICE with a stand-in for their package: no Java and no network is needed here."""

import importlib
import sys

import pytest

from tonelens.evaluation import caption_extras
from tonelens.evaluation.caption_extras import METEOR_FILES, SPICE_FILES, extra_scores
from tonelens.evaluation.prediction import Prediction
from tonelens.evaluation.report import evaluate, report_page, report_row

METEOR = """
class Meteor:
    def compute_score(self, gts, res):
        assert list(gts) == list(res)
        assert all(len(sentences) == 1 for sentences in [*gts.values(), *res.values()])
        scores = [float(gts[i] == res[i]) for i in gts]
        return sum(scores) / len(scores), scores
"""
SPICE = """
class Spice:
    def compute_score(self, gts, res):
        found = [{"All": {"f": 0.25 if gts[i] == res[i] else float("nan")}} for i in sorted(gts)]
        return 0.0, found
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A pycocoevalcap with files of no content, and a `java` on the PATH."""
    root = tmp_path / "pycocoevalcap"
    for name in (*METEOR_FILES, *SPICE_FILES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    (root / "__init__.py").write_text("")
    (root / "meteor" / "meteor.py").write_text(METEOR)
    (root / "spice" / "spice.py").write_text(SPICE)
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycocoevalcap"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(caption_extras.shutil, "which", lambda name: f"/bin/{name}")
    importlib.invalidate_caches()
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "pycocoevalcap"]:
        del sys.modules[name]


def clips(*pairs):
    return [
        Prediction(
            id=str(number),
            reference_emotion="anger",
            predicted_emotion="anger",
            reference_caption=reference,
            caption=caption,
        )
        for number, (reference, caption) in enumerate(pairs)
    ]


THREE = (("a b", "a b"), ("c d", "c"), ("e f", ""))


def scored():
    return extra_scores(*zip(*THREE, strict=True))


def test_scores_are_taken_clip_by_clip_and_an_empty_caption_has_none(package):
    meteor, spice = scored()
    assert (meteor.metric, meteor.values, meteor.reason) == ("meteor", (1.0, 0.0, 0.0), None)
    assert (spice.metric, spice.values, spice.reason) == ("spice", (0.25, 0.0, 0.0), None)


def test_captions_that_are_all_empty_ask_no_program(package):
    (package / "meteor" / "meteor.py").write_text("raise SystemError")
    assert extra_scores(["a b"], [""])[0].values == (0.0,)


def test_without_the_package_the_reason_names_the_extra(monkeypatch):
    monkeypatch.setattr(caption_extras.importlib.util, "find_spec", lambda name: None)
    assert {one.reason for one in scored()} == {"needs pip install 'tonelens[captions]', and Java"}
    assert all(one.values is None for one in scored())


def test_without_java_the_reason_says_so(package, monkeypatch):
    monkeypatch.setattr(caption_extras.shutil, "which", lambda name: None)
    assert {one.reason for one in scored()} == {"needs Java, and there is no `java` on the PATH"}


def test_spice_without_its_models_names_them_and_meteor_goes_on(package):
    (package / SPICE_FILES[2]).unlink()
    meteor, spice = scored()
    assert meteor.values is not None and spice.values is None
    assert spice.reason is not None
    assert spice.reason.startswith(
        "needs stanford-corenlp-3.6.0-models.jar in pycocoevalcap/spice/lib; nothing"
    )


def test_a_program_that_fails_is_a_reason_and_no_failure(package):
    broken = METEOR.replace("scores = ", "raise BrokenPipeError('gone')  # ")
    (package / "meteor" / "meteor.py").write_text(broken)
    meteor, spice = scored()
    assert meteor.values is None and meteor.reason == "pycocoevalcap failed (BrokenPipeError: gone)"
    assert spice.values is not None


def test_the_report_shows_what_could_be_scored_and_why_the_rest_could_not(package):
    (package / SPICE_FILES[0]).unlink()
    report = evaluate(clips(*THREE), protocol="p")
    figures = {figure.metric: figure.value for figure in report.figures()}
    assert figures["meteor"] == pytest.approx(1 / 3) and "spice" not in figures
    row = report_row(report)
    assert {"meteor"} == {one["metric"] for one in row["rows"]} & {"meteor", "spice"}
    assert list(row["captions"]["not_scored"]) == ["spice"]
    page = report_page(report)
    assert "METEOR % (95 %): 33.3 (" in page
    assert "SPICE: not scored, needs spice-1.0.jar in pycocoevalcap/spice" in page


def test_with_package_and_java_equal_sentences_score_highest():
    if caption_extras._hindrance(METEOR_FILES) is not None:
        pytest.skip("needs pycocoevalcap and Java")
    same, other = "a calm woman speaks slowly", "the dog barks at nine cars"
    meteor, _ = extra_scores([same, same], [same, other])
    assert meteor.values is not None
    assert meteor.values[0] > 0.99 and meteor.values[1] < 0.2
