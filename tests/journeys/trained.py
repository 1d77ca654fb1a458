"""From made-up speech to a trained model by the commands alone: made once a test run, used by many tests.

The labels are words that nobody knows. The training is far too short to learn anything: what is tested
with this model is the way, not the answers.
"""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.state import AcceleratorState, GradientState

from journeys.command_line import Ended, tonelens
from tonelens.corpora.synthetic import write_corpus
from tonelens.explain import Explainer

OWN_WORDS = {
    "neutral": "plain",
    "happiness": "fizz",
    "sadness": "grey sky",
    "anger": "grumm",
    "fear": "zitterü",
    "surprise": "hopla",
}
LABELS = ["fizz", "grey sky", "grumm", "hopla", "plain", "zitterü"]
SMALL = [
    "encoder.source=log-mel", "data.protocol=emobox", "data.hold_out_dev=false", "llm.width=32",
    "llm.layers=2", "llm.heads=2", "llm.vocabulary=400", "streams.latent_width=16",
    "streams.hidden_width=32", "streams.adapter_width=32", "schedule.asr_epochs=1",
    "schedule.ser_epochs=1", "optimiser.precision=no", "answer.max_transcript_tokens=8",
]  # fmt: skip
"""The `tiny` recipe, made so small that it trains in seconds."""


@dataclass(frozen=True, slots=True)
class Journey:
    """The folders that the commands wrote, and what they said."""

    corpus: Path
    """96 clips of two to three seconds: two men (s01, s03) and two women, two folds of a man and a woman."""
    prepared: Ended
    annotated: Ended
    trained: Ended
    cuts: Path
    run: Path

    def clip(self, speaker: str = "s01", number: int = 1) -> Path:
        """The clip of a speaker with this number, from 1; s01 and s02 are unheard."""
        return next(self.corpus.glob(f"audio/{speaker}-*-{number:02d}.flac"))


def settings(*changes: str) -> list[str]:
    """`--set` for every setting of `SMALL` and then of `changes`."""
    return [word for setting in (*SMALL, *changes) for word in ("--set", setting)]


@functools.cache
def journey() -> Journey:
    """Prepared, annotated and trained, once a process."""
    home = Path(tempfile.mkdtemp(prefix="tonelens-journey-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    corpus = write_corpus(home / "corpus", speakers=4, clips_per_speaker=24)
    manifest = corpus / "manifest.csv"
    text = manifest.read_text("utf-8")
    for word, own in OWN_WORDS.items():
        text = text.replace(f",{word},", f",{own},")
    manifest.write_text(text, "utf-8")
    prepared = tonelens("prepare", "csv", manifest, home / "cuts", "--labels", ",".join(LABELS))
    annotated = tonelens("annotate", home / "cuts" / "cuts.jsonl.gz", home / "notes", "--workers", 1)
    cuts, run = home / "notes" / "cuts.jsonl.gz", home / "run"
    with fresh_accelerator():
        trained = tonelens("train", "tiny", "--data", cuts, "--out", run, *settings())
    return Journey(corpus, prepared, annotated, trained, cuts, run)


@functools.cache
def explainer() -> Explainer:
    """The trained model in memory; nobody changes it."""
    return Explainer.from_pretrained(journey().run)


@contextmanager
def fresh_accelerator() -> Iterator[None]:
    """Accelerate keeps its state for the whole process: another precision would otherwise be refused."""
    torch.set_num_threads(1)
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
