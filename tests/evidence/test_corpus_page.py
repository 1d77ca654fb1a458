"""Many recordings on one page."""

from dataclasses import replace
from urllib.parse import unquote

from evidence.explanations import CLIP, EVIL, plain
from evidence.reading import Reading
from tonelens.evidence.corpus_page import entry_of, to_html
from tonelens.results import Descriptor, Emotion, Refusal


def entries():
    unsure = replace(
        plain("b.wav"), emotion=Emotion("unknown", {"anger": 0.5, "calm": 0.5}, True, "low-confidence")
    )
    right = Descriptor("slow", "model", 2.2, "slow", "syllables/s", "group", "supported")
    good = replace(plain("c.wav"), descriptors={**plain().descriptors, "speed": right})
    calm = replace(plain(f"{EVIL}.wav"), emotion=Emotion(EVIL, {EVIL: 0.998, "anger": 0.002}))
    return [
        entry_of(result, f"{name}-12345678.html")
        for name, result in (("a", plain()), ("b", unsure), ("c", good), (f"50% {EVIL}", calm))
    ]


PAGE = Reading(to_html(entries(), [Refusal("bad.wav", "silent", "bad.wav: silent. Check the microphone.")]))


def test_counts_are_those_of_the_recordings():
    assert PAGE.text("h1") == "4 explained recordings"
    assert "3 answered, 1 without an answer, 1 refused." in PAGE.text("header")
    assert PAGE.rows("emotions") == [("anger", "2 (67 %)", ""), (EVIL, "1 (33 %)", "")]
    assert PAGE.rows("unanswered") == [("Not sure enough", "1")]
    assert PAGE.rows("refused") == [("bad.wav", "silent", "silent. Check the microphone.")]


def test_verdicts_count_what_the_model_claimed_and_no_measurement():
    assert PAGE.rows("verdicts") == [
        ("pitch", "4", "0", "0", "100 %"),
        ("speed", "1", "3", "0", "25 %"),
        ("voice quality", "0", "0", "4", "–"),
    ]


def test_every_recording_has_a_row_that_leads_to_its_page():
    rows = PAGE.rows("recordings")
    assert rows[0] == ("a.wav", f"{CLIP.duration_s:.1f}", "anger", "87 %", "1", "1", "1")
    assert rows[1][2:4] == ("not sure enough", "–")
    assert rows[3][0] == f"{EVIL}.wav" and rows[3][3] == "> 99 %"
    links = [link["href"] for link in PAGE.by_id("recordings").all("a")]
    assert unquote(links[3]) == f"50% {EVIL}-12345678.html"
    assert links[3].startswith("50%25%20%3Cscript%3E")
    assert PAGE.by_id("recordings").all("table")[0]["class"].split() == ["numbers", "sortable"]


def test_the_page_runs_its_own_script_only_and_fetches_nothing():
    assert len(PAGE.all("script")) == 1 and EVIL in PAGE.by_id("recordings").text
    assert not [link for link in PAGE.all("a") if ":" in link["href"]]
    assert all(head.get("scope") for head in PAGE.all("th"))


def test_sections_without_content_are_left_out():
    assert Reading(to_html(entries()[:1], [])).headings() == ["Emotions", "Claims of the model", "Recordings"]
    nothing = Reading(to_html([], [Refusal("a", "empty", "a: empty.")]))
    assert nothing.headings() == ["Refused"] and nothing.text("h1") == "0 explained recordings"
