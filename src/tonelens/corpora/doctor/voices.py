"""Who speaks: clips a speaker, voices that stand in two folds, voices that know one emotion only.

Fold      `test_fold` N means: fold N tests this clip, every other fold trains on it; none means that every
          fold trains on it. A voice is new to a test only where all of its clips have the same fold.
Part      "train", "dev" or "test", where the authors publish one split instead.
Ids       of a voice in two folds or parts the clips outside of its most frequent one: the fewest to move.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from tonelens.corpora.clips import Clip, few_of
from tonelens.corpora.doctor.findings import NOTE, WARNING, Case, Finding, counted

FEW_SHARE = 0.1
"""Up to this share of the clips, voices with a single emotion are only noted."""


def clips_of_speakers(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """`corpus-speaker` (the speaker alone where there is one corpus) -> clips, by name."""
    corpora = {clip.corpus for clip in clips}
    spoken: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.speaker is not None:
            spoken[clip.speaker if len(corpora) == 1 else f"{clip.corpus}-{clip.speaker}"].append(clip)
    return dict(sorted(spoken.items()))


def voice_findings(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Unknown speakers, overlap between folds, one emotion only, two genders."""
    spoken = clips_of_speakers(clips)
    unknown = tuple(clip.id for clip in clips if clip.speaker is None)
    if unknown:
        yield Finding(
            severity=WARNING,
            reason="speakers-unknown",
            found=f"the speaker of {len(unknown)} of {counted(len(clips), 'clip')} is not known.",
            do="Add speakers, or no split can keep voices apart.",
            cases=(Case(few_of(unknown), unknown),),
        )
    yield from _overlap(spoken, "fold", _fold)
    yield from _overlap(spoken, "part", _part)
    yield from _single_emotion(spoken, len(clips))
    yield from _two_genders(spoken)


def _overlap(
    spoken: dict[str, list[Clip]], what: str, part_of: Callable[[Clip], str | None]
) -> Iterator[Finding]:
    cases = []
    for speaker, clips in spoken.items():
        parts = Counter(part_of(clip) for clip in clips)
        if len(parts) < 2:
            continue
        usual = min(parts, key=lambda part: (-parts[part], part is None, part or ""))
        listed = ", ".join(
            f"{parts[part]} in {part or f'no {what}'}"
            for part in sorted(parts, key=lambda part: (part is None, part or ""))
        )
        cases.append(
            Case(f"speaker {speaker}: {listed}", tuple(clip.id for clip in clips if part_of(clip) != usual))
        )
    if cases:
        yield Finding(
            severity=WARNING,
            reason=f"speaker-{what}s",
            found=f"{len(cases)} of {counted(len(spoken), 'speaker')} stand in the training and the test "
            f"of the {what}s given, so their scores say little about new voices.",
            do=f"Use the protocol speaker-disjoint, or give every speaker one {what}.",
            cases=tuple(cases),
        )


def _fold(clip: Clip) -> str | None:
    return None if clip.test_fold is None else f"fold {clip.test_fold}"


def _part(clip: Clip) -> str | None:
    return clip.part


def _single_emotion(spoken: dict[str, list[Clip]], clips_in_all: int) -> Iterator[Finding]:
    labels = {clip.emotion for clips in spoken.values() for clip in clips}
    single = {
        speaker: clips
        for speaker, clips in spoken.items()
        if len(clips) > 1 and len({clip.emotion for clip in clips}) == 1
    }
    if len(labels) < 2 or not single:
        return
    share = sum(map(len, single.values())) / clips_in_all
    yield Finding(
        severity=NOTE if share <= FEW_SHARE else WARNING,
        reason="speaker-one-emotion",
        found=f"{len(single)} of {counted(len(spoken), 'speaker')} ({100 * share:.0f} % of the clips) have "
        f"one emotion only: who speaks says what is felt.",
        do="Keep voices apart between training and test, and do not adapt to these speakers.",
        cases=tuple(
            Case(
                f"speaker {speaker}: {counted(len(clips), 'clip')} of {clips[0].emotion}",
                tuple(clip.id for clip in clips),
            )
            for speaker, clips in single.items()
        ),
    )


def _two_genders(spoken: dict[str, list[Clip]]) -> Iterator[Finding]:
    cases = []
    for speaker, clips in spoken.items():
        genders = Counter(clip.gender for clip in clips if clip.gender is not None)
        if len(genders) > 1:
            rarer = genders.most_common()[-1][0]
            parts = ", ".join(f"{count} {gender}" for gender, count in genders.most_common())
            ids = tuple(clip.id for clip in clips if clip.gender == rarer)
            cases.append(Case(f"speaker {speaker}: {parts}", ids))
    if cases:
        yield Finding(
            severity=WARNING,
            reason="speaker-genders",
            found=f"{counted(len(cases), 'speaker')} with both genders: two persons, or a slip.",
            do="Count them as one speaker (Tonelens does), or give two persons two names.",
            cases=tuple(cases),
        )
