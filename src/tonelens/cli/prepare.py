"""`tonelens prepare`: from a corpus folder or a list to a folder of checked cuts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonelens.corpora.summary import Summary


def prepare(
    corpus: Annotated[str, typer.Argument(help="ravdess, emodb, nemo, tess, urdu, ased, csv or jsonl")],
    source: Annotated[Path, typer.Argument(help="the corpus's folder, or the list")],
    out: Annotated[Path, typer.Argument(help="the folder to write: cuts, summary, skipped clips")],
    labels: Annotated[str | None, typer.Option(help="comma-separated label set")] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="go on although clips are missing, and say so")
    ] = False,
    emobox_folds: Annotated[
        Path | None, typer.Option(help="EmoBox's list of test folds (csv or csv.gz)")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print summary.json, for programs")] = False,
) -> None:
    """Count and check a corpus, and write its clips as cuts."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from tonelens.corpora.prepare import prepare as prepare_corpus
    from tonelens.emotions import LabelSet

    label_set = LabelSet(tuple(word.strip() for word in labels.split(","))) if labels else None
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Checking {corpus}", total=None)
        summary = prepare_corpus(
            corpus,
            source,
            out,
            labels=label_set,
            allow_incomplete=allow_incomplete,
            emobox_folds=emobox_folds,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(summary, out)


def _print(summary: Summary, out: Path) -> None:
    """A short table for people."""
    from rich.console import Console
    from rich.table import Table

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"

    table = Table(show_header=False, box=None, pad_edge=False)
    complete = "complete" if summary.complete else "INCOMPLETE"
    known = {name for name in summary.speakers if name != "unknown"}
    table.add_row("clips", f"{summary.clips} of {summary.expected}, {summary.hours:.2f} h, {complete}")
    table.add_row("emotions", listed(summary.emotions))
    table.add_row("speakers", f"{len(known)} (clips: {listed(summary.genders)})")
    table.add_row("test folds", listed(summary.folds))
    table.add_row("licence", summary.licence)
    table.add_row("left out", listed(summary.left_out))
    table.add_row("kept, but listed", listed(summary.kept_with_findings))
    for note in summary.notes:
        table.add_row("note", note)
    console = Console()
    console.print(f"[bold]{summary.title}[/bold] -> {out}", highlight=False)
    console.print(table, highlight=False)
