"""`tonelens evaluate`: a model against cuts, with intervals and the protocol in every report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Conditions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--condition", help="score again as heard so: white-10, babble-0, telephone ... or all"),
]
Transcripts: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--transcripts/--no-transcripts", help="give the corpus's words to the model; else as it was trained"
    ),
]
Context: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--context/--no-context", help="give the words of earlier turns of a dialogue; else as it was trained"
    ),
]


def evaluate(  # noqa: PLR0913 - one for every option
    model: Annotated[Path, typer.Argument(help="a model or run folder")],
    cuts: Annotated[Path, typer.Argument(help="cuts that `prepare` or `annotate` wrote")],
    out: Annotated[Path | None, typer.Option(help="write report, predictions and picture here")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
    part: Annotated[str, typer.Option(help="test or dev")] = "test",
    conditions: Conditions = None,
    adapt: Annotated[bool, typer.Option("--adapt", help="listen to the part's clips first")] = False,
    transcripts: Transcripts = None,
    context: Context = None,
    by: Annotated[str, typer.Option(help="score groups, too: corpus,language,gender")] = "",
) -> None:
    """Score emotion, descriptors, transcript and caption on unseen clips."""
    import json

    from tonelens.corpora.cuts import corpus_of, read_cuts
    from tonelens.errors import InputError

    if part not in ("test", "dev"):
        raise InputError(f"--part is {part!r}; it must be test or dev.")
    found = list(read_cuts(cuts))
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.evaluation.conditions import CLEAN, conditions_named, predictions_file
    from tonelens.evaluation.predict import held_out_cuts, predict
    from tonelens.evaluation.prediction import write_predictions
    from tonelens.evaluation.repetition import published_clips
    from tonelens.evaluation.report import evaluate as score
    from tonelens.evaluation.report import report_page, report_row, write_report
    from tonelens.evaluation.slices import groups_named, slices_of
    from tonelens.explain import Explainer

    wanted, groups = conditions_named(conditions or []), groups_named(by)
    hide_loading_bars()
    explainer = Explainer.from_pretrained(model)
    temperature = explainer.loaded.card.temperature
    chosen, protocol = held_out_cuts(found, explainer.loaded.card, part=part)
    asked = partial(predict, explainer, chosen, adapt=adapt, transcripts=transcripts, context=context)
    with Bars() as bars:
        predicted = {one.name: asked(bars, condition=one) for one in wanted}
    (clean := predicted[CLEAN.name]).require_some()
    report = score(
        clean.predictions,
        protocol=protocol,
        notes=clean.notes(),
        system=explainer.loaded.card.name,
        corpus="+".join(sorted({corpus_of(cut) for cut in chosen})),
        temperature=temperature,
        published_clips=published_clips(chosen),
    )
    slices = [
        one
        for name, said in (predicted if conditions or groups else {}).items()
        for one in slices_of(name, said, groups, whole=report, temperature=temperature)
    ]
    if out is not None:
        write_report(report, out, slices)
        for name, said in predicted.items():
            write_predictions(out / predictions_file(name), said.predictions)
    row, page = report_row(report, slices), report_page(report, slices)
    typer.echo(json.dumps(row, ensure_ascii=False) if as_json else page)
