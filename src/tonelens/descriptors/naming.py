"""Which word an emphasised span lies on, where the words are timed.

Rule      the word that shares most time with the span, the earlier of two equal ones; it must share at least
          half of the shorter of the two (MIN_SHARE), else the span names no word: a span over a pause, or one
          that only grazes a word, is not called by it.
Units     seconds from the beginning of the clip.
Source    our own rule. A speech recogniser times the words; where only the text is known, no span is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from tonelens.results import TimedWord

MIN_SHARE = 0.5


def word_at(start_s: float, end_s: float, words: Sequence[TimedWord]) -> str | None:
    """The word that a span from `start_s` to `end_s` lies on, or None."""
    best, most_s = None, 0.0
    for word in words:
        shared_s = min(end_s, word.end_s) - max(start_s, word.start_s)
        shorter_s = min(end_s - start_s, word.end_s - word.start_s)
        if shared_s > most_s and shared_s >= MIN_SHARE * shorter_s:
            best, most_s = word.word, shared_s
    return best
