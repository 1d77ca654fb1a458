"""`tonelens explain`: one recording or thousands, as text, JSON lines or pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from tonelens.evidence.page_parts import PageParts
    from tonelens.evidence.report_folder import ReportFolder
    from tonelens.explain import Explainer, Request
    from tonelens.results import Explanation, Refusal

Previous: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="an earlier turn of the dialogue (Ross: What?), oldest first; repeat it. Only some models",
    ),
]
Evidence: TypeAlias = Annotated[
    bool,
    typer.Option("--evidence", help="with --report: what decides, and what changed voices do; seconds each"),
]


def explain(  # noqa: PLR0913 - one for every option
    audio: Annotated[list[str], typer.Argument(help="files, a folder, a pattern, a CSV/JSONL list, or -")],
    model: Annotated[Path | None, typer.Option(help="a model or run folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    transcript: Annotated[str | None, typer.Option(help="the words, where they are known")] = None,
    previous: Previous = None,
    language: Annotated[
        str | None, typer.Option(help="of the words: en, de or pl lets them measure the pace")
    ] = None,
    abstain: Annotated[
        float | None,
        typer.Option(
            metavar="RISK",
            help="share of wrong answers that you accept, 0.2 say: those less sure are not given",
        ),
    ] = None,
    asr: Annotated[
        str | None, typer.Option(metavar="NAME", help="a speech recogniser for the words: small, or a folder")
    ] = None,
    adapt: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="listen to these first: the same speaker or session, unlabelled"),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="write page, picture, text and JSON of each here")
    ] = None,
    evidence: Evidence = False,
) -> None:
    """Say what emotion each recording carries, and why."""
    from tonelens.cli.inputs import requests_of
    from tonelens.errors import InputError

    if evidence and report is None:
        raise InputError("--evidence is shown on pages; say with --report where to write them.")
    requests = requests_of(audio, transcript, language, previous or ())
    if evidence and any(request.previous for request in requests):
        raise InputError("--evidence asks of a recording alone; leave out --evidence or the earlier turns.")
    from tonelens.cli.progress import hide_loading_bars
    from tonelens.explain import Explainer

    hide_loading_bars()
    explainer = Explainer.from_pretrained(model, abstain=abstain, asr=asr)
    if adapt is not None:
        explainer = _adapted(explainer, requests_of([adapt]), adapt)
    folder = None
    if report is not None:
        from tonelens.evidence.report_folder import ReportFolder

        folder = ReportFolder(report)
    refused = _tell_all(explainer, requests, folder, as_json=as_json, evidence=evidence)
    if refused and len(requests) > 1:
        summary = f"{refused} of {len(requests)} recordings were not explained (above)."
        typer.echo(f"tonelens: {summary}", err=True)
    if refused:
        raise typer.Exit(2)


def _tell_all(
    explainer: Explainer,
    requests: list[Request],
    folder: ReportFolder | None,
    *,
    as_json: bool,
    evidence: bool,
) -> int:
    """Every result on stdout and, where there is a folder, as files; returns how many were refused."""
    from tonelens.explain import Refusal

    refused = 0
    for request, result in zip(requests, explainer.explain_all(requests), strict=True):
        _tell(result, as_json)
        if isinstance(result, Refusal):
            refused += 1
            if folder is not None:
                folder.refuse(result)
        elif folder is not None:
            folder.add(result, request, _parts(explainer, result, request, evidence))
    if folder is not None and len(requests) > 1:
        folder.write_index()
    return refused


def _parts(explainer: Explainer, result: Explanation, request: Request, evidence: bool) -> PageParts:
    """What the page shows besides; of recordings without a voice nothing can be asked."""
    from tonelens.evidence.page_evidence import gathered
    from tonelens.evidence.page_parts import PageParts

    reason = result.emotion.reason
    if not evidence or (reason is not None and reason != "low-confidence"):
        return PageParts(calibration=explainer.loaded.card.calibration)
    return gathered(explainer, request)


def _adapted(explainer: Explainer, session: list[Request], source: str) -> Explainer:
    """The explainer after listening to a session; what could not be used is named on stderr."""
    adapted, unheard = explainer.adapted(session, source)
    for refusal in unheard:
        typer.echo(f"tonelens: not adapted to: {refusal.message}", err=True)
    if adapted.why_not_adapted:
        typer.echo(f"tonelens: not adapted: {adapted.why_not_adapted}", err=True)
    return adapted


def _tell(result: Explanation | Refusal, as_json: bool) -> None:
    """One result on stdout; why there is none on stderr, for programs on stdout, too."""
    import json

    from tonelens.results import Explanation

    if not isinstance(result, Explanation):
        typer.echo(f"tonelens: {result.message}", err=True)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
    elif isinstance(result, Explanation):
        typer.echo(result.to_text())
