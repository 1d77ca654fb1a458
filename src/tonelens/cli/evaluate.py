"""`tonelens evaluate`: a model against cuts, with intervals and the protocol in every report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    model: Annotated[Path, typer.Argument(help="a model or run folder")],
    cuts: Annotated[Path, typer.Argument(help="cuts that `prepare` or `annotate` wrote")],
    out: Annotated[Path | None, typer.Option(help="write report, predictions and picture here")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
    part: Annotated[str, typer.Option(help="test or dev")] = "test",
) -> None:
    """Score emotion, descriptors, transcript and caption on unseen clips."""
    import json

    from tonelens.corpora.cuts import corpus_of, read_cuts
    from tonelens.errors import InputError

    if part not in ("test", "dev"):
        raise InputError(f"--part is {part!r}; it must be test or dev.")
    found = list(read_cuts(cuts))
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.evaluation.predict import held_out_cuts, predict
    from tonelens.evaluation.prediction import write_predictions
    from tonelens.evaluation.report import evaluate as score
    from tonelens.evaluation.report import report_page, report_row, write_report
    from tonelens.explain import Explainer

    hide_loading_bars()
    explainer = Explainer.from_pretrained(model)
    calibration = explainer.loaded.card.calibration
    chosen, protocol = held_out_cuts(found, explainer.loaded.card, part=part)
    with Bars() as bars:
        predicted = predict(explainer, chosen, bars)
    messages = [refusal.message for refusal in predicted.refused]
    if not predicted.predictions:
        raise InputError(f"none of the {len(chosen)} clips could be read. First: {messages[0]}")
    notes = []
    if messages:
        notes.append(f"Not scored, because they could not be read ({len(messages)}): {'; '.join(messages)}")
    if predicted.unanswered:
        named = "; ".join(f"{clip}: {reason}" for clip, reason in predicted.unanswered.items())
        notes.append(f"Not answered, and counted as wrong ({len(predicted.unanswered)}): {named}.")
    report = score(
        predicted.predictions,
        protocol=protocol,
        notes=notes,
        system=explainer.loaded.card.name,
        corpus="+".join(sorted({corpus_of(cut) for cut in chosen})),
        temperature=calibration.temperature if calibration else None,
    )
    if out is not None:
        write_report(report, out)
        write_predictions(out / "predictions.jsonl", predicted.predictions)
    typer.echo(json.dumps(report_row(report), ensure_ascii=False) if as_json else report_page(report))
