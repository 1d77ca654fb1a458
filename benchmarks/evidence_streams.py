"""Words or voice, and where in time: what a model's decisions rest on, for voices it never heard.

Clips     CLIPS of each corpus, drawn by a hash of their ids from the model's held-out speakers.
Metrics   drop_STREAM_HOW: fall of the decided emotion's probability when a stream is altered; share_voice of
          the clips that have a share, and share_neither, of all clips, that have none.
          conflict_words, conflict_voice, conflict_neither: what the decision follows when two clips of one
          speaker exchange streams; conflict_undecided: share of pairs that are decided alike, left out.
          Intervals of these: speakers are drawn, or clips where there are fewer than 5 speakers.
          cited_none: share of clips without a cited span; cited_seconds: mean length of what is cited in the
          others; cited_in_speech: share of that length between the first word and the last.
          deletion, insertion (through the latents) and audio_deletion, audio_insertion (waveform silenced,
          the same spans, found through the latents), each with _median (nats of log-odds beyond random
          spans), _effect (rank-biserial correlation) and _p (Wilcoxon, one-sided, over clips).
          seconds_shares, seconds_spans (finding them), seconds_test, seconds_audio_test: CPU time a clip.
Protocol  held-out-streams.
Run       OMP_NUM_THREADS=1 python benchmarks/evidence_streams.py --data CUTS [--data ...] [--clips 20]
          -> docs/results/evidence_streams.json
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import torch
from lhotse import MonoCut

from figures import Figure, write_figures
from tonelens import audio
from tonelens.audio import Audio
from tonelens.corpora.cuts import corpus_of, emotion_of, path_of, read_cuts, speaker_of
from tonelens.evaluation.predict import held_out_cuts
from tonelens.evidence.attribution import FRAME_S, cited_spans, frames_of, occlusion, through_latents
from tonelens.evidence.backend import OwnBackend
from tonelens.evidence.conflict import conflict_set
from tonelens.evidence.deletion import (
    SpanTest,
    audio_deletion_test,
    deletions,
    insertions,
    span_test,
    speech_of,
)
from tonelens.evidence.means import Mean
from tonelens.evidence.streams import stream_shares
from tonelens.explain import Explainer

PROTOCOL = "held-out-streams"
AUDIO_DRAWS = 5
"""Random draws in the waveform, where every one asks the whole system twice."""
SECONDS = ("seconds_spans", "seconds_test", "seconds_audio_test")


def rows(explainer: Explainer, cuts: Sequence[MonoCut], corpus: str) -> list[Figure]:
    """All figures of one model on clips of one corpus (or of several, then called "all")."""
    clips = [audio.load(path_of(cut)) for cut in cuts]
    system, spans = explainer.loaded.card.name, [clip_spans(explainer, clip) for clip in clips]
    return [*of_streams(explainer, cuts, clips, corpus), *of_spans(system, spans, corpus)]


def of_streams(
    explainer: Explainer, cuts: Sequence[MonoCut], clips: Sequence[Audio], corpus: str
) -> list[Figure]:
    """Words or voice."""
    system, speakers = explainer.loaded.card.name, [speaker_of(cut) for cut in cuts]
    start = time.process_time()
    shares = stream_shares(explainer, clips, speakers)
    seconds = (time.process_time() - start) / len(clips)
    conflict = conflict_set(explainer, clips, speakers, [emotion_of(cut) for cut in cuts])
    means = {
        f"drop_{stream}_{how}": mean for stream, hows in shares.drops.items() for how, mean in hows.items()
    }
    means |= {"share_voice": shares.voice} if shares.voice is not None else {}
    means |= {"share_neither": shares.neither}
    means |= {f"conflict_{kind}": mean for kind, mean in conflict.follows.items()}
    pairs = conflict.undecided + len(conflict.conflicts) // 2
    return [
        *(_mean(system, corpus, metric, mean) for metric, mean in means.items()),
        *([_plain(system, corpus, "conflict_undecided", conflict.undecided / pairs, pairs)] if pairs else []),
        _plain(system, corpus, "seconds_shares", seconds, len(clips)),
    ]


@dataclass(frozen=True, slots=True)
class ClipSpans:
    """What is cited of one clip, and how it stands against random spans."""

    cited_frames: int
    in_speech: int
    """Of the cited frames."""
    latent: SpanTest | None
    """None where nothing is cited."""
    silenced: SpanTest | None
    seconds: dict[str, float]


def clip_spans(explainer: Explainer, clip: Audio) -> ClipSpans:
    """Spans found through the latents, tested there and in the waveform."""
    times = [time.process_time()]
    listener = through_latents(explainer, clip)
    spans = cited_spans(occlusion(listener))
    times.append(time.process_time())
    if not spans:
        return ClipSpans(0, 0, None, None, {"seconds_spans": times[1] - times[0]})
    speech = speech_of(clip)
    latent = span_test(listener, spans, speech)
    times.append(time.process_time())
    silenced = audio_deletion_test(OwnBackend(explainer), clip, spans, draws=AUDIO_DRAWS)
    times.append(time.process_time())
    cited_T = frames_of(spans, listener.frames)
    speech_T = frames_of([speech] if speech else [], listener.frames)
    took = [after - before for before, after in pairwise(times)]
    seconds = dict(zip(SECONDS, took, strict=True))
    return ClipSpans(int(cited_T.sum()), int((cited_T & speech_T).sum()), latent, silenced, seconds)


def of_spans(system: str, found: Sequence[ClipSpans], corpus: str) -> list[Figure]:
    """Where in time."""
    cited = [clip for clip in found if clip.cited_frames]
    numbers = {"cited_none": (1 - len(cited) / len(found), len(found))}
    for name in SECONDS:
        took = [clip.seconds[name] for clip in found if name in clip.seconds]
        numbers |= {name: (fmean(took), len(took))} if took else {}
    if cited:
        frames = sum(clip.cited_frames for clip in cited)
        numbers["cited_seconds"] = (FRAME_S * frames / len(cited), len(cited))
        numbers["cited_in_speech"] = (sum(clip.in_speech for clip in cited) / frames, len(cited))
        ways = {"": [clip.latent for clip in cited], "audio_": [clip.silenced for clip in cited]}
        for way, tests in ways.items():
            known = [test for test in tests if test is not None]
            for kind, over in (("deletion", deletions(known)), ("insertion", insertions(known))):
                for what in ("median", "effect", "p"):
                    numbers[f"{way}{kind}_{what}"] = (getattr(over, what), over.n)
    return [_plain(system, corpus, metric, value, n) for metric, (value, n) in numbers.items()]


def _plain(system: str, corpus: str, metric: str, value: float, n: int) -> Figure:
    return Figure(system=system, corpus=corpus, protocol=PROTOCOL, metric=metric, value=value, n=n)


def _mean(system: str, corpus: str, metric: str, mean: Mean) -> Figure:
    return Figure(
        system=system, corpus=corpus, protocol=PROTOCOL, metric=metric, value=mean.value, low=mean.low,
        high=mean.high, n=mean.n,
    )  # fmt: skip


def main() -> None:
    """Each corpus, and all clips together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--clips", type=int, default=20, help="of each corpus")
    parser.add_argument("--model", help="a model folder; by default the one that ships")
    options = parser.parse_args()
    torch.manual_seed(0)
    explainer = Explainer.from_pretrained(options.model)
    system = explainer.loaded.card.name
    chosen, _ = held_out_cuts(
        [cut for path in options.data for cut in read_cuts(path)], explainer.loaded.card
    )
    chosen.sort(key=lambda cut: hashlib.sha256(cut.id.encode()).hexdigest())
    names = sorted({str(corpus_of(cut)) for cut in chosen})
    parts = {name: [cut for cut in chosen if str(corpus_of(cut)) == name][: options.clips] for name in names}
    parts["all"] = [cut for name in names for cut in parts[name]]
    clips = {cut.id: audio.load(path_of(cut)) for cut in parts["all"]}
    spans = {name: clip_spans(explainer, clip) for name, clip in clips.items()}
    figures: list[Figure] = []
    for corpus, part in parts.items():
        figures += of_streams(explainer, part, [clips[cut.id] for cut in part], corpus)
        figures += of_spans(system, [spans[cut.id] for cut in part], corpus)
    for figure in figures:
        ends = "" if figure.low is None else f"  {figure.low:.3f} to {figure.high:.3f}"
        print(f"{figure.corpus:8} {figure.metric:26} {figure.value:9.4g}{ends}  n={figure.n}")
    print(write_figures("evidence_streams", figures))


if __name__ == "__main__":
    main()
