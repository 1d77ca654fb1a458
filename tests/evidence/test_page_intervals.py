"""Numbers with their intervals, to read and to see."""

from evidence.reading import Reading
from tonelens.evidence.means import Mean
from tonelens.evidence.page_intervals import (
    axis_around,
    counted,
    shown_difference,
    shown_mean,
    shown_share,
    signed,
)
from tonelens.evidence.shares import Share

HALF = Share(5, 10, 0.25, 0.75)


def test_a_share_is_told_and_drawn():
    page = Reading(shown_share(HALF, mark=0.4))
    assert page.one("div").text == "50 % (25 to 75), 5 of 10"
    assert page.one("svg")["aria-hidden"] == "true", "the text says it"
    reach = page.all("rect")[1]
    assert (reach["x"], reach["width"]) == ("25.0%", "50.0%")
    assert [line["x1"] for line in page.all("line")] == ["50.0%", "40.0%"]


def test_what_was_not_measured_has_words_and_no_bar():
    for shown in (shown_share(None, "why <not>"), shown_mean(None, "why <not>"), counted(None, "why <not>")):
        page = Reading(shown)
        assert page.one("span").text == "not measured: why <not>"
        assert not page.all("svg") and "0 %" not in shown


def test_one_clip_has_no_interval():
    assert "(no interval of one)" in shown_mean(Mean(0.5, 0.5, 0.5, 1, "clip"))
    assert "no interval" not in shown_mean(Mean(0.5, 0.4, 0.6, 2, "clip"))


def test_a_difference_is_drawn_beside_nothing():
    mean = Mean(1.0, -1.0, 3.0, 9, "clip")
    axis = axis_around(mean, None)
    assert axis == (-1.2, 3.2)
    page = Reading(shown_difference(mean, axis))
    assert page.one("div").text == "+1.00 (−1.00 to +3.00)"
    assert [line["x1"] for line in page.all("line")] == ["50.0%", "27.3%"], "1.2 of 4.4 is no difference"


def test_signs_are_those_of_what_is_written():
    assert [signed(value) for value in (-0.4, 0.4, -3.2, 3.2)] == ["0", "0", "−3", "+3"]


def test_almost_all_is_not_all():
    assert counted(Share(999, 1000, 0.99, 1.0)).count("&gt; 99 %") == 1
