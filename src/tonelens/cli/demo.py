"""`make demo`: an explained recording with its page, seconds after the installation; nothing is trained.

Explains AUDIO, or else a recording that the project synthesises itself: a made-up voice that says made-up
words by the rules of angry speech (`corpora/synthetic.py`). The default model has never heard such a voice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from tonelens.errors import TonelensError

HOME = Path("demo")
SPEAKER, EMOTION = 1, "anger"


def main() -> None:
    """Run the demo; the only argument is a recording of one's own."""
    recordings = [argument for argument in sys.argv[1:] if argument]
    try:
        run(recordings)
    except TonelensError as error:
        typer.echo(f"demo: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("demo: stopped.", err=True)
        raise SystemExit(130) from None


def run(recordings: Sequence[str]) -> None:
    """Explain and draw."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from tonelens.cli.inputs import requests_of
    from tonelens.cli.progress import hide_loading_bars
    from tonelens.evidence.page_parts import PageParts
    from tonelens.evidence.report_folder import ReportFolder
    from tonelens.explain import Explainer, Explanation

    hide_loading_bars()
    requests = requests_of(recordings or [str(example(HOME))], None)
    explainer = Explainer.from_pretrained()
    folder = ReportFolder(HOME / "explained")
    parts = PageParts(calibration=explainer.loaded.card.calibration)
    failed = False
    for request, result in zip(requests, explainer.explain_all(requests), strict=True):
        if isinstance(result, Explanation):
            typer.echo("\n" + result.to_text())
            written = folder.add(result, request, parts)
            typer.echo(f"  picture: {written.picture}\n  page: {written.page}")
        else:
            failed = True
            typer.echo(f"demo: {result.message}", err=True)
    if failed:
        raise SystemExit(2)


def example(folder: Path) -> Path:
    """Write the synthesised recording; the same bytes every time."""
    from tonelens.corpora.synthetic import SENTENCES, flac, speakers_of, spoken_by, synthesise
    from tonelens.storage import write_bytes

    speaker = speakers_of(SPEAKER + 1)[SPEAKER]
    path = folder / f"synthesised-{EMOTION}.flac"
    write_bytes(path, flac(synthesise(spoken_by(speaker, EMOTION, SENTENCES[0]))))
    return path


if __name__ == "__main__":
    main()
