"""Spans that matter: worked by hand for made-up listeners, and found for backends with planted faults."""

import numpy as np
import pytest
import torch

from builders import LABELS
from evidence.small import VERDICT, deaf, noise, small_explainer
from tonelens.evidence.attribution import (
    Attribution,
    Listener,
    Span,
    by_silencing,
    cited_spans,
    frames_of,
    occlusion,
    silenced,
    spans_by_silencing,
    spans_of,
    through_latents,
    windows,
)
from tonelens.evidence.backend import Heard


class OneSecond:
    """Anger as far as there is sound between two times; it hears nothing else."""

    name = "looks at one second"

    def __init__(self, start_s, end_s):
        self.part = slice(round(16_000 * start_s), round(16_000 * end_s))

    def hear(self, clips):
        powers = [float(np.mean(np.square(clip.samples[self.part]))) for clip in clips]
        shares = [0.1 + 0.8 * min(power / 0.01, 1) for power in powers]
        return [Heard(probabilities={"anger": share, "fear": 1 - share}) for share in shares]


class Deaf:
    """Says the same of everything."""

    name = "deaf"

    def hear(self, clips):
        return [Heard(probabilities={"anger": 0.7, "fear": 0.3}) for _ in clips]


def adding(weights):
    """A listener whose log-odds are the sum of the weights of the frames it hears."""
    weights_T = np.asarray(weights, dtype=np.float64)
    return Listener("anger", len(weights_T), lambda kept_OT: kept_OT @ weights_T)


def test_importance_is_what_is_lost_without_the_span():
    weights = np.zeros(40)
    weights[15:25] = 0.1
    weights[2] = -0.5
    found = occlusion(adding(weights))
    assert found.log_odds == pytest.approx(0.5)
    by_span = dict(zip([span.start_s for span in found.spans], found.importance, strict=True))
    expected = {0.0: -0.5, 0.1: 0.0, 0.2: 0.5, 0.3: 1.0, 0.4: 0.5, 0.5: 0.0, 0.6: 0.0}
    assert by_span == pytest.approx(expected)


def test_spans_cover_the_clip_half_over_one_another_and_end_with_it():
    starts = [int(row.argmax()) for row in windows(33)]
    assert starts == [0, 5, 10, 15, 20, 23]
    assert windows(33).sum(axis=1).tolist() == [10] * 6
    assert windows(33).any(axis=0).all()
    assert windows(7).tolist() == [[True] * 7]


def test_frames_and_spans_are_one_another_s_inverse():
    inside = np.zeros(50, dtype=bool)
    inside[:10] = inside[23:40] = inside[49] = True
    assert spans_of(inside) == (Span(0.0, 0.2), Span(0.46, 0.8), Span(0.98, 1.0))
    assert (frames_of(spans_of(inside), 50) == inside).all()


def spread(*importance):
    """An attribution to spans of a 2 s clip, one every tenth of a second."""
    starts = [number / 10 for number in range(19)]
    values = [*importance, *[0.0] * (19 - len(importance))]
    return Attribution("anger", 1.0, tuple(Span(s, round(s + 0.2, 3)) for s in starts), tuple(values))


def test_the_strongest_spans_are_cited_without_overlap_and_in_order():
    found = cited_spans(spread(0, 0, 0, 0, 0.5, 0.9, 0.6, 0, 0, 0, 0.4, 0, 0, 0.31))
    assert found == (Span(0.5, 0.7), Span(1.0, 1.2), Span(1.3, 1.5))


def test_adjacent_spans_are_merged():
    assert cited_spans(spread(0, 0, 0.5, 0.1, 0.6)) == (Span(0.2, 0.6),)


def test_no_more_than_three_spans_or_half_of_the_clip():
    even = [1.0, 0.0] * 9
    assert sum(span.end_s - span.start_s for span in cited_spans(spread(*even))) == pytest.approx(0.6)
    short = Attribution("anger", 1.0, tuple(Span(s, s + 0.2) for s in (0.0, 0.2, 0.4)), (1.0, 1.0, 1.0))
    assert sum(span.end_s - span.start_s for span in cited_spans(short)) == pytest.approx(0.2)


@pytest.mark.parametrize("importance", [[0.0], [0.019], [-0.5, -0.4]], ids=["flat", "tiny", "against"])
def test_what_moves_nothing_cites_nothing(importance):
    assert cited_spans(spread(*importance)) == ()


def test_a_backend_that_looks_at_one_second_has_its_spans_cited_there():
    clip = noise(4.0)
    for span in (cited := spans_by_silencing(OneSecond(1.5, 2.5), clip)):
        assert span.start_s >= 1.4 and span.end_s <= 2.6
    assert cited
    found = occlusion(by_silencing(OneSecond(1.5, 2.5), clip))
    outside = [
        value
        for span, value in zip(found.spans, found.importance, strict=True)
        if span.end_s < 1.48 or span.start_s > 2.52
    ]
    assert len(outside) > 20 and outside == pytest.approx([0.0] * len(outside), abs=1e-9)


def test_a_backend_that_ignores_the_audio_is_flat():
    found = occlusion(by_silencing(Deaf(), noise(2.0)))
    assert set(found.importance) == {0.0}
    assert spans_by_silencing(Deaf(), noise(2.0)) == ()


def test_a_silenced_span_is_silent_and_the_rest_stays():
    clip = noise(1.005)
    kept = np.ones(50, dtype=bool)
    kept[10:20] = False
    found = silenced(clip, kept).samples
    assert not found[3200 + 160 : 6400 - 160].any()
    assert (found[: 3200 - 161] == clip.samples[: 3200 - 161]).all()
    assert found[6400 + 161 :] == pytest.approx(clip.samples[6400 + 161 :], rel=1e-5)
    assert len(found) == len(clip.samples)
    middle = found[3200] / clip.samples[3200]
    assert middle == pytest.approx(0.5, abs=0.01), "half way through the fade"
    assert silenced(clip, kept).sha256 != clip.sha256


def test_a_head_that_ignores_its_input_is_flat_and_another_is_not():
    clip = noise(1.0)
    found = occlusion(through_latents(deaf(small_explainer(**VERDICT)), clip))
    assert found.importance == pytest.approx([0.0] * len(found.importance), abs=1e-9)
    assert cited_spans(found) == ()
    assert np.ptp(occlusion(through_latents(small_explainer(**VERDICT), clip)).importance) > 0


def test_the_latents_listener_asks_the_model_without_the_span():
    asks, clip = small_explainer(**VERDICT), noise(0.8)
    found = occlusion(through_latents(asks, clip))
    (states,) = asks.loaded.encoder.encode([clip.samples])
    keep = torch.ones(2, 40, dtype=torch.bool)
    keep[1, 10:20] = False
    whole, without = (shares[found.label] for shares in asks.emotions_of_frames(states, keep))
    by_hand = np.log(whole / (1 - whole)) - np.log(without / (1 - without))
    assert found.importance[2] == pytest.approx(by_hand, abs=1e-4)
    assert found.spans[2] == Span(0.2, 0.4)


def test_another_label_can_be_asked_about():
    asks = small_explainer(**VERDICT)
    for label in LABELS:
        assert through_latents(asks, noise(0.8), label).label == label
