"""`tonelens prepare`: from a corpus folder or a list to a folder of checked cuts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonelens.corpora.summary import Summary


def prepare(
    corpus: Annotated[
        str, typer.Argument(help="a corpus of docs/data.md (ravdess, iemocap, meld ...), csv or jsonl")
    ],
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
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
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
    from rich.markup import escape
    from rich.table import Table

    def listed(counts: dict[str, int]) -> str:
        return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"

    known = {name for name in summary.speakers if name != "unknown"}
    complete = "complete" if summary.complete else "INCOMPLETE"
    rows = [
        ("clips", f"{summary.clips} of {summary.expected}, {summary.hours:.2f} h, {complete}"),
        ("emotions", listed(summary.emotions)),
        ("speakers", f"{len(known)} (clips: {listed(summary.genders)})"),
        ("test folds", listed(summary.folds)),
        ("licence", summary.licence),
        ("left out", listed(summary.left_out)),
        ("kept, but listed", listed(summary.kept_with_findings)),
        *(("note", note) for note in summary.notes),
    ]
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows:
        table.add_row(name, escape(value))
    console = Console(highlight=False)
    console.print(f"[bold]{escape(summary.title)}[/bold] -> {escape(str(out))}", soft_wrap=True)
    console.print(table)
