"""Syllables of a written text, where its language's spelling tells them: English, German, Polish.

A speaking rate from the words is steadier than one from the signal alone: the count cannot jump. It is
also what SpeechCraft does (seconds per phoneme of the transcript). Where no text or another language is
given, the signal's own count stands.
"""

from __future__ import annotations

import re

VOWELS = {
    "en": r"[aeiouy]+",
    "de": r"ei|ie|eu|äu|au|ai|aa|oo|ee|[aeiouyäöü]",
    "pl": r"i[aeoóuąę]|[aeoóuyąęi]",
}
"""One match a syllable."""
SILENT_E = re.compile(r"(?<=[^aeiouyl])e$")
"""English: `made`, `are` end in an e that is not spoken; `table` does not."""


def syllables_in(text: str, language: str | None) -> int | None:
    """How many syllables the words have; None where the language's spelling is not known here.

    >>> syllables_in("Kids are talking by the door.", "en")
    7
    """
    pattern = VOWELS.get((language or "").lower()[:2])
    words = re.findall(r"[^\W\d_]+", text.lower())
    if pattern is None or not words:
        return None
    return sum(_of_word(word, pattern, language or "") for word in words)


def _of_word(word: str, pattern: str, language: str) -> int:
    spoken = word
    if language.lower().startswith("en"):
        shortened = SILENT_E.sub("", word)
        spoken = shortened if re.search(pattern, shortened) else word
    return max(1, len(re.findall(pattern, spoken)))
