"""From cuts files to a trained model: reads, measures what is not measured yet, trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lhotse import MonoCut

from tonelens.corpora.cuts import read_cuts
from tonelens.descriptors.annotate import measures_by_id, measures_of
from tonelens.descriptors.measure import Measures
from tonelens.errors import CorpusError
from tonelens.progress import Reporter
from tonelens.recipe import Recipe
from tonelens.storage import read_jsonl
from tonelens.training.loop import train
from tonelens.training.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Measured:
    """Cuts with their measures, and what could not be measured."""

    cuts: Sequence[MonoCut]
    measures: dict[str, Measures]
    skipped: dict[str, str]
    """Cut id -> reason."""


def train_on(
    recipe: Recipe, data: Sequence[Path], out: Path, *, resume: bool, cache: Path | None, reporter: Reporter
) -> tuple[Path, str, dict[str, str]]:
    """Train on cuts files; returns model folder, protocol sentence and clips left out with reasons.

    Raises:
        CorpusError, ConfigError, ModelError, RunError, StorageError: see `training.loop.train`.
    """
    from tonelens.model.checkpoint import load_card

    RunFolder(out).check_free(resume=resume)
    home = cache or out.parent / f"{out.name}-cache"
    measured = measure_all(data, home, reporter)
    folder = train(
        recipe,
        measured.cuts,
        measured.measures,
        out,
        resume=resume,
        cache=home / "features",
        reporter=reporter,
    )
    return folder, load_card(folder).protocol, measured.skipped


def measure_all(data: Sequence[Path], home: Path, reporter: Reporter) -> Measured:
    """Read cuts and measure those that carry no measures yet; results are kept in `home`.

    Raises:
        CorpusError: a cuts file is wrong, or a clip stands in two of them.
    """
    cuts = [cut for path in data for cut in read_cuts(path)]
    twice = len(cuts) - len({cut.id for cut in cuts})
    if twice:
        raise CorpusError(f"{twice} clips stand in more than one of the cuts files. Name each clip once.")
    bare = [cut for cut in cuts if "measures" not in (cut.custom or {})]
    measures = {cut.id: measures_of(cut) for cut in cuts if "measures" in (cut.custom or {})}
    skipped: dict[str, str] = {}
    if bare:
        reporter.begin("measuring", len(bare))
        folder = home / "measures"
        measures |= measures_by_id(bare, folder, progress=lambda done, _: reporter.advance(done))
        listed = folder / "skipped.jsonl"
        reasons = {row["id"]: row["reason"] for row in read_jsonl(listed)} if listed.is_file() else {}
        skipped = {cut.id: reasons.get(cut.id, "not measured") for cut in bare if cut.id not in measures}
    return Measured(cuts=cuts, measures=measures, skipped=skipped)
