"""Recordings as the world delivers them: in noise, among voices, over a telephone, at a low bit rate.

SNR       mean power of the whole clip, its pauses included, over that of the noise; dB.
Babble    six other clips of the scored part, none of the clip's own speaker, equally loud, repeated from a
          drawn place on until the clip's end.
Seeds     noise and voices are drawn from the clip's id, and are the same at every level: a table's rows
          differ in nothing but the level. Which voices there are to draw from depends on the scored clips.
Level     sums are not clipped; `audio.load` takes samples beyond full scale.
Truth     emotion and words are the corpus's. Descriptors are measured on the recording that is heard.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import soundfile
from lhotse import MonoCut
from numpy.typing import NDArray

from tonelens.audio import SAMPLE_RATE, Samples
from tonelens.batching.channel import PERFECT, Channel, through
from tonelens.corpora.cuts import load_audio, speaker_of
from tonelens.errors import AudioError, CorpusError, InputError

VOICES = 6


@dataclass(frozen=True, slots=True)
class Condition:
    """What happens to every scored clip. The default is nothing."""

    name: str
    noise: Literal["none", "white", "babble"] = "none"
    snr_db: float = 0.0
    channel: Channel = PERFECT


CLEAN = Condition("clean")
CONDITIONS = {
    condition.name: condition
    for condition in (
        CLEAN,
        *(Condition(f"white-{snr_db}", "white", snr_db) for snr_db in (20, 10, 0)),
        *(Condition(f"babble-{snr_db}", "babble", snr_db) for snr_db in (20, 10, 0)),
        Condition("telephone", channel=Channel(band="telephone", codec="g711")),
        Condition("opus-12k", channel=Channel(codec="opus", kbit_s=12)),
    )
}
"""By name. `telephone` is its band and mu-law at 8 kHz, `opus-12k` Opus at 12 kbit/s."""


def conditions_named(names: Iterable[str]) -> list[Condition]:
    """`clean` and the conditions with these names, each once, in the order of `CONDITIONS`; `all` is all.

    Raises:
        InputError: there is no such condition.
    """
    asked = {*names, CLEAN.name}
    if unknown := sorted(asked - {*CONDITIONS, "all"}):
        raise InputError(f"--condition {', '.join(unknown)}: known are {', '.join(CONDITIONS)}, all.")
    return [condition for name, condition in CONDITIONS.items() if name in asked or "all" in asked]


def predictions_file(name: str) -> str:
    """Where an evaluation's predictions under the condition of this name are written."""
    return "predictions.jsonl" if name == CLEAN.name else f"predictions-{name}.jsonl"


class Hearing:
    """Clips of one scored part as they are heard under one condition."""

    def __init__(self, condition: Condition, part: Sequence[MonoCut]) -> None:
        """Prepare to change clips of `part`.

        Raises:
            CorpusError: babble, but a speaker is unknown or has too few clips of others beside.
        """
        self.condition = condition
        self._part = sorted(part, key=lambda cut: cut.id)
        if condition.noise == "babble":
            self._check_voices()

    def samples(self, cut: MonoCut) -> Samples:
        """The clip, 16 kHz mono, shape (N,) as without the condition.

        Raises:
            AudioError: the clip cannot be read.
            CorpusError: too few other clips can be read.
            StorageError: Opus cannot be written here.
        """
        clean = load_audio(cut).samples
        noisy = clean
        if self.condition.noise != "none":
            rng = _seeded(self.condition.noise, cut.id)
            is_babble = self.condition.noise == "babble"
            noise = self._babble(cut, len(clean), rng) if is_babble else rng.standard_normal(len(clean))
            noisy = mixed(clean, noise, self.condition.snr_db)
        return through(noisy, self.condition.channel)

    def wav(self, cut: MonoCut) -> bytes:
        """The same as a file of 32-bit floats, as `explain` takes it.

        Raises:
            AudioError, CorpusError, StorageError: as `samples`.
        """
        file = io.BytesIO()
        soundfile.write(file, self.samples(cut), SAMPLE_RATE, format="WAV", subtype="FLOAT")
        return file.getvalue()

    def _babble(self, cut: MonoCut, length: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """The voices of six others at once, shape (length,)."""
        others = [other for other in self._part if speaker_of(other) != speaker_of(cut)]
        voices: list[NDArray[np.float64]] = []
        for place in rng.permutation(len(others)):
            try:
                voice = load_audio(others[place]).samples.astype(np.float64)
            except AudioError:  # it is refused when its own turn comes
                continue
            turned = np.roll(voice, -int(rng.integers(len(voice))))
            voices.append(np.resize(turned, length) / np.sqrt(np.mean(voice**2)))
            if len(voices) == VOICES:
                return np.asarray(np.sum(voices, axis=0))
        raise CorpusError(
            f"{cut.id}: babble needs {VOICES} clips of other speakers, but {len(voices)} can be read. "
            f"Score more clips, or leave babble out."
        )

    def _check_voices(self) -> None:
        clips = Counter(speaker_of(cut) for cut in self._part)
        if unknown := clips[None]:
            raise CorpusError(
                f"babble is made of other speakers' clips, but the speaker of {unknown} of {len(self._part)} "
                f"clips is unknown. Add a speaker column, or leave babble out."
            )
        speaker, own = clips.most_common(1)[0]
        others = len(self._part) - own
        if others < VOICES:
            raise CorpusError(
                f"babble needs {VOICES} clips of other speakers, but the scored part has {others} "
                f"beside those of {speaker}. Score more speakers, or leave babble out."
            )


def mixed(samples: Samples, noise: NDArray[np.float64], snr_db: float) -> Samples:
    """Samples and noise, the noise scaled to exactly this ratio of mean powers."""
    power, noise_power = np.mean(np.square(samples, dtype=np.float64)), np.mean(noise**2)
    noisy = samples + noise * np.sqrt(power / noise_power / 10 ** (snr_db / 10))
    return np.asarray(noisy, dtype=np.float32)


def _seeded(what: str, cut_id: str) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(f"{what}|{cut_id}".encode()).digest()[:16]))
