"""From a folder of recordings to an explained one, by commands alone and with words nobody knows."""

import gzip
import hashlib
import json
from importlib import resources
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from evidence.reading import Reading
from journeys.command_line import tonelens
from journeys.trained import LABELS, settings

SCHEMA = json.loads((resources.files("tonelens") / "explanation.schema.json").read_text("utf-8"))


def test_prepare_takes_own_labels_without_code(journey):
    assert journey.prepared.exit_code == 0
    assert "96 of 96" in journey.prepared.stdout
    assert "grumm: 16" in journey.prepared.stdout


def test_annotate_measures_every_clip(journey):
    assert journey.annotated.exit_code == 0
    assert "96 clips measured, 0 skipped" in journey.annotated.stdout


def test_train_says_what_it_wrote_and_what_comes_next(journey):
    assert journey.trained.exit_code == 0, journey.trained.stderr
    model, protocol, following = journey.trained.stdout.splitlines()
    assert model == f"model: {journey.run / 'model'}"
    assert "fold 1 (48 train, 0 dev, 48 test): no speaker stands in two parts (checked)." in protocol
    assert f"tonelens evaluate {journey.run} {journey.cuts}" in following
    card = json.loads((journey.run / "model" / "model.json").read_text("utf-8"))
    assert card["labels"] == LABELS
    assert card["train_speakers"] == ["synthetic-s03", "synthetic-s04"]


def test_evaluate_writes_report_predictions_and_picture(journey, tmp_path):
    ended = tonelens("evaluate", journey.run, journey.cuts, "--out", tmp_path / "scores")
    assert ended.exit_code == 0, ended.stderr
    names = sorted(path.name for path in (tmp_path / "scores").iterdir())
    assert names == ["confusion.png", "predictions.jsonl", "report.json", "report.md"]
    page = (tmp_path / "scores" / "report.md").read_text("utf-8")
    assert ended.stdout.strip() == page.strip()
    assert "no speaker stands in two parts (checked). Trained on synthetic. 48 clips, 2 speakers." in page
    report = json.loads((tmp_path / "scores" / "report.json").read_text("utf-8"))
    assert report["emotion"]["labels"] == LABELS
    assert {"ua", "wa", "macro_f1", "parse_rate", "wer"} <= {row["metric"] for row in report["rows"]}
    assert (tmp_path / "scores" / "confusion.png").read_bytes().startswith(b"\x89PNG")
    lines = (tmp_path / "scores" / "predictions.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 48
    assert {json.loads(line)["speaker"] for line in lines} == {"synthetic-s01", "synthetic-s02"}


def test_evaluate_prints_json_alone_for_programs(journey):
    ended = tonelens("evaluate", journey.run, journey.cuts, "--json")
    assert json.loads(ended.stdout)["clips"] == 48


def test_evaluate_scores_conditions_and_groups(journey, tmp_path):
    ended = tonelens(
        "evaluate", journey.run, journey.cuts, "--condition", "white-20", "--condition", "telephone",
        "--by", "gender", "--out", tmp_path, "--json",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    row = json.loads(ended.stdout)
    assert [(one["condition"], one["group"], one["clips"]) for one in row["slices"]] == [
        (condition, group, clips)
        for condition in ("clean", "white-20", "telephone")
        for group, clips in (("", 48), ("gender=female", 24), ("gender=male", 24))
    ]
    assert len((tmp_path / "predictions-telephone.jsonl").read_text("utf-8").splitlines()) == 48
    assert "| white-20 | gender=male | 24 | 1 |" in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "value", "known"), [("--condition", "rain", "white-20"), ("--by", "age", "language")]
)
def test_evaluate_names_the_conditions_and_groups_there_are(journey, option, value, known):
    ended = tonelens("evaluate", journey.run, journey.cuts, option, value)
    assert ended.exit_code == 2
    (complaint,) = ended.complaints
    assert value in complaint and known in complaint


def test_explain_tells_a_person(journey):
    ended = tonelens("explain", journey.clip(), "--model", journey.run)
    assert (ended.exit_code, ended.stderr) == (0, "")
    first, emotion, sentence, *claims = ended.stdout.splitlines()
    assert first.startswith(str(journey.clip()))
    assert any(emotion.startswith(f"  {label.upper()}  ") for label in LABELS)
    assert "speaks with a" in sentence
    assert "nobody checked this model" in claims.pop(0), "its own words, with the reason beside them"
    names = ["pitch", "volume", "speed", "pitch variation", "pauses", "voice quality"]
    assert [claim[4:20].strip() for claim in claims[:6]] == names
    assert claims[-1].startswith("  model tiny ")


def test_explain_gives_programs_what_the_schema_promises(journey):
    ended = tonelens("explain", journey.clip(), journey.clip("s02"), "--model", journey.run, "--json")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(rows) == 2
    for row in rows:
        Draft202012Validator(SCHEMA).validate(row)
        assert list(row["emotion"]["probabilities"]) == LABELS
        assert sum(row["emotion"]["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def test_explain_leaves_page_picture_text_and_json(journey, tmp_path):
    ended = tonelens("explain", journey.clip(), "--model", journey.run, "--report", tmp_path / "r")
    files = {path.suffix: path for path in (tmp_path / "r").iterdir()}
    assert sorted(files) == [".html", ".json", ".png", ".txt"]
    assert len({path.stem for path in files.values()}) == 1
    assert files[".txt"].read_text("utf-8") == ended.stdout
    Draft202012Validator(SCHEMA).validate(json.loads(files[".json"].read_text("utf-8")))
    assert files[".png"].read_bytes().startswith(b"\x89PNG")
    page = Reading.of(files[".html"])
    told = json.loads(files[".json"].read_text("utf-8"))
    assert json.loads(page.data(page.one("a")["href"])) == told
    assert told["emotion"]["label"] in page.text("h1")
    assert "Calibrated on 48 recordings" in page.text("header"), "of the model that was asked"


def test_two_parts_of_one_file_leave_two_reports(journey, tmp_path):
    rows = "".join(f"{journey.clip()},{start_s},{start_s + 1}\n" for start_s in (0.25, 1))
    (tmp_path / "parts.csv").write_text("path,start,end\n" + rows, "utf-8")
    ended = tonelens("explain", tmp_path / "parts.csv", "--model", journey.run, "--report", tmp_path / "r")
    assert ended.exit_code == 0, ended.stderr
    pictures = sorted(path.stem.rpartition("-")[2] for path in (tmp_path / "r").glob("*.png"))
    assert pictures == ["1000ms", "250ms"]
    index = Reading.of(tmp_path / "r" / "index.html")
    links = [unquote(link["href"]) for link in index.all("a")]
    assert sorted(link.rpartition("-")[2] for link in links) == ["1000ms.html", "250ms.html"]
    for link in links:
        page = Reading.of(tmp_path / "r" / link)
        assert float(page.one("input")["max"]) == 1, "a part is one second long"


def test_resuming_a_finished_run_changes_nothing(journey, fresh_accelerator):
    weights = journey.run / "model" / "model.safetensors"
    before = weights.read_bytes()
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", journey.run, "--resume", *settings())
    assert ended.exit_code == 0, ended.stderr
    assert weights.read_bytes() == before


def test_resuming_with_another_recipe_is_refused(journey, fresh_accelerator):
    changed = settings("optimiser.ser_rate=0.5")
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", journey.run, "--resume", *changed)
    assert ended.exit_code == 2
    assert "holds another run (different: recipe)" in ended.stderr


def test_training_into_a_run_is_refused(journey, fresh_accelerator):
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", journey.run, *settings())
    assert ended.exit_code == 2
    assert "holds a run already. Add --resume" in ended.stderr


def test_training_into_a_folder_of_other_things_is_refused(journey, tmp_path, fresh_accelerator):
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    ended = tonelens("train", "tiny", "--data", journey.cuts, "--out", tmp_path, *settings())
    assert ended.exit_code == 2
    assert "the folder is not empty. Name a new folder." in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_overlapping_speakers_are_said_in_the_card_and_in_every_report(mixed):
    card = json.loads((mixed / "model" / "model.json").read_text("utf-8"))
    said = "NOT speaker-disjoint: 1 speaker stands in more than one part"
    assert said in card["protocol"]
    ended = tonelens("evaluate", mixed, mixed.parent / "cuts" / "cuts.jsonl.gz")
    assert ended.exit_code == 0, ended.stderr
    assert said in ended.stdout


def test_evaluating_on_nothing_but_known_voices_is_refused(journey, tmp_path):
    known = journey.corpus / "known.csv"
    header, *rows = (journey.corpus / "manifest.csv").read_text("utf-8").splitlines()
    known.write_text("\n".join([header, *[row for row in rows if ",s03," in row]]) + "\n", "utf-8")
    assert tonelens("prepare", "csv", known, tmp_path / "cuts").exit_code == 0
    ended = tonelens("evaluate", journey.run, tmp_path / "cuts" / "cuts.jsonl.gz")
    assert ended.exit_code == 2
    assert "every clip has a speaker that the model was trained on" in ended.stderr


def test_clips_that_vanished_are_listed_in_the_report(journey, tmp_path):
    lines = gzip.decompress(journey.cuts.read_bytes()).decode("utf-8").splitlines()
    held_out = [line for line in lines if "/s01-" in line][:3]
    gone = json.loads(held_out[1])["id"]
    held_out[1] = held_out[1].replace(str(journey.corpus), "/nowhere")
    (tmp_path / "few.jsonl.gz").write_bytes(gzip.compress("\n".join(held_out).encode()))
    ended = tonelens("evaluate", journey.run, tmp_path / "few.jsonl.gz", "--json")
    assert ended.exit_code == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["clips"] == 2
    assert any(f"could not be read (1): {gone}: no such file" in note for note in report["notes"])


def test_a_recording_comes_through_a_pipe(journey, tmp_path):
    recording = journey.clip().read_bytes()
    ended = tonelens(
        "explain", "-", "--model", journey.run, "--json", "--report", tmp_path / "r", stdin=recording
    )
    assert (ended.exit_code, ended.stderr) == (0, "")
    row = json.loads(ended.stdout)
    assert row["audio"]["source"] == "stdin"
    assert row["audio"]["sha256"] == hashlib.sha256(recording).hexdigest()
    assert {path.name.split("-")[0] for path in (tmp_path / "r").iterdir()} == {"stdin"}


def test_a_list_gives_the_words_of_many(journey, tmp_path):
    rows = f"{journey.clip()},mani tosu\n{journey.clip('s02')},\n"
    (tmp_path / "calls.csv").write_text("path,text\n" + rows, "utf-8")
    ended = tonelens("explain", tmp_path / "calls.csv", "--model", journey.run, "--json")
    first, second = (json.loads(line)["transcript"] for line in ended.stdout.splitlines())
    assert (first["text"], first["source"]) == ("mani tosu", "given")
    assert second["source"] == "model"
