"""Builds the shipped default from a finished training, and measures it on voices it never heard.

Build     weights as float16, the student encoder bundled, nothing that names a folder of this machine.
Protocol  default-held-out: the clips of the run's own test part (speaker-disjoint over all corpora together,
          fold 3 of 6, decision 0019; no speaker of these clips was trained on, no label of theirs seen by
          anything). The student encoder has heard their sound, without labels, when it was distilled.
Metrics   ua, wa, macro_f1, ece, wer, parse_rate and descriptor scores, all corpora and each one;
          size_mb: everything the package carries for the model.
Run       python benchmarks/default_model.py RUN ENCODER --data CUTS [--data ...]
          -> src/tonelens/models/tonelens-tiny, docs/results/default_model.json
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from figures import ROOT, Figure, write_figures
from tonelens.corpora.cuts import read_cuts
from tonelens.evaluation.predict import held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.explain import Explainer
from tonelens.model.checkpoint import model_folder, save_words
from tonelens.model.own_words import WordsCheck
from tonelens.storage import write_bytes, write_json

TARGET = ROOT / "src" / "tonelens" / "models" / "tonelens-tiny"
SYSTEM, PROTOCOL = "tonelens-tiny", "default-held-out"
LICENCE = (
    "CC BY-NC-SA 4.0, not for commercial use: trained on RAVDESS and nEMO (CC BY-NC-SA 4.0), "
    "TESS (CC BY-NC-ND 4.0), URDU (research only), EmoDB and ASED (no licence stated)"
)


def build(run: Path, encoder: Path, target: Path) -> Path:
    """Write the model folder that ships; returns it."""
    source = model_folder(run)
    kept = (target / "README.md").read_bytes() if (target / "README.md").is_file() else None
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    if kept is not None:  # the model card is written by hand
        write_bytes(target / "README.md", kept)
    weights = load_file(source / "model.safetensors")
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in weights.items()
    }
    write_bytes(target / "model.safetensors", save(halves))
    for name in ("config.json", "model.safetensors"):
        (target / "encoder").mkdir(exist_ok=True)
        shutil.copy(encoder / name, target / "encoder" / name)
    described = json.loads((target / "model.json").read_text("utf-8"))
    described["encoder_source"] = described["recipe"]["encoder"]["source"] = "encoder"
    described["licence"] = LICENCE
    write_json(target / "model.json", described)
    return target


def measured(model: Path, data: list[Path]) -> list[Figure]:
    """Scores on the held-out part, of all corpora and of each."""
    explainer = Explainer.from_pretrained(model)
    cuts = [cut for path in data for cut in read_cuts(path)]
    chosen, _ = held_out_cuts(cuts, explainer.loaded.card)
    predicted = predict(explainer, chosen)
    print(f"{len(chosen)} clips, {len(predicted.refused)} could not be read")
    temperature = explainer.loaded.card.temperature
    figures = []
    for corpus in ("all", *sorted({prediction.corpus or "" for prediction in predicted.predictions})):
        clips = [p for p in predicted.predictions if corpus in ("all", p.corpus)]
        report = evaluate(clips, protocol=PROTOCOL, system=SYSTEM, corpus=corpus, temperature=temperature)
        figures += [replace(figure, protocol=PROTOCOL) for figure in report.figures()]
    size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) / 1e6
    figures.append(
        Figure(system=SYSTEM, corpus="all", protocol=PROTOCOL, metric="size_mb", value=round(size, 2), n=1)
    )
    return figures


def withhold_words(model: Path) -> None:
    """Never state the model's own words: nobody has measured yet from when on they can be trusted.

    `evaluation.own_words.fit_words` replaces this, once sentences are held out (decision 0012).
    """
    never = WordsCheck(
        threshold=1.0, fitted_on="nothing: no sentence was held out, so no words are given", unheard=0,
        invented=0.0, known=0, refused=1.0,
    )  # fmt: skip
    save_words(model, never)


def main() -> None:
    """Build and measure; the words are scored before they are withheld."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    torch.manual_seed(0)
    target = build(options.run, options.encoder, options.target)
    figures = measured(target, options.data)
    withhold_words(target)
    for figure in figures:
        if figure.metric in ("ua", "ece", "wer", "size_mb"):
            print(f"{figure.corpus:8} {figure.metric:8} {figure.value:.3f}")
    print(write_figures("default_model", figures))


if __name__ == "__main__":
    main()
