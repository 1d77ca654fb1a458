"""Cited against random spans: worked by hand for listeners that add up frames."""

import numpy as np
import pytest

from evidence.small import VERDICT, noise, small_explainer
from evidence.test_attribution import Deaf, OneSecond, adding
from tonelens.errors import InputError
from tonelens.evidence.attribution import Span, cited_spans, occlusion, spans_by_silencing, through_latents
from tonelens.evidence.deletion import (
    Paired,
    SpanTest,
    audio_deletion_test,
    deletion_test,
    deletions,
    insertions,
    paired,
    span_test,
    speech_of,
)

CITED = (Span(0.2, 0.4), Span(1.0, 1.4))
"""10 and 20 frames."""


def test_cutting_and_keeping_are_worked_by_hand():
    weights = np.full(100, 0.01)
    weights[10:20] = 0.1
    found = span_test(adding(weights), CITED, draws=400)
    assert found.deletion == pytest.approx(10 * 0.1 + 20 * 0.01)
    assert found.insertion == pytest.approx(found.deletion), "these frames add up"
    assert found.deletion_random == pytest.approx(found.insertion_random)
    assert 0.3 < found.deletion_random < 1.1


def test_random_spans_have_the_same_lengths_and_do_not_overlap():
    seen = []

    def note(kept_OT):
        seen.append(kept_OT)
        return np.zeros(len(kept_OT))

    listener = adding(np.zeros(100))
    span_test(type(listener)("anger", 100, note), CITED, Span(0.4, 1.6), draws=200)
    (asked,) = seen
    assert asked[0].all() and len(asked) == 1 + 2 * 201
    assert (asked[1:202] == ~asked[202:]).all(), "cut and kept are the same spans"
    random = asked[203:]
    assert set(random.sum(axis=1)) == {30}
    assert not random[:, :20].any() and not random[:, 80:].any(), "within the speech"
    assert random[:, 20:80].any(axis=0).all(), "everywhere in it"
    runs = [
        tuple(np.diff(np.flatnonzero(np.diff(row.astype(int), prepend=0, append=0)))[::2]) for row in random
    ]
    assert {tuple(sorted(run)) for run in runs} <= {(10, 20), (30,)}
    assert {(10, 20), (20, 10)} <= set(runs)


def test_spans_that_do_not_fit_into_the_speech_may_lie_anywhere():
    found = span_test(adding(np.ones(100)), CITED, Span(0.0, 0.2))
    assert found.deletion_random == 30


@pytest.mark.parametrize("spans", [(), (Span(0.0, 2.0),)], ids=["nothing", "everything"])
def test_cited_frames_need_others_to_be_compared_with(spans):
    with pytest.raises(InputError, match="of 100 frames are cited"):
        span_test(adding(np.ones(100)), spans)


def test_the_same_seed_draws_the_same_spans():
    weights = np.random.default_rng(0).normal(size=100)
    one, again, other = (span_test(adding(weights), CITED, seed=seed) for seed in (1, 1, 2))
    assert one == again != other


def test_ranks_worked_by_hand():
    """Of 1, -2, 3, 4 the ranks for are 1 + 3 + 4 of 10; 3 of 16 choices of signs reach 8: 8, 9 and 10."""
    found = paired([1.0, -2.0, 3.0, 4.0])
    assert found == Paired(4, 2.0, pytest.approx(0.6), pytest.approx(3 / 16))


def test_clips_without_a_difference_have_no_rank():
    assert paired([0.0, 0.0]) == Paired(2, 0.0, 0.0, 1.0)
    assert paired([0.0, 1.0, 2.0]).p == pytest.approx(1 / 4)
    assert paired([0.0, 1.0, 2.0]).n == 3


def test_differences_are_cited_minus_random():
    tests = [SpanTest(1.0, 0.5, -1.0, -3.0), SpanTest(2.0, 0.0, 0.0, 1.0)]
    assert deletions(tests).median == pytest.approx((0.5 + 2.0) / 2)
    assert insertions(tests).median == pytest.approx((2.0 - 1.0) / 2)


def test_a_backend_that_looks_at_one_second_passes_where_it_looks_and_fails_elsewhere():
    backend = OneSecond(1.5, 2.5)
    true, false = [], []
    for seed in range(8):
        clip = noise(4.0, seed=seed)
        true.append(audio_deletion_test(backend, clip, spans_by_silencing(backend, clip)))
        false.append(audio_deletion_test(backend, clip, (Span(0.2, 0.4), Span(3.4, 3.8))))
    assert deletions(true).p == insertions(true).p == pytest.approx(1 / 256)
    assert deletions(true).effect == 1.0
    assert deletions(false).p > 0.9, "explanations that cite where nobody looks are exposed"


def test_a_backend_that_ignores_the_audio_passes_nothing():
    tests = [audio_deletion_test(Deaf(), noise(1.0, seed=seed), (Span(0.2, 0.4),)) for seed in range(3)]
    assert deletions(tests) == insertions(tests) == Paired(3, 0.0, 0.0, 1.0)


def test_through_the_latents_the_model_is_asked_once_encoded():
    asks, clip = small_explainer(**VERDICT), noise(1.0)
    listener = through_latents(asks, clip)
    spans = cited_spans(occlusion(listener)) or (Span(0.2, 0.4),)
    assert deletion_test(asks, clip, spans) == span_test(listener, spans, speech_of(clip))
