"""RAVDESS, EmoBox fold 1, heard clean and in eight worse ways: a trained model beside its encoder's probe.

Systems   --model RUN  what `tonelens train` left, under the name --system; text is generated and read back
          probe        SVM on mean and std over frames of the frozen encoder, layer chosen on held-out
                       training speakers; trained on clean clips, tested on what the model hears
Protocol  "emobox-1; babble-10" and, for men and women apart, "emobox-1; babble-10; gender=male". Conditions
          are those of `tonelens.evaluation.conditions`, drawn from the clips' ids: the same samples for both
          systems. Four speakers are too few to draw from: intervals are drawn over clips.
Metrics   ua, wa, macro_f1; of the model also parse_rate, pitch/volume/speed_macro_f1 (generated against
          measured on what is heard), wer and ece. A clip whose signal allows no answer counts as wrong:
          parse_rate tells how many. The probe always answers.
Run       python benchmarks/conditions.py [--model RUN] [--probe] [--condition NAME]...
          -> docs/results/conditions.json, written after every condition; other rows stay
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from lhotse import MonoCut

from baseline_features import encoder_statistics, statistics_of
from baselines import CACHE, ENCODER, Clip, choose_probe, classifier
from figures import Figure, shared_folder, write_figures
from prepared import prepared
from tonelens.corpora.cuts import (
    emotion_of,
    fold_of,
    path_of,
    read_cuts,
    speaker_of,
)
from tonelens.evaluation.conditions import Condition, Hearing, conditions_named
from tonelens.evaluation.predict import Predicted, answered, held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.evaluation.slices import slices_of
from tonelens.explain import Explainer

CORPUS, FOLD, PROTOCOL = "ravdess", 1, "emobox-1"
GROUPS = ("gender",)
METRICS = {
    "ua", "wa", "macro_f1", "parse_rate", "pitch_macro_f1", "volume_macro_f1", "speed_macro_f1", "wer", "ece",
}  # fmt: skip
LAYERS = {**{f"layer-{layer}": [layer] for layer in range(5)}, "layers-1-4": [1, 2, 3, 4]}


def model_answers(
    run: Path, cuts: Sequence[MonoCut], conditions: Sequence[Condition]
) -> Iterator[tuple[str, Predicted]]:
    """Each condition, and what the model says of the fold's clips.

    Raises:
        ValueError: the model was not trained on the other folds alone.
    """
    explainer = Explainer.from_pretrained(run)
    chosen, _ = held_out_cuts(cuts, explainer.loaded.card)
    if {cut.id for cut in chosen} != {cut.id for cut in cuts if fold_of(cut) == FOLD}:
        raise ValueError(f"{run}: its test part is not fold {FOLD} of {CORPUS}. Train it with that fold.")
    for condition in conditions:
        yield condition.name, predict(explainer, chosen, condition=condition)


def probe_answers(
    cuts: Sequence[MonoCut], conditions: Sequence[Condition], *, weights: Path, cache: Path
) -> Iterator[tuple[str, Predicted]]:
    """Each condition, and what the probe says of the fold's clips."""
    states_NLF = encoder_statistics([path_of(cut) for cut in cuts], weights, cache=cache)
    is_test = np.array([fold_of(cut) == FOLD for cut in cuts])
    train = [cut for cut in cuts if fold_of(cut) != FOLD]
    test = [cut for cut in cuts if fold_of(cut) == FOLD]
    probes = {name: states_NLF[:, layers].reshape(len(cuts), -1) for name, layers in LAYERS.items()}
    chosen = choose_probe(
        {name: features[~is_test] for name, features in probes.items()}, [_clip(cut) for cut in train]
    )
    fitted = classifier().fit(probes[chosen][~is_test], [emotion_of(cut) for cut in train])
    for condition in conditions:
        hearing = Hearing(condition, test)
        heard_NLF = np.stack(list(statistics_of((hearing.samples(cut) for cut in test), weights)))
        guesses = fitted.predict(heard_NLF[:, LAYERS[chosen]].reshape(len(test), -1))
        said = [answered(cut, str(guess)) for cut, guess in zip(test, guesses, strict=True)]
        yield condition.name, Predicted(predictions=said, refused=[], unanswered={})


def condition_figures(condition: str, predicted: Predicted, system: str) -> list[Figure]:
    """A condition's figures, and those of men and women apart."""
    whole = evaluate(predicted.predictions, protocol=PROTOCOL, system=system, corpus=CORPUS)
    return [
        figure
        for one in slices_of(condition, predicted, GROUPS, whole=whole)
        for figure in one.report.figures()
        if figure.metric in METRICS and not (system == "probe" and figure.metric == "parse_rate")
    ]


def write_condition(benchmark: str, figures: Sequence[Figure]) -> None:
    """Print UA, and write the rows of one condition; rows of others stay."""
    for figure in figures:
        if figure.metric == "ua":
            print(f"{figure.protocol:60} {figure.system:16} UA {figure.value:.3f}  n={figure.n}", flush=True)
    write_figures(benchmark, figures)


def _clip(cut: MonoCut) -> Clip:
    return Clip(path_of(cut), speaker_of(cut) or "", emotion_of(cut), fold_of(cut) or 0)


def main() -> None:
    """Measure the systems asked for and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, default=None, help="a run trained on the other folds")
    parser.add_argument("--system", default="tonelens-frozen", help="what the table calls the model")
    parser.add_argument("--probe", action="store_true", help="measure the probe, too")
    parser.add_argument("--condition", action="append", default=None, help="by default all")
    parser.add_argument("--work", type=Path, default=None, help="cuts/CORPUS lie here, or are made here")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where features are kept")
    options = parser.parse_args()
    conditions = conditions_named(options.condition or ["all"])
    with tempfile.TemporaryDirectory() as made:
        file = prepared(CORPUS, options.work or Path(made))
        cuts = [cut for cut in read_cuts(file) if fold_of(cut) is not None]
    answers: dict[str, Iterator[tuple[str, Predicted]]] = {}
    if options.probe:
        weights = shared_folder() / "weights" / ENCODER
        answers["probe"] = probe_answers(cuts, conditions, weights=weights, cache=options.cache)
    if options.model is not None:
        answers[options.system] = model_answers(options.model, cuts, conditions)
    for name, condition, predicted in (
        (system, *answer) for system, said in answers.items() for answer in said
    ):
        write_condition("conditions", condition_figures(condition, predicted, name))


if __name__ == "__main__":
    main()
