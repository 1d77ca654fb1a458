"""Are explanations true? Claims, changed voices, flips and spans, on voices that the model never heard.

Clips     CLIPS of each corpus, drawn by a hash of their ids from the model's held-out speakers; corpus `all`
          is all of them. What a row rests on is written by `tonelens evidence` (clips.jsonl in --work).
Systems   the model; `NAME, descriptor zeroed`, the same with the voice's stream set to zero; `majority`, who
          always claims what the model claims most often. These two are asked for interventions alone.
Metrics   agreement_D: share of claims about descriptor D that the measurement supports.
          moves_D, names_D, stays_D, arrived_D, flips_D of the changes of D (and of `all`):
          `tonelens.evidence.interventions`.
          flip_K, flip_steps_K: share of clips that a change of kind K flips, median size of the smallest;
          flip_vocoder: share that the vocoder alone flips.
          cited, deletion_*, insertion_*: cited against random spans, silenced (`deletion`).
          share_voice, share_neither, drop_*_*, conflict_*: words or voice (`streams`, `conflict`).
          seconds: wall time a clip of everything but words or voice.
          Intervals: Wilson over clips or changes; means over speakers (`means`).
Protocol  held-out-evidence.
Run       python benchmarks/evidence.py --work DIR --data CUTS [--data ...] [--model RUN] [--clips 34]
          -> docs/results/evidence.json
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from lhotse import MonoCut

from drawn import drawn
from figures import Figure, write_figures
from tonelens.audio import Audio
from tonelens.corpora.cuts import read_cuts
from tonelens.descriptors.levels import Levels
from tonelens.evaluation.predict import held_out_cuts
from tonelens.evidence.backend import Backend, Heard, OwnBackend
from tonelens.evidence.deletion import Paired
from tonelens.evidence.examine import PARTS, Examiner, Part, Row
from tonelens.evidence.examine_clips import examine_clips, examine_streams
from tonelens.evidence.examined import Examined, examined
from tonelens.evidence.means import Mean
from tonelens.evidence.shares import Share
from tonelens.evidence.streams import altered_backend
from tonelens.explain import Explainer
from tonelens.progress import Quiet

PROTOCOL = "held-out-evidence"


@dataclass(frozen=True, slots=True)
class Majority:
    """Always the same: what a model claims most often."""

    claims: Mapping[str, str]
    name: str = "majority"

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Majority:
        """From the model's own answers."""
        said: dict[str, Counter[str]] = {}
        for row in rows:
            for name, word in row.get("heard", {}).get("claims", {}).items():
                said.setdefault(name, Counter())[word] += 1
        return cls({name: counts.most_common(1)[0][0] for name, counts in said.items()})

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """Whatever the clips are."""
        return [Heard(probabilities={"the same": 1.0}, claims=self.claims) for _ in clips]


def figures_of(found: Examined, corpus: str) -> list[Figure]:
    """Every number of one system on one corpus."""
    values: dict[str, Any] = {}
    for one in found.agreement.descriptors if found.agreement else ():
        values[f"agreement_{one.descriptor}"] = one.supported
    for name, scores in (found.interventions or {}).items():
        for metric in ("arrived", "moves", "names", "stays", "flips"):
            values[f"{metric}_{name}"] = getattr(scores, metric)
    for kind, flips in (found.counterfactuals or {}).items():
        values |= {f"flip_{kind}": flips.flipped, f"flip_steps_{kind}": flips.median_steps}
    values["flip_vocoder"] = found.vocoder_flips
    if found.spans is not None:
        values |= {"cited": found.spans.cited, "deletion": found.spans.deletion}
        values["insertion"] = found.spans.insertion
    if found.streams is not None:
        values |= {"share_voice": found.streams.voice, "share_neither": found.streams.neither}
        values |= {f"conflict_{kind}": mean for kind, mean in found.streams.follows.items()}
        for stream, hows in found.streams.drops.items():
            values |= {f"drop_{stream}_{how}": mean for how, mean in hows.items()}
    rows = [row for metric, value in values.items() for row in _figures(metric, value, found.clips)]
    return [Figure(system=found.system, corpus=corpus, protocol=PROTOCOL, **row) for row in rows]


def _figures(metric: str, value: Any, clips: int) -> list[dict[str, Any]]:
    match value:
        case Share() | Mean():
            return [
                {"metric": metric, "value": value.value, "low": value.low, "high": value.high, "n": value.n}
            ]
        case Paired():
            numbers = {"median": value.median, "effect": value.effect, "p": value.p}
            return [
                {"metric": f"{metric}_{name}", "value": number, "n": value.n}
                for name, number in numbers.items()
            ]
        case None:
            return []
        case _:
            return [{"metric": metric, "value": float(value), "n": clips}]


def examined_by_corpus(
    explainer: Explainer, parts: Mapping[str, Sequence[MonoCut]], work: Path
) -> list[Figure]:
    """The model and the two that must be worse."""
    figures: list[Figure] = []
    model = OwnBackend(explainer)
    levels = explainer.loaded.levels
    rows = {corpus: asked(model, levels, cuts, work / model.name / corpus) for corpus, cuts in parts.items()}
    everything = [row for found in rows.values() for row in found]
    seconds = fmean(row["seconds"] for row in everything)
    figures.append(
        Figure(
            system=model.name, corpus="all", protocol=PROTOCOL, metric="seconds", value=seconds,
            n=len(everything),
        )
    )  # fmt: skip
    for corpus, found in {**rows, "all": everything}.items():
        cuts = parts[corpus] if corpus in parts else [cut for of in parts.values() for cut in of]
        streams = examine_streams(explainer, cuts, found)
        figures += figures_of(examined(model.name, found, streams, protocol=PROTOCOL), corpus)
    worse: list[Backend] = [altered_backend(explainer, "descriptor", "zero"), Majority.of(everything)]
    for backend in worse:
        by_corpus = {
            corpus: asked(
                backend, levels, cuts, work / model.name / backend.name / corpus, interventions_only=True
            )
            for corpus, cuts in parts.items()
        }
        for corpus, found in {**by_corpus, "all": [row for of in by_corpus.values() for row in of]}.items():
            figures += figures_of(examined(backend.name, found, protocol=PROTOCOL), corpus)
    return figures


def asked(
    backend: Backend,
    levels: Levels,
    cuts: Sequence[MonoCut],
    folder: Path,
    *,
    interventions_only: bool = False,
) -> list[dict[str, Any]]:
    """A row a clip; what lies in the folder is not asked again."""
    parts: tuple[Part, ...] = tuple(part for part in PARTS if part != "streams")
    if interventions_only:
        parts = ("interventions",)
    return examine_clips(Examiner(backend, levels, parts=parts), cuts, folder, Quiet())


def main() -> None:
    """Ask, sum up, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="answers stay here, to go on later")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--model", action="append", default=None, help="by default the one that ships")
    parser.add_argument("--clips", type=int, default=34, help="of each corpus")
    options = parser.parse_args()
    torch.manual_seed(0)
    cuts = [cut for path in options.data for cut in read_cuts(path)]
    figures: list[Figure] = []
    for name in options.model or [None]:
        explainer = Explainer.from_pretrained(name)
        chosen, _ = held_out_cuts(cuts, explainer.loaded.card)
        figures += examined_by_corpus(explainer, drawn(chosen, options.clips), options.work)
    for figure in figures:
        if figure.corpus == "all":
            ends = "" if figure.low is None else f"  {figure.low:.3f} to {figure.high:.3f}"
            print(f"{figure.system:40} {figure.metric:26} {figure.value:9.4g}{ends}  n={figure.n}")
    print(write_figures("evidence", figures))


if __name__ == "__main__":
    main()
