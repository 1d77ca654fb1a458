"""Listeners' votes as training targets, in place of one label a clip (`data.soft_labels`).

Emotion head   learns the whole distribution: cross-entropy -sum_c p_c ln q_c, in the utterance stage and in
               the turns. Mixup mixes the distributions, label smoothing smooths them.
Emotion word   of the answer: every time a clip is heard its word is drawn anew from the distribution. On
               average over the draws the cross-entropy of the word is that of the distribution, so that the
               LLM's probabilities learn the votes as well. One fixed word at that place would teach it to be
               sure where listeners are not, and would leave the votes out of recipes without an emotion head.
Resuming       a draw depends on (seed, step, clip) alone (docs/decisions/0008), and on no other draw: copies
               and crops are those of the same run without soft labels.

Shapes    C labels of the model.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from lhotse import MonoCut

from tonelens.corpora.cuts import emotion_of, emotion_shares_of
from tonelens.emotions import LabelSet


def label_shares(cut: MonoCut, labels: LabelSet) -> tuple[float, ...]:
    """The votes over the labels, summing to 1: (C,).

    Votes for other labels are left out. Where none remain, or nobody was asked, the clip's own label has all.
    """
    votes = emotion_shares_of(cut) or {}
    known = [votes.get(label, 0.0) for label in labels]
    total = math.fsum(known)
    if total <= 0:
        own = labels.index(emotion_of(cut))
        return tuple(float(number == own) for number in range(len(labels)))
    return tuple(share / total for share in known)


def drawn_label(shares: Sequence[float], labels: LabelSet, *, seed: int, step: int, cut_id: str) -> str:
    """The word that a clip's answer says in a step."""
    digest = hashlib.sha256(f"{seed}|{step}|{cut_id}|emotion".encode()).digest()
    return labels.labels[int(np.random.default_rng(list(digest[:16])).choice(len(shares), p=shares))]
