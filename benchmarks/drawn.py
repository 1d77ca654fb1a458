"""The same clips in every run: of each corpus, the first by a hash of their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lhotse import MonoCut

from tonelens.corpora.cuts import corpus_of


def drawn(cuts: Sequence[MonoCut], clips: int) -> dict[str, list[MonoCut]]:
    """At most so many of each corpus, by its name; the order of `cuts` does not matter."""
    ordered = sorted(cuts, key=lambda cut: hashlib.sha256(cut.id.encode()).hexdigest())
    return {
        corpus: [cut for cut in ordered if corpus_of(cut) == corpus][:clips]
        for corpus in sorted({corpus_of(cut) for cut in cuts})
    }
