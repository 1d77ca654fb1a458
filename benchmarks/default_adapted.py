"""The model that ships, as trained and after `--adapt`, on recordings of the corpora that it knows.

Clips     of the voices that it was never trained on (default-held-out, as in `default_model.py`).
Protocol  which session is listened in to, without labels, and then explained:
            voice           all clips of one voice
            ten of a voice  ten of its clips, drawn by a hash of their ids; the others are explained
            voices mixed    a corpus's whole held-out part
            one mood        one voice's clips of one emotion, of which `--adapt` promises nothing
          Sessions of fewer than LEAST clips are left out.
Systems   tonelens-tiny, tonelens-tiny adapted   labels from generated text
Metrics   UA, WA, macro-F1 of all sessions' clips pooled, by corpus; `all`, every session alike:
          right_more, right_less   shares of the sessions in which more, or fewer, clips are named right
          right, right_worst       mean and lowest change of the share that is named right
          adapted                  share of the sessions in which it listened in
Run       python benchmarks/default_adapted.py --data CUTS [--data ...]
          -> docs/results/default_adapted.json
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lhotse import MonoCut
from torch import Tensor

from baselines import emotion_figures
from default_model import SYSTEM
from drawn import in_drawn_order
from figures import Figure, write_figures
from tonelens import audio
from tonelens.corpora.cuts import corpus_of, emotion_of, path_of, read_cuts, speaker_of
from tonelens.evaluation.predict import answered, held_out_cuts
from tonelens.evaluation.prediction import Prediction
from tonelens.explain import BATCH_SIZE, Explainer
from tonelens.model.adaptation import clip_statistics

LEAST = 8
HANDFUL = 10
ADAPTED = f"{SYSTEM} adapted"


@dataclass(frozen=True, slots=True)
class Session:
    """Clips of one corpus that are listened in to, and clips that are explained then."""

    heard: Sequence[MonoCut]
    asked: Sequence[MonoCut]


def sessions_of(cuts: Sequence[MonoCut]) -> dict[str, list[Session]]:
    """All sessions by their kind; whatever the order of the cuts."""
    by_corpus: dict[str, list[MonoCut]] = defaultdict(list)
    by_voice: dict[str | None, list[MonoCut]] = defaultdict(list)
    by_mood: dict[tuple[str | None, str], list[MonoCut]] = defaultdict(list)
    for cut in in_drawn_order(cuts):
        by_corpus[corpus_of(cut)].append(cut)
        by_voice[speaker_of(cut)].append(cut)
        by_mood[speaker_of(cut), emotion_of(cut)].append(cut)
    sessions = {
        "voice": [Session(clips, clips) for clips in by_voice.values()],
        "ten of a voice": [Session(clips[:HANDFUL], clips[HANDFUL:]) for clips in by_voice.values()],
        "voices mixed": [Session(clips, clips) for clips in by_corpus.values()],
        "one mood": [Session(clips, clips) for clips in by_mood.values()],
    }
    return {
        kind: [one for one in found if min(len(one.heard), len(one.asked)) >= LEAST]
        for kind, found in sessions.items()
    }


def kind_figures(
    explainer: Explainer,
    kind: str,
    sessions: Sequence[Session],
    plain: Mapping[str, str],
    states: Mapping[str, Tensor],
) -> list[Figure]:
    """Both systems' rows of one kind of session; `plain` is what the explainer says as trained."""
    before: dict[str, list[Prediction]] = defaultdict(list)
    after: dict[str, list[Prediction]] = defaultdict(list)
    changes: list[float] = []
    listened: list[bool] = []
    for session in sessions:
        heard = [clip_statistics(states[cut.id]) for cut in session.heard]
        adapted = explainer.adapted_to_statistics(heard, "a session")
        listened.append(adapted.adapted_to is not None)
        ids = [cut.id for cut in session.asked]
        said = labels_said(adapted, states, ids) if listened[-1] else plain
        corpus = corpus_of(session.asked[0])
        was = [answered(cut, plain[cut.id]) for cut in session.asked]
        now = [answered(cut, said[cut.id]) for cut in session.asked]
        before[corpus] += was
        after[corpus] += now
        changes.append(right(now) - right(was))
    figures = []
    for system, by_corpus in ((SYSTEM, before), (ADAPTED, after)):
        for corpus, clips in sorted(by_corpus.items()):
            figures += emotion_figures(clips, system=system, corpus=corpus, protocol=kind)
    of_all = {
        "right": np.mean(changes), "right_worst": np.min(changes), "adapted": np.mean(listened),
        "right_more": np.mean(np.array(changes) > 0), "right_less": np.mean(np.array(changes) < 0),
    }  # fmt: skip
    figures += [
        Figure(system=ADAPTED, corpus="all", protocol=kind, metric=name, value=float(value), n=len(changes))
        for name, value in of_all.items()
    ]
    return figures


def labels_said(explainer: Explainer, states: Mapping[str, Tensor], ids: Sequence[str]) -> dict[str, str]:
    """The emotion that is said of every clip, similar lengths at once."""
    ordered = sorted(ids, key=lambda clip: len(states[clip]))
    said: dict[str, str] = {}
    for start in range(0, len(ordered), BATCH_SIZE):
        batch = ordered[start : start + BATCH_SIZE]
        found = explainer.emotions([states[clip].float() for clip in batch])
        said |= {clip: emotion.label for clip, emotion in zip(batch, found, strict=True)}
    return said


def right(predictions: Sequence[Prediction]) -> float:
    """The share of clips whose emotion is named."""
    return float(np.mean([one.predicted_emotion == one.reference_emotion for one in predictions]))


def main() -> None:
    """Ask the shipped default, then write all rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, action="append", required=True)
    options = parser.parse_args()
    explainer = Explainer.from_pretrained()
    found = [cut for path in options.data for cut in read_cuts(path)]
    cuts, _ = held_out_cuts(found, explainer.loaded.card)
    states = {}
    for cut in cuts:
        (clip_TLH,) = explainer.loaded.encoder.encode([audio.load(path_of(cut)).samples])
        states[cut.id] = clip_TLH.half()
    plain = labels_said(explainer, states, list(states))
    for kind, sessions in sessions_of(cuts).items():
        figures = kind_figures(explainer, kind, sessions, plain, states)
        for figure in figures:
            if figure.metric in ("ua", "right", "right_worst", "right_less"):
                print(f"{kind:16} {figure.corpus:8} {figure.system:24} {figure.metric} {figure.value:.3f}")
        print(write_figures("default_adapted", figures), flush=True)


if __name__ == "__main__":
    main()
