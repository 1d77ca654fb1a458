"""From cuts files or lists to a trained model: reads, measures what is not measured yet, trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lhotse import MonoCut

from tonelens.corpora.cuts import read_cuts
from tonelens.corpora.prepare import LISTS
from tonelens.corpora.prepare import prepare as prepare_corpus
from tonelens.descriptors.annotate import measures_by_id, measures_of
from tonelens.descriptors.measure import Measures
from tonelens.errors import CorpusError
from tonelens.progress import Reporter
from tonelens.recipe import Recipe
from tonelens.storage import read_jsonl
from tonelens.training.loop import fine_tune, train
from tonelens.training.run_folder import RunFolder
from tonelens.training.start import Start


@dataclass(frozen=True, slots=True)
class Measured:
    """Cuts with their measures, and what could not be measured."""

    cuts: Sequence[MonoCut]
    measures: dict[str, Measures]
    skipped: dict[str, str]
    """Cut id -> reason."""


def train_on(
    recipe: Recipe,
    data: Sequence[Path],
    out: Path,
    *,
    resume: bool,
    cache: Path | None,
    reporter: Reporter,
    start: Start | None = None,
) -> tuple[Path, str, dict[str, str]]:
    """Train on cuts files or lists; returns model folder, protocol sentence, clips left out with reasons.

    Args:
        recipe: what to train.
        data: cuts that `prepare` or `annotate` wrote, or lists (.csv, .jsonl), which are prepared here.
        out: the run folder.
        resume: go on from the newest checkpoint.
        cache: where cuts of lists, measures and encoder features are kept.
        reporter: told of every step.
        start: the trained model to begin with.

    Raises:
        CorpusError, ConfigError, ModelError, RunError, StorageError: see `training.loop.train`.
    """
    from tonelens.model.checkpoint import load_card

    RunFolder(out).check_free(resume=resume)
    home = home_of(out, cache)
    skipped = {name: reason for path in data for name, reason in prepare_list(path, home, reporter).items()}
    measured = measure_all([cuts_of(path, home) for path in data], home, reporter)
    given = (recipe, measured.cuts, measured.measures, out)
    features = home / "features"
    if start is None:
        folder = train(*given, resume=resume, cache=features, reporter=reporter)
    else:
        folder = fine_tune(*given, start=start, resume=resume, cache=features, reporter=reporter)
    return folder, load_card(folder).protocol, skipped | measured.skipped


def home_of(out: Path, cache: Path | None) -> Path:
    """Where a run keeps what can be made again."""
    return cache or out.parent / f"{out.name}-cache"


def cuts_of(data: Path, home: Path) -> Path:
    """The cuts of a list; anything else is cuts already."""
    return home / "lists" / data.stem / "cuts.jsonl.gz" if _is_list(data) else data


def prepare_list(data: Path, home: Path, reporter: Reporter) -> dict[str, str]:
    """Write the cuts of a list to `cuts_of`; returns the clips left out with reasons. Nothing for cuts.

    Raises:
        CorpusError, StorageError: see `corpora.prepare.prepare`.
    """
    if not _is_list(data):
        return {}
    folder = cuts_of(data, home).parent

    def progress(done: int, total: int) -> None:
        if done <= 1:
            reporter.begin("checking", total)
        reporter.advance(done)

    prepare_corpus(data.suffix[1:], data, folder, progress=progress)
    rows = read_jsonl(folder / "skipped.jsonl")
    return {row["id"] or row["path"]: row["found"] for row in rows if not row["kept"]}


def _is_list(data: Path) -> bool:
    return data.suffix[1:] in LISTS


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
