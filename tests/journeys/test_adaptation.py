"""`--adapt`: a model listens to unlabelled recordings first, says so, and stays the same for others."""

import json
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from journeys import trained
from journeys.command_line import tonelens
from tonelens.errors import InputError
from tonelens.explain import Request
from tonelens.model.utterance import UtteranceLatent

SCHEMA = json.loads((resources.files("tonelens") / "explanation.schema.json").read_text("utf-8"))


@pytest.fixture
def session(journey, tmp_path):
    """Six recordings of an unheard speaker."""
    folder = tmp_path / "session"
    folder.mkdir()
    for number in range(1, 7):
        clip = journey.clip("s01", number)
        (folder / clip.name).write_bytes(clip.read_bytes())
    return folder


def test_explain_listens_first_and_says_so(journey, session):
    plain = tonelens("explain", journey.clip("s01", 8), "--model", journey.run, "--json")
    ended = tonelens("explain", journey.clip("s01", 8), "--model", journey.run, "--json", "--adapt", session)
    assert ended.exit_code == 0, ended.stderr
    row, before = json.loads(ended.stdout), json.loads(plain.stdout)
    Draft202012Validator(SCHEMA).validate(row)
    assert row["model"]["adapted"] == {"clips": 6, "from": str(session)}
    assert "adapted" not in before["model"]
    assert row["emotion"]["probabilities"] != before["emotion"]["probabilities"]
    told = tonelens("explain", journey.clip("s01", 8), "--model", journey.run, "--adapt", session).stdout
    assert told.splitlines()[-1].endswith(f", adapted to 6 recordings of {session}")


def test_a_recording_that_cannot_be_used_is_named(journey, session):
    (session / "broken.wav").write_bytes(b"no sound")
    ended = tonelens("explain", journey.clip(), "--model", journey.run, "--json", "--adapt", session)
    assert ended.exit_code == 0
    (complaint,) = ended.complaints
    assert complaint.startswith("tonelens: not adapted to: ") and "broken.wav" in complaint
    assert json.loads(ended.stdout)["model"]["adapted"]["clips"] == 6


def test_a_session_of_one_mood_is_not_adapted_to_and_the_answer_stays(journey, tmp_path):
    """Six copies of one recording, of which the default is sure."""
    clip, session = journey.clip("s01", 8), tmp_path / "one"
    session.mkdir()
    for number in range(6):
        (session / f"{number}.wav").write_bytes(clip.read_bytes())
    plain = tonelens("explain", clip, "--json")
    ended = tonelens("explain", clip, "--json", "--adapt", session)
    assert ended.exit_code == 0
    (complaint,) = ended.complaints
    assert complaint == (
        f"tonelens: not adapted: one mood is heard in 6 recordings of {session}, and would become the new "
        f"neutral. Give recordings of several moods."
    )
    assert json.loads(ended.stdout) == json.loads(plain.stdout)


def test_nothing_to_adapt_to_is_refused(journey, tmp_path):
    ended = tonelens("explain", journey.clip(), "--model", journey.run, "--adapt", tmp_path)
    assert ended.exit_code == 2
    (complaint,) = ended.complaints
    assert "can be adapted to" in complaint and "Give recordings of the same speaker or session." in complaint


def test_the_explainer_that_was_there_stays_as_it_was(journey, session):
    explainer = trained.explainer()
    assert isinstance(explainer.loaded.model.pooling, UtteranceLatent)
    clip = journey.clip("s01", 8)
    before = explainer.explain(clip)
    requests = [Request(source=path) for path in sorted(session.iterdir())]
    other, refused = explainer.adapted(requests, "a session")
    assert refused == []
    assert other.explain(clip).model.adapted.clips == 6
    assert explainer.explain(clip) == before
    with pytest.raises(InputError, match="nothing: none of 0 recordings"):
        explainer.adapted([], "nothing")


def test_evaluate_adapts_to_the_scored_part_and_says_so(journey):
    ended = tonelens("evaluate", journey.run, journey.cuts, "--adapt", "--json")
    assert ended.exit_code == 0, ended.stderr
    note = json.loads(ended.stdout)["notes"][0]
    assert note.startswith(
        "Adapted: layer statistics moved towards 48 unlabelled clips of the scored part itself"
    )
