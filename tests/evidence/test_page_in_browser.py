"""The pages in a real browser, where one is installed: they run, play and sort, and nothing complains."""

import pytest

from evidence.browser import CHROMIUM, Browser
from evidence.examined_rows import ROWS
from evidence.explanations import CLIP, EVIL, everything, plain
from tonelens.evidence.corpus_page import entry_of
from tonelens.evidence.corpus_page import to_html as corpus_html
from tonelens.evidence.evidence_page import Asked
from tonelens.evidence.evidence_page import to_html as evidence_html
from tonelens.evidence.examine import PARTS
from tonelens.evidence.examined import examined
from tonelens.evidence.page import to_html
from tonelens.results import Refusal

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

PLAYHEAD = "Number.parseFloat(document.getElementById('playhead').getAttribute('x1'))"
SOUND = "document.getElementById('recording')"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def full() -> str:
    result, parts = everything()
    return to_html(result, CLIP, parts)


def after(event: str, action: str) -> str:
    """Do something, and wait until the sound says that it happened."""
    return f"""new Promise((done) => {{
        const sound = {SOUND};
        const told = () => setTimeout(() => done(sound.currentTime), 50);
        sound.addEventListener("{event}", told, {{once: true}});
        {action}
    }})"""


def test_a_page_runs_under_its_own_policy_without_a_complaint(browser, full, tmp_path):
    browser.open(full, tmp_path / "a.html")
    assert browser.run("document.documentElement.className") == "js"
    assert browser.run(f"{SOUND}.controls && {SOUND}.offsetHeight > 20"), "its play button is there"
    shown = "[...document.querySelectorAll('button')].filter((b) => b.offsetHeight > 0).length"
    assert browser.run(shown) == 4
    assert browser.complaints == []


def test_the_policy_stops_a_script_that_was_changed(browser, tmp_path):
    tampered = to_html(plain(), CLIP).replace('classList.add("js")', 'classList.add("no")')
    browser.open(tampered, tmp_path / "a.html")
    assert browser.run("document.documentElement.className") == ""
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_the_sound_plays_and_the_picture_follows(browser, full, tmp_path):
    browser.open(full, tmp_path / "a.html")
    assert browser.run(f"{SOUND}.duration") == pytest.approx(CLIP.duration_s, abs=0.01)
    slide = (
        "const p = document.getElementById('position'); p.value = 0.5; p.dispatchEvent(new Event('input'));"
    )
    assert browser.run(after("seeked", slide)) == pytest.approx(0.5, abs=0.01)
    assert browser.run(PLAYHEAD) == pytest.approx(50 / CLIP.duration_s, abs=1)
    click = """const p = document.getElementById('panels'), box = p.getBoundingClientRect();
        const place = {clientX: box.left + box.width / 4, clientY: box.top + 60};
        p.dispatchEvent(new MouseEvent('click', place));"""
    assert browser.run(after("seeked", click)) == pytest.approx(CLIP.duration_s / 4, abs=0.01)
    assert browser.run(PLAYHEAD) == pytest.approx(25, abs=1)
    ended_s = browser.run(after("pause", "document.querySelector('button[data-start]').click();"))
    assert 0.4 <= ended_s < 0.6, "the span of 0.2 to 0.4 s was played and no more"
    assert browser.complaints == []


def test_one_recording_plays_at_a_time(browser, full, tmp_path):
    browser.open(full, tmp_path / "a.html")
    assert not browser.run(f"{SOUND}.play().then(() => {SOUND}.paused)")
    other = "document.getElementById('after').play().then(() => new Promise((done) => setTimeout(done, 100)))"
    assert browser.run(f"{other}.then(() => {SOUND}.paused)")


def test_the_keyboard_reaches_everything_in_order(browser, full, tmp_path):
    browser.open(full, tmp_path / "a.html")
    reached = []
    for _ in range(30):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        told = browser.run("document.activeElement.id || document.activeElement.dataset.start || ''")
        if told and told not in reached:
            reached.append(told)
    assert reached == ["recording", "position", "0.200", "0.600", "0.100", "0.700", "before", "after"]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_sticks_out_of_a_window(browser, full, tmp_path, width):
    long = "a-very-long-name-without-any-space-" * 6
    pages = {
        "recording": full,
        "corpus": corpus_html([entry_of(plain(long), f"{long}.html")], [Refusal(long, "silent", long)]),
    }
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    for name, html in pages.items():
        browser.open(html, tmp_path / "a.html")
        assert browser.run("document.documentElement.scrollWidth") <= width, name
    browser.call("Emulation.clearDeviceMetricsOverride")


def test_print_shows_all_of_it_without_controls(browser, full, tmp_path):
    browser.open(full, tmp_path / "a.html")
    browser.call("Emulation.setEmulatedMedia", media="print")
    for hidden in ("audio", "button", ".position", "#playhead", "details"):
        assert browser.run(f"getComputedStyle(document.querySelector('{hidden}')).display") == "none", hidden
    shown = browser.run("document.body.innerText")
    for words in ("Claims and measurements", "Emphasised", "Cited", "Words or voice", EVIL, "0.20 to 0.40 s"):
        assert words in shown
    browser.call("Emulation.setEmulatedMedia", media="")


def test_the_table_of_recordings_sorts(browser, tmp_path):
    names = ["clip 10.wav", "clip 9.wav", "another.wav"]
    browser.open(
        corpus_html([entry_of(plain(name), f"{name}.html") for name in names], []), tmp_path / "a.html"
    )
    column = "[...document.querySelectorAll('.sortable tbody th')].map((cell) => cell.textContent)"
    click = "document.querySelector('.sortable th button').click()"
    assert browser.run(column) == names
    assert browser.run(f"{click}, {column}") == ["another.wav", "clip 9.wav", "clip 10.wav"]
    assert browser.run("document.querySelector('.sortable th').ariaSort") == "ascending"
    assert browser.run(f"{click}, {column}") == ["clip 10.wav", "clip 9.wav", "another.wav"]
    assert browser.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_of_a_corpus_fits_and_needs_no_script(browser, tmp_path, width):
    long = [{**row, "id": f"{row['id']}-a-very-long-name" * 6} for row in ROWS]
    asked = Asked(fingerprint="0" * 12, parts=PARTS, planned=9)
    html = evidence_html(examined("made", long, protocol="made up"), long, asked)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.open(html, tmp_path / "a.html")
    assert browser.run("document.documentElement.scrollWidth") <= width
    drawn = "[...document.querySelectorAll('svg')].every((bar) => bar.getBoundingClientRect().width > 50)"
    assert browser.run(drawn), "no bar is squeezed to nothing"
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = "[...document.querySelectorAll('section')].filter((part) => !part.offsetHeight).length"
    assert browser.run(hidden) == 0
    browser.call("Emulation.setDeviceMetricsOverride", **{**size, "width": 720, "mobile": False})
    assert browser.run("document.documentElement.scrollWidth") <= 720, "the width of a printed page"
    browser.call("Emulation.setEmulatedMedia", media="")
    browser.call("Emulation.clearDeviceMetricsOverride")
    assert browser.complaints == []
