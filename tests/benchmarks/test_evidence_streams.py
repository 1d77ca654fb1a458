import pytest

from evidence.small import TwoStreams, known
from evidence_streams import ClipSpans, of_spans, of_streams
from tonelens.corpora.clips import Clip
from tonelens.evidence.deletion import SpanTest


def by_metric(figures):
    return {figure.metric: figure for figure in figures}


def test_spans_are_counted_in_seconds_and_tested_over_the_clips_that_have_some():
    better = SpanTest(1.0, 0.5, 0.0, -2.0)
    cited = ClipSpans(30, 20, better, better, dict.fromkeys(("seconds_spans", "seconds_audio_test"), 2.0))
    found = by_metric(of_spans("s", [cited, cited, ClipSpans(0, 0, None, None, {"seconds_spans": 1.0})], "c"))
    assert found["cited_none"].value == pytest.approx(1 / 3) and found["cited_none"].n == 3
    assert found["cited_seconds"].value == pytest.approx(0.6)
    assert found["cited_in_speech"].value == pytest.approx(2 / 3)
    assert found["deletion_median"].value == pytest.approx(0.5)
    assert found["audio_insertion_median"].value == pytest.approx(2.0)
    assert found["audio_deletion_p"].value == pytest.approx(1 / 4) and found["audio_deletion_p"].n == 2
    assert found["seconds_spans"].value == pytest.approx(5 / 3)
    assert "seconds_test" not in found


def test_a_model_that_cites_nothing_has_no_test():
    found = by_metric(of_spans("s", [ClipSpans(0, 0, None, None, {"seconds_spans": 1.0})], "c"))
    assert set(found) == {"cited_none", "seconds_spans"}


def test_streams_have_a_row_for_every_alteration(monkeypatch):
    monkeypatch.setattr("evidence_streams.speaker_of", lambda cut: cut.speaker)
    monkeypatch.setattr("evidence_streams.emotion_of", lambda cut: cut.emotion)
    cuts = [
        Clip(id=f"{n}", path=None, corpus="c", emotion=("anger", "fear")[n % 2], speaker="s")
        for n in range(4)
    ]
    clips = [known(1.0, 1.0), known(-1.0, -1.0)] * 2
    found = by_metric(of_streams(TwoStreams(0.0, 2.0), cuts, clips, "c"))
    assert {
        f"drop_{s}_{h}" for s in ("content", "descriptor", "both") for h in ("zero", "mean", "swap")
    } < set(found)
    assert found["share_voice"].value == found["conflict_voice"].value == 1
    assert found["conflict_undecided"].value == 0 and found["conflict_undecided"].n == 2
    assert found["drop_descriptor_zero"].low is not None
