"""`tonelens evidence`: are a system's explanations true? Ours, or anybody's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lhotse import MonoCut

    from tonelens.evidence.backend import Backend
    from tonelens.evidence.evidence_page import Asked
    from tonelens.evidence.examine import Row


def evidence(
    system: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="a model or run, hf:NAME, http://..., command:..., python:module:function"
        ),
    ],
    cuts: Annotated[Path, typer.Argument(help="cuts that `prepare` or `annotate` wrote")],
    out: Annotated[Path, typer.Option(help="every clip's answers and the summary; to go on later")],
    clips: Annotated[int, typer.Option(help="at most so many, chosen by a hash of their ids")] = 100,
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="agreement, interventions, counterfactual, spans or streams"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
) -> None:
    """Check what a system claims: against the signal, against changed voices, and by what it decides."""
    import json

    from tonelens.corpora.cuts import read_cuts
    from tonelens.errors import InputError, ModelError

    if clips < 1:
        raise InputError(f"--clips is {clips}; there must be one or more.")
    found = list(read_cuts(cuts))
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.evidence.agreement import reference_levels
    from tonelens.evidence.backend import OwnBackend
    from tonelens.evidence.backends.opening import open_backend
    from tonelens.evidence.evidence_page import Asked, write_evidence_page
    from tonelens.evidence.examine import Examiner, parts_named
    from tonelens.evidence.examine_clips import answered, examine_clips, examine_streams, fingerprint_of
    from tonelens.evidence.examined import examined
    from tonelens.storage import write_json

    wanted = parts_named(parts)
    hide_loading_bars()
    backend = open_backend(system)
    levels = backend.explainer.loaded.levels if isinstance(backend, OwnBackend) else reference_levels()
    chosen, protocol = _chosen(backend, found, clips)
    asked = Asked(
        fingerprint=fingerprint_of(backend),
        parts=wanted,
        planned=len(chosen),
        no_streams=_no_streams(backend),
    )
    with Bars() as bars:
        try:
            rows = examine_clips(Examiner(backend, levels, parts=wanted), chosen, out, bars)
        except (KeyboardInterrupt, ModelError):
            _write_unfinished(backend, answered(chosen, out), asked, protocol, out)
            raise
        streams = None
        if "streams" in wanted and isinstance(backend, OwnBackend) and (parts or not asked.no_streams):
            streams = examine_streams(backend.explainer, chosen, rows)
    summary = examined(backend.name, rows, streams, protocol=protocol)
    write_json(out / "evidence.json", summary.to_dict())
    write_evidence_page(summary, rows, asked, out)
    typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False) if as_json else summary.to_text())


def _no_streams(backend: Backend) -> str:
    """Why words and voice cannot be told apart; empty where they can."""
    from tonelens.evidence.backend import OwnBackend

    if not isinstance(backend, OwnBackend):
        return "the system is not a Tonelens model with streams that could be altered"
    return "" if backend.explainer.loaded.model.descriptor is not None else "the model has one stream"


def _write_unfinished(backend: Backend, rows: Sequence[Row], asked: Asked, protocol: str, out: Path) -> None:
    """The page of what there is, where the work was stopped."""
    from tonelens.evidence.evidence_page import write_evidence_page
    from tonelens.evidence.examined import examined

    write_evidence_page(examined(backend.name, rows, protocol=protocol), rows, asked, out)


def _chosen(backend: Backend, cuts: Sequence[MonoCut], most: int) -> tuple[list[MonoCut], str]:
    """At most so many clips that the system was not trained on, and how we know it."""
    import hashlib

    unheard, protocol = _unheard(backend, cuts)
    return sorted(unheard, key=lambda cut: hashlib.sha256(cut.id.encode()).hexdigest())[:most], protocol


def _unheard(backend: Backend, cuts: Sequence[MonoCut]) -> tuple[list[MonoCut], str]:
    """What the system was not trained on, as far as we can know, and how we know it."""
    from tonelens.evaluation.predict import held_out_cuts
    from tonelens.evidence.backend import OwnBackend

    if isinstance(backend, OwnBackend):
        return held_out_cuts(cuts, backend.explainer.loaded.card)
    return list(cuts), "all clips; what the system was trained on is not known"
