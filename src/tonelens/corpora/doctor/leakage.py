"""Does something other than the voice tell the label? Words, length, level or the file itself.

Text      a bag of the words of each clip's text (or the number of its sentence, where a corpus has no texts).
          In acted corpora every sentence should be said in every emotion; where people speak freely, words
          carry emotion by right, and a recogniser that hears words will use them.
Recording quantile bins of duration and level, and the file's rate, channels and format. Length and level are
          part of how emotion sounds; the file is not, and must tell nothing.
Verdict   by the gain (`guessing`) on unseen speakers, or on unseen clips where speakers are not known.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tonelens.corpora.clips import Clip
from tonelens.corpora.doctor.findings import NOTE, WARNING, Case, Finding, counted
from tonelens.corpora.doctor.guessing import Guess, binned, guess
from tonelens.corpora.doctor.hearing import Heard

WEAK_GAIN, STRONG_GAIN = 0.1, 0.5
Sentence = Callable[[Clip], str | None]


@dataclass(frozen=True, slots=True)
class Leak:
    """What one kind of evidence alone tells about the label."""

    evidence: str
    """"text", "duration", "level", "file" or "recording" (the last three at once)."""
    clips: int
    """Clips that have this evidence."""
    guesses: tuple[Guess, ...]
    """On unseen clips, then on unseen speakers; empty where it could not be measured."""

    @property
    def gain(self) -> float | None:
        """On unseen speakers where they are known, else on unseen clips."""
        return self.guesses[-1].gain if self.guesses else None

    @property
    def verdict(self) -> str:
        """`none`, `weak`, `strong` or `not measured`."""
        if self.gain is None:
            return "not measured"
        return "strong" if self.gain >= STRONG_GAIN else "weak" if self.gain >= WEAK_GAIN else "none"


def leaks(clips: Sequence[Clip], heard: Sequence[Heard], sentence_of: Sentence) -> tuple[Leak, ...]:
    """Measure every kind of evidence."""
    worded = [(clip, words) for clip in clips if (words := _words(sentence_of(clip)))]
    sounding = [one.clip for one in heard]
    duration = binned([one.duration_s for one in heard], "duration") if heard else []
    level = binned([one.level_dbfs for one in heard], "level") if heard else []
    file = [(f"{one.sample_rate} Hz", f"{one.channels} channels", one.format) for one in heard]
    every = [(length, loud, *of_file) for length, loud, of_file in zip(duration, level, file, strict=True)]
    return (
        _leak("text", [clip for clip, _ in worded], [words for _, words in worded]),
        _leak("duration", sounding, [(token,) for token in duration]),
        _leak("level", sounding, [(token,) for token in level]),
        _leak("file", sounding, file),
        _leak("recording", sounding, every),
    )


def leak_findings(found: Sequence[Leak], clips: Sequence[Clip], sentence_of: Sentence) -> Iterator[Finding]:
    """Text that tells the label; files that do; length and level where they tell nearly all."""
    by_name = {leak.evidence: leak for leak in found}
    if by_name["text"].verdict in ("weak", "strong"):
        yield Finding(
            severity=WARNING if by_name["text"].verdict == "strong" else NOTE,
            reason="text-leak",
            found=f"the words alone tell the label: {_scores(by_name['text'])}.",
            do="Test on sentences that every emotion has, or say what a model gains by hearing the words.",
            cases=_pure_sentences(clips, sentence_of),
        )
    if by_name["file"].verdict in ("weak", "strong"):
        yield Finding(
            severity=WARNING,
            reason="file-leak",
            found=f"rate, channels and format of the file tell the label: {_scores(by_name['file'])}.",
            do="Convert every clip alike from the originals; the labels were recorded or stored apart.",
        )
    if by_name["recording"].verdict == "strong":
        yield Finding(
            severity=WARNING,
            reason="recording-leak",
            found=f"duration, level and file alone tell the label: {_scores(by_name['recording'])}.",
            do="Find out whether labels were recorded or cut apart; level and pad the clips alike if so.",
            cases=tuple(
                Case(f"{name} alone: {_scores(by_name[name])}")
                for name in ("duration", "level", "file")
                if by_name[name].guesses
            ),
        )


def _leak(evidence: str, clips: Sequence[Clip], tokens: Sequence[Sequence[str]]) -> Leak:
    labels = [clip.emotion for clip in clips]
    speakers = [clip.speaker and f"{clip.corpus}-{clip.speaker}" for clip in clips]
    guesses = (guess(tokens, labels), guess(tokens, labels, speakers))
    return Leak(evidence, len(clips), tuple(one for one in guesses if one is not None))


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", (text or "").lower()))


def _scores(leak: Leak) -> str:
    best = leak.guesses[-1]
    return (
        f"macro recall {100 * best.macro_recall:.0f} % on unseen {best.grouped_by} "
        f"(chance {100 * best.chance:.0f} %)"
    )


def _pure_sentences(clips: Sequence[Clip], sentence_of: Sentence) -> tuple[Case, ...]:
    """Sentences that occur twice or more, under one label only; the most frequent first."""
    said: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if sentence := sentence_of(clip):
            said[" ".join(_words(sentence))].append(clip)
    pure = [
        Case(f'"{sentence}": {counted(len(those), "clip")}, all {those[0].emotion}', _ids(those))
        for sentence, those in said.items()
        if len(those) > 1 and len(Counter(clip.emotion for clip in those)) == 1
    ]
    return tuple(sorted(pure, key=lambda case: (-len(case.ids), case.what)))


def _ids(clips: Sequence[Clip]) -> tuple[str, ...]:
    return tuple(clip.id for clip in clips)
