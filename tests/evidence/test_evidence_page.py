"""The report of a corpus, on rows made by hand: whatever stands in it can be counted on five fingers."""

from dataclasses import replace

import pytest

from evidence.examined_rows import ROWS, row
from evidence.explanations import EVIL
from evidence.reading import Reading
from tonelens.evidence.evidence_page import Asked, to_html, write_evidence_page
from tonelens.evidence.examine import PARTS
from tonelens.evidence.examined import Streams, examined
from tonelens.evidence.means import Mean

ASKED = Asked(fingerprint="abc123", parts=PARTS, planned=5)
MEAN = Mean(0.5, 0.25, 0.75, 4, "clip")
STREAMS = Streams(
    voice=None,
    neither=replace(MEAN, value=1.0, low=1.0, high=1.0),
    drops={"descriptor": {"zero": MEAN}},
    follows={},
    pairs=0,
)


def page(rows=ROWS, asked=ASKED, streams=None, pages=()):
    found = replace(examined("made", rows, protocol="voices made up"), streams=streams)
    return Reading(to_html(found, rows, asked, pages))


FULL = page(streams=STREAMS)


def foreign():
    """A system that gives an emotion alone."""
    silent = {"label": "anger", "probabilities": {"anger": 1.0}, "claims": {}, "text": ""}
    rows = []
    for one in ROWS[:4]:
        trials = [{**trial, "before": silent, "after": silent} for trial in one["interventions"]]
        agreement = {**one["agreement"], "claims": []}
        rows.append({**one, "heard": silent, "interventions": trials, "agreement": agreement})
    return rows


def test_the_protocol_is_told_before_any_number():
    said = FULL.text("header")
    for words in (
        "made abc123", "made (5)", "5, 1 of them refused", "Speakers5", "agreement, interventions", "Seeds0",
        "voices made up",
    ):  # fmt: skip
        assert words in said
    assert "supports 75 % of 4 claims" in said
    assert "moves with a changed voice in 67 %, and the others stay in 67 %" in said
    assert "not shown to carry" in said, "of two clips nothing is significant"


def test_claims_and_changes_are_those_counted_by_hand():
    (pitch,) = FULL.rows("agreement")
    assert pitch[0:2] == ("pitch", "4")
    assert pitch[2].startswith("75 % (30 to 95), 3 of 4"), "Wilson's interval of 3 in 4"
    assert pitch[3:] == ("25 %, 1 of 4", "0 %, 0 of 4", "75 %, 3 of 4")
    changed = FULL.rows("interventions")
    assert changed[0][0:2] == ("pitch", "75 %, 3 of 4")
    assert changed[0][2].startswith("67 %") and changed[0][2].endswith("2 of 3")
    assert changed[1][1:] == ("not measured: no change was possible",) * 4
    strays = FULL.by_id("interventions").all("table")[1]
    assert "33 %, 1 of 3" in strays.text and "not measured: no such change" in strays.text


def test_flips_have_a_size_for_each_pair_of_emotions():
    rows = {name: cells for name, *cells in FULL.rows("flips")}
    assert rows["Pitch"][0].endswith("2 of 3") and rows["Pitch"][1] == "3.0 semitones"
    assert rows["Pace"][1] == "not measured: none does"
    assert "alone flips 1 of 4 clips" in FULL.by_id("flips").text
    pair = FULL.by_id("flips").all("table")[1].all("tbody")[0].text
    assert pair == "anger → fear3.0 (n 2)–3.0 (n 1)–"


def test_cited_spans_have_difference_interval_and_p():
    silenced, alone = FULL.rows("spans")
    assert silenced == (
        "silenced: the decision loses more",
        "2",
        "+0.75 (+0.75 to +0.75)",
        "+0.75",
        "+1.00",
        "0.25",
    )
    assert alone[2:] == ("−0.25 (−0.25 to −0.25)", "−0.25", "−1.00", "1")


def test_words_or_voice_says_what_no_clip_has():
    voice, neither, mixtures = FULL.rows("streams")
    assert voice[1] == "not measured: neither stream alone decides any clip"
    assert neither[1] == "100 % (100 to 100), 4 clips"
    assert mixtures[1].startswith("not measured: no two clips")
    assert "−50 (−75 to −25)" in FULL.by_id("streams").text


def test_the_worst_clips_lead_to_their_pages_where_there_are_any():
    rows = [{**one, "page": f"p {number}"} for number, one in enumerate(ROWS)]
    found = page(rows, pages={"p 2"})
    (worst,) = found.rows("contradicted")
    assert worst == ("c3", "anger", "anger", "2", "pitch high: 1 Hz is low for the group")
    assert [cells[0] for cells in found.rows("unfollowed")] == ["c2", "c3"]
    assert {link["href"] for link in found.all("a")} == {"pages/p%202.html"}
    assert not page(rows).all("a"), "no link to what is not there"


def test_only_the_worst_ten_are_listed_and_the_others_counted():
    rows = [row(n, trials=[], verdict="contradicted", flips=[], test=None) for n in range(12)]
    section = page(rows).by_id("contradicted")
    assert len(section.all("tr")) == 11
    assert "The 10 worst of 12 such clips." in section.text


def test_pages_of_clips_are_looked_for_beside_the_report(tmp_path):
    rows = [{**one, "page": f"p{number}"} for number, one in enumerate(ROWS)]
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "p2.html").touch()
    path = write_evidence_page(examined("made", rows, protocol=""), rows, ASKED, tmp_path)
    assert path == tmp_path / "report.html"
    assert {link["href"] for link in Reading.of(path).all("a")} == {"pages/p2.html"}


@pytest.mark.parametrize(
    ("rows", "asked", "why"),
    [
        (foreign(), replace(ASKED, no_streams="it has no streams"), {
            "agreement": "Not measured: the system makes no claim",
            "interventions": "not measured: no such claim is made",
            "streams": "Not measured: it has no streams",
            "contradicted": "Not measured: nothing is claimed",
            "unfollowed": "Not measured: no claim was tested",
        }),
        ([{key: value for key, value in ROWS[0].items() if key not in ("spans", "counterfactual")}],
         replace(ASKED, parts=("agreement", "interventions")), {
            "spans": "Not measured: this part was not asked for (--part)",
            "flips": "Not measured: this part was not asked for (--part)",
            "streams": "Not measured: this part was not asked for (--part)",
        }),
        (ROWS[4:], ASKED, dict.fromkeys(
            ("agreement", "interventions", "flips", "spans", "streams", "contradicted", "unfollowed"),
            "Not measured: no clip could be asked",
        )),
        ([], ASKED, {"agreement": "Not measured: no clip is answered so far"}),
        (ROWS[2:4], ASKED, {
            "spans": "not measured: no clip has cited spans",
            "streams": "Not measured: it needs all clips",
        }),
    ],
)  # fmt: skip
def test_what_is_not_there_says_why_and_is_never_0(rows, asked, why):
    found = page(rows, asked)
    for name, words in why.items():
        section = found.by_id(name).text
        assert words in section, name
        if words.startswith("Not"):
            assert "%" not in section


def test_a_stopped_run_is_called_so():
    assert "Not finished: 2 of 5 clips are answered so far." in page(ROWS[:2]).text("header")
    assert "Not finished" not in FULL.html


def test_refused_clips_are_named():
    assert FULL.rows("refused") == [("c5", "no voice")]


def test_parts_of_the_corpus_are_apart_where_there_is_more_than_one():
    rows = [*ROWS[:2], {**ROWS[2], "emotion": "fear", "corpus": "other"}, ROWS[3]]
    found = page(rows)
    assert [cells[0:2] for cells in found.rows("emotions")] == [("anger", "3"), ("fear", "1")]
    assert found.rows("emotions")[1][2] == "not measured: the system does not know the label"
    assert [cells[0] for cells in found.rows("corpora")] == ["made", "other"]
    assert found.by_id("sexes").text == "By sex The corpus does not say."


def test_every_bar_stands_beside_its_numbers_and_every_table_has_a_caption():
    bars = FULL.all("svg")
    assert len(bars) >= 10
    for bar in bars:
        assert "(" in bar.parent.text and bar["aria-hidden"] == "true"
    assert all(table.all("caption")[0].text for table in FULL.all("table"))
    assert all(head.get("scope") for head in FULL.all("th"))


def test_nothing_runs_and_nothing_is_fetched():
    rows = [
        {**ROWS[2], "id": EVIL, "emotion": EVIL, "corpus": EVIL},
        {**ROWS[4], "id": EVIL, "refused": EVIL},
    ]
    found = Reading(to_html(examined(EVIL, rows, protocol=EVIL), rows, ASKED))
    assert not found.all("script") and "script-src 'none'" in found.html
    for name in ("contradicted", "refused"):
        assert EVIL in found.by_id(name).text
    assert EVIL in found.text("header") and EVIL in found.text("h1")
