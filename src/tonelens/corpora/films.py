"""Films to sound: ffmpeg's work, for corpora that are published as video.

Written   mono WAV at 16 kHz, 16 bits; aside, then renamed, so a run that breaks off goes on where it was.
          A film that ffmpeg cannot read gives no file, and whoever reads the folder misses it by name.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tonelens.audio import SAMPLE_RATE
from tonelens.corpora.checks import WORKERS, Progress
from tonelens.errors import CorpusError
from tonelens.storage import written_aside

READ = ("-nostdin", "-v", "error", "-y", "-i")
WRITE = ("-vn", "-ac", "1", "-ar", str(SAMPLE_RATE), "-c:a", "pcm_s16le")


class _NoSoundError(Exception):
    """Ffmpeg could not read a film."""


def convert(films: Mapping[Path, Path], folder: Path, progress: Progress | None = None) -> None:
    """Write the sound of every film to its WAV file.

    Args:
        films: film -> the file to write; one that is there already is left as it is.
        folder: what holds the films, for messages.
        progress: called with (films done, films in all).

    Raises:
        CorpusError: there is no ffmpeg.
        StorageError: a file cannot be written.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise CorpusError(
            f"{folder}: the clips are films, and there is no ffmpeg on the PATH to take out their sound. "
            f"Install ffmpeg, or run in that folder: find . -name '[!.]*.mp4' -exec sh -c "
            f'\'ffmpeg {" ".join(READ)} "$1" {" ".join(WRITE)} "${{1%.mp4}}.wav"\' - {{}} \\;'
        )
    with ThreadPoolExecutor(WORKERS) as pool:
        work = pool.map(lambda film: _convert(ffmpeg, film, films[film]), films)
        for done, _ in enumerate(work, start=1):
            if progress is not None:
                progress(done, len(films))


def _convert(ffmpeg: str, film: Path, wav: Path) -> None:
    if wav.is_file():
        return
    try:
        with written_aside(wav) as aside:
            command = [ffmpeg, *READ, str(film), *WRITE, str(aside)]
            if subprocess.run(command, capture_output=True, check=False).returncode != 0:
                raise _NoSoundError
    except _NoSoundError:
        return
