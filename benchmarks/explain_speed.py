"""Seconds and megabytes of explaining with the shipped default, beside bare parts and an eGeMAPS classifier.

Clips     100 of RAVDESS's (every 14th), and the one whose length is nearest to 4 s.
Protocols cold          `tonelens explain CLIP` in a process of its own, from Python's start on; median of 5
          warm          `Explainer.explain(CLIP)` in a running process; median of 20 after 3 unmeasured
          hundred-clips the 100 clips in one `tonelens explain` call, from Python's start on
          model-part    encoder and generated answer alone, batches of 16, on decoded clips; best of 3
          agreement     the 100 clips one by one in a running process, decoded: explained, and explained with
                        every claim judged as `tonelens evidence --part agreement` does; best of 3
Systems   tonelens-tiny
          bare-parts    `model-part` only: the same encoder, and transformers' `generate` of a Llama of its
                        sizes, greedy, as many new tokens as an answer has, from a prompt as long
          explain, explain-and-judge  `agreement` only
          egemaps-svm   `hundred-clips` only: openSMILE functionals and an RBF SVM, in a process of its own
Metrics   seconds; real_time: seconds per second of audio; peak_mb: largest resident memory of the process
Run       python benchmarks/explain_speed.py    on an otherwise idle machine
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from figures import Figure, shared_folder, write_figures
from tonelens import audio
from tonelens.audio import Audio
from tonelens.batching.batch import pad_frames
from tonelens.evidence.backend import OwnBackend
from tonelens.evidence.examine import Examiner
from tonelens.evidence.interventions import Subject
from tonelens.explain import BATCH_SIZE, Explainer
from tonelens.model.answering import Answerer

HUNDRED = 100
EGEMAPS = """
import sys
import numpy as np, opensmile
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
rng = np.random.default_rng(0)
machine = make_pipeline(StandardScaler(), SVC(C=10)).fit(rng.normal(size=(1200, 88)), np.arange(1200) % 8)
smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
for path in sys.argv[1:]:
    print(machine.predict(smile.process_file(path).to_numpy())[0])
"""


def figure(system: str, protocol: str, metric: str, value: float, clips: int) -> Figure:
    """One row."""
    return Figure(
        system=system, corpus="ravdess", protocol=protocol, metric=metric, value=round(value, 4), n=clips
    )


def run_alone(arguments: Sequence[str]) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, f"{arguments[:3]} ended with {status}"
    return seconds, usage.ru_maxrss / 1024


def best_of(times: int, run: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


def batches(clips: Sequence[Audio]) -> list[list[Audio]]:
    """As `Explainer.explain_all` makes them of clips in order of length."""
    by_length = sorted(clips, key=lambda clip: clip.duration_s)
    return [by_length[i : i + BATCH_SIZE] for i in range(0, len(by_length), BATCH_SIZE)]


def ours(explainer: Explainer, clips: Sequence[Audio]) -> Callable[[], object]:
    """Encoder and answers."""
    answerer = Answerer(explainer.loaded.model, explainer.loaded.prompter, explainer.labels)

    def run() -> None:
        for batch in batches(clips):
            answerer.answer(explainer.loaded.encoder.encode([clip.samples for clip in batch]))

    return run


def with_and_without_agreement(explainer: Explainer, clips: Sequence[Audio]) -> list[Figure]:
    """What judging the claims adds to saying them."""
    examiner = Examiner(OwnBackend(explainer), explainer.loaded.levels, parts=("agreement",))

    def explain() -> None:
        for clip in clips:
            explainer.explain(clip)

    def judge() -> None:
        for clip in clips:
            examiner.examine(Subject(audio=clip))

    seconds = {"explain": best_of(3, explain), "explain-and-judge": best_of(3, judge)}
    return [figure(system, "agreement", "seconds", wall, HUNDRED) for system, wall in seconds.items()]


def bare(explainer: Explainer, clips: Sequence[Audio]) -> Callable[[], object]:
    """Encoder and `generate` of a Llama of the same sizes: as many prompt and answer tokens."""
    from transformers import LlamaForCausalLM

    loaded = explainer.loaded
    model = loaded.model
    llm = LlamaForCausalLM(model.llm.config).eval()  # type: ignore[union-attr]
    answerer = Answerer(model, loaded.prompter, explainer.labels)
    (answer,) = answerer.answer(loaded.encoder.encode([clips[0].samples]))
    new = len(loaded.prompter.tokens(answer.text))

    @torch.no_grad()
    def run() -> None:
        for batch in batches(clips):
            states = loaded.encoder.encode([clip.samples for clip in batch])
            _, is_speech_BT = pad_frames(states, at_least=model.stack)
            counts = model.stream_tokens(int(is_speech_BT.shape[1]))
            length = len(loaded.prompter.prompt("explain", earlier=(), **counts))
            prompt = torch.randint(10, 200, (len(batch), length))
            llm.generate(
                prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=new,
                min_new_tokens=new,
            )  # fmt: skip

    return run


def main() -> None:
    """Time everything, print, write."""
    found = sorted((shared_folder() / "corpora" / "ravdess" / "audio").glob("*.flac"))
    paths = found[:: len(found) // HUNDRED][:HUNDRED]
    clips = [audio.load(path) for path in paths]
    seconds_of_audio = sum(clip.duration_s for clip in clips)
    nearest = min(zip(clips, paths, strict=True), key=lambda pair: abs(pair[0].duration_s - 4.0))[1]
    tonelens = str(Path(sys.executable).with_name("tonelens"))
    figures: list[Figure] = []

    cold = [run_alone([tonelens, "explain", str(nearest)]) for _ in range(5)]
    figures.append(figure("tonelens-tiny", "cold", "seconds", statistics.median(wall for wall, _ in cold), 1))
    wall, megabytes = run_alone([tonelens, "explain", *map(str, paths)])
    figures += [
        figure("tonelens-tiny", "hundred-clips", "seconds", wall, HUNDRED),
        figure("tonelens-tiny", "hundred-clips", "real_time", wall / seconds_of_audio, HUNDRED),
        figure("tonelens-tiny", "hundred-clips", "peak_mb", megabytes, HUNDRED),
    ]
    wall, megabytes = run_alone([sys.executable, "-c", EGEMAPS, *map(str, paths)])
    figures += [
        figure("egemaps-svm", "hundred-clips", "seconds", wall, HUNDRED),
        figure("egemaps-svm", "hundred-clips", "real_time", wall / seconds_of_audio, HUNDRED),
        figure("egemaps-svm", "hundred-clips", "peak_mb", megabytes, HUNDRED),
    ]
    explainer = Explainer.from_pretrained()
    for _ in range(3):
        explainer.explain(nearest)
    warm = [best_of(1, lambda: explainer.explain(nearest)) for _ in range(20)]
    figures.append(figure("tonelens-tiny", "warm", "seconds", statistics.median(warm), 1))
    for system, run in (("tonelens-tiny", ours(explainer, clips)), ("bare-parts", bare(explainer, clips))):
        run()
        figures.append(figure(system, "model-part", "seconds", best_of(3, run), HUNDRED))
    figures += with_and_without_agreement(explainer, clips)
    for row in figures:
        print(f"{row.system:14} {row.protocol:14} {row.metric:10} {row.value:.3f}")
    print(write_figures("explain_speed", figures))


if __name__ == "__main__":
    main()
