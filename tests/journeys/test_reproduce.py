"""A row of the paper, trained in small on made-up speech and set beside what the paper prints."""

import json

import pytest
from lhotse import CutSet

from journeys.command_line import tonelens
from journeys.trained import settings
from tonelens.corpora.cuts import emotion_of, read_cuts
from tonelens.model.checkpoint import load_model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tmp_path_factory.mktemp("row") / "run"


def reproduced(journey, run, *more):
    small = settings("llm.source=scratch", "llm.lora_rank=0")
    return tonelens("reproduce", "table2_row7", "--data", journey.cuts, "--out", run, *small, *more)


def test_a_row_is_trained_tested_and_states_how_it_differs(journey, run):
    ended = reproduced(journey, run)
    assert ended.exit_code == 0, ended.stderr
    assert "proposed, synthetic, 48 clips" in ended.stdout
    assert "differs: the paper does not test on synthetic" in ended.stdout
    assert "differs: encoder log-mel, LLM scratch" in ended.stdout
    assert "no tolerance: the paper's is of iemocap, ours of synthetic" in ended.stdout
    assert "deviation" not in ended.stdout, "there is nothing to deviate from"
    again = json.loads(reproduced(journey, run, "--resume", "--json").stdout)
    assert again["clips"] == 48
    assert 0 <= again["others"]["ua"] <= 100


def test_the_same_row_at_shared_scale_lists_what_is_not_the_paper_s(journey, tmp_path):
    small = settings("schedule.asr_epochs=1")
    ended = tonelens("reproduce", "table2_row5", "--scale", "shared", "--data", journey.cuts, "--out",
                     tmp_path / "run", *small)  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    assert "disentangled, SER+ASR, no SED, synthetic, 48 clips" in ended.stdout
    for corpus, paper in (("iemocap", "70.6"), ("meld", "53.3")):
        (line,) = [line for line in ended.stdout.splitlines() if line.startswith("wa") and corpus in line]
        assert f"paper  {paper}" in line
    (listed,) = [line for line in ended.stdout.splitlines() if "not the row's own" in line]
    assert "objective.label_token_weight=4.0" in listed and "streams.summary_token=True" in listed
    assert "answer.descriptors" not in listed and "objective.beta" not in listed


def test_a_corpus_of_the_paper_is_held_against_its_figure(journey, run, tmp_path):
    cuts = tmp_path / "cuts.jsonl.gz"
    renamed = list(read_cuts(journey.cuts))
    for cut in renamed:
        cut.custom["corpus"] = "iemocap"
    CutSet.from_cuts(renamed).to_file(cuts)
    small = settings("llm.source=scratch", "llm.lora_rank=0", "data.fold=1")
    ended = tonelens("reproduce", "table2_row6", "--data", cuts, "--out", tmp_path / "run", *small, "--json",
                     "--set", "schedule.asr_epochs=0")  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    found = json.loads(ended.stdout)
    (score,) = found["scores"]
    assert (score["metric"], score["paper"]) == ("wa", 75.5), "this row has no transcript, so no WER"
    assert score["verdict"] in ("within", "outside")
    assert "48 test clips, not the paper's 1241" in found["differences"]


@pytest.fixture(scope="module")
def elsewhere(journey, tmp_path_factory):
    """Cuts as if of another corpus: other voices, and two labels of which the run has heard one."""
    cuts = tmp_path_factory.mktemp("elsewhere") / "cuts.jsonl.gz"
    renamed = [cut for cut in read_cuts(journey.cuts) if emotion_of(cut) in ("plain", "fizz")]
    for cut in renamed:
        cut.id = f"other-{cut.id}"
        cut.custom["corpus"] = "other"
        said = cut.supervisions[0]
        said.speaker = said.speaker.replace("synthetic", "other")
        if emotion_of(cut) == "fizz":
            said.custom["emotion"] = "wistful"
    CutSet.from_cuts(renamed).to_file(cuts)
    return cuts


def test_a_row_of_the_sequel_is_trained_out_of_domain_and_then_in_domain(journey, elsewhere, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    ended = tonelens("reproduce", "sequel_template", "--scale", "shared", "--data", journey.cuts,
                     "--out", first, *settings("data.protocol=none"))  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    assert "every clip was trained on, so nothing is tested" in ended.stdout
    assert f"next: tonelens reproduce sequel_in_domain --start {first}" in ended.stdout
    own = ["data.protocol=emobox", "schedule.asr_epochs=1", "schedule.ser_epochs=1"]
    own = [word for setting in own for word in ("--set", setting)]
    ended = tonelens("reproduce", "sequel_in_domain", "--scale", "shared", "--data", elsewhere,
                     "--start", first, "--out", second, *own)  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    assert "sequel: out of domain first, then in domain, other, 16 clips" in ended.stdout
    (trainings,) = [line for line in ended.stdout.splitlines() if "differs: begun with" in line]
    assert "begun with sequel_template-shared (Split none (96 train" in trainings
    assert "then 1 + 1 epochs of these cuts alone; the sequel trains 2 epochs on GigaSpeech-m" in trainings
    assert "clips of GigaSpeech first" not in ended.stdout, "that is the first paper's"
    told, before = load_model(second), load_model(first)
    assert list(told.card.labels) == ["plain", "wistful"]
    assert told.card.started_from.fingerprint == before.fingerprint
    assert told.prompter.tokenizer.get_vocab() == before.prompter.tokenizer.get_vocab()
    assert told.model.recipe.answer == before.model.recipe.answer
