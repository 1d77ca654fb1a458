"""One recording, one page: safe to open, readable by everybody, true to the explanation."""

import base64
import hashlib
import io
import itertools
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from evidence.explanations import CALIBRATION, CLIP, EVIL, everything, plain, quieter
from evidence.reading import Reading
from tonelens.audio import Audio
from tonelens.errors import StorageError
from tonelens.evidence.page import to_html, write_page
from tonelens.evidence.page_frame import percent
from tonelens.evidence.page_parts import CitedSpan, Counterfactual, PageParts
from tonelens.results import Emotion, Transcript

HEADINGS = [
    "Emotions", "Words", "Listen and look", "Emphasised", "Cited", "Claims and measurements",
    "Words or voice", "What would change the answer", "Do the claims follow the voice?",
    "What this can and cannot show", "Model and recording",
]  # fmt: skip


@pytest.fixture(scope="module")
def full() -> Reading:
    result, parts = everything()
    return Reading(to_html(result, CLIP, parts, name=EVIL))


@pytest.fixture(scope="module")
def bare() -> Reading:
    return Reading(to_html(plain(), CLIP))


@pytest.fixture(params=["full", "bare"])
def page(request) -> Reading:
    return request.getfixturevalue(request.param)


def decoded(uri: str) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(Reading.data(uri)), dtype="float64")
    assert rate == 16_000
    return samples


def test_what_comes_from_outside_is_text_and_never_markup(full):
    assert len(full.all("script")) == 1
    said = [full.text(tag) for tag in ("h1", "title", "blockquote")]
    said += [full.by_id(name).text for name in ("emphasised", "claims", "share", "counterfactual", "about")]
    assert all(EVIL in text for text in said), "told as it was given"
    assert full.one("a")["download"] == f"{EVIL}.json"


def test_only_the_style_and_script_of_the_page_may_run(page):
    (policy,) = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta.attributes]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        digest = base64.b64encode(hashlib.sha256(page.one(tag).raw.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert rules.pop("default-src") == rules.pop("base-uri") == rules.pop("form-action") == "'none'"
    assert rules == {"img-src": "data:", "media-src": "data:"}
    for element in page.all():
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")], element


def test_nothing_is_fetched(page):
    for element in page.all():
        for name in ("src", "href", "srcset", "poster", "data", "action"):
            if name in element.attributes:
                assert element[name].startswith("data:"), element[name][:80]
    style = page.one("style").raw
    assert "@import" not in style and "@font-face" not in style
    assert set(re.findall(r"url\((.*?)\)", style)) <= {"#hatch"}
    assert not re.search(r"https?://|fetch\(|XMLHttp|import\(", page.one("script").raw + style)


def test_sections_stand_only_where_something_was_given(full, bare):
    assert full.headings() == HEADINGS
    given = {"Emphasised", "Cited", "Words or voice", "What would change the answer"}
    given.add("Do the claims follow the voice?")
    assert bare.headings() == [heading for heading in HEADINGS if heading not in given]
    for part in ("cited", "share", "counterfactual", "interventions"):
        result, parts = everything()
        without = Reading(
            to_html(result, CLIP, replace(parts, **{part: PageParts.__dataclass_fields__[part].default}))
        )
        assert len(without.headings()) == len(HEADINGS) - 1, part


def test_changed_recordings_are_said_to_be_compared_with_a_copy(full, bare):
    assert "without the change and with it" in full.text("body")
    assert "vocoder" not in bare.text("body")


def test_the_structure_can_be_heard(page):
    assert page.one("html")["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == 1
    levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = [element["id"] for element in page.all() if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.all():
        if name := element.get("aria-labelledby"):
            assert page.by_id(name).text
    assert all(head.get("scope") in ("col", "row") and head.text for head in page.all("th"))
    assert all(table.all("caption") for table in page.all("table"))


def test_pictures_players_and_controls_have_names(page):
    assert all(image.get("alt") for image in page.all("img"))
    for drawing in page.all("svg"):
        is_inner = drawing.parent.tag == "svg"
        is_named = drawing.get("role") == "img" and drawing.get("aria-label")
        assert is_inner or is_named or drawing.get("aria-hidden") == "true"
    assert all(player.get("aria-label") and "controls" in player.attributes for player in page.all("audio"))
    labelled = {label["for"] for label in page.all("label") if label.text}
    assert all(control["id"] in labelled for control in page.all("input", "select", "textarea"))
    assert all(button.text and button.get("type") == "button" for button in page.all("button"))


def test_the_picture_is_described_by_what_it_shows(full):
    said = full.by_id("panels")["aria-label"]
    assert said.startswith(f"Waveform and spectrogram (60 to 8000 Hz) of {CLIP.duration_s:.1f} s.")
    heard = re.search(r"between (\d+) and (\d+) Hz, half of it above (\d+)", said)
    low, high, median = map(int, heard.groups())
    assert 75 <= low < median < high <= 600 and abs(median - 200) < 30, "the made-up voice speaks at 200 Hz"
    assert "Emphasised: 0.20 to 0.40 s, 0.60 to 0.80 s. Cited: 0.10 to 0.50 s, 0.70 to 0.90 s." in said


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_formula_of_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known near miss


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_apart(bare, scheme):
    blocks = re.findall(r":root \{(.*?)\}", bare.one("style").raw, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[scheme]))
    for text in ("ink", "soft", "link", "good", "bad"):
        for ground in ("paper", "panel"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for shape in ("bar", "chosen"):
        assert contrast(colours[shape], colours["paper"]) >= 3, shape
    for line in ("wave", "f0", "emphasised", "cited", "head"):
        assert contrast(colours[line], colours["paper"]) >= 3, line


def test_the_sound_is_the_recording(full):
    heard = [decoded(player["src"]) for player in full.all("audio")]
    assert [player["id"] for player in full.all("audio")] == ["recording", "before", "after"]
    assert np.abs(heard[0] - CLIP.samples).max() <= 0.5 / 32_768 + 1e-9
    assert np.array_equal(heard[0], heard[1])
    assert np.abs(heard[2] - quieter(0.5).samples).max() <= 0.5 / 32_768 + 1e-9


def test_sound_beyond_full_scale_is_made_quieter_together_and_said():
    result, parts = everything()
    loud = quieter(2.0 / float(np.abs(CLIP.samples).max()))  # its peak is 2
    page = Reading(
        to_html(result, CLIP, replace(parts, counterfactual=replace(parts.counterfactual, changed=loud)))
    )
    _, before, after = (decoded(player["src"]) for player in page.all("audio"))
    assert np.abs(before - CLIP.samples / 2).max() <= 0.5 / 32_768 + 1e-9
    assert np.abs(after - loud.samples / 2).max() <= 1 / 32_768 + 1e-9  # the peak, 1, is 32767
    assert "is 6.0 dB quieter" in page.by_id("listen").text
    assert "quieter" not in Reading(to_html(plain(), CLIP)).by_id("listen").text


def test_an_answer_is_told_with_its_confidence(bare):
    assert bare.text("h1") == "anger 87 %" and bare.text("title") == "a.wav: anger, 87 %"
    assert "not calibrated" in bare.text("header")
    assert bare.rows("emotions") == [("▶ anger", "87 %", ""), ("neutral", "12 %", ""), ("calm", "< 1 %", "")]
    widths = [bar["width"] for bar in bare.by_id("emotions").all("rect") if bar["class"] == "fill"]
    assert widths == ["87.1%", "12.5%", "0.4%"]
    trusted = Reading(to_html(plain(), CLIP, PageParts(calibration=CALIBRATION)))
    assert "Calibrated on 240 recordings (dev part)" in trusted.text("header")
    assert "differed by 4 percentage points" in trusted.text("header")


@pytest.mark.parametrize(("share", "said"), [(0, "0 %"), (1, "100 %"), (0.997, "> 99 %"), (0.003, "< 1 %")])
def test_no_share_rounds_to_certainty(share, said):
    assert percent(share) == said


def test_without_an_answer_the_page_says_why_and_guesses_nothing():
    said = "No emotion is named: 0.00 s of voice was found."
    none = replace(
        plain(), emotion=Emotion("unknown", {"a": 0.5, "b": 0.5}, True, "no-speech"), explanation=said
    )
    page = Reading(to_html(none, CLIP))
    assert (page.text("h1"), page.text("title")) == ("No answer: no voice was found", "a.wav: no answer")
    assert said in page.text("header") and "Emotions" not in page.headings()
    unsure = replace(none, emotion=replace(none.emotion, reason="low-confidence"))
    page = Reading(to_html(unsure, CLIP))
    assert page.text("h1") == "No answer: not sure enough"
    assert page.rows("emotions") == [("a", "50 %", ""), ("b", "50 %", "")], "none of them is chosen"


def test_claims_stand_beside_their_measurements_and_verdicts(bare):
    assert bare.rows("claims") == [
        ("pitch", "high", "231.4 Hz", "high for the group", "✓ supported", ""),
        ("speed", "slow", "5.2 syllables/s", "fast for the group", "✗ contradicted", "5.2 is fast, not slow"),
        ("volume", "–", "-20 dBFS", "high for the group", "– nothing claimed", "no claim"),
        ("pauses", "–", "14 % of clip", "few for the corpus", "· measured", ""),
        ("voice quality", "rough", "–", "–", "– not measurable", "too short"),
    ]


@pytest.mark.parametrize(
    ("transcript", "said"),
    [
        (Transcript("kids talk", "asr"), "kids talk Heard by a speech recogniser."),
        (
            Transcript("kids talk", "model", reason="not-checked"),
            "Heard by the model; may be a sentence of the",
        ),
        (Transcript("", "asr", reason="no-words"), "None. No words were heard."),
        (Transcript("", "none"), "None. The model hears no words."),
    ],
)
def test_words_come_with_their_source_and_reason(transcript, said):
    page = Reading(to_html(replace(plain(), transcript=transcript), CLIP))
    assert said in page.by_id("words").text


def test_every_span_is_marked_and_can_be_played(full):
    buttons = [(button["data-start"], button["data-end"]) for button in full.all("button")]
    assert buttons == [("0.200", "0.400"), ("0.600", "0.800"), ("0.100", "0.500"), ("0.700", "0.900")]
    labels = [badge.text for badge in full.all("span") if badge.get("class") == "badge"]
    assert labels == ["1", "2", "a", "b"]
    drawn = [mark for mark in full.by_id("panels").all("rect") if mark["class"] in ("emphasised", "cited")]
    assert [mark["class"] for mark in drawn] == ["emphasised", "emphasised", "cited", "cited"]
    place = float(drawn[0]["x"].rstrip("%")), float(drawn[0]["width"].rstrip("%"))
    assert place == pytest.approx((20 / CLIP.duration_s, 20 / CLIP.duration_s), abs=0.01)
    assert f"“{EVIL}”, strength 0.70" in full.by_id("emphasised").text
    assert "0.10 to 0.50 s: −34 percentage points without it" in full.by_id("cited").text
    assert "0.70 to 0.90 s: +2 percentage points without it" in full.by_id("cited").text


def test_labels_that_would_overlap_are_left_to_the_list():
    spans = tuple(CitedSpan(0.1 + n / 100, 0.11 + n / 100, 0.1) for n in range(30))  # a to z, aa to ad
    page = Reading(to_html(plain(), CLIP, PageParts(cited=spans)))
    badges = [badge.text for badge in page.all("span") if badge.get("class") == "badge"]
    assert badges[:2] == ["a", "b"] and badges[-1] == "ad"
    drawn = [text for text in page.by_id("panels").all("text") if text.get("class") == "label"]
    places = [float(text["x"].rstrip("%")) for text in drawn]
    assert 2 <= len(places) < 30
    assert min(b - a for a, b in itertools.pairwise(places)) >= 2.99


def test_what_would_change_the_answer_and_what_followed(full):
    assert full.rows("counterfactual") == [(EVIL, "87 %", "30 %"), ("neutral", "13 %", "70 %")]
    assert full.rows("share") == [("words", "25 %", ""), ("voice", "75 %", "")]
    assert full.rows("interventions") == [
        (EVIL, EVIL, EVIL, EVIL, "✓ as expected"),
        ("faster", "slow", "slow", "faster", "✗ not as expected"),
    ]


def test_the_json_can_be_taken_out(full):
    result, _ = everything()
    assert json.loads(Reading.data(full.one("a")["href"])) == result.to_dict()
    assert json.loads(full.one("pre").raw) == result.to_dict()


def test_the_model_and_the_recording_are_named(bare, full):
    assert all(fact in bare.by_id("about").text for fact in ("tiny", "abc123", "Apache-2.0", CLIP.sha256))
    assert "Adapted to" not in bare.by_id("about").text
    assert f"Adapted to5 recordings of {EVIL}" in full.by_id("about").text


def test_four_seconds_with_everything_stay_below_a_megabyte():
    samples = 0.3 * np.random.default_rng(0).uniform(-1, 1, 4 * 16_000)  # noise: nothing packs worse
    noise = Audio(samples.astype(np.float32), "noise", "0" * 64)
    result, parts = everything()
    found = Counterfactual("", parts.counterfactual.before, parts.counterfactual.after, noise)
    assert len(to_html(result, noise, replace(parts, counterfactual=found)).encode()) < 1_000_000


def test_a_recording_without_pitch_is_drawn_and_says_so():
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 16_000).astype(np.float32)
    page = Reading(to_html(plain(), Audio(noise, "noise", "0" * 64)))
    assert "No F0 was found" in page.by_id("panels")["aria-label"]
    assert "No F0: nothing is voiced." in page.text("figcaption")
    assert not [path for path in page.all("path") if path["class"] == "f0"]


def test_the_same_explanation_gives_the_same_page_and_a_bad_folder_none(tmp_path):
    result, parts = everything()
    for name in ("a", "b"):
        write_page(result, CLIP, tmp_path / name / "x.html", parts)
    assert (tmp_path / "a" / "x.html").read_bytes() == (tmp_path / "b" / "x.html").read_bytes()
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        write_page(result, CLIP, tmp_path / "file" / "x.html", parts)


def test_print_has_no_controls(bare):
    printed = bare.one("style").raw.partition("@media print")[2]
    (hidden,) = re.findall(r"audio, button, .*?\{ display: none; \}", printed)
    assert ".position" in hidden and ".playhead" in hidden and ".screen" in hidden
    assert math.isclose(float(bare.by_id("position")["max"]), CLIP.duration_s, abs_tol=1e-3)
