"""`make demo`: from nothing to an explained recording, with a picture, on a laptop.

Takes the RAVDESS corpus and the Whisper-tiny encoder where they lie beside the checkout (or in the folder
that TONELENS_SHARED names), else speech that the project synthesises itself and plain log-mel frames.
Trains the `tiny` recipe once (under six minutes on two cores), keeps it in runs/demo, and explains AUDIO,
or a recording whose speaker the model never heard.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from tonelens.errors import TonelensError

HOME = Path("runs/demo")
FOLD = 1


@dataclass(frozen=True, slots=True)
class Material:
    """What the demo can train on here."""

    name: str
    cuts: Path
    settings: tuple[str, ...]


def main() -> None:
    """Run the demo; the only argument is a recording of one's own."""
    recordings = [argument for argument in sys.argv[1:] if argument]
    try:
        run(recordings)
    except TonelensError as error:
        typer.echo(f"demo: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("demo: stopped. Run it again to go on from the last checkpoint.", err=True)
        raise SystemExit(130) from None


def run(recordings: Sequence[str]) -> None:
    """Prepare, train (or resume), explain, draw."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from tonelens.cli.explain import write_report
    from tonelens.cli.inputs import requests_of
    from tonelens.cli.progress import hide_loading_bars
    from tonelens.explain import Explainer, Explanation

    hide_loading_bars()
    material = _material()
    model = _trained(material)
    explainer = Explainer.from_pretrained(model)
    requests = requests_of(recordings or [str(_unheard(material, explainer))], None)
    failed = None
    for request, result in zip(requests, explainer.explain_all(requests), strict=True):
        if isinstance(result, Explanation):
            typer.echo("\n" + result.to_text())
            typer.echo(f"  picture: {write_report(result, request, HOME / 'explained')}")
        else:
            failed = result
            typer.echo(f"demo: {result.message}", err=True)
    if failed:
        raise SystemExit(2)


def _material() -> Material:
    shared = Path(os.environ.get("TONELENS_SHARED", "../shared"))
    corpus, encoder = shared / "corpora" / "ravdess", shared / "weights" / "whisper-tiny-en-encoder"
    if corpus.is_dir() and encoder.is_dir():
        settings: tuple[str, ...] = (
            f"encoder.source={encoder.resolve()}",
            "data.protocol=emobox",
            "schedule.ser_epochs=10",
            "augment.copies=1",
        )
        return Material(name="ravdess", cuts=_prepared("ravdess", corpus), settings=settings)
    from tonelens.corpora.synthetic import write_corpus

    folder = HOME / "synthetic"
    if not (folder / "manifest.csv").is_file():
        typer.echo("No corpora here: synthesising speech to learn from.")
        write_corpus(folder)
    settings = ("encoder.source=log-mel", "data.protocol=speaker-disjoint", "data.folds=4",
                "schedule.ser_epochs=40", "schedule.asr_epochs=10")  # fmt: skip
    return Material(name="synthetic", cuts=_prepared("csv", folder / "manifest.csv"), settings=settings)


def _prepared(corpus: str, source: Path) -> Path:
    from tonelens.corpora.prepare import prepare

    out = HOME / f"cuts-{source.parent.name if source.is_file() else source.name}"
    if not (out / "cuts.jsonl.gz").is_file():
        typer.echo(f"Preparing {source} ...")
        prepare(corpus, source, out)
    return out / "cuts.jsonl.gz"


def _trained(material: Material) -> Path:
    """The trained demo model; an interrupted training goes on."""
    run_folder = HOME / f"run-{material.name}"
    if (run_folder / "model" / "model.json").is_file():
        return run_folder
    from tonelens.cli.progress import Bars
    from tonelens.config import load_recipe
    from tonelens.training.run import train_on

    recipe = load_recipe("tiny", [*material.settings, f"data.fold={FOLD}", "data.hold_out_dev=false"])
    typer.echo(f"Training the tiny recipe on {material.name} (once; a few minutes on two cores).")
    resume = (run_folder / "run.json").is_file()
    with Bars() as bars:
        train_on(recipe, [material.cuts], run_folder, resume=resume, cache=HOME / "cache", reporter=bars)
    return run_folder


def _unheard(material: Material, explainer: object) -> Path:
    """A clip of the test part, which holds speakers the model never heard: an angry one if there is."""
    from tonelens.corpora.cuts import emotion_of, path_of, read_cuts
    from tonelens.explain import Explainer

    assert isinstance(explainer, Explainer)
    held_out = set(explainer.loaded.card.parts["test"])
    clips = [cut for cut in read_cuts(material.cuts) if cut.id in held_out]
    angry = [cut for cut in clips if emotion_of(cut) == "anger"]
    return path_of((angry or clips)[0])


if __name__ == "__main__":
    main()
