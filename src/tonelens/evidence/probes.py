"""Small probes: what can be read from some features, by a line and by one hidden layer.

Kinds     linear   least squares or (multinomial) logistic regression, with l2/2 |weights|^2 beside the summed
                   loss (half the squared error, cross-entropy) of standardised features: scikit-learn's
                   Ridge(alpha=l2) and LogisticRegression(C=1/l2)
          mlp      HIDDEN units (GELU) trained by AdamW on all rows at once, stopped early
Classes   weigh alike, however many rows they have, since recall is what is scored; without it a probe of
          noise answers with the class that the tested speakers have least of.
Choice    l2, and the number of steps, are those with the least loss on a quarter of the training **groups**
          (speakers, as a rule), which the fit has not seen; then all training rows are fitted again.
Shapes    N rows, P features, O outputs: 1 for a number, C classes, W words.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize, special
from torch import nn
from torch.nn import functional as F

Kind: TypeAlias = Literal["number", "class", "presence"]
"""Of a target: one number, one of C classes, or each of W words or not."""
Probe: TypeAlias = Literal["linear", "mlp"]
Floats: TypeAlias = NDArray[np.float64]
Fitted: TypeAlias = Callable[[Floats], Floats]

PROBES: tuple[Probe, ...] = ("linear", "mlp")
L2 = (1e4, 1e3, 1e2, 1e1, 1e0)
"""Strong to weak: each fit starts where the stronger one ended."""
STEPS = (25, 50, 100, 200, 400)
HIDDEN = 64
RATE = 3e-3
WEIGHT_DECAY = 1e-2
CHOSEN_ON = 0.25
"""Share of the training groups that l2 and steps are chosen on."""
SMALLEST_STD = 1e-6


@dataclass(frozen=True, slots=True)
class Rows:
    """Features with what is to be read from them."""

    kind: Kind
    x_NP: Floats
    y_NO: Floats
    """Numbers, one 1 a row, or presence."""
    weight_N: Floats
    """Mean 1."""

    def at(self, rows: NDArray[np.intp]) -> Rows:
        """Some of the rows, with classes weighed anew."""
        return rows_of(self.kind, self.x_NP[rows], self.y_NO[rows])


def rows_of(kind: Kind, x_NP: Floats, y_NO: Floats) -> Rows:
    """Rows of which every class weighs alike."""
    weight_N = np.ones(len(x_NP))
    if kind == "class":
        count_O = y_NO.sum(axis=0)
        weight_N = len(x_NP) / (np.count_nonzero(count_O) * (y_NO @ count_O))
    return Rows(kind, x_NP, y_NO, weight_N)


def read_out(
    probe: Probe,
    kind: Kind,
    x_NP: NDArray[np.floating[Any]],
    y: NDArray[Any],
    groups: Sequence[str],
    *,
    seed: int = 0,
) -> Fitted:
    """Fit a probe; the result turns features (M, P) into outputs (M, O): numbers, or logits.

    Args:
        probe: the kind of probe.
        kind: of target.
        x_NP: features of the training rows.
        y: numbers (N,), class numbers 0 to C - 1 (N,), or presence (N, W).
        groups: N names; rows of one group are fitted or chosen on together.
        seed: of the groups that choose, and of the hidden layer's first weights.
    """
    y_NO = np.eye(int(y.max()) + 1)[y] if kind == "class" else y.reshape(len(x_NP), -1).astype(np.float64)
    rows = rows_of(kind, x_NP.astype(np.float64), y_NO)
    fit, choose = _parted(groups, seed)
    judge = rows.at(choose)
    losses = [_loss(judge, fitted(judge.x_NP)) for fitted in _path(probe, rows.at(fit), seed)]
    best = int(np.argmin(losses))
    return list(_path(probe, rows, seed, upto=best + 1))[-1]


def _parted(groups: Sequence[str], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to fit and rows to choose on; rows are their own groups where there is one group only."""
    of_row = np.array(groups) if len(set(groups)) > 1 else np.arange(len(groups)).astype(str)
    names = np.random.default_rng(seed).permutation(np.unique(of_row))
    chosen = names[: max(1, round(CHOSEN_ON * len(names)))]
    is_chosen_N = np.isin(of_row, chosen)
    return np.flatnonzero(~is_chosen_N), np.flatnonzero(is_chosen_N)


def _path(probe: Probe, rows: Rows, seed: int, upto: int | None = None) -> Iterator[Fitted]:
    """Fits from the simplest to the least simple, on features in units of their deviation in these rows."""
    mean_P, std_P = rows.x_NP.mean(axis=0), rows.x_NP.std(axis=0)
    std_P = np.where(std_P > SMALLEST_STD, std_P, 1.0)
    middle, spread = 0.0, 1.0
    if rows.kind == "number":
        middle, spread = float(rows.y_NO.mean()), max(float(rows.y_NO.std()), SMALLEST_STD)
    told = Rows(rows.kind, (rows.x_NP - mean_P) / std_P, (rows.y_NO - middle) / spread, rows.weight_N)
    fits = _lines(told, L2[:upto]) if probe == "linear" else _layers(told, STEPS[:upto], seed)
    for fit in fits:
        yield _in_units(fit, mean_P, std_P, middle, spread)


def _in_units(fit: Fitted, mean_P: Floats, std_P: Floats, middle: float, spread: float) -> Fitted:
    """A fit of standardised rows, for rows and outputs as they are."""
    return lambda x_MP: fit((x_MP - mean_P) / std_P) * spread + middle


def _lines(rows: Rows, penalties: Sequence[float]) -> Iterator[Fitted]:
    """One l2 after the other: solved for numbers, by L-BFGS for logits."""
    features, outputs = rows.x_NP.shape[1], rows.y_NO.shape[1]
    if rows.kind == "number":
        square_PP, product_PO = rows.x_NP.T @ rows.x_NP, rows.x_NP.T @ rows.y_NO
        for l2 in penalties:
            weight_PO = np.linalg.solve(square_PP + l2 * np.eye(features), product_PO)
            yield _line(np.asarray(weight_PO, dtype=np.float64), np.zeros(outputs))
        return
    found = np.zeros((features + 1) * outputs)
    for l2 in penalties:
        search = optimize.minimize(
            _logistic, found, (rows, l2), jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-4}
        )
        found = search.x
        yield _line(found[:-outputs].reshape(features, outputs), found[-outputs:])


def _line(weight_PO: Floats, bias_O: Floats) -> Fitted:
    return lambda x_MP: x_MP @ weight_PO + bias_O


def _logistic(flat: Floats, rows: Rows, l2: float) -> tuple[float, Floats]:
    """Penalised loss, summed over the rows, and its gradient."""
    outputs = rows.y_NO.shape[1]
    weight_PO, bias_O = flat[:-outputs].reshape(-1, outputs), flat[-outputs:]
    logits_NO = rows.x_NP @ weight_PO + bias_O
    told_NO = special.softmax(logits_NO, axis=1) if rows.kind == "class" else special.expit(logits_NO)
    off_NO = rows.weight_N[:, None] * (told_NO - rows.y_NO)
    loss = len(rows.x_NP) * _loss(rows, logits_NO) + 0.5 * l2 * float(np.square(weight_PO).sum())
    gradient_PO = rows.x_NP.T @ off_NO + l2 * weight_PO
    return loss, np.concatenate([gradient_PO.ravel(), off_NO.sum(axis=0)])


def _loss(rows: Rows, outputs_NO: Floats) -> float:
    """Mean over the rows, summed over words: half the squared error, or cross-entropy in nats."""
    if rows.kind == "number":
        return 0.5 * float(np.square(outputs_NO - rows.y_NO).mean())
    if rows.kind == "class":
        each_N = special.logsumexp(outputs_NO, axis=1) - (outputs_NO * rows.y_NO).sum(axis=1)
    else:
        each_N = (np.logaddexp(0.0, outputs_NO) - outputs_NO * rows.y_NO).sum(axis=1)
    return float((rows.weight_N * each_N).mean())


def _layers(rows: Rows, steps: Sequence[int], seed: int) -> Iterator[Fitted]:
    """One training, handed out after each number of steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, last = nn.Linear(rows.x_NP.shape[1], HIDDEN), nn.Linear(HIDDEN, rows.y_NO.shape[1])
    net = nn.Sequential(first, nn.GELU(), last)
    update = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    x_NP, y_NO, weight_N = (
        torch.from_numpy(values).float() for values in (rows.x_NP, rows.y_NO, rows.weight_N)
    )
    done = 0
    for until in steps:
        for _ in range(until - done):
            update.zero_grad()
            outputs_NO = net(x_NP)
            if rows.kind == "number":
                each_N = 0.5 * (outputs_NO - y_NO).square().sum(dim=1)
            elif rows.kind == "class":
                each_N = F.cross_entropy(outputs_NO, y_NO, reduction="none")
            else:
                each_N = F.binary_cross_entropy_with_logits(outputs_NO, y_NO, reduction="none").sum(dim=1)
            (weight_N * each_N).mean().backward()
            update.step()
        done = until
        yield _as_it_is(net)


def _as_it_is(net: nn.Module) -> Fitted:
    """A copy: later steps do not move it."""
    kept = copy.deepcopy(net).requires_grad_(False)
    return lambda x_MP: np.asarray(kept(torch.from_numpy(x_MP).float()).numpy(), dtype=np.float64)
