"""How far the measures agree with Praat (parselmouth, a reference only) and with syllable counts from texts.

Protocols  praat-75-600       Praat's autocorrelation pitch with its default range
           praat-two-pass     floor 0.75 x first quartile, ceiling 1.5 x third quartile of a first pass
           praat-intensity    Praat's intensity, power mean over our speech frames
           text-syllables     vowel groups of the text (German and Polish rules), RAVDESS: 7 by hand
Metrics    within_3_percent and octave_errors (ratio of medians over 1.8 or under 0.55): shares of clips;
           within_1_db: share of clips; level_difference_db: mean absolute difference;
           rate_correlation: Pearson over clips; rate_ratio: mean of ours over the text's.
           No intervals: every clip of a corpus is in.
Run        python benchmarks/praat_agreement.py
"""

from __future__ import annotations

import csv
import math
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import parselmouth

from figures import Figure, shared_folder, write_figures
from tonelens.audio import SAMPLE_RATE, load
from tonelens.descriptors.loudness import mean_level_dbfs, track_loudness
from tonelens.descriptors.measure import measure

CORPORA = ("ravdess", "emodb")
RATE_CORPORA = ("ravdess", "emodb", "nemo")
RAVDESS_SYLLABLES = 7
PRAAT_REFERENCE_DB = -20 * math.log10(2e-5)
"""Praat's 0 dB is 2e-5, ours is full scale 1."""
VOWELS = {
    "de": r"ei|ie|eu|äu|au|ai|aa|oo|ee|[aeiouyäöü]",
    "pl": r"i[aeoóuąę]|[aeoóuyąęi]",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One clip beside its references; None where not compared."""

    corpus: str
    f0_ratio: float | None
    f0_ratio_two_pass: float | None
    level_difference_db: float | None
    rate: float | None
    text_rate: float | None


def compare(job: tuple[str, str, str, str, bool]) -> Compared:
    """Measure one clip with both; `job` is corpus, path, language, text and whether Praat is asked."""
    corpus, path, language, text, with_praat = job
    audio = load(path)
    measures = measure(audio)
    count = RAVDESS_SYLLABLES if corpus == "ravdess" else len(re.findall(VOWELS[language], text.lower()))
    text_rate = count / measures.speech_s if count and measures.speech_s else None
    if not with_praat:
        return Compared(corpus, None, None, None, measures.syllables_per_s, text_rate)
    sound = parselmouth.Sound(audio.samples.astype(float), SAMPLE_RATE)
    first_pass = _f0(sound, 75.0, 600.0)
    low, high = np.percentile(first_pass, [25, 75])
    second_pass = _f0(sound, 0.75 * low, 1.5 * high)
    ours = measures.f0_median_hz
    return Compared(
        corpus,
        ours / float(np.median(first_pass)) if ours else None,
        ours / float(np.median(second_pass)) if ours else None,
        _level_difference_db(sound, audio.samples, measures.level_dbfs),
        measures.syllables_per_s,
        text_rate,
    )


def _f0(
    sound: parselmouth.Sound, floor_hz: float, ceiling_hz: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    track = sound.to_pitch_ac(pitch_floor=floor_hz, pitch_ceiling=ceiling_hz)
    f0: np.ndarray[tuple[int], np.dtype[np.float64]] = track.selected_array["frequency"]
    return f0[f0 > 0]


def _level_difference_db(sound: parselmouth.Sound, samples: np.ndarray, ours: float | None) -> float | None:
    if ours is None:
        return None
    loudness = track_loudness(samples)
    intensity = sound.to_intensity(minimum_pitch=100.0, time_step=0.01)
    theirs_F = np.interp(loudness.times_s, intensity.xs(), intensity.values[0])
    theirs = mean_level_dbfs(theirs_F[loudness.is_speech]) - PRAAT_REFERENCE_DB
    return ours - theirs


def figures_of(rows: list[Compared], corpus: str) -> list[Figure]:
    """All figures of one corpus."""
    found: list[Figure] = []

    def add(protocol: str, metric: str, value: float | np.floating[Any], n: int) -> None:
        found.append(
            Figure(
                system="tonelens",
                corpus=corpus,
                protocol=protocol,
                metric=metric,
                value=round(float(value), 4),
                n=n,
            )
        )

    for protocol, field in (("praat-75-600", "f0_ratio"), ("praat-two-pass", "f0_ratio_two_pass")):
        if corpus in CORPORA:
            ratio = np.array([getattr(row, field) or math.nan for row in rows])
            add(protocol, "within_3_percent", np.mean(np.abs(ratio - 1) <= 0.03), len(rows))
            add(protocol, "octave_errors", np.mean((ratio > 1.8) | (ratio < 0.55)), len(rows))
    if corpus in CORPORA:
        difference = np.array(
            [math.nan if row.level_difference_db is None else row.level_difference_db for row in rows]
        )
        add("praat-intensity", "within_1_db", np.mean(np.abs(difference) <= 1), len(rows))
        add("praat-intensity", "level_difference_db", np.nanmean(np.abs(difference)), len(rows))
    both = np.array([(row.rate, row.text_rate) for row in rows if row.rate and row.text_rate])
    if len(both):
        add("text-syllables", "rate_correlation", np.corrcoef(both.T)[0, 1], len(both))
        add("text-syllables", "rate_ratio", np.mean(both[:, 0] / both[:, 1]), len(both))
    return found


def main() -> None:
    """Compare every clip of the corpora and write the figures."""
    shared: Path = shared_folder() / "corpora"
    found: list[Figure] = []
    with ProcessPoolExecutor(2) as pool:
        for corpus in RATE_CORPORA:
            with (shared / corpus / "manifest.csv").open(encoding="utf-8", newline="") as file:
                jobs = [
                    (
                        corpus,
                        str(shared / corpus / row["path"]),
                        row["language"],
                        row["text"],
                        corpus in CORPORA,
                    )
                    for row in csv.DictReader(file)
                ]
            found += figures_of(list(pool.map(compare, jobs, chunksize=16)), corpus)
            for figure in found:
                if figure.corpus == corpus:
                    name = f"{corpus:8} {figure.protocol:16} {figure.metric:20}"
                    print(f"{name} {figure.value:8.4f}  n={figure.n}")
    write_figures("praat_agreement", found)


if __name__ == "__main__":
    main()
