"""Rows summed up: every number by hand."""

from evidence.examined_rows import ROWS
from tonelens.evidence.examined import examined


def test_every_share_is_the_counted_one():
    found = examined("made", ROWS, protocol="made up")
    assert (found.clips, found.refused) == (5, 1)
    (pitch,) = found.agreement.descriptors
    assert (pitch.supported.count, pitch.contradicted.count, pitch.claims) == (3, 1, 4)
    scores = found.interventions["pitch"]
    assert (scores.arrived.count, scores.arrived.n) == (3, 4)
    assert (scores.moves.count, scores.moves.n) == (2, 3), "high to low and to normal; not where it stayed"
    assert scores.names.count == 1
    assert (scores.stays.count, scores.stays.n) == (2, 3), "volume moved along once"
    assert found.counterfactuals["pitch"].median_steps == 3.0
    pitch_flips, volume_flips = (found.counterfactuals[kind].flipped for kind in ("pitch", "volume"))
    assert (pitch_flips.count, pitch_flips.n) == (2, 3), "the fourth clip is flipped by the vocoder alone"
    assert (volume_flips.count, volume_flips.n) == (1, 4), "which level does not need"
    assert found.counterfactuals["speed"].median_steps is None
    assert found.vocoder_flips.value == 0.25
    assert found.spans.cited.value == 0.5
    assert (found.spans.deletion.median, found.spans.insertion.median) == (0.75, -0.25)


def test_people_read_tables_and_the_protocol():
    text = examined("made", ROWS, protocol="made up").to_text()
    assert text.startswith("made, 5 clips, 1 without a voice left out")
    assert text.endswith("protocol: made up")
    assert "claim moves" in text and "3.0 steps" in text and "+0.750" in text


def test_parts_that_nobody_asked_for_are_not_there():
    bare = [
        {key: value for key, value in ROWS[0].items() if key not in ("agreement", "spans", "counterfactual")}
    ]
    found = examined("made", bare, protocol="")
    assert (found.agreement, found.spans, found.counterfactuals, found.vocoder_flips) == (None,) * 4
    assert found.to_dict()["interventions"]["pitch"]["moves"]["count"] == 1
    assert "spans" not in found.to_text()


def test_nothing_but_refusals_is_no_crash():
    found = examined("made", ROWS[4:], protocol="")
    assert (found.clips, found.refused, found.interventions) == (1, 1, None)
    assert found.to_dict()["schema"] == "tonelens/evidence@1"


def test_descriptors_without_a_change_show_a_dash():
    lines = examined("made", [{**ROWS[0], "interventions": []}], protocol="").to_text().splitlines()
    assert any(line.split()[:3] == ["pitch", "0", "-"] for line in lines)
