"""What leaks: which stream tells pitch, words, emotion, voice, and how much each costs in nats.

A probe is trained on one view of the latents (`latents.ClipLatents`) and judged on clips of speakers that
it has never seen. A score alone says little; it stands beside the same probe on a random projection of the
same width (what any bottleneck leaks), on shuffled targets (what the probe makes of nothing), and beside
the other stream, as a paired difference.

Folds     `probe_folds`: speakers apart, but for the speaker probe.
Contrasts first minus second, the one that the method says is larger first: descriptor before content, but
          content before descriptor for the words; and each stream before the random projection.
KL        `stream_rates`.
Source    ours; arXiv:2410.03037 probes its own two streams so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonelens.corpora.cuts import speaker_of
from tonelens.evidence.clusters import clusters_of
from tonelens.evidence.latents import (
    CONTENT,
    DESCRIPTOR,
    RANDOM,
    RANDOM_UTTERANCE,
    UTTERANCE,
    ClipLatents,
    Matrix,
)
from tonelens.evidence.probe_folds import Fold, clip_folds, speaker_folds
from tonelens.evidence.probe_scores import (
    METRICS,
    Drawn,
    Spread,
    chance,
    drawn_score,
    score,
    spearman,
)
from tonelens.evidence.probe_targets import Target, clip_targets, frame_targets
from tonelens.evidence.probes import PROBES, Probe, read_out
from tonelens.evidence.stream_rates import StreamRate, rates_of
from tonelens.progress import Quiet, Reporter

FEWEST_ROWS = 20
"""Clips (or frames) to train a probe on, and to test it on."""
SHUFFLES = 5
"""The shuffled control is the mean of so many: where a view shows little but its target, one scatters."""
OF_WORDS = ("sentence", "words")
"""Targets that belong to the content stream."""
SPEAKER = "speaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well one probe reads one target from one view."""

    target: str
    unit: str
    view: str
    probe: Probe
    metric: str
    spread: Spread
    chance: float
    n: int
    """Tested clips (or frames)."""
    is_shuffled: bool
    """The control, of linear probes: trained on targets of other clips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Score on the first view minus that on the second, on the same clips."""

    target: str
    probe: Probe
    metric: str
    first: str
    second: str
    spread: Spread
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """Everything found about the latents of some clips."""

    scores: tuple[Score, ...]
    contrasts: tuple[Contrast, ...]
    rates: tuple[StreamRate, ...]
    protocol: str
    not_probed: Mapping[str, str]
    """Target -> reason."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A target with the views it is asked of, all with M rows."""

    target: Target
    views: Mapping[str, Matrix]
    folds: tuple[Fold, ...]
    speakers_M: NDArray[Any]
    clips_M: NDArray[Any]

    @property
    def groups_M(self) -> NDArray[Any]:
        """What stays together while a probe is fitted."""
        return self.clips_M if self.target.name == SPEAKER else self.speakers_M


def leakage_of(
    latents: ClipLatents,
    *,
    held_out: Set[str] | None = None,
    probes: Sequence[Probe] = PROBES,
    targets: Set[str] | None = None,
    seed: int = 0,
    reporter: Reporter | None = None,
) -> Leakage:
    """Probe the latents of one corpus.

    Args:
        latents: of clips whose speakers are all known.
        held_out: speakers that the model was not trained on; None probes in folds over all speakers.
        probes: which kinds.
        targets: names of `probe_targets` to look for; None looks for all.
        seed: of folds, probes, shuffling and intervals.
        reporter: told of every target.

    Raises:
        CorpusError: a speaker is unknown, or there are too few to keep them apart.
    """
    speakers_N = np.array([speaker_of(cut) or "" for cut in latents.cuts])
    folds, protocol = speaker_folds(speakers_N, held_out, seed)
    questions = [
        question
        for question in _questions(latents, speakers_N, folds, held_out, seed)
        if targets is None or question.target.name in targets
    ]
    reporter = reporter or Quiet()
    reporter.begin("probing", len(questions))
    scores: list[Score] = []
    contrasts: list[Contrast] = []
    not_probed: dict[str, str] = {}
    for done, question in enumerate(questions, start=1):
        if (reason := _why_not(question)) is not None:
            not_probed[question.target.name] = reason
        else:
            for probe in probes:
                found, compared = _asked(question, probe, seed)
                scores += found
                contrasts += compared
        reporter.advance(done, question.target.name)
    return Leakage(
        scores=tuple(scores),
        contrasts=tuple(contrasts),
        rates=rates_of(latents),
        protocol=protocol,
        not_probed=not_probed,
    )


def _questions(
    latents: ClipLatents,
    speakers_N: NDArray[Any],
    folds: tuple[Fold, ...],
    held_out: Set[str] | None,
    seed: int,
) -> list[_Question]:
    clips_N = np.array([cut.id for cut in latents.cuts])
    among = np.flatnonzero(np.isin(speakers_N, sorted(held_out))) if held_out else np.arange(len(speakers_N))
    within = clip_folds(speakers_N, among, seed)
    asked = [
        _Question(target, latents.pooled, within if target.name == SPEAKER else folds, speakers_N, clips_N)
        for target in clip_targets(latents)
    ]
    clip_M = latents.frames.clip_M
    of_frames = tuple(
        Fold(np.flatnonzero(np.isin(clip_M, fold.train)), np.flatnonzero(np.isin(clip_M, fold.test)))
        for fold in folds
    )
    asked += [
        _Question(target, latents.frames.views, of_frames, speakers_N[clip_M], clips_N[clip_M])
        for target in frame_targets(latents)
    ]
    return [_known(question) for question in asked]


def _known(question: _Question) -> _Question:
    """Without the rows whose target is unknown."""
    is_known_M = question.target.is_known_M
    folds = tuple(
        Fold(fold.train[is_known_M[fold.train]], fold.test[is_known_M[fold.test]]) for fold in question.folds
    )
    return _Question(question.target, question.views, folds, question.speakers_M, question.clips_M)


def _why_not(question: _Question) -> str | None:
    target = question.target
    fewest = min(min(len(fold.train), len(fold.test)) for fold in question.folds)
    if fewest < FEWEST_ROWS:
        return f"{fewest} rows in a part, {FEWEST_ROWS} are needed"
    tested = target.values[np.concatenate([fold.test for fold in question.folds])]
    parts = [tested, *(target.values[fold.train] for fold in question.folds)]
    if any(len(np.unique(part, axis=0)) < 2 for part in parts):
        return "all training clips, or all tested clips, are alike"
    return None


def _asked(question: _Question, probe: Probe, seed: int) -> tuple[list[Score], list[Contrast]]:
    """Every view's scores, as it is and shuffled, and the differences between views."""
    target = question.target
    tested = np.concatenate([fold.test for fold in question.folds])
    truth = _truth(target, tested)
    # Whole speakers are drawn, but classes that are speakers would then vanish from a draw.
    speakers = question.speakers_M[tested] if target.name != SPEAKER else np.zeros(len(tested), dtype=str)
    clusters = clusters_of(speakers.tolist(), question.clips_M[tested].tolist())
    metric, expected = METRICS[target.kind], chance(target.kind, truth)
    scores: list[Score] = []
    drawn: dict[str, Drawn] = {}

    def add(view: str, metric: str, spread: Spread, is_shuffled: bool) -> None:
        scores.append(
            Score(
                target=target.name, unit=target.unit, view=view, probe=probe, metric=metric, spread=spread,
                chance=expected, n=len(tested), is_shuffled=is_shuffled,
            )
        )  # fmt: skip

    for view, x_MP in question.views.items():
        guess = _guess(question, x_MP, probe, seed)
        drawn[view] = drawn_score(target.kind, truth, guess, clusters, seed=seed)
        add(view, metric, drawn[view].spread(), False)
        if target.kind == "number":
            ranked = spearman(truth, guess)
            add(view, "spearman", Spread(ranked, None, None, clusters.unit, clusters.count), False)
        if probe == "linear":
            times = [_guess(question, x_MP, probe, seed, shuffle=number) for number in range(SHUFFLES)]
            shuffled = float(np.mean([score(target.kind, truth, guess) for guess in times]))
            add(view, metric, Spread(shuffled, None, None, clusters.unit, clusters.count), True)
    contrasts = [
        Contrast(
            target=target.name, probe=probe, metric=metric, first=one, second=other,
            spread=drawn[one].less(drawn[other]).spread(), n=len(tested),
        )
        for one, other in _pairs(target.name, drawn)
    ]  # fmt: skip
    return scores, contrasts


def _pairs(target: str, views: Mapping[str, Any]) -> list[tuple[str, str]]:
    streams = (CONTENT, DESCRIPTOR) if target in OF_WORDS else (DESCRIPTOR, CONTENT)
    sides = (CONTENT, UTTERANCE) if target in OF_WORDS else (UTTERANCE, CONTENT)
    pairs = [streams, sides, (CONTENT, RANDOM), (DESCRIPTOR, RANDOM), (UTTERANCE, RANDOM_UTTERANCE)]
    return [(one, other) for one, other in pairs if one in views and other in views]


def _truth(target: Target, rows: NDArray[np.intp]) -> NDArray[Any]:
    """Values of some rows; classes by their numbers, which are quicker than words."""
    if target.kind != "class":
        return np.asarray(target.values[rows])
    return np.searchsorted(np.array(target.told_apart), target.values[rows])


def _guess(
    question: _Question, x_MP: Matrix, probe: Probe, seed: int, *, shuffle: int | None = None
) -> NDArray[Any]:
    """What the probe says of all tested rows, fold by fold."""
    target = question.target
    told = []
    for fold in question.folds:
        y = _truth(target, fold.train)
        if shuffle is not None:
            y = np.random.default_rng([seed, shuffle]).permutation(y)
        groups = question.groups_M[fold.train].tolist()
        present, codes = np.unique(y, return_inverse=True) if target.kind == "class" else (None, y)
        read = read_out(probe, target.kind, x_MP[fold.train], codes, groups, seed=seed)
        outputs = read(x_MP[fold.test].astype(np.float64))
        if present is not None:
            told.append(present[outputs.argmax(axis=1)])
        else:
            told.append(outputs if target.kind == "presence" else outputs[:, 0])
    return np.concatenate(told)
