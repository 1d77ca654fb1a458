"""How far to trust a few unlabelled recordings: the shrinkage of `--adapt`, and whether deviations move too.

Question  A model standardises layer statistics as its training part has them. Given n unlabelled clips of
          the target, the mean becomes w mean(clips) + (1 - w) mean(training) with w = n / (n + kappa);
          `both` moves the deviations in the same way. Which kappa is never worse than changing nothing?
Protocols leave-corpus-out  trained on five corpora, tested on the sixth; labels that both sides have
          own-corpus        trained on other speakers of the same corpus (five groups of whole speakers)
          each with the n clips from the tested speaker (`-speaker`), or from the corpus (`-corpus`), or
          neutral clips of the speaker alone (`-neutral`: what a session that never gets loud gives).
          The n clips are drawn at random twice and are not tested.
Learners  linear   ridge regression on the labels, on the statistics of all layers
          network  two GELU layers on the same, dropout .5: the shape of the utterance latent; only the clips
                   of the speaker or corpus, and only leave-corpus-out, because it takes long
Systems   none, mean-KAPPA, both-KAPPA. Metric ua: mean over draws, and for corpus `all` over the corpora.
Run       python benchmarks/adapt_kappa.py [--cache DIR]    -> docs/results/adapt_kappa.json
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baseline_features import encoder_statistics
from baselines import CACHE, ENCODER
from figures import Figure, shared_folder, write_figures
from folds import CORPORA

KAPPAS = (0, 3, 10, 30, 100)
SIZES = (5, 10, 30, 100)
DRAWS = 2
GROUPS = 5
FEWEST_TESTED = 6
"""Of a speaker, beside the clips adapted to."""
MOST_TRAINED, MOST_TESTED, MOST_OF_SPEAKER = 600, 480, 120
"""Clips of a corpus, and of one tested speaker; keeps the whole at a quarter of an hour on one core."""
EPOCHS, BATCH, HIDDEN, DROPOUT = 6, 64, 128, 0.5
RIDGE = 3.0
"""Of the number of statistics."""
SMALLEST_STD = 1e-3
SHOWN = ("none", "both-10", "both-30", "mean-30")
"""Systems that are written for every corpus; the mean over the corpora is written for all."""
UNITS = {
    "linear-leave-corpus-out": ("speaker", "neutral", "corpus"),
    "linear-own-corpus": ("speaker", "neutral"),
    "network-leave-corpus-out": ("speaker", "corpus"),
}
"""Whose clips are adapted to."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Some clips of one or more corpora."""

    statistics_NS: NDArray[np.float32]
    emotions: NDArray[np.str_]
    speakers: NDArray[np.str_]

    def at(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Clips:
        """Those at these places."""
        return Clips(self.statistics_NS[index], self.emotions[index], self.speakers[index])


@dataclass(frozen=True, slots=True)
class Learner:
    """A trained network with the standardisation of its training part."""

    first: nn.Linear
    rest: nn.Module
    labels: tuple[str, ...]
    mean_S: Tensor
    std_S: Tensor

    @torch.no_grad()
    def answers(self, raw_NS: Tensor, mean_S: Tensor, std_S: Tensor, allowed: set[str]) -> NDArray[np.str_]:
        """The likeliest allowed label of each clip under another standardisation."""
        scores = self.rest(self.first((raw_NS - mean_S) / std_S))
        banned = [index for index, label in enumerate(self.labels) if label not in allowed]
        scores[:, banned] = float("-inf")
        chosen: NDArray[np.str_] = np.array(self.labels)[scores.argmax(dim=-1).numpy()]
        return chosen


def read_corpus(name: str, cache: Path) -> Clips:
    """Statistics, emotion and speaker of every clip of a corpus's manifest."""
    folder = shared_folder() / "corpora" / name
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    paths = [folder / row["path"] for row in rows]
    states = encoder_statistics(paths, shared_folder() / "weights" / ENCODER, cache=cache)
    return Clips(
        states.reshape(len(states), -1),
        np.array([row["emotion"] for row in rows]),
        np.array([f"{name}-{row['speaker']}" for row in rows]),
    )


def learn(train: Clips, kind: str, seed: int = 0) -> Learner:
    """Fit a `linear` learner or a `network`; the same clips and seed give the same one."""
    labels = tuple(sorted(set(train.emotions.tolist())))
    raw_NS = torch.from_numpy(train.statistics_NS)
    mean_S, std_S = raw_NS.mean(dim=0), raw_NS.std(dim=0, unbiased=False).clamp(min=SMALLEST_STD)
    x_NS, y_N = (raw_NS - mean_S) / std_S, torch.tensor([labels.index(word) for word in train.emotions])
    torch.manual_seed(seed)
    fit = _ridge if kind == "linear" else _network
    return Learner(*fit(x_NS, y_N, len(labels)), labels, mean_S, std_S)


@torch.no_grad()
def _ridge(x_NS: Tensor, y_N: Tensor, labels: int) -> tuple[nn.Linear, nn.Module]:
    """Labels regressed with equal weight of all labels, through the dual: fewer clips than statistics."""
    one_NC = F.one_hot(y_N, labels).float()
    weight_N = (one_NC / one_NC.sum(dim=0)).sum(dim=1).rsqrt() / labels**0.5
    gram_NN = x_NS @ x_NS.T + RIDGE * x_NS.shape[1] * torch.diag(weight_N.square() / weight_N.square().mean())
    first = nn.Linear(x_NS.shape[1], labels)
    first.weight.copy_((x_NS.T @ torch.linalg.solve(gram_NN, one_NC - one_NC.mean(dim=0))).T)
    first.bias.copy_(one_NC.mean(dim=0))
    return first, nn.Identity()


def _network(x_NS: Tensor, y_N: Tensor, labels: int) -> tuple[nn.Linear, nn.Module]:
    first = nn.Linear(x_NS.shape[1], HIDDEN)
    rest = nn.Sequential(
        nn.GELU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, HIDDEN), nn.GELU(), nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, labels),
    )  # fmt: skip
    weights = [*first.parameters(), *rest.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=2e-3, weight_decay=0.05)
    steps = EPOCHS * -(-len(x_NS) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.1)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x_NS)).split(BATCH):  # type: ignore[no-untyped-call]
            scores = rest(first(F.dropout(x_NS[batch], DROPOUT)))
            F.cross_entropy(scores, y_N[batch], label_smoothing=0.1).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
    return first, rest.eval()


def adapted(learner: Learner, clips_NS: Tensor, kind: str, kappa: float) -> tuple[Tensor, Tensor]:
    """Mean and deviation after hearing unlabelled clips."""
    if kind == "none":
        return learner.mean_S, learner.std_S
    weight = len(clips_NS) / (len(clips_NS) + kappa)
    mean_S = torch.lerp(learner.mean_S, clips_NS.mean(dim=0), weight)
    if kind == "mean":
        return mean_S, learner.std_S
    square_S = torch.lerp(learner.std_S.square(), clips_NS.var(dim=0, unbiased=False), weight)
    return mean_S, square_S.sqrt().clamp(min=SMALLEST_STD)


def units(clips: Clips, whose: str) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(clips one may adapt to, clips of the unit) for every speaker, or once for the corpus."""
    if whose == "corpus":
        yield np.arange(len(clips.emotions)), np.arange(len(clips.emotions))
        return
    for speaker in sorted(set(clips.speakers.tolist())):
        members = np.flatnonzero(clips.speakers == speaker)
        is_open = (clips.emotions[members] == "neutral") | (whose == "speaker")
        yield members[is_open], members


def hits(
    learner: Learner, clips: Clips, whose: str, size: int, draw: int
) -> dict[str, list[tuple[str, str]]]:
    """System -> (truth, answer) of every tested clip; the same clips for every system."""
    rng = np.random.default_rng([size, draw])
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    allowed = set(clips.emotions.tolist()) & set(learner.labels)
    for pool, members in units(clips, whose):
        if len(pool) < size or len(members) < size + FEWEST_TESTED:
            continue
        heard = rng.choice(pool, size, replace=False)
        tested = np.setdiff1d(members, heard)
        tested = tested[np.isin(clips.emotions[tested], list(allowed))]
        raw_NS = torch.from_numpy(clips.statistics_NS)
        for kind, kappa in [("none", 0), *((k, kappa) for k in ("mean", "both") for kappa in KAPPAS)]:
            mean_S, std_S = adapted(learner, raw_NS[heard], kind, kappa)
            answers = learner.answers(raw_NS[tested], mean_S, std_S, allowed)
            name = kind if kind == "none" else f"{kind}-{kappa}"
            found[name] += zip(clips.emotions[tested].tolist(), answers.tolist(), strict=True)
    return found


def unweighted_accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean recall over the labels."""
    right: dict[str, list[bool]] = defaultdict(list)
    for truth, answer in pairs:
        right[truth].append(truth == answer)
    return float(np.mean([np.mean(each) for each in right.values()]))


def some(clips: Clips, most: int, seed: int = 0) -> Clips:
    """At most this many clips, drawn once."""
    index = np.random.default_rng(seed).permutation(len(clips.emotions))[:most]
    return clips.at(np.sort(index))


def whole_speakers(clips: Clips, most: int, seed: int = 0) -> Clips:
    """Speakers in a drawn order, until there are this many clips."""
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for speaker in rng.permutation(sorted(set(clips.speakers.tolist()))):
        if len(chosen) < most:
            chosen += rng.permutation(np.flatnonzero(clips.speakers == speaker))[:MOST_OF_SPEAKER].tolist()
    return clips.at(np.array(sorted(chosen)))


def sides(corpora: dict[str, Clips], target: str) -> Iterator[tuple[str, Learner, Clips]]:
    """(protocol, learner, clips to test) of one corpus."""
    others = [some(clips, MOST_TRAINED) for name, clips in corpora.items() if name != target]
    joined = Clips(
        np.concatenate([clips.statistics_NS for clips in others]),
        np.concatenate([clips.emotions for clips in others]),
        np.concatenate([clips.speakers for clips in others]),
    )
    for kind in ("linear", "network"):
        tested = whole_speakers(corpora[target], MOST_TESTED)
        yield f"{kind}-leave-corpus-out", learn(joined, kind), tested
    own = corpora[target]
    speakers = sorted(set(own.speakers.tolist()))
    group_of = {speaker: number % min(GROUPS, len(speakers)) for number, speaker in enumerate(speakers)}
    groups = np.array([group_of[speaker] for speaker in own.speakers])
    for group in sorted(set(groups.tolist())):
        train, test = own.at(groups != group), own.at(groups == group)
        learner = learn(some(train, MOST_TRAINED), "linear")
        yield "linear-own-corpus", learner, whole_speakers(test, MOST_TESTED // 2)


def measured(corpora: dict[str, Clips], target: str) -> dict[tuple[str, str], tuple[float, int]]:
    """(protocol, system) -> (UA, clips tested), mean over draws."""
    pairs: dict[tuple[str, str, int], list[tuple[str, str]]] = defaultdict(list)
    for protocol, learner, clips in sides(corpora, target):
        for whose in UNITS[protocol]:
            for size in SIZES:
                for draw in range(DRAWS):
                    for system, each in hits(learner, clips, whose, size, draw).items():
                        pairs[f"{protocol}-{whose}-{size}", system, draw] += each
    found = {}
    for protocol, system in sorted({key[:2] for key in pairs}):
        draws = [pairs[protocol, system, draw] for draw in range(DRAWS) if pairs[protocol, system, draw]]
        found[protocol, system] = float(np.mean([unweighted_accuracy(each) for each in draws])), len(draws[0])
    return found


def main() -> None:
    """Measure every corpus and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the encoder's statistics are kept")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    corpora = {name: read_corpus(name, arguments.cache) for name in CORPORA}
    figures: list[Figure] = []
    by_key: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for target in CORPORA:
        for (protocol, system), (value, count) in measured(corpora, target).items():
            figure = Figure(
                system=system,
                corpus=target,
                protocol=protocol,
                metric="ua",
                value=value,
                seeds=DRAWS,
                n=count,
            )
            if system in SHOWN:
                figures.append(figure)
            by_key[protocol, system].append(figure)
        print(f"{target} measured", flush=True)
    for (protocol, system), each in sorted(by_key.items()):
        value, count = float(np.mean([figure.value for figure in each])), sum(figure.n for figure in each)
        figures.append(
            Figure(
                system=system, corpus="all", protocol=protocol, metric="ua", value=value, seeds=DRAWS, n=count
            )
        )
        print(f"{protocol:30} {system:9} UA {value:.3f} ({len(each)} corpora)", flush=True)
    print(write_figures("adapt_kappa", figures))


if __name__ == "__main__":
    main()
