"""Does a recording end before it says it does? Read from the container, because decoders keep quiet.

WAV       the size that the data chunk promises against the bytes that are there (RIFF, chunks `fmt ` and
          `data`); 0 and sizes over 2 GB stand for "not known" in files written to a pipe.
Ogg       the last page must be whole and carry the end-of-stream flag (RFC 3533, section 6).
Others    FLAC and MP3 say how many samples they hold, and `hearing` compares that with the samples decoded.
Units     what lacks in seconds; less than TOLERANCE_S is a careless writer's header, no cut word.
"""

from __future__ import annotations

import io
from pathlib import Path

TOLERANCE_S = 0.05
"""Shorter than a phone; MP3 encoders pad by about as much."""
NOT_KNOWN_BYTES = 2**31 - 2**16
OGG_PAGE_BYTES = 65_307
"""The largest page there is: 27 header bytes, 255 lacing values, 255 segments of 255 bytes."""
END_OF_STREAM = 4


def truncation_of(path: Path) -> str | None:
    """What shows that the file was cut off, or None.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        if magic == b"RIFF":
            return _short_wav(file, path.stat().st_size)
        if magic == b"OggS":
            return _open_ogg(file, path.stat().st_size)
    return None


def lacks(promised_s: float, there_s: float) -> str | None:
    """The sentence for a recording that is shorter than promised, or None."""
    if promised_s - there_s < TOLERANCE_S:
        return None
    return f"its header promises {promised_s:.2f} s, {there_s:.2f} s are there"


def _short_wav(file: io.BufferedReader, file_bytes: int) -> str | None:
    bytes_per_s = 0
    position = 12
    while position + 8 <= file_bytes:
        file.seek(position)
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
        if name == b"fmt " and size >= 12:
            file.seek(position + 16)
            bytes_per_s = int.from_bytes(file.read(4), "little")
        if name == b"data":
            if not bytes_per_s or not 0 < size < NOT_KNOWN_BYTES:
                return None
            return lacks(size / bytes_per_s, (file_bytes - position - 8) / bytes_per_s)
        position += 8 + size + size % 2
    return None


def _open_ogg(file: io.BufferedReader, file_bytes: int) -> str | None:
    start = max(0, file_bytes - OGG_PAGE_BYTES)
    file.seek(start)
    tail = file.read()
    page = tail.rfind(b"OggS")
    header = tail[page : page + 27]
    if page < 0 or len(header) < 27:
        return "its last Ogg page is torn"
    lacing = tail[page + 27 : page + 27 + header[26]]
    if page + 27 + header[26] + sum(lacing) > len(tail):
        return "its last Ogg page is torn"
    return None if header[5] & END_OF_STREAM else "its Ogg stream has no end"
