"""Word error rate: (substitutions + deletions + insertions) / reference words, summed over the corpus.

Normaliser  both sides: Unicode NFKC, case folded, apostrophes deleted ("don't" -> "dont"), every other
            punctuation mark and symbol turned into a space, spaces joined. It knows no language: numbers,
            spelling variants and fillers stay as they are, and a script without spaces between words
            (Chinese, Thai) has no meaningful WER here.
Counted     clips with a reference text. An output without transcript is an empty one: all deletions.
            A reference without words adds no reference words, but what is written against it counts as
            insertions; where no reference has any word there is no WER.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
import numpy as np

from tonelens.evaluation.intervals import Interval, bootstrap
from tonelens.evaluation.prediction import Prediction
from tonelens.evidence.clusters import Counts

APOSTROPHES = "'’ʼ`´"


@dataclass(frozen=True, slots=True)
class TranscriptScores:
    """Word errors over all clips that have a reference text."""

    wer: Interval
    substitutions: int
    deletions: int
    insertions: int
    reference_words: int
    without_reference: int
    """Clips left out because no reference text is known."""


def normalise(text: str) -> str:
    """Words in lower case joined by one space, as the module says."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = (
        " " if unicodedata.category(character)[0] in "PSZC" else character
        for character in folded
        if character not in APOSTROPHES
    )
    return " ".join("".join(kept).split())


def score_transcripts(predictions: Sequence[Prediction]) -> TranscriptScores | None:
    """Corpus-level WER with its interval; None where no reference has a word."""
    spoken = [prediction for prediction in predictions if prediction.reference_text is not None]
    errors = [word_errors(clip.reference_text or "", clip.transcript or "") for clip in spoken]
    counts_N4 = np.array(errors, dtype=np.float64).reshape(-1, 4)
    totals = [int(total) for total in counts_N4.sum(axis=0)]
    if totals[3] == 0:
        return None
    return TranscriptScores(
        wer=bootstrap(counts_N4, [prediction.speaker for prediction in spoken], _word_error_rate),
        substitutions=totals[0],
        deletions=totals[1],
        insertions=totals[2],
        reference_words=totals[3],
        without_reference=len(predictions) - len(spoken),
    )


def word_errors(reference: str, transcript: str) -> tuple[int, int, int, int]:
    """Substitutions, deletions, insertions and reference words of one clip, after normalising."""
    wanted, heard = normalise(reference), normalise(transcript)
    if not wanted or not heard:
        return 0, len(wanted.split()), len(heard.split()), len(wanted.split())
    found = jiwer.process_words(wanted, heard)
    return found.substitutions, found.deletions, found.insertions, len(wanted.split())


def _word_error_rate(counts_R4: Counts) -> Counts:
    words_R = counts_R4[:, 3]
    errors_R = counts_R4[:, :3].sum(axis=1)
    return np.asarray(np.divide(errors_R, words_R, out=np.full(len(words_R), np.nan), where=words_R > 0))
