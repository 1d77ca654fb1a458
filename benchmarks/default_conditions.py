"""The model that ships, heard clean and in eight worse ways: by corpus, language and sex.

Clips     of the voices that it was never trained on, at most CLIPS of each corpus, drawn by a hash of
          their ids. Its encoder has heard them all, without labels.
Protocol  default-held-out; then the condition of `tonelens.evaluation.conditions` and the group:
          "default-held-out; babble-10; language=de".
Metrics   as in `conditions.py`. A clip whose signal allows no answer counts as wrong (parse_rate).
          A group's labels are those that occur in it, so UA of a corpus is over its own emotions.
Run       python benchmarks/default_conditions.py --data CUTS [--data ...] [--condition NAME]...
          -> docs/results/default_conditions.json, written after every condition; other rows stay
"""

from __future__ import annotations

import argparse
from pathlib import Path

from conditions import METRICS, write_condition
from default_model import PROTOCOL, SYSTEM
from drawn import drawn
from figures import Figure
from tonelens.corpora.cuts import read_cuts
from tonelens.evaluation.conditions import conditions_named
from tonelens.evaluation.predict import Predicted, held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.evaluation.slices import GROUPS, slices_of
from tonelens.explain import Explainer

CLIPS = 100


def condition_figures(condition: str, predicted: Predicted, temperature: float | None) -> list[Figure]:
    """Those of all clips, and of every corpus, language and sex."""
    whole = evaluate(predicted.predictions, protocol=PROTOCOL, system=SYSTEM, corpus="all")
    slices = slices_of(condition, predicted, GROUPS, whole=whole, temperature=temperature)
    return [figure for one in slices for figure in one.report.figures() if figure.metric in METRICS]


def main() -> None:
    """Hear every condition and write its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--clips", type=int, default=CLIPS, help="of each corpus, at most")
    parser.add_argument("--condition", action="append", default=None, help="by default all")
    options = parser.parse_args()
    explainer = Explainer.from_pretrained()
    card = explainer.loaded.card
    held_out, _ = held_out_cuts([cut for path in options.data for cut in read_cuts(path)], card)
    chosen = [cut for of_one in drawn(held_out, options.clips).values() for cut in of_one]
    for condition in conditions_named(options.condition or ["all"]):
        predicted = predict(explainer, chosen, condition=condition)
        assert not predicted.refused, predicted.refused
        figures = condition_figures(condition.name, predicted, card.temperature)
        write_condition("default_conditions", figures)


if __name__ == "__main__":
    main()
