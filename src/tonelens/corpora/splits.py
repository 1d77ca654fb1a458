"""Which clips train, which stop the training (dev) and which test; whether voices are kept apart.

Parts     "train", "dev", "test". Folds are counted from 1. A part is a set of cut ids.
Protocols emobox               test = the published fold; dev taken by whole speakers from the rest
          speaker-disjoint     whole speakers dealt into `folds` groups, balanced in clips, gender, emotion
          leave-speakers-out   one fold a speaker
          official             the parts their authors publish, dev too; voices may mix
          random               clips dealt at random: voices mix, only when explicitly allowed
          none                 everything trains
Speaker   a speaker is `speaker_of(cut)`: where a corpus uses one number for two persons (ASED, five
          times) they stay together, which is the safe side.
Proof     `Split.speaker_disjoint` is counted from the finished parts, whatever the protocol promises.
Twins     a clip with the same sound as one in test (or dev) is taken out of the other parts.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lhotse import MonoCut

from tonelens.corpora.cuts import corpus_of, duplicate_of, fold_of, part_of, speaker_of
from tonelens.corpora.dealing import clip_itself, deal, profiles_of, take_dev, voice
from tonelens.errors import CorpusError

PARTS = ("train", "dev", "test")
PROTOCOLS = ("emobox", "speaker-disjoint", "leave-speakers-out", "official", "random", "none")


@dataclass(frozen=True, slots=True)
class Split:
    """Every clip's part, and what was proved about it."""

    protocol: str
    fold: int | None
    parts: Mapping[str, str]
    """Cut id -> "train", "dev" or "test"."""
    speaker_disjoint: bool
    """No speaker stands in two parts, and every speaker is known. Counted, not assumed."""
    overlapping_speakers: tuple[str, ...]
    """Speakers that stand in two parts or more."""
    unknown_speakers: int
    """Clips whose speaker nobody knows."""
    left_out: tuple[str, ...]
    """Ids of clips in no part: the same sound stands in dev or test."""
    fingerprint: str
    """SHA-256 over the sorted lines `id:part`."""

    def select(self, cuts: Iterable[MonoCut], part: str) -> list[MonoCut]:
        """The cuts of one part, in their order."""
        return [cut for cut in cuts if self.parts.get(cut.id) == part]

    def counts(self) -> dict[str, int]:
        """Clips in each part."""
        found = Counter(self.parts.values())
        return {part: found[part] for part in PARTS}

    def describe(self) -> str:
        """One sentence for reports: how the clips were parted, and whether voices were kept apart."""
        name = self.protocol if self.fold is None else f"{self.protocol} fold {self.fold}"
        sizes = ", ".join(f"{count} {part}" for part, count in self.counts().items())
        twins = f", {len(self.left_out)} left out as copies of held-out clips" if self.left_out else ""
        return f"Split {name} ({sizes}{twins}): {self._voices()}."

    def _voices(self) -> str:
        if len(set(self.parts.values())) == 1:
            return "one part only, so nothing is measured on unseen speakers"
        if self.speaker_disjoint:
            return "no speaker stands in two parts (checked)"
        reasons = []
        if self.overlapping_speakers:
            count = len(self.overlapping_speakers)
            reasons.append(f"{count} speaker{'s stand' if count > 1 else ' stands'} in more than one part")
        if self.unknown_speakers:
            reasons.append(f"the speaker of {self.unknown_speakers} clips is unknown")
        return f"NOT speaker-disjoint: {' and '.join(reasons)}; scores say little about new voices"

    def to_dict(self) -> dict[str, Any]:
        """For run folders and reports; the parts themselves are left to the fingerprint."""
        return {
            "protocol": self.protocol,
            "fold": self.fold,
            "counts": self.counts(),
            "speaker_disjoint": self.speaker_disjoint,
            "overlapping_speakers": list(self.overlapping_speakers),
            "unknown_speakers": self.unknown_speakers,
            "left_out": list(self.left_out),
            "fingerprint": self.fingerprint,
            "sentence": self.describe(),
        }


def split(
    cuts: Iterable[MonoCut],
    protocol: str,
    *,
    fold: int | None = None,
    folds: int = 5,
    seed: int = 0,
    allow_random: bool = False,
    allow_unknown_speakers: bool = False,
    hold_out_dev: bool = True,
) -> Split:
    """Part `cuts` by a protocol; the same cuts and arguments always give the same parts.

    Args:
        cuts: of one corpus or several.
        protocol: one of `PROTOCOLS`.
        fold: which fold is tested, from 1; `fold_numbers` says which there are. Not for "official", "none".
        folds: how many groups "speaker-disjoint" and "random" deal.
        seed: decides between speakers (or clips) that fit equally well.
        allow_random: needed for "random".
        allow_unknown_speakers: treat a clip without a speaker as a speaker of its own; the split then
            never counts as speaker-disjoint.
        hold_out_dev: keep some training speakers as dev; False trains on them too.

    Raises:
        CorpusError: no such protocol or fold, or speakers are not known.
    """
    clips = sorted(cuts, key=lambda cut: cut.id)
    if protocol == "random" and not allow_random:
        raise CorpusError(
            "a random split mixes the voices of train and test, so its scores say little about new voices. "
            "Use speaker-disjoint, or allow it explicitly (data.allow_speaker_overlap = true)."
        )
    if protocol == "none":
        return prove(clips, protocol, None, dict.fromkeys((cut.id for cut in clips), "train"))
    if protocol == "official":
        return prove(clips, protocol, None, _official_parts(clips, hold_out_dev))
    if protocol != "random":
        _require_speakers(clips, protocol, allow_unknown_speakers)
    numbers = fold_numbers(clips, protocol, folds=folds)
    if fold not in numbers:
        raise CorpusError(f"{protocol} has the folds {_range(numbers)}, not {fold}. Name one of them.")
    group_of = clip_itself if protocol == "random" else voice
    fold_of_cut = _fold_function(clips, protocol, folds, seed)
    test = {cut.id for cut in clips if fold_of_cut(cut) == fold}
    rest = [cut for cut in clips if cut.id not in test]
    dev = take_dev(rest, group_of, seed) if hold_out_dev else set()
    parts = {
        cut.id: "test" if cut.id in test else "dev" if group_of(cut) in dev else "train" for cut in clips
    }
    return prove(clips, protocol, fold, parts)


def fold_numbers(cuts: Iterable[MonoCut], protocol: str, *, folds: int = 5) -> tuple[int, ...]:
    """The folds that a protocol has for these cuts; none for "official" and "none".

    Raises:
        CorpusError: no such protocol, or it has no folds here.
    """
    clips = list(cuts)
    if protocol == "emobox":
        numbers = sorted({fold for cut in clips if (fold := fold_of(cut)) is not None})
        if not numbers:
            corpora = ", ".join(sorted({corpus_of(cut) for cut in clips}))
            raise CorpusError(
                f"EmoBox has no folds for these clips ({corpora}). Prepare the corpus with EmoBox's list "
                f"(--emobox-folds), or use speaker-disjoint."
            )
        return tuple(numbers)
    if protocol in ("speaker-disjoint", "random"):
        groups = len(clips) if protocol == "random" else len({voice(cut) for cut in clips})
        if not 2 <= folds <= groups:
            what = "clips" if protocol == "random" else "speakers"
            raise CorpusError(f"{folds} folds of {groups} {what}: there must be 2 to {groups}. Change folds.")
        return tuple(range(1, folds + 1))
    if protocol == "leave-speakers-out":
        return tuple(range(1, len({voice(cut) for cut in clips}) + 1))
    if protocol in ("official", "none"):
        return ()
    raise CorpusError(f"{protocol!r} is no split protocol; there are {', '.join(PROTOCOLS)}. Name one.")


def prove(cuts: Sequence[MonoCut], protocol: str, fold: int | None, parts: Mapping[str, str]) -> Split:
    """Take copies of held-out clips out of `parts`, then count which speakers stand in two parts."""
    held: dict[str, str] = {}
    for cut in cuts:
        sound = duplicate_of(cut) or cut.id
        held[sound] = max(held.get(sound, "train"), parts[cut.id], key=PARTS.index)
    kept = {cut.id: parts[cut.id] for cut in cuts if parts[cut.id] == held[duplicate_of(cut) or cut.id]}
    parts_of_speaker: dict[str, set[str]] = defaultdict(set)
    unknown = 0
    for cut in cuts:
        speaker = speaker_of(cut)
        if speaker is None:
            unknown += 1
        elif cut.id in kept:
            parts_of_speaker[speaker].add(kept[cut.id])
    overlapping = tuple(sorted(name for name, found in parts_of_speaker.items() if len(found) > 1))
    lines = "".join(f"{cut_id}:{part}\n" for cut_id, part in sorted(kept.items()))
    return Split(
        protocol=protocol,
        fold=fold,
        parts=kept,
        speaker_disjoint=not overlapping and (unknown == 0 or len(set(kept.values())) == 1),
        overlapping_speakers=overlapping,
        unknown_speakers=unknown,
        left_out=tuple(cut.id for cut in cuts if cut.id not in kept),
        fingerprint=hashlib.sha256(lines.encode("utf-8")).hexdigest(),
    )


def require_speaker_disjoint(parted: Split, allow: bool = False) -> str:
    """The sentence that reports must carry; refuses overlapping voices unless `allow`.

    Raises:
        CorpusError: a speaker stands in two parts, or is unknown, and `allow` is False.
    """
    if not parted.speaker_disjoint and not allow:
        raise CorpusError(
            f"{parted.describe()} Use the protocol speaker-disjoint, or allow it explicitly "
            f"(data.allow_speaker_overlap = true); every report will then say so."
        )
    return parted.describe()


def _require_speakers(cuts: Sequence[MonoCut], protocol: str, allow: bool) -> None:
    unknown = sum(speaker_of(cut) is None for cut in cuts)
    if unknown and not allow:
        raise CorpusError(
            f"the speaker of {unknown} of {len(cuts)} clips is unknown, so {protocol} cannot keep voices "
            f"apart. Add a speaker column, or allow it explicitly (data.allow_speaker_overlap = true)."
        )


def _official_parts(cuts: Sequence[MonoCut], hold_out_dev: bool) -> dict[str, str]:
    """Cut id -> the part its authors put it in."""
    parts = {cut.id: part_of(cut) for cut in cuts}
    without = [cut for cut in cuts if parts[cut.id] not in PARTS]
    if without:
        corpora = ", ".join(sorted({corpus_of(cut) for cut in without}))
        raise CorpusError(
            f"{len(without)} of {len(cuts)} clips have no official part ({corpora}). Use emobox or "
            f"speaker-disjoint for them."
        )
    return {
        name: "train" if part == "dev" and not hold_out_dev else str(part) for name, part in parts.items()
    }


def _fold_function(
    cuts: Sequence[MonoCut], protocol: str, folds: int, seed: int
) -> Callable[[MonoCut], int | None]:
    if protocol == "emobox":
        return fold_of
    if protocol == "leave-speakers-out":
        number = {name: index for index, name in enumerate(sorted({voice(cut) for cut in cuts}), start=1)}
        return lambda cut: number[voice(cut)]
    group_of = clip_itself if protocol == "random" else voice
    dealt = deal(profiles_of(cuts, group_of), folds, seed)
    return lambda cut: dealt[group_of(cut)]


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
