"""`tonelens doctor`: examines a corpus or a list before anybody trains on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CHECK_FAILED = 3


def doctor(
    corpus: Annotated[str, typer.Argument(help="a corpus that `prepare` knows, or csv or jsonl")],
    source: Annotated[Path, typer.Argument(help="the corpus's folder, or the list")],
    folds: Annotated[Path | None, typer.Option(help="EmoBox's list of test folds (csv or csv.gz)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON, for programs")] = False,
    html: Annotated[Path | None, typer.Option(help="write the report as one page, with pictures")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit code 3 for warnings, too")] = False,
) -> None:
    """Examine a corpus: counts, sounds, twins, voices, and what gives the label away."""
    import json

    from tonelens.cli.progress import Bars
    from tonelens.corpora.doctor.diagnosis import diagnose
    from tonelens.corpora.doctor.page import write_page
    from tonelens.corpora.doctor.report import to_text

    with Bars() as bars:
        diagnosis = diagnose(corpus, source, folds=folds, reporter=bars)
    if html is not None:
        write_page(diagnosis, html)
    typer.echo(
        json.dumps(diagnosis.to_dict(), ensure_ascii=False, indent=2) if as_json else to_text(diagnosis)
    )
    if not diagnosis.passed(strict=strict):
        raise typer.Exit(CHECK_FAILED)
