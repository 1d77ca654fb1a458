"""Dealing clips into lots that are alike, by whole speakers: how folds and the dev part are made.

A group   is what stays together: a speaker, or one clip where nobody knows who speaks.
Profile   what a group brings: clips in all, of each gender, of each emotion.
Dealing   the largest group first, each to the lot whose sum of squared counts grows least; this keeps
          all counts of a profile level at once. Deterministic: ties go by a hash of seed and name.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from lhotse import MonoCut

from tonelens.corpora.cuts import emotion_of, gender_of, speaker_of

DEV_SHARE = 0.12
"""Of the training clips; whole speakers are taken, so the true share lies near it."""
MIN_SPEAKERS_FOR_DEV = 3
"""With fewer training speakers there is no dev part: it would cost half of the voices."""
MIN_SPEAKERS_FOR_TWO = 6
"""From this many training speakers on, dev holds at least two."""


def voice(cut: MonoCut) -> str:
    """Who speaks; a clip of unknown speaker is a voice of its own."""
    return speaker_of(cut) or clip_itself(cut)


def clip_itself(cut: MonoCut) -> str:
    """A clip as a group of its own."""
    return f"clip {cut.id}"


def profiles_of(cuts: Sequence[MonoCut], group_of: Callable[[MonoCut], str]) -> dict[str, Counter[str]]:
    """What each group brings: clips in all, of each gender and of each emotion."""
    profiles: dict[str, Counter[str]] = defaultdict(Counter)
    for cut in cuts:
        profiles[group_of(cut)].update(("clips", f"gender {gender_of(cut)}", f"emotion {emotion_of(cut)}"))
    return profiles


def deal(profiles: Mapping[str, Counter[str]], folds: int, seed: int) -> dict[str, int]:
    """Deal groups into folds, the largest first, each to the fold whose sum of squares grows least."""
    totals: list[Counter[str]] = [Counter() for _ in range(folds)]
    dealt = {}
    for group in sorted(profiles, key=lambda name: (-profiles[name]["clips"], _chance(seed, name))):
        profile = profiles[group]
        growth = [sum(n * (2 * total[key] + n) for key, n in profile.items()) for total in totals]
        best = growth.index(min(growth))
        totals[best].update(profile)
        dealt[group] = best + 1
    return dealt


def take_dev(cuts: Sequence[MonoCut], group_of: Callable[[MonoCut], str], seed: int) -> set[str]:
    """Groups for dev: deal all into lots of about DEV_SHARE, take the lot most like the whole.

    Most alike is the lot that lacks the fewest genders and emotions, then the one nearest in counts.
    """
    profiles = profiles_of(cuts, group_of)
    if len(profiles) < MIN_SPEAKERS_FOR_DEV:
        return set()
    pairs = len(profiles) >= MIN_SPEAKERS_FOR_TWO
    lots = min(round(1 / DEV_SHARE), len(profiles) // 2) if pairs else len(profiles)
    dealt = deal(profiles, lots, seed)
    members = [{group for group in dealt if dealt[group] == lot} for lot in range(1, lots + 1)]
    whole = sum(profiles.values(), Counter[str]())

    def unlikeness(groups: set[str]) -> tuple[int, float]:
        brought = sum((profiles[group] for group in groups), Counter[str]())
        return len(whole.keys() - brought.keys()), sum(
            abs(brought[key] - DEV_SHARE * count) for key, count in whole.items()
        )

    return min((groups for groups in members if len(groups) >= 1 + pairs), key=unlikeness)


def _chance(seed: int, name: str) -> str:
    """A stable pseudo-random rank."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
