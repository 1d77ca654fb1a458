"""`tonelens explain`: one recording or thousands, as text, JSON lines or pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonelens.explain import Request
    from tonelens.results import Explanation


def explain(  # noqa: PLR0913 - one for every option
    audio: Annotated[list[str], typer.Argument(help="files, a folder, a pattern, a CSV/JSONL list, or -")],
    model: Annotated[Path | None, typer.Option(help="a model or run folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    transcript: Annotated[str | None, typer.Option(help="the words, where they are known")] = None,
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
    report: Annotated[Path | None, typer.Option(help="write picture, text and JSON of each here")] = None,
) -> None:
    """Say what emotion each recording carries, and why."""
    import json

    from tonelens.cli.inputs import requests_of

    requests = requests_of(audio, transcript, language)
    from tonelens.cli.progress import hide_loading_bars
    from tonelens.explain import Explainer, Refusal

    hide_loading_bars()
    explainer = Explainer.from_pretrained(model, abstain=abstain, asr=asr)
    if adapt is not None:
        explainer, unheard = explainer.adapted(requests_of([adapt]), adapt)
        for refusal in unheard:
            typer.echo(f"tonelens: not adapted to: {refusal.message}", err=True)
    refused = 0
    for request, result in zip(requests, explainer.explain_all(requests), strict=True):
        if isinstance(result, Refusal):
            refused += 1
            typer.echo(f"tonelens: {result.message}", err=True)
            if as_json:
                typer.echo(json.dumps(result.to_dict(), ensure_ascii=False))
            continue
        typer.echo(json.dumps(result.to_dict(), ensure_ascii=False) if as_json else result.to_text())
        if report is not None:
            write_report(result, request, report)
    if refused:
        if len(requests) > 1:
            typer.echo(
                f"tonelens: {refused} of {len(requests)} recordings were not explained (above).", err=True
            )
        raise typer.Exit(2)


def write_report(result: Explanation, request: Request, folder: Path) -> Path:
    """Write NAME.json, NAME.txt and NAME.png of one explanation; returns the picture.

    NAME is the file's stem, the start of its hash, and where a part of it is meant, the part's start.
    """
    from tonelens import audio
    from tonelens.evidence.explained import draw
    from tonelens.storage import write_json, write_text

    stem = Path(result.audio.source).stem or "recording"
    part = f"-{round(request.start_s * 1000)}ms" if request.start_s or request.end_s is not None else ""
    name = f"{stem}-{result.audio.sha256[:8]}{part}"
    write_json(folder / f"{name}.json", result.to_dict())
    write_text(folder / f"{name}.txt", result.to_text() + "\n")
    clip = audio.load(request.source, start_s=request.start_s, end_s=request.end_s, name=request.name)
    picture = folder / f"{name}.png"
    draw(result, clip, picture)
    return picture
