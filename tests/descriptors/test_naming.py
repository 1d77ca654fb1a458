"""Which word a span is called by, worked out by hand."""

import pytest

from tonelens.descriptors.naming import word_at
from tonelens.results import TimedWord

WORDS = (TimedWord("kids", 0.0, 0.4), TimedWord("are", 0.4, 0.5), TimedWord("talking", 0.7, 1.2))


@pytest.mark.parametrize(
    ("start_s", "end_s", "word"),
    [
        (0.1, 0.3, "kids"),  # inside the word
        (0.3, 0.5, "kids"),  # 0.1 s of each: the earlier
        (0.35, 0.52, "are"),  # 0.05 s of kids, all of are
        (0.6, 1.5, "talking"),  # the whole word, and pauses around it
        (0.9, 1.4, "talking"),  # 0.3 of 0.5 s
        (1.0, 1.5, None),  # 0.2 of 0.5 s: less than half of either
        (0.55, 0.65, None),  # in the pause
        (0.5, 0.7, None),  # touches two words, shares time with neither
        (2.0, 2.5, None),
    ],
)
def test_a_span_is_called_by_the_word_it_shares_most_time_with(start_s, end_s, word):
    assert word_at(start_s, end_s, WORDS) == word


def test_without_timed_words_no_span_is_named():
    assert word_at(0.0, 1.0, ()) is None
