"""Which clips an evaluation scores, and that every one of them is accounted for."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
from lhotse import MonoCut

from journeys.trained import LABELS, explainer, journey
from tonelens.corpora.cuts import read_cuts, speaker_of
from tonelens.descriptors.sentences import read
from tonelens.errors import CorpusError
from tonelens.evaluation import predict
from tonelens.evaluation.conditions import CONDITIONS, Hearing
from tonelens.evaluation.report import evaluate, report_page
from tonelens.explain import Explainer, Request


@pytest.fixture(scope="module")
def cuts() -> list[MonoCut]:
    return list(read_cuts(journey().cuts))


@pytest.fixture(scope="module")
def card():
    return explainer().loaded.card


def renamed(cut: MonoCut, corpus: str, speaker: str) -> MonoCut:
    """The same sound as a clip of another corpus."""
    supervision = cut.supervisions[0]
    supervision = replace(supervision, id=f"{corpus}-{cut.id}", speaker=speaker)
    return replace(
        cut, id=f"{corpus}-{cut.id}", supervisions=[supervision], custom={**cut.custom, "corpus": corpus}
    )


def without_file(cut: MonoCut) -> MonoCut:
    source = replace(cut.recording.sources[0], source="/nowhere/gone.wav")
    return replace(cut, recording=replace(cut.recording, sources=[source]))


def test_of_the_training_corpus_the_held_out_part_is_scored(cuts, card):
    chosen, protocol = predict.held_out_cuts(cuts, card)
    assert {speaker_of(cut) for cut in chosen} == {"synthetic-s01", "synthetic-s02"}
    assert len(chosen) == 48
    assert protocol + "." == card.protocol
    assert [cut.id for cut in chosen] == [cut.id for cut in cuts if cut.id in {c.id for c in chosen}]


def test_of_another_corpus_voices_heard_in_training_are_left_out_and_that_is_said(cuts, card):
    strangers = [renamed(cut, "calls", "calls-7") for cut in cuts[:3]]
    known = [renamed(cut, "calls", "synthetic-s03") for cut in cuts[3:5]]
    chosen, protocol = predict.held_out_cuts([*known, *strangers], card)
    assert chosen == strangers
    assert protocol.startswith(
        "Clips that are not in the training corpus's test part. "
        "2 clips of speakers heard in training were left out. Split emobox fold 1"
    )


def test_a_corpus_of_strangers_is_scored_whole(cuts, card):
    strangers = [renamed(cut, "calls", "calls-7") for cut in cuts[:3]]
    chosen, protocol = predict.held_out_cuts(strangers, card)
    assert chosen == strangers
    assert "left out" not in protocol


def test_nothing_but_known_voices_is_refused(cuts, card):
    known = [renamed(cut, "calls", "synthetic-s04") for cut in cuts[:2]]
    with pytest.raises(CorpusError, match="every clip has a speaker that the model was trained on"):
        predict.held_out_cuts(known, card)


class Watcher:
    def __init__(self):
        self.told = []

    def begin(self, what, total):
        self.told.append((what, total))

    def advance(self, done, note=""):
        self.told.append(done)


def test_predictions_keep_the_order_and_say_what_was_said(cuts):
    chosen = [cuts[index] for index in (7, 0, 30, 3)]
    watcher = Watcher()
    found = predict.predict(explainer(), chosen, watcher)
    assert [prediction.id for prediction in found.predictions] == [cut.id for cut in chosen]
    assert found.refused == []
    assert watcher.told == [("explaining", 4), 1, 2, 3, 4]
    for cut, prediction in zip(chosen, found.predictions, strict=True):
        alone = explainer().explain(Path(cut.recording.sources[0].source), gender=cut.supervisions[0].gender)
        said = read(explainer().grammar, prediction.caption)
        assert prediction.predicted_emotion == said["emotion"] == alone.emotion.label
        assert prediction.reference_emotion == cut.supervisions[0].custom["emotion"]
        assert prediction.reference_text == cut.supervisions[0].text
        assert prediction.transcript == alone.transcript.text
        assert set(prediction.descriptors) == {"pitch", "volume", "speed"}
        truth = read(explainer().grammar, prediction.reference_caption)
        assert truth["emotion"] == prediction.reference_emotion
        assert truth["pitch"] == prediction.descriptors["pitch"].measured


def test_a_label_the_model_lacks_has_no_reference_sentence(cuts):
    cut = cuts[0]
    supervision = replace(cut.supervisions[0], custom={"emotion": "boredom"})
    found = predict.predict(explainer(), [replace(cut, supervisions=[supervision])])
    (prediction,) = found.predictions
    assert prediction.reference_caption is None
    assert prediction.predicted_emotion in LABELS


def test_the_corpus_s_own_sentence_is_the_reference_where_it_has_one(cuts):
    told = replace(cuts[0], custom={**cuts[0].custom, "caption": "An old woman sighs."})
    (prediction,) = predict.predict(explainer(), [told]).predictions
    assert prediction.reference_caption == "An old woman sighs."


def test_without_words_in_the_corpus_no_transcript_is_scored(cuts):
    supervision = replace(cuts[0].supervisions[0], text=None)
    (prediction,) = predict.predict(explainer(), [replace(cuts[0], supervisions=[supervision])]).predictions
    assert (prediction.reference_text, prediction.transcript) == (None, None)


def test_a_part_of_a_recording_is_read_as_that_part(cuts):
    part = replace(cuts[0], start=0.5, duration=1.0)
    (prediction,) = predict.predict(explainer(), [part]).predictions
    path, gender = cuts[0].recording.sources[0].source, cuts[0].supervisions[0].gender
    request = Request(source=path, start_s=0.5, end_s=1.5, gender=gender)
    (alone,) = explainer().explain_all([request])
    assert prediction.caption == alone.explanation
    assert prediction.probabilities == alone.emotion.probabilities


def test_a_condition_is_heard_by_the_same_explainer(cuts):
    chosen = [*cuts[40:56]]  # of two speakers, at least six clips each
    found = predict.predict(explainer(), chosen, condition=CONDITIONS["babble-10"])
    hearing = Hearing(CONDITIONS["babble-10"], chosen)
    assert [prediction.id for prediction in found.predictions] == [cut.id for cut in chosen]
    for cut, prediction in list(zip(chosen, found.predictions, strict=True))[:3]:
        alone = explainer().explain(hearing.wav(cut), gender=cut.supervisions[0].gender)
        assert prediction.caption == alone.explanation
        assert prediction.descriptors["volume"].measured == alone.descriptors["volume"].measured_level
    clean = predict.predict(explainer(), chosen).predictions
    assert [one.probabilities for one in clean] != [one.probabilities for one in found.predictions]
    assert [one.reference_emotion for one in clean] == [one.reference_emotion for one in found.predictions]


def test_what_cannot_be_read_is_refused_under_any_condition_with_the_same_words(cuts):
    chosen = [cuts[0], without_file(cuts[1])]
    clean, noisy = (
        predict.predict(explainer(), chosen, condition=CONDITIONS[name]) for name in ("clean", "white-20")
    )
    assert noisy.refused == clean.refused
    assert len(noisy.predictions) == 1
    assert noisy.notes()[0].startswith("Not scored, because they could not be read (1): ")


def test_a_prediction_knows_corpus_language_and_gender(cuts):
    (prediction,) = predict.predict(explainer(), cuts[:1]).predictions
    assert (prediction.corpus, prediction.language, prediction.gender) == (
        "synthetic",
        cuts[0].supervisions[0].language,
        cuts[0].supervisions[0].gender,
    )


def test_words_of_the_corpus_are_given_when_asked_and_said(cuts):
    found = predict.predict(explainer(), cuts[:2], transcripts=True)
    alone = explainer().explain(
        Path(cuts[0].recording.sources[0].source),
        transcript=cuts[0].supervisions[0].text,
        gender=cuts[0].supervisions[0].gender,
    )
    assert found.predictions[0].caption == alone.explanation
    assert cuts[0].supervisions[0].text in found.predictions[0].caption
    assert (found.predictions[0].reference_text, found.predictions[0].transcript) == (None, None)
    assert "transcript was given to the model" in found.notes()[0]
    heard = predict.predict(explainer(), cuts[:2])
    assert heard.notes() == [] and heard.predictions[0].reference_text is not None


def test_a_model_whose_words_are_input_gets_them_unasked_and_invents_none(cuts):
    loaded = explainer().loaded
    model, recipe = copy.copy(loaded.model), loaded.model.recipe
    model.recipe = replace(recipe, answer=replace(recipe.answer, given_transcript=True))
    asks = Explainer(replace(loaded, model=model))
    (told,) = predict.predict(asks, cuts[:1]).predictions
    assert cuts[0].supervisions[0].text in told.caption
    (untold,) = predict.predict(asks, cuts[:1], transcripts=False).predictions
    assert "saying" not in untold.caption and untold.predicted_emotion in LABELS
    assert asks.explain(Path(cuts[0].recording.sources[0].source)).transcript.reason == "no-words"


def test_a_prediction_holds_what_listeners_voted(cuts):
    cut = cuts[0]
    asked = replace(cut, custom={**cut.custom, "emotion_shares": {"anger": 0.75, "fear": 0.25}})
    assert predict.answered(asked, "fear").reference_shares == {"anger": 0.75, "fear": 0.25}
    assert predict.answered(cut, "fear").reference_shares == {}


def test_clips_that_cannot_be_read_are_listed_in_the_report(cuts):
    chosen = [cuts[0], without_file(cuts[1]), cuts[2]]
    found = predict.predict(explainer(), chosen)
    assert [prediction.id for prediction in found.predictions] == [cuts[0].id, cuts[2].id]
    (refusal,) = found.refused
    assert (refusal.source, refusal.reason) == (cuts[1].id, "missing")
    page = report_page(
        evaluate(found.predictions, protocol="p", notes=[refusal.message], system="s", corpus="c")
    )
    assert f"{cuts[1].id}: no such file" in page


def test_where_the_model_did_not_adapt_the_report_says_why():
    found = predict.Predicted([], [], {}, why_not_adapted="one mood is heard in 9 recordings.")
    assert found.notes() == ["Not adapted: one mood is heard in 9 recordings."]
