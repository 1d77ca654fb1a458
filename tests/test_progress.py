"""Telling where long work stands never changes it, and says little where nobody watches."""

import io

import pytest
from rich.console import Console

from tonelens.cli.progress import Bars
from tonelens.progress import Quiet, Reporter


def work(reporter: Reporter, total: int) -> int:
    reporter.begin("measuring", total)
    for done in range(1, total + 1):
        reporter.advance(done, "well")
    return total


def test_quiet_says_nothing(capsys):
    assert work(Quiet(), 3) == 3
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_every_tenth_is_one_line(capsys):
    with Bars() as bars:
        assert work(bars, 200) == 200
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert (lines[0], lines[-1]) == ("measuring 20/200 well", "measuring 200/200 well")


def test_a_phase_without_parts_says_nothing(capsys):
    with Bars() as bars:
        work(bars, 0)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_shows_parts_and_time_left(monkeypatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr("tonelens.cli.progress.Console", lambda stderr: console)
    with Bars() as bars:
        work(bars, 4)
    assert "4/4" in screen.getvalue()
    assert "left" in screen.getvalue()


def test_bars_end_when_the_work_fails():
    with pytest.raises(ValueError, match="broken"), Bars() as bars:
        bars.begin("measuring", 2)
        raise ValueError("broken")
