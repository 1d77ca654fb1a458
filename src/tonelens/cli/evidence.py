"""`tonelens evidence`: are a system's explanations true? Ours, or anybody's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lhotse import MonoCut

    from tonelens.evidence.backend import Backend


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
    import hashlib
    import json

    from tonelens.corpora.cuts import read_cuts
    from tonelens.errors import InputError

    if clips < 1:
        raise InputError(f"--clips is {clips}; there must be one or more.")
    found = list(read_cuts(cuts))
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.evidence.agreement import reference_levels
    from tonelens.evidence.backend import OwnBackend
    from tonelens.evidence.backends.opening import open_backend
    from tonelens.evidence.examine import Examiner, parts_named
    from tonelens.evidence.examine_clips import examine_clips, examine_streams
    from tonelens.evidence.examined import examined
    from tonelens.storage import write_json

    wanted = parts_named(parts)
    hide_loading_bars()
    backend = open_backend(system)
    levels = backend.explainer.loaded.levels if isinstance(backend, OwnBackend) else reference_levels()
    chosen, protocol = _unheard(backend, found)
    chosen = sorted(chosen, key=lambda cut: hashlib.sha256(cut.id.encode()).hexdigest())[:clips]
    with Bars() as bars:
        rows = examine_clips(Examiner(backend, levels, parts=wanted), chosen, out, bars)
        streams = None
        if "streams" in wanted and isinstance(backend, OwnBackend):
            streams = examine_streams(backend.explainer, chosen, rows)
    summary = examined(backend.name, rows, streams, protocol=protocol)
    write_json(out / "evidence.json", summary.to_dict())
    typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False) if as_json else summary.to_text())


def _unheard(backend: Backend, cuts: Sequence[MonoCut]) -> tuple[list[MonoCut], str]:
    """What the system was not trained on, as far as we can know, and how we know it."""
    from tonelens.evaluation.predict import held_out_cuts
    from tonelens.evidence.backend import OwnBackend

    if isinstance(backend, OwnBackend):
        return held_out_cuts(cuts, backend.explainer.loaded.card)
    return list(cuts), "all clips; what the system was trained on is not known"
