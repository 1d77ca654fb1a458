"""Which clips train a probe and which judge it.

Speakers apart    held out given: trained on the other speakers' clips, tested on those of the held-out ones.
                  The model was trained on the former, so their latents may fit their labels better than
                  those of new voices do. Else FOLDS groups of whole speakers, each tested once.
Speaker probe     is tested on speakers it knows: CLIP_FOLDS groups of clips within every speaker.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonelens.errors import CorpusError

FOLDS = 5
CLIP_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to train a probe on, and rows to judge it on."""

    train: NDArray[np.intp]
    test: NDArray[np.intp]


def speaker_folds(
    speakers_N: NDArray[Any], held_out: Set[str] | None, seed: int
) -> tuple[tuple[Fold, ...], str]:
    """Folds with speakers apart, and the sentence that says how."""
    if unknown := int((speakers_N == "").sum()):
        raise CorpusError(
            f"the speaker of {unknown} of {len(speakers_N)} clips is unknown, and probes need voices apart. "
            f"Leave these clips out, or add their speakers."
        )
    names = np.unique(speakers_N)
    if held_out is None:
        if len(names) < FOLDS:
            raise CorpusError(
                f"{len(names)} speakers, but {FOLDS} are needed to probe in {FOLDS} folds. Give more."
            )
        group_of = {
            name: place % FOLDS for place, name in enumerate(np.random.default_rng(seed).permutation(names))
        }
        number_N = np.array([group_of[name] for name in speakers_N])
        folds = tuple(
            Fold(np.flatnonzero(number_N != number), np.flatnonzero(number_N == number))
            for number in range(FOLDS)
        )
        return folds, f"{FOLDS} folds of whole speakers ({len(names)}), each tested once"
    is_held_out_N = np.isin(speakers_N, sorted(held_out))
    tested = len(set(speakers_N[is_held_out_N]))
    trained = len(names) - tested
    if tested == 0 or trained < 2:
        raise CorpusError(
            f"{trained} speakers to train probes on and {tested} held out; 2 and 1 are needed. Give clips of "
            f"both, or leave the held-out speakers unnamed."
        )
    fold = Fold(np.flatnonzero(~is_held_out_N), np.flatnonzero(is_held_out_N))
    return (fold,), (
        f"probes trained on clips of {trained} speakers that the model was trained on, tested on {tested} "
        f"that it was not"
    )


def clip_folds(speakers_N: NDArray[Any], rows: NDArray[np.intp], seed: int) -> tuple[Fold, ...]:
    """The clips of every speaker dealt into CLIP_FOLDS groups."""
    random = np.random.default_rng(seed)
    number_N = np.full(len(speakers_N), -1)
    for name in np.unique(speakers_N[rows]):
        own = random.permutation(rows[speakers_N[rows] == name])
        number_N[own] = np.arange(len(own)) % CLIP_FOLDS
    return tuple(
        Fold(np.flatnonzero((number_N >= 0) & (number_N != number)), np.flatnonzero(number_N == number))
        for number in range(CLIP_FOLDS)
    )
