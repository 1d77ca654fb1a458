import json
import math
import re

import pytest
from PIL import Image

from tonelens.errors import CorpusError
from tonelens.evaluation.pictures import draw_confusion
from tonelens.evaluation.prediction import Claim, Prediction
from tonelens.evaluation.report import evaluate, report_page, write_report


def clips(speakers=6):
    """Twelve clips: 8 anger (6 right, 1 unparsed, 1 -> fear), 4 fear (all right)."""
    answers = ["anger"] * 6 + [None] + ["fear"] * 5
    return [
        Prediction(
            id=f"clip{number}",
            speaker=f"s{number % speakers}",
            reference_emotion="anger" if number < 8 else "fear",
            predicted_emotion=answer,
            probabilities={"anger": 0.75, "fear": 0.25},
            descriptors={"pitch": Claim("high", "high" if number % 2 else "low")},
            reference_text="kids are talking",
            transcript="kids are talking" if number else "dogs are talking",
            reference_caption=f"a voice number {number} speaks fast",
            caption=f"a voice number {number} speaks fast",
        )
        for number, answer in enumerate(answers)
    ]


def mean_gap(clips, chance):
    """Mean of |share right - chance| where each of the clips is right by chance."""
    right = ((count, math.comb(clips, count)) for count in range(clips + 1))
    return sum(
        ways * chance**count * (1 - chance) ** (clips - count) * abs(count / clips - chance)
        for count, ways in right
    )


def test_every_score_becomes_a_row():
    report = evaluate(clips(), protocol="emobox-1", system="tiny", corpus="ravdess")
    values = {figure.metric: figure.value for figure in report.figures()}
    assert values.pop("ece_perfect") == pytest.approx(mean_gap(12, 0.75), abs=0.006), "it is drawn"
    assert values == pytest.approx(
        {
            "ua": (6 / 8 + 1) / 2,
            "wa": 10 / 12,
            "macro_f1": (2 * 6 / (8 + 6) + 2 * 4 / (4 + 5)) / 2,
            "parse_rate": 11 / 12,
            "ece": abs(8 / 12 - 0.75),  # all probable labels are "anger" at 0.75, 8 of 12 are right
            "pitch_accuracy": 0.5,
            "pitch_macro_f1": (2 * 6 / (6 + 12) + 0) / 2,
            "wer": 1 / 36,
            "bleu4": 1.0,
            "rouge_l": 1.0,
            "cider": 10.0,
        },
    )
    assert {(figure.system, figure.corpus, figure.protocol) for figure in report.figures()} == {
        ("tiny", "ravdess", "emobox-1")
    }


def test_what_is_not_known_has_no_row():
    bare = [Prediction(id="a", reference_emotion="anger", predicted_emotion="anger")]
    report = evaluate(bare, protocol="own")
    assert {figure.metric for figure in report.figures()} == {"ua", "wa", "macro_f1", "parse_rate"}
    page = report_page(report)
    assert "no probabilities" in page
    assert "no known speakers" in page
    assert not re.search("Descriptors|Transcript|Caption", page)


def test_the_calibration_row_counts_the_clips_with_probabilities():
    extra = Prediction(id="extra", reference_emotion="anger", predicted_emotion="anger")
    report = evaluate([*clips(), extra], protocol="p")
    counted = {figure.metric: figure.n for figure in report.figures()}
    assert (counted["ece"], counted["parse_rate"]) == (12, 13)
    page = report_page(report)
    assert "ECE over the 12 clips that have probabilities." in page
    assert re.search(r"Perfectly .* an ECE of 0\.\d{3} on average, mostly 0\.\d{3} to 0\.\d{3}, on so", page)


def test_the_error_before_the_temperature_stands_beside_the_one_after():
    report = evaluate(clips(), protocol="p", temperature=2.0)
    values = {figure.metric: figure.value for figure in report.figures()}
    assert values["ece_before"] == pytest.approx(0.9 - 8 / 12)  # 0.75 to 0.25 is 9 to 1 without it
    assert "Without the temperature that was fitted on the dev part the ECE is 0.233." in report_page(report)


def test_the_report_says_how_the_intervals_were_drawn():
    assert "drawn over 6 speakers." in evaluate(clips(), protocol="p").notes[-1]
    assert "4 speakers are too few" in evaluate(clips(speakers=4), protocol="p").notes[-1]
    unknown = [Prediction(id="a", reference_emotion="anger", predicted_emotion="anger")]
    assert "1 of 1 clips have no known speaker" in evaluate(unknown, protocol="p").notes[-1]


def test_the_page_shows_ua_and_wa_side_by_side_and_says_which_one_the_paper_means():
    page = report_page(evaluate(clips(), protocol="emobox-1", notes=["Speakers are shared."]))
    assert "UA % (95 %) | WA % (95 %)" in page
    assert "87.5 (" in page
    assert "83.3 (" in page
    assert "is plain accuracy = WA" in page
    assert "Protocol: emobox-1. 12 clips, 6 speakers." in page
    assert "Speakers are shared." in page
    assert "| anger | 6 | 1 | 1 | 75.0 |" in page
    assert "| fear | 0 | 4 | 0 | 100.0 |" in page


def test_every_table_has_as_many_cells_in_each_row_as_in_its_head():
    page = report_page(evaluate(clips(), protocol="p"))
    for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_clips_left_out_of_a_published_part_count_as_wrong_in_an_accuracy_of_their_own():
    report = evaluate(clips(), protocol="official", published_clips=20)
    figures = {figure.metric: (figure.value, figure.n) for figure in report.figures()}
    assert figures["wa_published"] == (10 / 20, 20)  # 10 of 12 are right, 8 were never tested
    assert figures["wa"] == (pytest.approx(10 / 12), 12)
    assert "wa_published = 50.0 %: 10 right of the 20 clips" in report_page(report)
    assert "the 8 not tested count as wrong" in report_page(report)
    whole = evaluate(clips(), protocol="own")
    assert "wa_published" not in {figure.metric for figure in whole.figures()}
    assert "wa_published" not in report_page(whole)


def test_a_label_with_a_bar_does_not_break_the_table():
    odd = [Prediction(id="a", reference_emotion="joy|glee", predicted_emotion="anger")]
    assert "| joy\\|glee | 1 | 0 | 0 | 0.0 |" in report_page(evaluate(odd, protocol="p"))


def test_the_three_files_are_written_and_the_json_holds_the_counts(tmp_path):
    write_report(evaluate(clips(), protocol="emobox-1"), tmp_path / "report")
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.json",
        "report.md",
        "confusion.png",
    }
    stored = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert stored["emotion"]["confusion"] == [[6, 1, 1], [0, 4, 0]]
    assert stored["rows"][0]["metric"] == "ua"
    assert stored["transcripts"] == {
        "substitutions": 1,
        "deletions": 0,
        "insertions": 0,
        "reference_words": 36,
        "without_reference": 0,
    }
    assert stored["descriptors"]["pitch"]["not_measurable"] == 0


def test_the_picture_grows_with_the_classes_and_leaves_out_an_empty_column(tmp_path):
    def drawn_size(predictions):
        draw_confusion(
            tmp_path / "c.png", evaluate(predictions, protocol="p").emotion.classes, title="a title"
        )
        with Image.open(tmp_path / "c.png") as image:
            return image.size

    with_unparsed = drawn_size(clips())
    parsed = drawn_size([clip for clip in clips() if clip.predicted_emotion])
    assert with_unparsed[0] > parsed[0] > 200


def test_no_predictions_and_a_repeated_clip_are_refused():
    with pytest.raises(CorpusError, match="no predictions"):
        evaluate([], protocol="p")
    with pytest.raises(CorpusError, match="occurs twice"):
        evaluate(clips()[:1] * 2, protocol="p")
