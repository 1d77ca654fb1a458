"""Many clips examined, one after the other; stopped at any moment, it goes on where it was.

DIR/asked.json    system, model fingerprint and parts: other questions need another folder
DIR/clips.jsonl   one row a clip (`examine`), rewritten aside after every clip
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lhotse import MonoCut

from tonelens import audio
from tonelens.corpora.cuts import (
    corpus_of,
    emotion_of,
    gender_of,
    language_of,
    path_of,
    speaker_of,
    text_of,
)
from tonelens.errors import AudioError, RunError
from tonelens.evidence.agreement import Known
from tonelens.evidence.backend import Backend, OwnBackend
from tonelens.evidence.conflict import ConflictSet, conflict_set
from tonelens.evidence.examine import Examiner, Row
from tonelens.evidence.interventions import Subject
from tonelens.evidence.report_folder import page_name
from tonelens.evidence.streams import StreamShares, stream_shares
from tonelens.explain import Explainer
from tonelens.progress import Reporter
from tonelens.storage import read_jsonl, write_json, write_jsonl


def subject_of(cut: MonoCut) -> Subject:
    """A clip of a corpus, with all that the corpus says of it but the emotion.

    Raises:
        AudioError: it cannot be read.
    """
    return Subject(
        audio=audio.load(path_of(cut), start_s=cut.start, end_s=cut.end, name=cut.id),
        known=Known(gender=gender_of(cut), transcript=text_of(cut), language=language_of(cut)),
        speaker=speaker_of(cut),
    )


def examine_clips(
    examiner: Examiner, cuts: Sequence[MonoCut], folder: Path, reporter: Reporter
) -> list[dict[str, Any]]:
    """A row for every clip, in the order of the cuts; those in the folder already are not asked again.

    Raises:
        RunError: the folder holds answers to other questions.
        ModelError: the system fails; what was answered before is kept.
        StorageError: the folder cannot be written.
    """
    asked, file = folder / "asked.json", folder / "clips.jsonl"
    question = _question(examiner)
    if asked.is_file():
        before = read_jsonl(asked)
        if before != [question]:
            raise RunError(
                f"{folder}: holds answers of {before[0] if before else 'nobody'}, and now {question} is "
                f"asked. Give another --out, or delete the folder."
            )
    else:
        write_json(asked, question, indent=None)
    known = {row["id"]: row for row in read_jsonl(file)} if file.is_file() else {}
    reporter.begin("examining clips", len(cuts))
    for number, cut in enumerate(cuts):
        if cut.id not in known:
            known[cut.id] = _row(examiner, cut)
            write_jsonl(file, known.values())
        reporter.advance(number + 1)
    return answered(cuts, folder)


def answered(cuts: Sequence[MonoCut], folder: Path) -> list[dict[str, Any]]:
    """The rows that the folder holds of these clips, in their order; fewer where the work was stopped.

    What the corpus says of a clip is taken from the cut: rows of an older Tonelens may not have it.
    """
    file = folder / "clips.jsonl"
    known = {row["id"]: row for row in read_jsonl(file)} if file.is_file() else {}
    return [{**known[cut.id], **_named(cut)} for cut in cuts if cut.id in known]


def examine_streams(
    explainer: Explainer, cuts: Sequence[MonoCut], rows: Sequence[Row]
) -> tuple[StreamShares, ConflictSet] | None:
    """Words or voice, of the clips whose rows were not refused; None for fewer than two.

    Raises:
        ModelError: the model has one stream only.
    """
    chosen = [cut for cut, row in zip(cuts, rows, strict=True) if "refused" not in row]
    if len(chosen) < 2:
        return None
    clips, speakers = [subject_of(cut).audio for cut in chosen], [speaker_of(cut) for cut in chosen]
    shares = stream_shares(explainer, clips, speakers)
    return shares, conflict_set(explainer, clips, speakers, [emotion_of(cut) for cut in chosen])


def fingerprint_of(backend: Backend) -> str | None:
    """Of the model, where it is ours."""
    return backend.explainer.loaded.fingerprint if isinstance(backend, OwnBackend) else None


def _question(examiner: Examiner) -> dict[str, Any]:
    backend = examiner.backend
    return {"system": backend.name, "fingerprint": fingerprint_of(backend), "parts": list(examiner.parts)}


def _row(examiner: Examiner, cut: MonoCut) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        answers = examiner.examine(subject_of(cut))
    except AudioError as error:
        answers = {"refused": str(error)}
    return {**_named(cut), **answers, "seconds": round(time.perf_counter() - start, 3)}


def _named(cut: MonoCut) -> dict[str, Any]:
    """What the corpus says of a clip, and the name that `explain --report` gives its page."""
    is_part = cut.start > 0 or cut.end < cut.recording.duration - 0.5 / cut.recording.sampling_rate
    sha256 = cut.custom.get("sha256")
    return {
        "id": cut.id,
        "corpus": corpus_of(cut),
        "speaker": speaker_of(cut),
        "gender": gender_of(cut),
        "emotion": emotion_of(cut),
        "page": page_name(str(path_of(cut)), sha256, cut.start if is_part else None) if sha256 else None,
    }
