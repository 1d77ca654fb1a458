"""Words against voice: streams exchanged between two clips of one speaker that differ in emotion.

Mixture   words (content stream) of clip A in the voice (descriptor side) of clip B, and the reverse; B's
          frames are stretched in time to A's length. There is no such recording: streams meet in the model.
Follows   the new decision is that on B alone (voice), that on A alone (words), or another one (neither).
          Pairs that the model decides alike can follow nothing; they are counted and left out.
Shows     which stream wins where they disagree. The words of acted corpora are free of emotion: words that
          lose there may still win on speech whose words have a mood.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tonelens.audio import Audio
from tonelens.evidence.alterations import exchanged, require_two_streams
from tonelens.evidence.means import Mean, clustered_mean
from tonelens.evidence.streams import MOST_CLIPS, likeliest
from tonelens.explain import Explainer

Follows: TypeAlias = Literal["words", "voice", "neither"]
FOLLOWS: tuple[Follows, ...] = ("words", "voice", "neither")


@dataclass(frozen=True, slots=True)
class Conflict:
    """The decision on the words of one clip in the voice of another."""

    speaker: str
    words: str
    """The decision on the clip that gives the words."""
    voice: str
    """The decision on the clip that gives the voice."""
    mixed: str
    """The decision on both together."""

    @property
    def follows(self) -> Follows:
        """Which of the two decides."""
        return "words" if self.mixed == self.words else "voice" if self.mixed == self.voice else "neither"


@dataclass(frozen=True, slots=True)
class ConflictSet:
    """All mixtures, and how many follow what."""

    conflicts: tuple[Conflict, ...]
    undecided: int
    """Pairs left out: the model decides both clips alike, so nothing can be followed."""
    follows: Mapping[Follows, Mean]
    """Empty where no pair is left."""


def conflict_pairs(
    speakers: Sequence[str | None], emotions: Sequence[str], seed: int = 0
) -> list[tuple[int, int]]:
    """Pairs of clips of one speaker with different emotions, every clip in one at most."""
    chooser = random.Random(seed)
    by_speaker: dict[str, list[int]] = defaultdict(list)
    for clip, speaker in enumerate(speakers):
        if speaker is not None:
            by_speaker[speaker].append(clip)
    pairs = []
    for _, waiting in sorted(by_speaker.items()):
        chooser.shuffle(waiting)
        while waiting:
            first = waiting.pop()
            second = next((clip for clip in waiting if emotions[clip] != emotions[first]), None)
            if second is not None:
                waiting.remove(second)
                pairs.append((first, second))
    return pairs


def conflict_set(
    explainer: Explainer,
    clips: Sequence[Audio],
    speakers: Sequence[str | None],
    emotions: Sequence[str],
    seed: int = 0,
) -> ConflictSet:
    """Streams exchanged between clips of the same speaker with different emotions.

    Args:
        explainer: a model with two streams.
        clips: recordings with a voice.
        speakers: of every clip; those of None are not paired.
        emotions: of every clip, as its corpus states them.
        seed: of the pairs and the intervals.

    Raises:
        ModelError: the model has one stream only.
    """
    require_two_streams(explainer)
    pairs = conflict_pairs(speakers, emotions, seed)
    conflicts: list[Conflict] = []
    undecided = 0
    for first in range(0, len(pairs), MOST_CLIPS // 2):
        chosen = [clip for pair in pairs[first : first + MOST_CLIPS // 2] for clip in pair]
        states = explainer.loaded.encoder.encode([clips[clip].samples for clip in chosen])
        partners = [place ^ 1 for place in range(len(chosen))]
        alone = [likeliest(found.probabilities)[0] for found in explainer.emotions(states)]
        mixing = explainer.altered(exchanged("descriptor", partners))
        mixed = [likeliest(found.probabilities)[0] for found in mixing.emotions(states)]
        undecided += sum(alone[place] == alone[place ^ 1] for place in range(0, len(chosen), 2))
        conflicts += [
            Conflict(str(speakers[clip]), alone[place], alone[place ^ 1], mixed[place])
            for place, clip in enumerate(chosen)
            if alone[place] != alone[place ^ 1]
        ]
    of = [conflict.speaker for conflict in conflicts]
    follows = {
        kind: clustered_mean([float(conflict.follows == kind) for conflict in conflicts], of, seed)
        for kind in FOLLOWS
        if conflicts
    }
    return ConflictSet(tuple(conflicts), undecided, follows)
