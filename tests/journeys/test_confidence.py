"""Probabilities fitted on the dev part, answers that are not given, and why."""

import json
import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

from journeys import trained
from journeys.command_line import tonelens
from tonelens.corpora.cuts import read_cuts
from tonelens.errors import CorpusError, InputError, ModelError
from tonelens.evaluation.calibration import calibrate_model
from tonelens.explain import Explainer, Request
from tonelens.model.checkpoint import load_card, save_calibration
from tonelens.model.confidence import Calibration, Threshold

SCHEMA = json.loads((resources.files("tonelens") / "explanation.schema.json").read_text("utf-8"))
UNSURE = Calibration(2.0, "made up", 100, 0.3, 0.1, (Threshold(0.0, 0.8, 1.0), Threshold(0.999, 0.25, 0.1)))
"""Half as sure as the model, and a threshold that a model trained for seconds never reaches."""


@pytest.fixture(scope="module")
def calibrated(journey, tmp_path_factory) -> Path:
    """A run with a dev part: one voice to test, one for dev (24 clips), two to train on."""
    out = tmp_path_factory.mktemp("calibrated") / "run"
    changes = trained.settings("data.protocol=speaker-disjoint", "data.folds=4", "data.hold_out_dev=true")
    with trained.fresh_accelerator():
        ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", out, *changes)
    assert ended.exit_code == 0, ended.stderr
    return out


@pytest.fixture
def unsure(journey, tmp_path) -> Path:
    run = Path(shutil.copytree(journey.run / "model", tmp_path / "unsure"))
    save_calibration(run, UNSURE)
    return run


@pytest.fixture
def bare(journey, tmp_path) -> Path:
    """A model folder as it was written before there was a calibration."""
    run = Path(shutil.copytree(journey.run / "model", tmp_path / "bare"))
    described = json.loads((run / "model.json").read_text("utf-8"))
    del described["calibration"]
    (run / "model.json").write_text(json.dumps(described), "utf-8")
    return run


@pytest.fixture
def noise(tmp_path) -> Path:
    samples = 0.1 * np.random.default_rng(0).standard_normal(2 * 16_000).clip(-3, 3)
    soundfile.write(tmp_path / "noise.wav", samples, 16_000)
    return tmp_path / "noise.wav"


def test_training_fits_on_the_dev_part(calibrated):
    fitted = load_card(calibrated).calibration
    assert (fitted.n, fitted.fitted_on) == (24, "dev part of synthetic")
    assert 0.1 <= fitted.temperature <= 10
    assert fitted.thresholds[0].confidence == 0
    assert fitted.thresholds[0].coverage == 1
    risks = [threshold.risk for threshold in fitted.thresholds]
    assert risks == sorted(risks, reverse=True)


def test_without_a_dev_part_training_voices_judge_each_other(journey):
    fitted = load_card(journey.run).calibration
    assert (fitted.n, fitted.reads) == (48, "head"), "the two voices of the training part"
    assert fitted.fitted_on == "training clips, each judged without its speaker (2 groups)"


def test_a_folder_written_before_there_was_a_calibration_loads_and_promises_nothing(journey, bare):
    assert load_card(bare) == replace(load_card(journey.run), calibration=None)
    ended = tonelens("explain", journey.clip(), "--model", bare, "--abstain", "0.2")
    assert (ended.exit_code, ended.stdout) == (2, "")
    (complaint,) = ended.complaints
    assert "tiny: not calibrated, so it can promise no risk" in complaint


@pytest.mark.parametrize(
    ("risk", "words"),
    [("0.01", "no threshold promises it"), ("20", "must lie between 0 and 1"), ("0", "between 0 and 1")],
)
def test_a_risk_that_cannot_be_promised_is_refused_before_anything_is_explained(
    risk, words, calibrated, journey
):
    ended = tonelens("explain", journey.clip(), "--model", calibrated, "--abstain", risk)
    assert (ended.exit_code, ended.stdout) == (2, "")
    (complaint,) = ended.complaints
    assert words in complaint


def test_an_unsure_answer_is_not_given_when_a_risk_is_stated(unsure, journey):
    given = tonelens("explain", journey.clip(), "--model", unsure, "--abstain", "0.8", "--json")
    kept = tonelens("explain", journey.clip(), "--model", unsure, "--abstain", "0.25", "--json")
    assert given.exit_code == kept.exit_code == 0
    answer, none = json.loads(given.stdout), json.loads(kept.stdout)
    for row in (answer, none):
        Draft202012Validator(SCHEMA).validate(row)
    assert answer["emotion"]["abstained"] is False
    assert "reason" not in answer["emotion"]
    assert none["emotion"]["abstained"] is True
    assert (none["emotion"]["label"], none["emotion"]["reason"]) == ("unknown", "low-confidence")
    assert none["emotion"]["probabilities"] == answer["emotion"]["probabilities"]
    assert none["descriptors"] == answer["descriptors"]
    assert none["explanation"].startswith(f"No emotion is named: the nearest is {answer['emotion']['label']}")
    assert "at least 99.9% is needed for at most 25% wrong answers" in none["explanation"]
    told = tonelens("explain", journey.clip(), "--model", unsure, "--abstain", "0.25").stdout.splitlines()
    assert told[1].startswith("  NO ANSWER  (low-confidence)   nearest ")


def test_the_temperature_changes_probabilities_and_no_label(unsure, bare, journey):
    clips = [Request(source=journey.clip(number=number)) for number in range(1, 5)]
    raw = list(Explainer.from_pretrained(bare).explain_all(clips))
    for before, after in zip(raw, Explainer.from_pretrained(unsure).explain_all(clips), strict=True):
        assert after.emotion.label == before.emotion.label
        assert after.explanation == before.explanation
        roots = {label: share**0.5 for label, share in before.emotion.probabilities.items()}
        expected = {label: root / sum(roots.values()) for label, root in roots.items()}
        assert after.emotion.probabilities == pytest.approx(expected, abs=1e-5)


def test_noise_gets_a_reason_and_no_guess(journey, noise, tmp_path):
    arguments = ["explain", noise, journey.clip(), "--model", journey.run]
    ended = tonelens(*arguments, "--json", "--report", tmp_path / "report")
    assert (ended.exit_code, ended.stderr) == (0, "")
    row, speech = (json.loads(line) for line in ended.stdout.splitlines())
    Draft202012Validator(SCHEMA).validate(row)
    assert row["emotion"]["abstained"] is True
    assert (row["emotion"]["label"], row["emotion"]["reason"]) == ("unknown", "no-speech")
    assert set(row["emotion"]["probabilities"].values()) == {1 / 6}
    assert row["explanation"].startswith("No emotion is named: 0.00 s of voice was found")
    assert (row["transcript"]["text"], row["transcript"]["source"]) == ("", "none")
    assert row["descriptors"]["emphasis"] == []
    volume = row["descriptors"]["volume"]
    assert (volume["level"], volume["verdict"]) == (None, "not measurable")
    assert volume["measured"] == pytest.approx(-20, abs=0.5)
    assert "of voice was found" in volume["reason"]
    assert speech["emotion"]["abstained"] is False
    assert len(list((tmp_path / "report").glob("noise-*.png"))) == 1
    told = tonelens("explain", noise, "--model", journey.run).stdout.splitlines()
    assert told[1] == "  NO ANSWER  (no-speech)"


def test_a_report_states_the_calibration_error_before_and_after(calibrated, journey):
    temperature = load_card(calibrated).calibration.temperature
    ended = tonelens("evaluate", calibrated, journey.cuts, "--part", "dev", "--json")
    values = {row["metric"]: row["value"] for row in json.loads(ended.stdout)["rows"]}
    fitted = load_card(calibrated).calibration
    assert temperature != pytest.approx(1)
    assert values["ece"] == pytest.approx(fitted.ece_after, abs=1e-4)
    assert values["ece_before"] == pytest.approx(fitted.ece_before, abs=1e-4)


def test_a_clip_that_is_not_answered_counts_as_wrong_and_is_named(journey, noise, tmp_path):
    rows = f"path,emotion,speaker\n{noise},plain,x\n{journey.clip('s01')},plain,y\n"
    (tmp_path / "mine.csv").write_text(rows, "utf-8")
    assert tonelens("prepare", "csv", tmp_path / "mine.csv", tmp_path / "cuts").exit_code == 0
    ended = tonelens("evaluate", journey.run, tmp_path / "cuts" / "cuts.jsonl.gz", "--json")
    report = json.loads(ended.stdout)
    assert report["clips"] == 2
    (note,) = [note for note in report["notes"] if "Not answered" in note]
    assert "counted as wrong (1): mine-noise: no-speech." in note


def test_a_folder_is_calibrated_on_chosen_cuts(journey, tmp_path):
    run = Path(shutil.copytree(journey.run / "model", tmp_path / "model"))
    cuts = [cut for cut in read_cuts(journey.cuts) if "s01" in cut.id]
    fitted = calibrate_model(run, cuts, fitted_on="s01")
    assert (fitted.n, fitted.fitted_on) == (24, "s01")
    assert load_card(run).calibration == fitted
    assert calibrate_model(run, cuts, fitted_on="s01") == fitted, "fitted on what the model says, untempered"
    with pytest.raises(CorpusError, match=r"few: 3 clips were answered, but 20 .* are needed"):
        calibrate_model(run, cuts[:3], fitted_on="few")


def test_python_asks_for_a_risk_too(unsure, bare, journey):
    assert Explainer.from_pretrained(unsure, abstain=0.25).explain(journey.clip()).emotion.abstained
    with pytest.raises(InputError, match="no threshold promises it"):
        Explainer.from_pretrained(unsure, abstain=0.2)
    with pytest.raises(ModelError, match="not calibrated"):
        Explainer.from_pretrained(bare, abstain=0.2)
