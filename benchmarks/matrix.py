"""Every row of the paper's tables at shared scale, and those it lacks: trained, tested, compared.

Systems   the rows of `tonelens.evaluation.paper_rows` on `recipes/shared.toml`; rows that are the same system
          are trained once. A row whose encoder has no small stand-in (table 2 row 3) is left out.
Protocols as `tonelens.evaluation.shared_scale`: ravdess/emobox, emodb/speaker-disjoint (5 groups),
          nemo/leave-speakers-out. `emobox-1+2`: the clips of folds 1 and 2 together, each tested once.
          No dev part, a fixed number of epochs. The base's settings were settled on RAVDESS fold 1 with the
          proposed row, so fold 1 favours it and is not among the parts tested unless named.
Values    labels, descriptors and words from the generated text (a classifier's from its head). Mean over the
          seeds of the score of all clips; the interval is the mean of the seeds' 95 % intervals. wer only of
          rows that write a transcript; caption scores only of rows that state everything, since a shorter
          sentence is scored against a shorter reference. wa_below_proposed: the proposed row's WA less this
          row's, with its interval; holm_p: of that difference, within its family (`matrix_page.FAMILIES`).
          A family with another first row has wa_below_ROW.
Sequel    sequel_in_domain begins with a run on the other shared corpora (`matrix_pretraining`), which stays
          in --work/pretrained; then it is trained as sequel_template is.
Resume    every (row, corpus, fold, seed) leaves its predictions in --work; what is there is not made again.
Run       python benchmarks/matrix.py --work DIR [--part ravdess:1,2]... [--rows NAME]... [--seeds 3]
          -> docs/results/matrix.json and matrix.md. With --shard K/N the K-th of N parts of the trainings is
          done and nothing written; run it without when all are done.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from figures import RESULTS, Figure, over_seeds, shared_folder, write_figures
from folds import trained_explainer, write_answers
from matrix_page import Answers, Page, compared, difference_figures, matrix_page
from matrix_pretraining import Pretraining, pretrained, recipe_of
from prepared import prepared
from tonelens.config import load_recipe
from tonelens.corpora.cuts import read_cuts
from tonelens.evaluation.paper_rows import PROPOSED, ROWS
from tonelens.evaluation.predict import held_out_cuts
from tonelens.evaluation.prediction import read_predictions
from tonelens.evaluation.scores import evaluate
from tonelens.evaluation.shared_scale import BASE, SETTINGS, STAND_INS, shared_recipe
from tonelens.recipe import Recipe
from tonelens.storage import write_text
from tonelens.training.start import Start

PARTS = ("ravdess:2", "emodb:1")
CAPTIONS = ("bleu4", "rouge_l", "cider")


@dataclass(frozen=True, slots=True)
class Part:
    """Test folds of one corpus, reported together."""

    corpus: str
    folds: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Part:
        """Of `ravdess:1,2`."""
        corpus, _, folds = text.partition(":")
        if corpus not in SETTINGS:
            raise SystemExit(f"--part {text}: the corpus must be {', '.join(SETTINGS)}.")
        return cls(corpus, tuple(int(fold) for fold in (folds or "1").split(",")))

    @property
    def protocol(self) -> str:
        """As in results files."""
        stated = dict(setting.split("=") for setting in SETTINGS[self.corpus])
        return f"{stated['data.protocol']}-{'+'.join(map(str, self.folds))}"


@dataclass(frozen=True, slots=True)
class Job:
    """One training and its test."""

    row: str
    corpus: str
    fold: int
    seed: int

    @property
    def name(self) -> str:
        """For files."""
        return f"{self.row}-{self.corpus}-{self.fold}-{self.seed}"

    def recipe(self, encoder: Path) -> Recipe:
        """What is trained; `encoder` is where the base's encoder lies."""
        settings = [f"data.fold={self.fold}", f"seed={self.seed}"]
        return recipe_of(self.row, encoder, settings, self.corpus)

    def start(self, encoder: Path, work: Path) -> Start | None:
        """What it begins with; None where that is random."""
        first = ROWS[self.row].start
        if first is None:
            return None
        return pretrained(Pretraining(first, self.corpus, self.seed), encoder, work)


def same_systems(rows: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The first row of every system -> all rows that are this system."""
    found: dict[tuple[Recipe, str | None], list[str]] = {}
    for name in rows:
        trained = replace(shared_recipe(ROWS[name]), name="")
        found.setdefault((trained, ROWS[name].start), []).append(name)
    return {names[0]: tuple(names) for names in found.values()}


def has_small_encoder(name: str) -> bool:
    """Whether a row's encoder is the base's, or a stand-in."""
    return shared_recipe(ROWS[name]).encoder.source in (load_recipe(BASE).encoder.source, *STAND_INS.values())


def jobs_of(rows: Sequence[str], parts: Sequence[Part], seeds: int) -> list[Job]:
    """Every training, a seed of everything before the next."""
    return [
        Job(row, part.corpus, fold, seed)
        for seed in range(seeds)
        for part in parts
        for fold in part.folds
        for row in rows
    ]


def sharded(jobs: Sequence[Job], shard: str) -> list[Job]:
    """The K-th of N parts, for `K/N`."""
    number, _, of = shard.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise SystemExit(f"--shard {shard}: it must be K/N, e.g. 1/2 and 2/2.")
    return list(jobs[int(number) - 1 :: int(of)])


def predictions_of(job: Job, work: Path) -> Path:
    """Where a job leaves its answers."""
    return work / "predictions" / f"{job.name}.jsonl"


def answer(job: Job, encoder: Path, work: Path) -> None:
    """Train and test, unless that was done earlier."""
    done = predictions_of(job, work)
    if done.is_file():
        return
    start = time.perf_counter()
    run = work / "runs" / job.name
    cuts = prepared(job.corpus, work)
    begun = job.start(encoder, work)
    explainer = trained_explainer(job.recipe(encoder), [cuts], run, work / "cache" / job.corpus, begun)
    trained = time.perf_counter()
    chosen, _ = held_out_cuts(list(read_cuts(cuts)), explainer.loaded.card)
    write_answers(explainer, chosen, done)
    shutil.rmtree(run)
    print(f"{job.name}: {trained - start:.0f} s, test {time.perf_counter() - trained:.0f} s", flush=True)


def complete(systems: dict[str, tuple[str, ...]], part: Part, seeds: int, work: Path) -> list[Answers]:
    """Every system that has answered all of a part with all seeds; the others are named and left out."""
    found = []
    for row, names in systems.items():
        files = [
            [predictions_of(Job(row, part.corpus, fold, seed), work) for fold in part.folds]
            for seed in range(seeds)
        ]
        missing = [file.stem for run in files for file in run if not file.is_file()]
        if missing:
            print(f"{row} {part.corpus}/{part.protocol}: without {', '.join(missing)}; left out")
            continue
        runs = tuple(tuple(one for file in run for one in read_predictions(file)) for run in files)
        found.append(Answers(row, names, runs, shared_recipe(ROWS[row]).answer))
    return found


def figures_of(one: Answers, part: Part) -> list[Figure]:
    """Mean over the seeds of every score that means something of this row."""
    reports = [
        evaluate(run, protocol=part.protocol, system=one.name, corpus=part.corpus).figures()
        for run in one.runs
    ]
    unsaid = set() if one.answer.transcript else {"wer"}
    if not (one.answer.transcript and one.answer.descriptors):
        unsaid |= set(CAPTIONS)
    return [figure for figure in over_seeds(reports) if figure.metric not in unsaid]


def main() -> None:
    """Train what is missing; without --shard write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="predictions stay here, to go on later")
    parser.add_argument("--part", action="append", help="CORPUS:FOLD[,FOLD...]; may be repeated")
    parser.add_argument("--rows", action="append", choices=list(ROWS), help="may be repeated")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--encoder", type=Path, help="the base's encoder; by default Whisper-tiny.en's")
    parser.add_argument("--shard", help="K/N: train the K-th of N parts alone, and write nothing")
    parser.add_argument("--no-training", action="store_true", help="write what is complete in --work")
    options = parser.parse_args()
    parts = [Part.of(text) for text in options.part or PARTS]
    rows = options.rows or [name for name in ROWS if has_small_encoder(name)]
    systems = same_systems([PROPOSED, *(row for row in rows if row != PROPOSED)])
    encoder = options.encoder or shared_folder() / "weights" / "whisper-tiny-en-encoder"
    jobs = jobs_of(list(systems), parts, options.seeds)
    for job in [] if options.no_training else sharded(jobs, options.shard or "1/1"):
        answer(job, encoder, options.work)
    if options.shard:
        return
    pages, figures = [], []
    for part in parts:
        found = complete(systems, part, options.seeds, options.work)
        scores = {one.name: figures_of(one, part) for one in found}
        families = compared(found)
        figures += [figure for rows_of in scores.values() for figure in rows_of]
        figures += difference_figures(families, part.corpus, part.protocol)
        pages.append(Page(part.corpus, part.protocol, found, scores, families))
    print(write_figures("matrix", figures))
    write_text(RESULTS / "matrix.md", matrix_page(pages))


if __name__ == "__main__":
    main()
