"""Text of old tables, read as it was meant: Windows characters where UTF-8 was promised, and the reverse.

Mended    a file that is not UTF-8 is Windows-1252; control characters U+0080 to U+009F are the Windows-1252
          characters of those bytes (\\x92 is an apostrophe); UTF-8 once read as Windows-1252 goes back.
"""

from __future__ import annotations

from pathlib import Path

from tonelens.errors import CorpusError

_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_TWICE_ENCODED = {
    "".join(_WINDOWS.get(byte) or chr(byte) for byte in char.encode("utf-8")): char for char in "‘’“”–—…éóñ"
}


def mended(text: str) -> str:
    """`company\\x92s` and its twice encoded form -> `company’s`; text in order stays as it is."""
    text = text.translate(_WINDOWS)
    for wrong, right in _TWICE_ENCODED.items():
        text = text.replace(wrong, right)
    return text


def read_mended(path: Path) -> str:
    """The whole text of a table.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}). Check the folder.") from None
    try:
        return mended(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return mended(content.decode("cp1252", "replace"))
