"""Small probes: what can be read from some features, by a line and by one hidden layer.

Kinds     linear   least squares or (multinomial) logistic regression, with l2/2 |weights|^2 beside the
                   summed loss (half the squared error, cross-entropy): scikit-learn's Ridge(alpha=l2) and
                   LogisticRegression(C=1/l2), on standardised features
          mlp      HIDDEN units (GELU) trained by AdamW on all rows at once, stopped early
Choice    l2, and the number of steps, are those with the least loss on a quarter of the training **groups**
          (speakers, as a rule), which the fit has not seen; then all training rows are fitted again.
Shapes    N rows, P features, O outputs: 1 for a number, C classes, W words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tonelens.evidence.latents import Matrix

Kind: TypeAlias = Literal["number", "class", "presence"]
"""Of a target: one number, one of C classes, or each of W words or not."""
Probe: TypeAlias = Literal["linear", "mlp"]
Outputs: TypeAlias = NDArray[np.float64]
Fitted: TypeAlias = Callable[[Tensor], Tensor]

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

    x_NP: Tensor
    y: Tensor
    """float (N, 1), int64 (N,) or float (N, W)."""
    kind: Kind
    outputs: int

    def at(self, rows: NDArray[np.intp]) -> Rows:
        """Some of the rows."""
        chosen = torch.from_numpy(rows)
        return Rows(self.x_NP[chosen], self.y[chosen], self.kind, self.outputs)


def read_out(
    probe: Probe, kind: Kind, x_NP: Matrix, y: NDArray[np.generic], groups: Sequence[str], *, seed: int = 0
) -> Callable[[Matrix], Outputs]:
    """Fit a probe; the result turns features (M, P) into outputs (M, O): numbers, or logits.

    Args:
        probe: the kind of probe.
        kind: of target.
        x_NP: features of the training rows.
        y: numbers (N,), class numbers 0 to C - 1 (N,), or presence (N, W).
        groups: N names; rows of one group are fitted or chosen on together.
        seed: of the groups that choose, and of the hidden layer's first weights.
    """
    rows = _rows(kind, x_NP, y)
    fit, choose = _parted(groups, seed)
    judge = rows.at(choose)
    losses = [float(_loss(kind, fitted(judge.x_NP), judge.y)) for fitted in _path(probe, rows.at(fit), seed)]
    best = int(np.argmin(losses))
    fitted = list(_path(probe, rows, seed, upto=best + 1))[-1]
    return lambda x_MP: np.asarray(fitted(_features(x_MP)).detach().numpy(), dtype=np.float64)


def _rows(kind: Kind, x_NP: Matrix, y: NDArray[np.generic]) -> Rows:
    if kind == "class":
        codes = torch.from_numpy(np.asarray(y, dtype=np.int64))
        return Rows(_features(x_NP), codes, kind, int(codes.max()) + 1)
    values = torch.from_numpy(np.asarray(y, dtype=np.float64)).reshape(len(x_NP), -1)
    return Rows(_features(x_NP), values, kind, values.shape[1])


def _features(x_NP: Matrix) -> Tensor:
    return torch.from_numpy(np.asarray(x_NP, dtype=np.float64))


def _parted(groups: Sequence[str], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to fit and rows to choose on; rows are their own groups where there is one group only."""
    of_row = np.array(groups) if len(set(groups)) > 1 else np.arange(len(groups)).astype(str)
    names = np.random.default_rng(seed).permutation(np.unique(of_row))
    chosen = names[: max(1, round(CHOSEN_ON * len(names)))]
    is_chosen_N = np.isin(of_row, chosen)
    return np.flatnonzero(~is_chosen_N), np.flatnonzero(is_chosen_N)


def _path(probe: Probe, rows: Rows, seed: int, upto: int | None = None) -> Iterator[Fitted]:
    """Fits from the simplest to the least simple, on features in units of their deviation in these rows."""
    mean_P, std_P = rows.x_NP.mean(dim=0), rows.x_NP.std(dim=0, unbiased=False)
    std_P = torch.where(std_P > SMALLEST_STD, std_P, torch.ones_like(std_P))
    is_number = rows.kind == "number"
    middle = rows.y.mean() if is_number else torch.zeros(())
    spread = rows.y.std(unbiased=False).clamp(min=SMALLEST_STD) if is_number else torch.ones(())
    y = (rows.y - middle) / spread if is_number else rows.y
    told = Rows((rows.x_NP - mean_P) / std_P, y, rows.kind, rows.outputs)
    fits = _lines(told, L2[:upto]) if probe == "linear" else _layers(told, STEPS[:upto], seed)
    for fit in fits:
        yield _in_units(fit, mean_P, std_P, middle, spread)


def _in_units(fit: Fitted, mean_P: Tensor, std_P: Tensor, middle: Tensor, spread: Tensor) -> Fitted:
    """A fit of standardised rows, for rows and outputs as they are."""
    return lambda x_MP: fit((x_MP - mean_P) / std_P) * spread + middle


def _lines(rows: Rows, penalties: Sequence[float]) -> Iterator[Fitted]:
    """Full-batch L-BFGS in float64, one l2 after the other."""
    weight_PO = torch.zeros(rows.x_NP.shape[1], rows.outputs, dtype=torch.float64, requires_grad=True)
    bias_O = torch.zeros(rows.outputs, dtype=torch.float64, requires_grad=True)
    for l2 in penalties:
        search = torch.optim.LBFGS(
            [weight_PO, bias_O], max_iter=300, history_size=20, tolerance_grad=1e-7, tolerance_change=1e-10,
            line_search_fn="strong_wolfe",
        )  # fmt: skip

        def closure(l2: float = l2, search: torch.optim.LBFGS = search) -> Tensor:
            search.zero_grad()
            outputs = rows.x_NP @ weight_PO + bias_O
            loss = _loss(rows.kind, outputs, rows.y) + 0.5 * l2 * weight_PO.square().sum() / len(rows.x_NP)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        search.step(closure)  # type: ignore[no-untyped-call]
        yield _line(weight_PO.T, bias_O)


def _layers(rows: Rows, steps: Sequence[int], seed: int) -> Iterator[Fitted]:
    """One training, handed out after each number of steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first, last = nn.Linear(rows.x_NP.shape[1], HIDDEN), nn.Linear(HIDDEN, rows.outputs)
    net = nn.Sequential(first, nn.GELU(), last)
    update = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    x_NP, y = rows.x_NP.float(), rows.y.float() if rows.kind != "class" else rows.y
    done = 0
    for until in steps:
        for _ in range(until - done):
            update.zero_grad()
            _loss(rows.kind, net(x_NP), y).backward()  # type: ignore[no-untyped-call]
            update.step()
        done = until
        yield _hidden(_line(first.weight, first.bias), _line(last.weight, last.bias))


def _hidden(first: Fitted, last: Fitted) -> Fitted:
    return lambda x_MP: last(F.gelu(first(x_MP.float()))).double()


def _line(weight_OP: Tensor, bias_O: Tensor) -> Fitted:
    """A line as it is now: later steps do not move it."""
    weight_OP, bias_O = weight_OP.detach().clone(), bias_O.detach().clone()
    return lambda x_MP: F.linear(x_MP, weight_OP, bias_O)


def _loss(kind: Kind, outputs: Tensor, y: Tensor) -> Tensor:
    """Mean over the rows, summed over words: half the squared error, or cross-entropy in nats."""
    if kind == "number":
        return 0.5 * (outputs - y).square().sum(dim=-1).mean()
    if kind == "class":
        return F.cross_entropy(outputs, y)
    return F.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(dim=-1).mean()
