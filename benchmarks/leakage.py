"""Which stream of a model tells pitch, words, emotion and voice: probes on voices that it never heard.

Clips     CLIPS of each training speaker and of each held-out one, chosen by a hash of their ids. Held out are
          the speakers that moved no weight of the model.
Protocol  "probes": `tonelens.evidence.leakage` with the held-out speakers held out. Probes are trained on the
          training speakers' clips, because the held-out speakers are too few to train them, and tested on
          the held-out ones'. RAVDESS has 4 of these, EmoDB and nEMO 2, so the intervals are over clips
          and say nothing about other voices.
          "probes on sampled latents" (--sampled) is the same with the noise of training.
Systems   MODEL/VIEW, the views of `tonelens.evidence.latents`; MODEL/FIRST-SECOND is a paired difference.
Metrics   TARGET PROBE SCORE, e.g. "f0 linear r2"; "shuffled" before it for the control; of a view
          "nats" (a frame; of the utterance latent a clip) and "active dimensions".
Run       python benchmarks/leakage.py --data CUTS [--data ...] [--model FOLDER]  -> docs/results/leakage.json
          (some five minutes of one core for the shipped model, most of them for the hidden layers; --probe
          linear takes two; figures are written corpus by corpus)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from lhotse import MonoCut

from drawn import in_drawn_order
from figures import Figure, write_figures
from tonelens.corpora.cuts import corpus_of, read_cuts, speaker_of
from tonelens.evidence.latents import UTTERANCE, latents_of
from tonelens.evidence.leakage import Leakage, leakage_of
from tonelens.evidence.probe_scores import Spread
from tonelens.evidence.probes import PROBES
from tonelens.explain import Explainer

PROTOCOL = "probes"
CLIPS = {"ravdess": (20, 30), "emodb": (40, 60), "nemo": (50, 90)}
"""Of a training speaker, and of a held-out one: some 1500 in all."""
OTHER_CORPUS = (30, 60)


def chosen(cuts: Sequence[MonoCut], held_out: set[str]) -> list[MonoCut]:
    """So many clips of each speaker as CLIPS says, by the hash of their ids."""
    taken: dict[str, int] = {}
    picked = []
    for cut in in_drawn_order(cuts):
        speaker = speaker_of(cut) or ""
        most = CLIPS.get(corpus_of(cut), OTHER_CORPUS)[speaker in held_out]
        taken[speaker] = taken.get(speaker, 0) + 1
        if speaker and taken[speaker] <= most:
            picked.append(cut)
    return sorted(picked, key=lambda cut: cut.id)


def held_out_speakers(cuts: Sequence[MonoCut], explainer: Explainer) -> set[str]:
    """Speakers of the corpus that no weight has seen."""
    trained = set(explainer.loaded.card.train_speakers)
    return {speaker for cut in cuts if (speaker := speaker_of(cut)) is not None} - trained


def figures_of(found: Leakage, model: str, corpus: str, protocol: str = PROTOCOL) -> list[Figure]:
    """Scores, differences and nats in the form of results files."""

    def figure(system: str, metric: str, value: float, n: int, spread: Spread | None = None) -> Figure:
        ends = (None, None) if spread is None else (spread.low, spread.high)
        return Figure(
            system=f"{model}/{system}", corpus=corpus, protocol=protocol, metric=metric, value=value,
            low=ends[0], high=ends[1], n=n,
        )  # fmt: skip

    rows = []
    for one in found.scores:
        control = "shuffled " if one.is_shuffled else ""
        metric = f"{control}{one.target} {one.probe} {one.metric}"
        rows.append(figure(one.view, metric, one.spread.value, one.n, one.spread))
    for pair in found.contrasts:
        metric = f"{pair.target} {pair.probe} {pair.metric}"
        rows.append(figure(f"{pair.first}-{pair.second}", metric, pair.spread.value, pair.n, pair.spread))
    for rate in found.rates:
        unit = "nats a clip" if rate.stream == UTTERANCE else "nats a frame"
        rows.append(figure(rate.stream, unit, rate.nats, len(rate.nats_Z)))
        rows.append(figure(rate.stream, "active dimensions", float(rate.active), len(rate.nats_Z)))
    return rows


def main() -> None:
    """Listen, probe, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, action="append", required=True, help="cuts of one corpus")
    parser.add_argument("--model", type=Path, default=None, help="by default the model that ships")
    parser.add_argument("--sampled", action="store_true", help="latents with the noise of training")
    parser.add_argument("--probe", choices=PROBES, action="append", default=None, help="by default both")
    parser.add_argument("--out", type=Path, default=None, help="a folder in place of docs/results")
    options = parser.parse_args()
    explainer = Explainer.from_pretrained(options.model)
    name = explainer.loaded.card.name
    folder = {} if options.out is None else {"folder": options.out}
    for path in options.data:
        cuts = list(read_cuts(path))
        corpus, held_out = corpus_of(cuts[0]), held_out_speakers(cuts, explainer)
        start = time.perf_counter()
        latents = latents_of(explainer, chosen(cuts, held_out), sampled=options.sampled)
        heard = time.perf_counter()
        found = leakage_of(latents, held_out=held_out, probes=options.probe or PROBES)
        done = time.perf_counter()
        print(f"{corpus}: {len(latents.cuts)} clips, {found.protocol}; left out: {dict(latents.left_out)}")
        print(f"not probed: {dict(found.not_probed)}; heard in {heard - start:.0f} s, ", end="")
        print(f"probed in {done - heard:.0f} s")
        protocol = f"{PROTOCOL} on sampled latents" if options.sampled else PROTOCOL
        print(write_figures("leakage", figures_of(found, name, corpus, protocol), **folder), flush=True)


if __name__ == "__main__":
    main()
