"""A system as a command: it gets the path of a WAV and prints JSON.

Command   split like a shell would, but no shell runs it; the path stands where `{}` does, else at the end.
          The file is always called `clip.wav`, as a name may tell the answer, and is gone afterwards.
Answer    exit code 0 and, alone on stdout, JSON {"probabilities": {label: probability}, "text": "..."},
          `text` optional. What it writes to stderr is shown when it fails.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tonelens.audio import Audio
from tonelens.errors import ModelError
from tonelens.evidence.backend import Heard
from tonelens.evidence.backends.answers import AnswerCheck
from tonelens.evidence.backends.wav import is_clipped, wav_bytes

TIMEOUT_S = 120.0
PLACE = "{}"


class CommandBackend:
    """Runs a command for every clip."""

    def __init__(self, command: str, *, timeout_s: float = TIMEOUT_S) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise ModelError(
                f"command {command!r}: cannot be split into words ({error}). Close its quotes."
            ) from None
        if not self._words:
            raise ModelError("command: nothing to run. Write the program and its arguments.")
        if not any(PLACE in word for word in self._words):
            self._words.append(PLACE)
        self._timeout_s = timeout_s
        self._check = AnswerCheck(self.name)
        self.clipped = 0
        """Clips so far whose peaks a WAV of 16 bits cannot hold."""

    @property
    def name(self) -> str:
        """The program, without its folder and arguments."""
        return Path(self._words[0]).name

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """What the command prints of each.

        Raises:
            ModelError: it cannot be run, fails, takes too long, or its answer breaks a rule.
        """
        return [self._check.heard_json(clip.source, self._answer(clip)) for clip in clips]

    def _answer(self, clip: Audio) -> bytes:
        self.clipped += is_clipped(clip.samples)
        with tempfile.TemporaryDirectory(prefix="tonelens-") as folder:
            path = Path(folder) / "clip.wav"
            path.write_bytes(wav_bytes(clip.samples))
            words = [word.replace(PLACE, str(path)) for word in self._words]
            return self._run(words, Path(folder), clip)

    def _run(self, words: list[str], folder: Path, clip: Audio) -> bytes:
        """Its stdout; it goes through files, so that a child that lives on cannot hold us up."""
        out, err = folder / "stdout", folder / "stderr"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            try:
                ended = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=out_file,
                    stderr=err_file,
                    timeout=self._timeout_s,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise self._failure(clip, f"no answer within {self._timeout_s:g} s") from None
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or error
                raise self._failure(clip, f"cannot be run ({why})") from None
        if ended.returncode != 0:
            lines = err.read_text("utf-8", "replace").strip().splitlines()
            said = f": {lines[-1].strip()}" if lines else ""
            raise self._failure(clip, f"exit code {ended.returncode}{said}")
        return out.read_bytes()

    def _failure(self, clip: Audio, found: str) -> ModelError:
        return ModelError(
            f"{self.name}: {clip.source}: {found}; a command prints JSON and ends with exit code 0. Run it "
            f"by hand with the path of a WAV as its last argument."
        )
