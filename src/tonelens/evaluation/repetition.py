"""One row of the paper, trained here: our figures beside the printed ones, and what differs in protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lhotse import MonoCut

from tonelens.corpora.cuts import corpus_of, fold_of, part_of, read_cuts
from tonelens.evaluation.paper_rows import SETTINGS, TEST_CLIPS, Row
from tonelens.evaluation.predict import held_out_cuts, predict
from tonelens.evaluation.scores import evaluate
from tonelens.explain import Explainer
from tonelens.progress import Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One score of ours beside the paper's; percent."""

    metric: str
    paper: float
    ours: float
    tolerance: float | None
    """Points either side of the paper's value; None where nothing is known of its spread."""

    @property
    def verdict(self) -> str:
        """Whether ours lies within the tolerance."""
        if self.tolerance is None:
            return "no tolerance known"
        return "within" if abs(self.ours - self.paper) <= self.tolerance else "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A row on one corpus."""

    corpus: str
    clips: int
    scores: tuple[Measured, ...]
    """Empty for a corpus that the paper does not test on."""
    others: dict[str, float]
    """What the paper does not print; percent."""
    protocol: str
    differences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        scores = [{**asdict(one), "verdict": one.verdict} for one in self.scores]
        return {**asdict(self), "scores": scores}


def settings_for(data: Sequence[Path]) -> list[str]:
    """Recipe settings that test on what the paper tests on, for one of its corpora; else none.

    Raises:
        CorpusError: cuts cannot be read.
    """
    corpora = {corpus_of(cut) for path in data for cut in read_cuts(path)}
    return list(SETTINGS.get(corpora.pop(), ())) if len(corpora) == 1 else []


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
    printed = row.printed().get(corpus)
    scores = []
    if printed is not None:
        scores += [
            Measured(metric=name, paper=printed.wa, ours=ours[name], tolerance=printed.tolerance(corpus))
            for name in ("wa", "wa_published")
            if name in ours
        ]
        if printed.wer is not None and "wer" in ours:
            scores.append(Measured(metric="wer", paper=printed.wer, ours=ours["wer"], tolerance=None))
    return Repetition(
        corpus=corpus,
        clips=len(chosen),
        scores=tuple(scores),
        others={name: ours[name] for name in ("ua", "macro_f1") if name in ours},
        protocol=protocol,
        differences=tuple(_differences(explainer, corpus, len(chosen), predicted.notes())),
    )


def _differences(explainer: Explainer, corpus: str, clips: int, notes: Sequence[str]) -> list[str]:
    """How this repetition is not the paper's experiment."""
    found = []
    if corpus not in TEST_CLIPS:
        found.append(f"the paper does not test on {corpus}")
    elif clips != TEST_CLIPS[corpus]:
        found.append(f"{clips} test clips, not the paper's {TEST_CLIPS[corpus]}")
    recipe = explainer.loaded.model.recipe
    found.append("trained on these cuts alone; the paper trains on 670,070 clips of GigaSpeech first")
    found.append(f"encoder {recipe.encoder.source}, LLM {recipe.llm.source}")
    return [*found, *notes]


def repetition_page(name: str, row: Row, found: Repetition) -> str:
    """The result in lines."""
    lines = [f"{name}: {row.system}, {found.corpus}, {found.clips} clips", f"protocol: {found.protocol}", ""]
    for one in found.scores:
        within = "" if one.tolerance is None else f" {one.tolerance:.1f} points"
        lines.append(
            f"{one.metric:<14}paper {one.paper:5.1f}   ours {one.ours:5.1f}   "
            f"deviation {one.ours - one.paper:+5.1f}   {one.verdict}{within}"
        )
    lines += [f"{metric:<14}{'':11}   ours {value:5.1f}" for metric, value in found.others.items()]
    return "\n".join([*lines, "", *(f"differs: {difference}" for difference in found.differences)])
