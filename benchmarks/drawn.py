"""The same clips in every run: the first by a hash of their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lhotse import MonoCut

from tonelens.corpora.cuts import corpus_of


def in_drawn_order(cuts: Sequence[MonoCut]) -> list[MonoCut]:
    """By a hash of their ids; the order of `cuts` does not matter."""
    return sorted(cuts, key=lambda cut: hashlib.sha256(cut.id.encode()).hexdigest())


def drawn(cuts: Sequence[MonoCut], clips: int) -> dict[str, list[MonoCut]]:
    """At most so many of each corpus, by its name."""
    ordered = in_drawn_order(cuts)
    return {
        corpus: [cut for cut in ordered if corpus_of(cut) == corpus][:clips]
        for corpus in sorted({corpus_of(cut) for cut in cuts})
    }
