"""Every corpus, every fold: Tonelens on the frozen Whisper-tiny encoder and on the student, beside probes.

Protocols ravdess/emobox 6 folds (speaker-disjoint); emodb/emobox 5 folds (its ten speakers stand in every
          part); emodb, urdu, ased/speaker-disjoint 5 groups of whole speakers; nemo/leave-speakers-out 9.
          No dev part, fixed number of epochs, nothing is chosen on a test clip.
Others    Five other corpora train beside nEMO's eight voices, and before EmoDB's and URDU's (the folds start
          from one model of them, by the `finetune` recipe); not for the probe (LOG.md).
Systems   tonelens-frozen  the `tiny` recipe on the frozen Whisper-tiny encoder, labels from generated text
          tonelens-tiny    the same recipe on the student encoder given by --student
          probe            SVM on mean and std over frames of the same frozen encoder: one layer, or layers
                           1-4; which one is decided by the mean over the **test** folds, in its favour
Values    UA, WA, macro_f1 and descriptor scores: mean over folds, then over seeds; the 95 % interval is that
          of all folds' clips pooled, drawn over speakers, mean over seeds. ECE: of all folds' clips pooled
          (15 bins of one fold's clips would be mostly noise), mean over seeds. "seeds" says how many.
          pitch_macro_f1_pooled and the like: of all folds' clips pooled. The one voice of a fold may have
          three clips of high pitch, which weigh a third of its score.
Seeds     docs/results/folds_by_seed.json has every seed's own rows (protocol "emobox, seed 1"); a row of
          docs/results/folds.json is their mean, so seeds can be run one by one, on several machines. After a
          change of the recipe, delete the rows by seed of what is measured again.
Resume    every (system, corpus, protocol, fold, seed) leaves its predictions in --work; what is there is not
          trained again, and the table is written from whatever is complete. A protocol whose folds are
          not all there yet is left out, and named.
Run       python benchmarks/folds.py --work DIR [--only ravdess/emobox] [--seed 1 --seed 2] [--student DIR]
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from lhotse import MonoCut

from baseline_features import Features, encoder_statistics
from baselines import CACHE, classifier, emotion_figures
from figures import RESULTS, Figure, over_seeds, read_figures, shared_folder, write_figures
from prepared import prepared
from tonelens.config import load_recipe
from tonelens.corpora.cuts import emotion_of, path_of, read_cuts
from tonelens.corpora.splits import fold_numbers, split
from tonelens.evaluation.predict import answered, held_out_cuts, predict
from tonelens.evaluation.prediction import Prediction, read_predictions, write_predictions
from tonelens.evaluation.scores import evaluate
from tonelens.explain import Explainer
from tonelens.progress import Quiet
from tonelens.recipe import Recipe
from tonelens.training.run import train_on
from tonelens.training.start import Start, open_start

PROTOCOLS = (
    ("ravdess", "emobox"),
    ("emodb", "emobox"),
    ("emodb", "speaker-disjoint"),
    ("urdu", "speaker-disjoint"),
    ("ased", "speaker-disjoint"),
    ("nemo", "leave-speakers-out"),
)
CORPORA = ("ravdess", "emodb", "nemo", "tess", "urdu", "ased")
BESIDE = ("nemo",)
"""Where the others train whole beside the divided corpus: nine voices are few. EmoDB loses by it (LOG.md)."""
BEFORE = ("emodb", "urdu")
"""Where a fold's training starts from a model of the other corpora: some hundred clips are few (LOG.md)."""
NO_TEXT = ("schedule.asr_epochs=0", "answer.transcript=false")
MANY = (
    "utterance.epochs=15", "utterance.copies=2", "utterance.channel=0.5", "schedule.ser_epochs=1",
    "schedule.asr_epochs=1",
)  # fmt: skip
"""Of thousands of clips. About as many steps as RAVDESS's: 60, 2 and 3 epochs of 1200 clips."""
AS_SPOKEN = ("utterance.copies=1", "utterance.speed=0")
"""Copies differ in level alone: ASED's sentences belong to emotions; another speed blurs them (LOG.md)."""
SETTINGS = {
    "emodb": ("utterance.copies=8", "utterance.speed=0.2", "schedule.ser_epochs=6"),
    "urdu": ("utterance.epochs=80", "schedule.ser_epochs=8"),
    "ased": ("utterance.epochs=36", *AS_SPOKEN, "schedule.ser_epochs=2", *NO_TEXT),
    "nemo": (*MANY, "data.divided=nemo"),
}
OF_STUDENT = {"urdu": ("utterance.epochs=15",)}
"""On top, for `tonelens-tiny`: it forgets its start's other voices sooner (LOG.md)."""
BASE = ("data.protocol=speaker-disjoint", "data.fold=1", "data.folds=10", *MANY)
"""What a fold starts from: `tiny` on four fifths of the others' voices; the rest calibrate it."""
GROUPS = 5
"""Of `speaker-disjoint`."""
SYSTEMS = ("probe", "tonelens-frozen", "tonelens-tiny")
SEEDS = (0, 1, 2)
BY_SEED = "folds_by_seed"
"""The results file of one seed's rows each."""
PROBES = {**{f"layer-{layer}": [layer] for layer in range(5)}, "layers-1-4": [1, 2, 3, 4]}


@dataclass(frozen=True, slots=True)
class Fold:
    """One training and its test."""

    corpus: str
    protocol: str
    number: int

    @property
    def name(self) -> str:
        """For files."""
        return f"{self.corpus}-{self.protocol}-{self.number}"

    def probe_files(self, work: Path) -> dict[str, Path]:
        """Where every probe's predictions stay."""
        return {name: work / "predictions" / f"probe-{name}-{self.name}.jsonl" for name in PROBES}

    def settings(self, system: str = "tonelens-frozen") -> list[str]:
        """On top of the recipe."""
        shares_speakers = self.corpus == "emodb" and self.protocol == "emobox"
        return [
            f"data.protocol={self.protocol}", f"data.fold={self.number}", f"data.folds={GROUPS}",
            "data.hold_out_dev=false", f"data.allow_speaker_overlap={str(shares_speakers).lower()}",
            *SETTINGS.get(self.corpus, ()),
            *(OF_STUDENT.get(self.corpus, ()) if system == "tonelens-tiny" else ()),
        ]  # fmt: skip


def trained_answers(fold: Fold, system: str, encoder: Path, seed: int, work: Path) -> list[Prediction]:
    """Predictions for the fold's test clips, trained now or earlier."""
    done = work / "predictions" / f"{system}-{fold.name}-{seed}.jsonl"
    if not done.is_file():
        run = work / "runs" / f"{system}-{fold.name}-{seed}"
        start = base_model(fold.corpus, system, encoder, work) if fold.corpus in BEFORE else None
        settings = [*fold.settings(system), f"encoder.source={encoder}", f"seed={seed}"]
        recipe = load_recipe("finetune" if start else "tiny", settings)
        beside = others(fold.corpus) if fold.corpus in BESIDE else ()
        data = [prepared(corpus, work) for corpus in (fold.corpus, *beside)]
        explainer = trained_explainer(recipe, data, run, work / "cache", start)
        chosen, _ = held_out_cuts(list(read_cuts(data[0])), explainer.loaded.card)
        write_answers(explainer, chosen, done)
        shutil.rmtree(run)
    return list(read_predictions(done))


def others(corpus: str) -> tuple[str, ...]:
    """All corpora but this one."""
    return tuple(other for other in CORPORA if other != corpus)


def base_model(corpus: str, system: str, encoder: Path, work: Path) -> Start:
    """What folds of the corpus start from, whatever their seed: trained on others, now or earlier."""
    run = work / "bases" / f"{system}-before-{corpus}"
    if not (run / "model" / "model.json").is_file():
        recipe = load_recipe("tiny", [*BASE, f"encoder.source={encoder}"])
        data = [prepared(other, work) for other in others(corpus)]
        trained_explainer(recipe, data, run, work / "cache")
    return open_start(run)


def trained_explainer(
    recipe: Recipe, data: Sequence[Path], run: Path, cache: Path, start: Start | None = None
) -> Explainer:
    """A model trained into `run`, which goes on where it was stopped; `start` is what it begins with."""
    is_begun = (run / "run.json").is_file()
    train_on(recipe, data, run, resume=is_begun, cache=cache, reporter=Quiet(), start=start)
    return Explainer.from_pretrained(run)


def write_answers(explainer: Explainer, cuts: Sequence[MonoCut], path: Path, *, adapt: bool = False) -> None:
    """Predictions for all of the cuts, in one step."""
    predicted = predict(explainer, cuts, adapt=adapt)
    assert not predicted.refused, predicted.refused
    write_predictions(path, predicted.predictions)


def probe_answers(
    cuts: Sequence[MonoCut], states: Features, fold: Fold, work: Path
) -> dict[str, list[Prediction]]:
    """Every probe's predictions for the fold's test clips, made now or earlier."""
    done = fold.probe_files(work)
    if all(path.is_file() for path in done.values()):
        return {name: list(read_predictions(path)) for name, path in done.items()}
    parts = split(
        cuts, fold.protocol, fold=fold.number, folds=GROUPS, allow_unknown_speakers=False, hold_out_dev=False
    ).parts
    train = [index for index, cut in enumerate(cuts) if parts.get(cut.id) == "train"]
    test = [index for index, cut in enumerate(cuts) if parts.get(cut.id) == "test"]
    emotions = np.array([emotion_of(cut) for cut in cuts])
    answers: dict[str, list[Prediction]] = {}
    for name, layers in PROBES.items():
        features = states[:, layers].reshape(len(states), -1)
        guesses = classifier().fit(features[train], emotions[train]).predict(features[test])
        answers[name] = [
            answered(cuts[index], str(guess)) for index, guess in zip(test, guesses, strict=True)
        ]
        write_predictions(done[name], answers[name])
    return answers


def are_fitted(folds: Sequence[Fold], work: Path) -> bool:
    """Whether every probe has answered every fold."""
    return all(path.is_file() for fold in folds for path in fold.probe_files(work).values())


def best_probe(by_fold: Sequence[dict[str, list[Prediction]]], corpus: str, protocol: str) -> list[Figure]:
    """Figures of the probe with the best mean UA over the test folds."""
    figures = {
        name: over_folds([answers[name] for answers in by_fold], "probe", corpus, protocol) for name in PROBES
    }
    return max(figures.values(), key=lambda rows: next(row.value for row in rows if row.metric == "ua"))


def over_folds(by_fold: Sequence[list[Prediction]], system: str, corpus: str, protocol: str) -> list[Figure]:
    """Mean over the folds of every score but ECE, whose bins need the clips of all folds together.

    Intervals are of the pooled clips (each clip is tested once), of which levels have a second row.
    """

    def figures(predictions: list[Prediction]) -> list[Figure]:
        if system == "probe":
            return emotion_figures(predictions, system=system, corpus=corpus, protocol=protocol)
        report = evaluate(predictions, protocol=protocol, system=system, corpus=corpus)
        return [replace(figure, protocol=protocol) for figure in report.figures()]

    each = [{figure.metric: figure.value for figure in figures(predictions)} for predictions in by_fold]
    pooled = figures([prediction for predictions in by_fold for prediction in predictions])
    rows = [row for row in pooled if all(row.metric in values for values in each)]
    return [
        *(
            row
            if row.metric in ("ece", "ece_perfect")
            else replace(row, value=float(np.mean([values[row.metric] for values in each])))
            for row in rows
        ),
        *(
            replace(row, metric=f"{row.metric}_pooled")
            for row in rows
            if row.metric.endswith("_macro_f1")  # of a descriptor
        ),
    ]


def write_seed(figures: Sequence[Figure], seed: int, folder: Path = RESULTS) -> None:
    """Keep one seed's rows beside the other seeds'."""
    own = [replace(figure, protocol=f"{figure.protocol}, seed {seed}") for figure in figures]
    write_figures(BY_SEED, own, folder=folder)


def all_seeds(system: str, corpus: str, protocol: str, folder: Path = RESULTS) -> list[Figure]:
    """The mean over every seed that is kept, of this session and of earlier ones."""
    runs: dict[str, list[Figure]] = {}
    for row in read_figures(folder / f"{BY_SEED}.json"):
        base, _, seed = row.protocol.partition(", seed ")
        if (row.system, row.corpus, base) == (system, corpus, protocol):
            runs.setdefault(seed, []).append(replace(row, protocol=protocol))
    return over_seeds(list(runs.values()))


def main() -> None:
    """Train what is missing, then write every complete protocol."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="predictions stay here, to go on later")
    parser.add_argument("--only", action="append", default=None, help="CORPUS/PROTOCOL; may be repeated")
    parser.add_argument(
        "--seed", type=int, action="append", default=None, help="repeatable; 0, 1, 2 without it"
    )
    parser.add_argument("--student", type=Path, default=None, help="encoder of tonelens-tiny")
    parser.add_argument(
        "--system", action="append", choices=SYSTEMS, default=None, help="this one alone; may be repeated"
    )
    parser.add_argument(
        "--fold", type=int, action="append", default=None, help="train these alone, and write no figures"
    )
    parser.add_argument("--no-training", action="store_true", help="write what is complete in --work")
    options = parser.parse_args()
    encoder = shared_folder() / "weights" / "whisper-tiny-en-encoder"
    systems = {"tonelens-frozen": encoder} | ({"tonelens-tiny": options.student} if options.student else {})
    asked = options.system or SYSTEMS
    if "tonelens-tiny" in (options.system or ()) and options.student is None:
        parser.error("tonelens-tiny needs an encoder: give --student DIR.")
    systems = {name: source for name, source in systems.items() if name in asked}
    for corpus, protocol in PROTOCOLS:
        if options.only and f"{corpus}/{protocol}" not in options.only:
            continue
        cuts = sorted(read_cuts(prepared(corpus, options.work)), key=lambda cut: cut.id)
        folds = [Fold(corpus, protocol, number) for number in fold_numbers(cuts, protocol, folds=GROUPS)]
        if options.fold:
            for fold in (fold for fold in folds if fold.number in options.fold):
                for system, source in systems.items():
                    for seed in options.seed or SEEDS:
                        trained_answers(fold, system, source, seed, options.work)
            continue
        figures: list[Figure] = []
        if "probe" in asked and (not options.no_training or are_fitted(folds, options.work)):
            states = encoder_statistics([path_of(cut) for cut in cuts], encoder, cache=CACHE)
            probes = [probe_answers(cuts, states, fold, options.work) for fold in folds]
            figures += best_probe(probes, corpus, protocol)
        elif "probe" in asked:
            print(f"probe {corpus}/{protocol}: not all folds are fitted; left out")
        for system, source in systems.items():
            for seed in options.seed or SEEDS:
                names = [
                    options.work / "predictions" / f"{system}-{fold.name}-{seed}.jsonl" for fold in folds
                ]
                if options.no_training and not all(path.is_file() for path in names):
                    print(f"{system} {corpus}/{protocol} seed {seed}: not all folds are trained; left out")
                    continue
                answers = [trained_answers(fold, system, source, seed, options.work) for fold in folds]
                write_seed(over_folds(answers, system, corpus, protocol), seed)
            figures += all_seeds(system, corpus, protocol)
        for figure in figures:
            if figure.metric == "ua":
                print(f"{figure.system:16} {corpus}/{protocol} UA {figure.value:.3f} ({figure.seeds} seeds)")
        print(write_figures("folds", figures), flush=True)


if __name__ == "__main__":
    main()
