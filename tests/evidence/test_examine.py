"""A clip's row holds every answer, and can be read back; many clips go on where they were stopped."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from builders import synthetic_cuts
from evidence.planted import Truthful, edges
from tonelens.audio import Audio
from tonelens.corpora.cuts import path_of
from tonelens.corpora.synthesiser import VoiceSpec, synthesise
from tonelens.descriptors.measure import measure
from tonelens.errors import InputError, RunError
from tonelens.evidence.backend import Heard, OwnBackend
from tonelens.evidence.examine import PARTS, Examiner, parts_named, trial_from, trial_row
from tonelens.evidence.examine_clips import answered, examine_clips
from tonelens.evidence.interventions import Subject, intervene
from tonelens.explain import Explainer
from tonelens.progress import Quiet
from tonelens.storage import read_jsonl, write_jsonl

pytest.importorskip("pyworld", reason="changing a voice needs the extra `evidence`")


def spoken(seconds_of_words="mani lona", f0_hz=140.0):
    return Audio(synthesise(VoiceSpec(text=seconds_of_words, f0_hz=f0_hz)).samples, "spoken", "0" * 64)


def test_a_row_holds_every_part_and_nothing_but_json():
    row = Examiner(Truthful(), edges()).examine(Subject(audio=spoken()))
    assert set(row) == {"heard", "agreement", "interventions", "counterfactual", "spans"}
    row = json.loads(json.dumps(row))
    assert not [claim for claim in row["agreement"]["claims"] if claim["verdict"] == "contradicted"]
    assert {(one["kind"], one["amount"]) for one in row["counterfactual"]["heard"]} >= {
        ("none", 0.0),
        ("pitch", 2.0),
    }
    assert row["spans"]["test"] is None or set(row["spans"]["test"]) == {
        "deletion", "deletion_random", "insertion", "insertion_random"
    }  # fmt: skip


def test_trials_are_read_back_as_they_were():
    trials = intervene(Truthful(), Subject(audio=spoken()), edges())
    assert trials
    for trial in trials:
        read = trial_from(json.loads(json.dumps(trial_row(trial))), "s1")
        assert (read.edit, read.arrived, read.others_kept) == (trial.edit, trial.arrived, trial.others_kept)
        assert (read.before.claims, read.after.claims) == (trial.before.claims, trial.after.claims)
        assert (read.flipped, read.speaker) == (trial.flipped, "s1")


def test_only_the_parts_asked_for_are_there():
    row = Examiner(Truthful(), edges(), parts=parts_named(["agreement"])).examine(Subject(audio=spoken()))
    assert set(row) == {"heard", "agreement"}
    assert parts_named(None) == PARTS
    with pytest.raises(InputError, match="'streans' is no part"):
        parts_named(["agreement", "streans"])


def test_a_clip_is_measured_once(monkeypatch):
    """Measuring takes longest after the model; what was measured for the verdicts serves the claims, too."""
    from tonelens import explain
    from tonelens.evidence import agreement

    times = []
    for module in (explain, agreement):
        monkeypatch.setattr(module, "measure", lambda clip: times.append(clip) or measure(clip))
    backend = OwnBackend(Explainer.from_pretrained())
    row = Examiner(backend, edges(), parts=("agreement",)).examine(Subject(audio=spoken()))
    assert len(times) == 1
    assert row["heard"]["claims"] == dict(backend.hear([spoken()])[0].claims)


def test_silence_is_refused_with_its_reason():
    hush = Audio(np.zeros(32_000, dtype=np.float32), "hush", "0" * 64)
    row = Examiner(Truthful(), edges()).examine(Subject(audio=hush))
    assert set(row) == {"refused"}


@dataclass
class Counting:
    """Counts what it is asked, and fails where it is told to."""

    fails_at: int = 10**9
    asked: list = field(default_factory=list)
    name: str = "counting"

    def hear(self, clips):
        if len(self.asked) >= self.fails_at:
            raise KeyboardInterrupt
        self.asked += [clip.source for clip in clips]
        return [Heard(probabilities={"anger": 0.6, "neutral": 0.4}, claims={"volume": "low"}) for _ in clips]


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    return synthetic_cuts(tmp_path_factory.mktemp("cuts"), speakers=2, clips_per_speaker=2)


def test_stopped_work_goes_on_with_the_next_clip(cuts, tmp_path):
    first = Counting(fails_at=2)
    with pytest.raises(KeyboardInterrupt):
        examine_clips(Examiner(first, edges(), parts=("agreement",)), cuts, tmp_path, Quiet())
    assert len(first.asked) == 2
    second = Counting()
    rows = examine_clips(Examiner(second, edges(), parts=("agreement",)), cuts, tmp_path, Quiet())
    assert [row["id"] for row in rows] == [cut.id for cut in cuts]
    assert second.asked == [cut.id for cut in cuts[2:]]
    assert {row["emotion"] for row in rows} == {cut.supervisions[0].custom["emotion"] for cut in cuts}


def test_answers_to_other_questions_are_not_mixed_in(cuts, tmp_path):
    examine_clips(Examiner(Counting(), edges(), parts=("agreement",)), cuts[:1], tmp_path, Quiet())
    with pytest.raises(RunError, match="Give another --out"):
        examine_clips(
            Examiner(Counting(name="other"), edges(), parts=("agreement",)), cuts, tmp_path, Quiet()
        )


def test_a_clip_that_is_gone_is_refused_by_name_and_stops_nothing(cuts, tmp_path):
    lost = synthetic_cuts(tmp_path / "lost", speakers=1, clips_per_speaker=2)
    path_of(lost[0]).unlink()
    rows = examine_clips(Examiner(Counting(), edges(), parts=("agreement",)), lost, tmp_path / "out", Quiet())
    assert sorted("refused" in row for row in rows) == [False, True]


def test_rows_of_an_older_tonelens_learn_what_the_cut_says(cuts, tmp_path):
    examiner = Examiner(Counting(), edges(), parts=("agreement",))
    examine_clips(examiner, cuts, tmp_path, Quiet())
    file = tmp_path / "clips.jsonl"
    rows = read_jsonl(file)
    write_jsonl(file, [{key: row[key] for key in row if key not in ("gender", "page")} for row in rows[1:]])
    found = answered(cuts, tmp_path)
    assert [row["id"] for row in found] == [cut.id for cut in cuts[1:]], "the first was never answered"
    assert [row["gender"] for row in found] == [cut.supervisions[0].gender for cut in cuts[1:]]
    sha256 = cuts[1].custom["sha256"]
    assert found[0]["page"] == f"{path_of(cuts[1]).stem}-{sha256[:8]}"
    assert answered(cuts, tmp_path / "none") == []
