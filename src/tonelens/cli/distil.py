"""`tonelens distil`: a teacher encoder and unlabelled cuts in, a small student encoder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def distil(
    teacher: Annotated[str, typer.Argument(help="the encoder to learn from: a folder, or a hub name")],
    data: Annotated[list[Path], typer.Option(help="cuts that `prepare` wrote; may be repeated")],
    out: Annotated[Path, typer.Option(help="the student's folder")],
    student: Annotated[str, typer.Option(help="whisper (log-mel in) or hubert (waveform in)")] = "whisper",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value, e.g. steps=8000, width=192, teacher_layers=2,3"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the newest checkpoint")] = False,
    cache: Annotated[Path | None, typer.Option(help="where sounds and teacher features are kept")] = None,
) -> None:
    """Train a small encoder to predict a large one's layers; it can be stopped at any moment and resumed."""
    from tonelens.config import with_settings
    from tonelens.training.distil_config import DistilConfig

    config = with_settings(DistilConfig, [f"student={student}", *(settings or [])])
    from tonelens.cli.progress import Bars, hide_loading_bars
    from tonelens.corpora.cuts import read_cuts
    from tonelens.training.distil import distil as run

    hide_loading_bars()
    cuts = [cut for path in data for cut in read_cuts(path)]
    with Bars() as bars:
        folder = run(config, teacher, cuts, out, resume=resume, cache=cache, reporter=bars)
    size_mb = (folder / "model.safetensors").stat().st_size / 1e6
    typer.echo(f"student: {folder} ({size_mb:.1f} MB)")
    typer.echo(f"next: tonelens train tiny --data {data[0]} --out RUN --set encoder.source={folder}")
