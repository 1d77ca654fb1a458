"""Voices with one property changed: does it meet its target, and do the others stay?

Clips     CLIPS of each corpus, drawn by a hash of their ids; every change of CHANGES on each.
Measures  `tonelens.descriptors.measure` before and after: median F0, time spent speaking (its inverse is the
          pace), level of the speech, deviation of F0 in semitones, spectral tilt.
Metrics   target: share of the clips whose changed property lies within 5 % of its target (tilt: within 1
          dB an octave; flattened: under a tenth of the deviation before); others: share whose other
          properties of F0, pace and level all stay within 3 % (level 0.26 dB). Clips without a
          measurable F0 do not count for changes of it. Intervals: Wilson, over clips.
Protocol  the change, e.g. "pitch +3 semitones"; "none" is the vocoder alone.
Run       python benchmarks/resynthesis.py --work DIR [--clips 30]     -> docs/results/resynthesis.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from drawn import in_drawn_order
from figures import Figure, write_figures
from prepared import prepared
from tonelens import audio
from tonelens.corpora.cuts import path_of, read_cuts
from tonelens.descriptors.measure import Measures, measure
from tonelens.descriptors.vocoder import analyse
from tonelens.evidence.aimed import aimed
from tonelens.evidence.resynthesis import Change
from tonelens.evidence.shares import share

CORPORA = ("ravdess", "emodb", "nemo")
CHANGES = (
    Change("none"), Change("pitch", 3.0), Change("pitch", -3.0), Change("speed", 1.25), Change("speed", 0.8),
    Change("variation", 0.0), Change("variation", 1.8), Change("volume", 6.0), Change("tilt", 4.0),
)  # fmt: skip
CLOSE, STILL = 0.05, 0.03
TILT_DB, FLAT = 1.0, 0.1


def meets_target(change: Change, before: Measures, after: Measures) -> bool | None:
    """Whether the property that was to change has its target; None where it cannot be measured."""
    match change.kind:
        case "pitch":
            return _near(after.f0_median_hz, before.f0_median_hz, 2 ** (change.amount / 12), CLOSE)
        case "speed":
            return _near(after.speech_s, before.speech_s, 1 / change.amount, CLOSE)
        case "variation" if change.amount == 0:
            return _near_or_less(after.f0_std_semitones, before.f0_std_semitones, FLAT)
        case "variation":
            return _near(after.f0_std_semitones, before.f0_std_semitones, change.amount, CLOSE)
        case "volume":
            return _near(_amplitude(after), _amplitude(before), 10 ** (change.amount / 20), CLOSE)
        case "tilt":
            if before.tilt_db_per_octave is None or after.tilt_db_per_octave is None:
                return None
            moved = after.tilt_db_per_octave - before.tilt_db_per_octave
            return abs(moved - change.amount) <= TILT_DB
        case _:
            return True


def others_stay(change: Change, before: Measures, after: Measures) -> bool | None:
    """Whether F0, pace and level stay, as far as they were not to change; None without an F0."""
    kept = {
        "pitch": _near(after.f0_median_hz, before.f0_median_hz, 1, STILL),
        "speed": _near(after.speech_s, before.speech_s, 1, STILL),
        "volume": _near(_amplitude(after), _amplitude(before), 1, STILL),
    }
    found = [value for kind, value in kept.items() if kind != change.kind]
    return None if None in found else all(found)


def _amplitude(measures: Measures) -> float | None:
    return None if measures.level_dbfs is None else 10 ** (measures.level_dbfs / 20)


def _near(value: float | None, before: float | None, factor: float, most: float) -> bool | None:
    if value is None or not before:
        return None
    return abs(value / (before * factor) - 1) <= most


def _near_or_less(value: float | None, before: float | None, most: float) -> bool | None:
    return None if value is None or not before else value <= most * before


def figure(corpus: str, change: Change, metric: str, found: list[bool | None]) -> Figure:
    """A share of the clips of which something is known."""
    known = share(value for value in found if value is not None)
    return Figure(
        system="world", corpus=corpus, protocol=str(change), metric=metric, value=known.value,
        low=known.low, high=known.high, n=known.n,
    )  # fmt: skip


def main() -> None:
    """Change, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="cuts/CORPUS lie here, or are made here")
    parser.add_argument("--clips", type=int, default=30)
    options = parser.parse_args()
    figures = []
    for corpus in CORPORA:
        cuts = in_drawn_order(list(read_cuts(prepared(corpus, options.work))))
        met: dict[Change, list[bool | None]] = {change: [] for change in CHANGES}
        kept: dict[Change, list[bool | None]] = {change: [] for change in CHANGES}
        for cut in cuts[: options.clips]:
            clip = audio.load(path_of(cut))
            before, voice = measure(clip), analyse(clip.samples)
            for change in CHANGES:
                _, after = aimed(clip, change, voice, before)
                met[change].append(meets_target(change, before, after))
                kept[change].append(others_stay(change, before, after))
        for change in CHANGES:
            figures.append(figure(corpus, change, "target", met[change]))
            figures.append(figure(corpus, change, "others", kept[change]))
            print(f"{corpus:8} {change!s:24} target {figures[-2].value:.2f} others {figures[-1].value:.2f}")
    print(write_figures("resynthesis", figures))


if __name__ == "__main__":
    main()
