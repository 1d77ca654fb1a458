"""Agreement between two words per clip: confusion counts and the scores that follow from them.

Shapes    N clips, L labels, R bootstrap replicates. A confusion matrix is (L, L + 1): row = reference,
          column = answer, the last column counts answers that did not parse.
Scores    UA = mean recall over the classes present in the references; WA = share of right answers;
          macro-F1 = mean F1 over the classes present in the references. Unparsed is wrong everywhere:
          it lowers recall, and it is nobody's false positive.
Note      "UA" is plain accuracy in Chen et al. 2025 (arXiv:2505.23236); compare their UA with our WA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tonelens.emotions import CANONICAL
from tonelens.evaluation.intervals import Interval, bootstrap
from tonelens.evidence.clusters import Counts


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well the answers name the reference classes."""

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """L rows of L + 1 counts; the last column is "did not parse"."""
    ua: Interval
    wa: Interval
    macro_f1: Interval
    recall: dict[str, float]
    """Class present in the references -> share of its clips that were named right."""


def score_classes(
    references: Sequence[str],
    answers: Sequence[str | None],
    speakers: Sequence[str | None],
    labels: Sequence[str] = (),
) -> ClassScores:
    """Compare N answers with N references; `labels` adds classes that neither side names."""
    words = {*references, *(answer for answer in answers if answer is not None), *labels}
    known = tuple(label for label in CANONICAL if label in words)
    ordered = known + tuple(sorted(words - set(known)))
    cells_NS = confusion_cells(references, answers, ordered)
    counts = cells_NS.sum(axis=0).reshape(len(ordered), -1)
    recall_L = recalls(counts[None])[0].tolist()

    def interval(score: Callable[[Counts], Counts]) -> Interval:
        return bootstrap(cells_NS, speakers, lambda sums: score(sums.reshape(-1, *counts.shape)))

    return ClassScores(
        labels=ordered,
        confusion=tuple(tuple(int(cell) for cell in row) for row in counts),
        ua=interval(unweighted_accuracy),
        wa=interval(weighted_accuracy),
        macro_f1=interval(macro_f1),
        recall={label: share for label, share in zip(ordered, recall_L, strict=True) if share >= 0},
    )


def confusion_cells(
    references: Sequence[str], answers: Sequence[str | None], labels: Sequence[str]
) -> Counts:
    """One row a clip with a single 1, in its cell of the flattened matrix; shape (N, L * (L + 1))."""
    place = {label: index for index, label in enumerate(labels)}
    columns = len(labels) + 1
    cells = [
        place[reference] * columns + (len(labels) if answer is None else place[answer])
        for reference, answer in zip(references, answers, strict=True)
    ]
    counts_NS = np.zeros((len(cells), len(labels) * columns))
    counts_NS[np.arange(len(cells)), cells] = 1
    return counts_NS


def recalls(confusion_RLA: Counts) -> Counts:
    """Recall of every class, shape (R, L); NaN where the class has no reference."""
    hits_RL = np.einsum("rll->rl", confusion_RLA[:, :, :-1])
    return _share(hits_RL, confusion_RLA.sum(axis=2))


def unweighted_accuracy(confusion_RLA: Counts) -> Counts:
    """UA: mean recall over the classes present in the references, shape (R,)."""
    return _mean_of_present(recalls(confusion_RLA))


def weighted_accuracy(confusion_RLA: Counts) -> Counts:
    """WA: share of right answers, shape (R,)."""
    hits_R = np.einsum("rll->r", confusion_RLA[:, :, :-1])
    return _share(hits_R, confusion_RLA.sum(axis=(1, 2)))


def macro_f1(confusion_RLA: Counts) -> Counts:
    """Mean F1 = 2 TP / (references + answers) over the classes present in the references, shape (R,)."""
    hits_RL = np.einsum("rll->rl", confusion_RLA[:, :, :-1])
    references_RL = confusion_RLA.sum(axis=2)
    answers_RL = confusion_RLA[:, :, :-1].sum(axis=1)
    f1_RL = _share(2 * hits_RL, references_RL + answers_RL)
    return _mean_of_present(np.where(references_RL > 0, f1_RL, np.nan))


def _share(part: Counts, whole: Counts) -> Counts:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def _mean_of_present(scores_RL: Counts) -> Counts:
    """Mean over the last axis without the NaNs of absent classes; NaN where all are absent."""
    present_RL = np.isfinite(scores_RL)
    return _share(np.where(present_RL, scores_RL, 0.0).sum(axis=1), present_RL.sum(axis=1).astype(np.float64))
