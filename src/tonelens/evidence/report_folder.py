"""The folder that `tonelens explain --report` fills, recording by recording.

Files     NAME.json, NAME.txt, NAME.png, NAME.html of each; index.html over all. NAME is the file's stem, the
          start of its hash, and where a part of it is meant, the part's start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tonelens import audio
from tonelens.evidence.corpus_page import Entry, entry_of, write_corpus_page
from tonelens.evidence.explained import draw
from tonelens.evidence.page import write_page
from tonelens.evidence.page_parts import NO_PARTS, PageParts
from tonelens.explain import Request
from tonelens.results import Explanation, Refusal
from tonelens.storage import write_json, write_text


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one recording that people open."""

    picture: Path
    page: Path


@dataclass(frozen=True, slots=True)
class ReportFolder:
    """Grows with every recording; of each only a line is kept in memory, for the index."""

    folder: Path
    _entries: list[Entry] = field(default_factory=list)
    _refusals: list[Refusal] = field(default_factory=list)

    def add(self, result: Explanation, request: Request, parts: PageParts = NO_PARTS) -> Written:
        """Write all files of one recording.

        Raises:
            AudioError: the recording, which is read again for picture and page, is gone.
            StorageError: a file cannot be written; none is torn.
        """
        name = _name(result, request)
        picture, page = self.folder / f"{name}.png", self.folder / f"{name}.html"
        write_json(self.folder / f"{name}.json", result.to_dict())
        write_text(self.folder / f"{name}.txt", result.to_text() + "\n")
        clip = audio.load(request.source, start_s=request.start_s, end_s=request.end_s, name=request.name)
        draw(result, clip, picture)
        write_page(result, clip, page, parts)
        self._entries.append(entry_of(result, page.name))
        return Written(picture, page)

    def refuse(self, refusal: Refusal) -> None:
        """A recording that was not explained: the index will say so."""
        self._refusals.append(refusal)

    def write_index(self) -> Path:
        """Write index.html over everything so far.

        Raises:
            StorageError: it cannot be written.
        """
        path = self.folder / "index.html"
        write_corpus_page(self._entries, self._refusals, path)
        return path


def page_name(source: str, sha256: str, start_s: float | None = None) -> str:
    """NAME of a recording with this hash, or of the part of it that begins at `start_s`."""
    part = "" if start_s is None else f"-{round(start_s * 1000)}ms"
    return f"{Path(source).stem or 'recording'}-{sha256[:8]}{part}"


def _name(result: Explanation, request: Request) -> str:
    is_part = bool(request.start_s) or request.end_s is not None
    return page_name(result.audio.source, result.audio.sha256, request.start_s if is_part else None)
