"""One row of the paper, trained here: our figures beside the printed ones, and what differs in protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lhotse import MonoCut

from tonelens.config import load_recipe, recipe_differences
from tonelens.corpora.cuts import corpus_of, fold_of, part_of, read_cuts
from tonelens.evaluation.paper_rows import TEST_CLIPS, Row
from tonelens.evaluation.predict import held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.explain import Explainer
from tonelens.model.checkpoint import StartedFrom
from tonelens.progress import Reporter
from tonelens.recipe import Recipe

ELSEWHERE = ("name", "seed", "data.", "encoder.source", "llm.source", "answer.system", "answer.instruction")
"""Settings that the page states in other lines, or that mean nothing for a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One score of ours beside the paper's; percent."""

    metric: str
    paper: float
    paper_corpus: str
    """What the paper's value was measured on."""
    ours: float
    tolerance: float | None
    """Points either side of the paper's value; None where nothing is known of its spread, and where ours was
    measured on another corpus."""
    is_same_corpus: bool = True
    """Only then is a deviation one from the paper."""

    @property
    def verdict(self) -> str:
        """Whether ours lies within the tolerance."""
        if not self.is_same_corpus:
            return "another corpus"
        if self.tolerance is None:
            return "no tolerance known"
        return "within" if abs(self.ours - self.paper) <= self.tolerance else "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A row on one corpus."""

    corpus: str
    clips: int
    scores: tuple[Measured, ...]
    """Beside what the paper prints for this corpus, else for each of its own; empty for a row it lacks."""
    others: dict[str, float]
    """What the paper does not print; percent."""
    protocol: str
    differences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        scores = [{**asdict(one), "verdict": one.verdict} for one in self.scores]
        return {**asdict(self), "scores": scores}


def only_corpus(data: Sequence[Path]) -> str | None:
    """The corpus that all cuts are of; None where they are of several.

    Raises:
        CorpusError: cuts cannot be read.
    """
    corpora = {corpus_of(cut) for path in data for cut in read_cuts(path)}
    return corpora.pop() if len(corpora) == 1 else None


def published_clips(cuts: Sequence[MonoCut]) -> int | None:
    """Clips of the paper's test part that these cuts are of, left-out ones included; None for any others."""
    corpora = {corpus_of(cut) for cut in cuts}
    if corpora == {"meld"} and {part_of(cut) for cut in cuts} == {"test"}:
        return TEST_CLIPS["meld"]
    if corpora == {"iemocap"} and {fold_of(cut) for cut in cuts} == {5}:
        return TEST_CLIPS["iemocap"]
    return None


def repeated(row: Row, model: Path, data: Sequence[Path], reporter: Reporter) -> Repetition:
    """Test the trained model on its test part.

    Raises:
        CorpusError: the model has no test part among the cuts, or nothing of it can be answered.
    """
    explainer = Explainer.from_pretrained(model)
    cuts = [cut for path in data for cut in read_cuts(path)]
    chosen, protocol = held_out_cuts(cuts, explainer.loaded.card)
    predicted = predict(explainer, chosen, reporter)
    predicted.require_some()
    corpus = "+".join(sorted({corpus_of(cut) for cut in chosen}))
    report = evaluate(
        predicted.predictions,
        protocol=protocol,
        system=row.system,
        corpus=corpus,
        published_clips=published_clips(chosen),
    )
    ours = {figure.metric: 100 * figure.value for figure in report.figures()}
    return Repetition(
        corpus=corpus,
        clips=len(chosen),
        scores=_beside(row, corpus, ours, writes_words=explainer.loaded.model.recipe.answer.transcript),
        others={name: ours[name] for name in ("ua", "macro_f1") if name in ours},
        protocol=protocol,
        differences=tuple(_differences(row, explainer, corpus, len(chosen), predicted.notes())),
    )


def _beside(row: Row, corpus: str, ours: Mapping[str, float], *, writes_words: bool) -> tuple[Measured, ...]:
    """Our scores beside the paper's for this corpus, or for its own where it does not test on this one."""
    printed = row.printed()
    found = []
    for name, values in ({corpus: printed[corpus]} if corpus in printed else printed).items():
        is_same = name == corpus
        tolerance = values.tolerance(name) if is_same else None
        found += [
            Measured(
                metric=metric, paper=values.wa, paper_corpus=name, ours=ours[metric], tolerance=tolerance,
                is_same_corpus=is_same,
            )
            for metric in ("wa", "wa_published")
            if metric in ours
        ]  # fmt: skip
        if values.wer is not None and writes_words and "wer" in ours:
            found.append(
                Measured(
                    metric="wer", paper=values.wer, paper_corpus=name, ours=ours["wer"], tolerance=None,
                    is_same_corpus=is_same,
                )
            )  # fmt: skip
    return tuple(found)


def _differences(row: Row, explainer: Explainer, corpus: str, clips: int, notes: Sequence[str]) -> list[str]:
    """How this repetition is not the paper's experiment."""
    found = []
    if corpus not in TEST_CLIPS:
        found.append(f"the paper does not test on {corpus}")
    elif clips != TEST_CLIPS[corpus]:
        found.append(f"{clips} test clips, not the paper's {TEST_CLIPS[corpus]}")
    recipe = explainer.loaded.model.recipe
    found.append(_trainings(row, explainer.loaded.card.started_from, recipe))
    if row.is_sequel:
        found.append("stages, beta and batch size are the first paper's")
    found.append(f"encoder {recipe.encoder.source}, LLM {recipe.llm.source}")
    other = recipe_differences(recipe, load_recipe(row.recipe))
    told = [f"{name}={value}" for name, value in other.items() if not name.startswith(ELSEWHERE)]
    if told:
        found.append(f"settings that are not the row's own: {', '.join(told)}")
    return [*found, *notes]


def _trainings(row: Row, start: StartedFrom | None, recipe: Recipe) -> str:
    """What was trained on what, beside what the paper or its sequel trains on."""
    epochs = f"{recipe.schedule.asr_epochs} + {recipe.schedule.ser_epochs} epochs"
    here = f"trained on these cuts alone, {epochs}" if row.is_sequel else "trained on these cuts alone"
    if start is not None:
        protocol = start.protocol.removesuffix(".")
        here = f"begun with {start.name} ({protocol}), then {epochs} of these cuts alone"
    if not row.is_sequel:
        return f"{here}; the paper trains on 670,070 clips of GigaSpeech first"
    return (
        f"{here}; the sequel trains 2 epochs on GigaSpeech-m with SpeechCraft's labels first, then 20,000 "
        f"steps on IEMOCAP and MELD together"
    )


def repetition_page(name: str, row: Row, found: Repetition) -> str:
    """The result in lines."""
    lines = [f"{name}: {row.system}, {found.corpus}, {found.clips} clips", f"protocol: {found.protocol}", ""]
    for one in found.scores:
        both = f"{one.metric:<14}paper {one.paper:5.1f}   ours {one.ours:5.1f}   "
        within = "" if one.tolerance is None else f" {one.tolerance:.1f} points"
        lines.append(
            f"{both}deviation {one.ours - one.paper:+5.1f}   {one.verdict}{within}"
            if one.is_same_corpus
            else f"{both}no tolerance: the paper's is of {one.paper_corpus}, ours of {found.corpus}"
        )
    lines += [f"{metric:<14}{'':11}   ours {value:5.1f}" for metric, value in found.others.items()]
    return "\n".join([*lines, "", *(f"differs: {difference}" for difference in found.differences)])
