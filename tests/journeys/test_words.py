"""Whose words a result states: given ones, a recogniser's, the model's own, or none, and then why."""

import json
import shutil
import sys

import pytest

from journeys.command_line import tonelens
from journeys.trained import explainer
from tonelens import audio
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.sentences import read
from tonelens.explain import Explainer
from tonelens.model.checkpoint import save_words
from tonelens.model.own_words import WordsCheck
from tonelens.model.recogniser import Heard
from tonelens.results import TimedWord


class StandIn:
    """A recogniser that always hears the same."""

    def __init__(self, *words, language="en"):
        self.words = words
        self.language = language
        self.asked = []

    def hear(self, samples_S, language):
        self.asked.append((len(samples_S), language))
        return Heard(" ".join(word.word for word in self.words), self.words, language or self.language)


@pytest.fixture
def recognised(monkeypatch):
    """`--asr` loads the stand-in that is put in here."""

    def put(recogniser):
        monkeypatch.setattr("tonelens.explain.load_recogniser", lambda name, device: recogniser)
        return recogniser

    return put


def explained(clip, run, *arguments):
    ended = tonelens("explain", clip, "--model", run, "--json", *arguments)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


def checked(journey, folder, threshold):
    """The trained model with a check of its words."""
    shutil.copytree(journey.run / "model", folder)
    save_words(folder, WordsCheck(threshold, "made-up clips", unheard=9, invented=0.0, known=9, refused=0.0))
    return folder


def test_an_unchecked_small_model_says_that_its_words_may_be_invented(journey):
    row = explained(journey.clip(), journey.run)
    assert (row["transcript"]["source"], row["transcript"]["reason"]) == ("model", "not-checked")
    text = tonelens("explain", journey.clip(), "--model", journey.run).stdout
    assert "words           may be a sentence of the training" in text


def test_a_model_that_is_sure_enough_gives_its_words(journey, tmp_path):
    row = explained(journey.clip(), checked(journey, tmp_path / "sure", threshold=-1e6))
    unchecked = explained(journey.clip(), journey.run)
    assert row["transcript"] == {"text": unchecked["transcript"]["text"], "source": "model", "words": []}
    assert row["explanation"] == unchecked["explanation"]


def test_a_model_that_is_not_sure_recites_nothing(journey, tmp_path):
    folder = checked(journey, tmp_path / "unsure", threshold=0.0)
    row = explained(journey.clip(), folder)
    assert row["transcript"] == {"text": "", "source": "none", "words": [], "reason": "not-sure"}
    loaded = Explainer.from_pretrained(folder)
    assert read(loaded.grammar, row["explanation"]) is None
    said, heard = read(loaded.wordless, row["explanation"]), explained(journey.clip(), journey.run)
    assert said == {k: v for k, v in read(loaded.grammar, heard["explanation"]).items() if k != "transcript"}
    assert row["emotion"] == heard["emotion"]


def test_answers_without_words_are_scored_all_the_same(journey, tmp_path):
    folder = checked(journey, tmp_path / "unsure", threshold=0.0)
    ended = tonelens("evaluate", folder, journey.cuts, "--json")
    report = json.loads(ended.stdout)
    rates = {row["metric"]: row["value"] for row in report["rows"]}
    assert rates["parse_rate"] == 1.0
    assert rates["wer"] == 1.0  # every word is missing, none is invented


def test_given_words_are_not_checked(journey, tmp_path):
    folder = checked(journey, tmp_path / "unsure", threshold=0.0)
    row = explained(journey.clip(), folder, "--transcript", "kids are talking")
    assert row["transcript"] == {"text": "kids are talking", "source": "given", "words": []}
    assert "saying 'kids are talking'" in row["explanation"]


def test_a_recogniser_fills_the_words_and_names_the_emphasis(journey, recognised):
    clip = journey.clip()
    measures = measure(audio.load(clip))
    span = measures.emphasis[0]
    words = (TimedWord("kids", 0.0, 0.01), TimedWord("talking", span.start_s, span.end_s))
    stand_in = recognised(StandIn(*words))
    row = explained(clip, journey.run, "--asr", "small")
    assert row["transcript"] == {
        "text": "kids talking",
        "source": "asr",
        "words": [
            {"word": "kids", "start_s": 0.0, "end_s": 0.01},
            {"word": "talking", "start_s": span.start_s, "end_s": span.end_s},
        ],
    }
    assert "saying 'kids talking'" in row["explanation"]
    assert row["descriptors"]["emphasis"][0]["word"] == "talking"
    assert [found["word"] for found in row["descriptors"]["emphasis"][1:]] == [None] * (
        len(measures.emphasis) - 1
    )
    assert stand_in.asked == [(len(audio.load(clip).samples), None)]


def test_the_pace_is_measured_by_the_recogniser_s_words_and_language(journey, recognised, monkeypatch):
    told = []

    def with_text(self, text, language):
        told.append((text, language))
        return self

    monkeypatch.setattr(Measures, "with_text", with_text)
    recognised(StandIn(TimedWord("kids", 0.0, 0.4), language="de"))
    explained(journey.clip(), journey.run, "--asr", "small")
    explained(journey.clip(), journey.run, "--asr", "small", "--language", "pl")
    assert [known for known in told if known[0]] == [("kids", "de"), ("kids", "pl")]


def test_given_words_come_before_the_recogniser_s(journey, recognised):
    stand_in = recognised(StandIn(TimedWord("kids", 0.0, 0.4)))
    row = explained(journey.clip(), journey.run, "--asr", "small", "--transcript", "dogs", "--language", "de")
    assert (row["transcript"]["text"], row["transcript"]["source"]) == ("dogs", "given")
    assert stand_in.asked == []


def test_a_recogniser_that_hears_nothing_leaves_no_room_for_invention(journey, recognised):
    recognised(StandIn())
    row = explained(journey.clip(), journey.run, "--asr", "small")
    assert row["transcript"] == {"text": "", "source": "asr", "words": [], "reason": "no-words"}
    assert "saying" not in row["explanation"]


def test_without_the_extra_one_line_says_what_to_install(journey, monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    ended = tonelens("explain", journey.clip(), "--model", journey.run, "--asr", "small")
    assert (ended.exit_code, ended.stdout) == (2, "")
    (complaint,) = ended.complaints
    assert "--asr small" in complaint and "pip install 'tonelens[asr]'" in complaint


def test_an_inaudible_recording_has_no_words(journey):
    import numpy as np

    noise = 0.05 * np.random.default_rng(0).standard_normal(16_000)
    found = explainer().explain(audio.from_array(noise, 16_000)).transcript
    assert (found.text, found.source, found.reason) == ("", "none", "no-words")
