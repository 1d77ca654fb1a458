"""One evaluation as numbers, as a page to read, and as a picture.

Files     report.json    `rows` in the form of `figures`, and the counts behind them
          report.md      the same for readers, scores in percent
          confusion.png  rows are references, shades are shares of a row
Names     UA is the mean recall over classes, WA is accuracy. Papers that call accuracy "UA" exist
          (Chen et al. 2025), so both stand side by side in every report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tonelens.evaluation.captions import CaptionScores
from tonelens.evaluation.confusion import ClassScores
from tonelens.evaluation.intervals import Interval
from tonelens.evaluation.pictures import draw_confusion
from tonelens.evaluation.scores import Report, evaluate
from tonelens.evaluation.slices import Slice
from tonelens.evaluation.transcripts import TranscriptScores
from tonelens.evaluation.votes import VoteScores
from tonelens.storage import write_json, write_text

__all__ = ["Report", "evaluate", "report_page", "report_row", "write_report"]

NAMES = (
    "UA = macro recall (mean recall over the classes present in the references); WA = accuracy. "
    'The "UA" of the paper (arXiv:2505.23236) is plain accuracy = WA: compare it with WA. '
    "An output that did not parse counts as wrong."
)
NATS = ("cross_entropy", "kl")
"""Scores against votes that are no shares."""


def write_report(report: Report, folder: Path, slices: Sequence[Slice] = ()) -> None:
    """Write report.json, report.md and confusion.png into `folder`, each in one step."""
    write_json(folder / "report.json", report_row(report, slices))
    write_text(folder / "report.md", report_page(report, slices))
    title = f"{report.system} on {report.corpus}, {report.protocol}"
    draw_confusion(folder / "confusion.png", report.emotion.classes, title=title)


def report_row(report: Report, slices: Sequence[Slice] = ()) -> dict[str, Any]:
    """The JSON object of report.json; the rows of slices follow those of the whole."""
    reports = [report, *(one.report for one in slices)]
    return {
        "benchmark": "evaluate",
        "protocol": report.protocol,
        "notes": list(report.notes),
        "clips": report.clips,
        "published_clips": report.published_clips,
        "speakers": report.speakers,
        "interval_unit": report.emotion.classes.ua.unit,
        "rows": [figure.to_row() for one in reports for figure in one.figures()],
        "emotion": _classes_row(report.emotion.classes),
        "descriptors": {
            descriptor.name: {
                **_classes_row(descriptor.classes),
                "measurable": descriptor.measurable,
                "not_measurable": descriptor.not_measurable,
            }
            for descriptor in report.descriptors
        },
        "transcripts": _without_intervals(report.transcripts),
        "captions": _captions_row(report.captions),
        **({} if report.votes is None else {"votes": _votes_row(report.votes)}),
        "slices": [_slice_row(one) for one in slices],
    }


def report_page(report: Report, slices: Sequence[Slice] = ()) -> str:
    """The Markdown of report.md."""
    lines = [
        f"# {report.system} on {report.corpus}",
        "",
        f"Protocol: {report.protocol}. {report.clips} clips, {report.speakers or 'no known'} speakers.",
        *report.notes,
        "",
        *_emotion_lines(report),
        *_vote_lines(report),
        *_descriptor_lines(report),
        *_words_lines(report),
        *_slice_lines(slices),
    ]
    return "\n".join(lines) + "\n"


def _emotion_lines(report: Report) -> Iterator[str]:
    emotion, classes = report.emotion, report.emotion.classes
    yield "## Emotion"
    yield ""
    yield from _table(
        ("UA % (95 %)", "WA % (95 %)", "macro-F1 % (95 %)", "ECE", "parse rate %"),
        [
            (
                *(_percent(score) for score in (classes.ua, classes.wa, classes.macro_f1)),
                "no probabilities" if emotion.ece is None else f"{emotion.ece:.3f}",
                f"{100 * emotion.parse_rate:.1f}",
            )
        ],
    )
    yield NAMES
    if report.published_clips is not None:
        published, right = report.published_clips, report.right
        yield (
            f"wa_published = {100 * right / published:.1f} %: {right} right of the {published} clips that "
            f"the published test part has; the {published - report.clips} not tested count as wrong."
        )
    if emotion.ece is not None and emotion.with_probabilities < report.clips:
        yield f"ECE over the {emotion.with_probabilities} clips that have probabilities."
    if (perfect := emotion.ece_perfect) is not None:
        yield (
            f"Perfectly calibrated probabilities would have an ECE of {perfect.value:.3f} on average, "
            f"mostly {perfect.low:.3f} to {perfect.high:.3f}, on so many clips."
        )
    if emotion.ece_before is not None:
        yield f"Without the temperature that was fitted on the dev part the ECE is {emotion.ece_before:.3f}."
    yield ""
    yield "Rows are references, columns answers:"
    yield ""
    yield from _table(
        ("", *classes.labels, "not parsed", "recall %"),
        [
            (label, *map(str, counts), f"{100 * classes.recall[label]:.1f}")
            for label, counts in zip(classes.labels, classes.confusion, strict=True)
            if label in classes.recall
        ],
    )
    yield "![confusion matrix](confusion.png)"
    yield ""


def _vote_lines(report: Report) -> Iterator[str]:
    if report.votes is None:
        return
    votes, scores = report.votes, report.votes.intervals()
    yield "## Listeners"
    yield ""
    yield "The probabilities against the shares of the listeners' votes, averaged over clips; the answer"
    yield "against the label most listeners named."
    yield ""
    yield from _table(
        ("", "score (95 %)", "clips"),
        [
            (name.replace("_", " "), _nats(score) if name in NATS else f"{_percent(score)} %", str(score.n))
            for name, score in scores.items()
        ],
    )
    if "kl" in scores:
        compared = f"{votes.compared} of {votes.with_votes} clips with votes have probabilities to compare"
        outside = f"{100 * (votes.outside or 0):.1f} % of their votes went to labels that the system lacks"
        yield f"KL is KL(votes || probabilities), nats. {compared}; {outside}, and were left out."
    yield f"{votes.tied} clips have no majority, because labels share the first place."
    yield ""


def _descriptor_lines(report: Report) -> Iterator[str]:
    if not report.descriptors:
        return
    yield "## Descriptors"
    yield ""
    yield "The word in the output against the word that the measured signal gives."
    yield ""
    yield from _table(
        ("descriptor", "accuracy % (95 %)", "macro-F1 % (95 %)", "clips", "not measurable"),
        [
            (
                descriptor.name,
                _percent(descriptor.accuracy),
                _percent(descriptor.macro_f1),
                str(descriptor.measurable),
                str(descriptor.not_measurable),
            )
            for descriptor in report.descriptors
        ],
    )


def _words_lines(report: Report) -> Iterator[str]:
    if words := report.transcripts:
        yield "## Transcript"
        yield ""
        yield from _table(
            ("WER % (95 %)", "substitutions", "deletions", "insertions", "words", "clips", "no reference"),
            [
                (
                    _percent(words.wer),
                    *map(str, (words.substitutions, words.deletions, words.insertions)),
                    *map(str, (words.reference_words, words.wer.n, words.without_reference)),
                )
            ],
        )
    if captions := report.captions:
        yield "## Caption"
        yield ""
        yield from _table(
            ("BLEU@4 % (95 %)", "ROUGE-L % (95 %)", "CIDEr, 0 to 10 (95 %)", "clips", "no reference"),
            [
                (
                    _percent(captions.bleu4),
                    _percent(captions.rouge_l),
                    f"{captions.cider.value:.3f} ({captions.cider.low:.3f} to {captions.cider.high:.3f})",
                    *map(str, (captions.cider.n, captions.without_reference)),
                )
            ],
        )
        for name, score in (("METEOR", captions.meteor), ("SPICE", captions.spice)):
            why = captions.not_scored.get(name.lower())
            yield f"{name}: not scored, {why}." if score is None else f"{name} % (95 %): {_percent(score)}."
        yield ""


def _slice_lines(slices: Sequence[Slice]) -> Iterator[str]:
    if not slices:
        return
    yield "## Conditions and groups"
    yield ""
    yield from _table(
        ("condition", "clips of", "clips", "speakers", "UA % (95 %)", "WA % (95 %)", "drawn over", "ECE",
         "not answered"),
        [
            (
                one.condition,
                one.group or "all",
                *map(str, (one.report.clips, one.report.speakers or "not known")),
                *map(_percent, (one.report.emotion.classes.ua, one.report.emotion.classes.wa)),
                f"{one.report.emotion.classes.ua.unit}s",
                "" if one.report.emotion.ece is None else f"{one.report.emotion.ece:.3f}",
                str(one.unanswered),
            )
            for one in slices
        ],
    )  # fmt: skip
    yield "UA is over the classes present in a group: compare conditions within a group. Clips that were not"
    yield "answered count as wrong. Descriptors and transcripts of every row are in report.json."
    yield ""


def _slice_row(one: Slice) -> dict[str, Any]:
    return {
        "condition": one.condition,
        "group": one.group,
        "protocol": one.report.protocol,
        "clips": one.report.clips,
        "speakers": one.report.speakers,
        "interval_unit": one.report.emotion.classes.ua.unit,
        "unanswered": one.unanswered,
        "notes": list(one.report.notes),
        "emotion": _classes_row(one.report.emotion.classes),
    }


def _votes_row(votes: VoteScores) -> dict[str, Any]:
    """The counts; the scores themselves are in the rows."""
    names = ("outside", "with_votes", "compared", "tied")
    return {name: getattr(votes, name) for name in names}


def _nats(score: Interval) -> str:
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def _percent(score: Interval) -> str:
    return f"{100 * score.value:.1f} ({100 * score.low:.1f} to {100 * score.high:.1f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table and an empty line."""
    for row in (head, ["---", *["--:"] * (len(head) - 1)], *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _without_intervals(scores: TranscriptScores | CaptionScores | None) -> dict[str, int] | None:
    """The counts; the scores themselves are in the rows."""
    if scores is None:
        return None
    return {name: value for name, value in asdict(scores).items() if isinstance(value, int)}


def _captions_row(captions: CaptionScores | None) -> dict[str, Any] | None:
    """The counts, and what could not be scored."""
    counts = _without_intervals(captions)
    return None if captions is None else {**(counts or {}), "not_scored": dict(captions.not_scored)}


def _classes_row(classes: ClassScores) -> dict[str, Any]:
    return {
        "labels": list(classes.labels),
        "confusion": [list(row) for row in classes.confusion],
        "recall": classes.recall,
    }
