"""Many explained recordings as one page: counts, a table that leads to each, and what was refused.

The table is plain without a script; with it, a click on a heading sorts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from tonelens import __version__
from tonelens.evidence.page_frame import Bar, bars, document, percent, section, table
from tonelens.evidence.page_sections import NO_ANSWER
from tonelens.results import Explanation, Outcome, Refusal
from tonelens.storage import write_text

Claimed: TypeAlias = tuple[str, Outcome]
"""A descriptor and the verdict on what the model claimed of it."""

OUTCOMES: tuple[Outcome, ...] = ("supported", "contradicted", "not measurable")
SCRIPT = "corpus_page.js"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the corpus page needs of one explained recording."""

    page: str
    """File name of its page, beside this one."""
    source: str
    duration_s: float
    answer: str
    """The emotion, or why there is none."""
    confidence: float | None
    """None where no answer is given."""
    claimed: tuple[Claimed, ...]
    model: str


def entry_of(result: Explanation, page: str) -> Entry:
    """What is kept of an explanation until all are there."""
    emotion = result.emotion
    return Entry(
        page=page,
        source=result.audio.source,
        duration_s=result.audio.duration_s,
        answer=NO_ANSWER[emotion.reason or "low-confidence"] if emotion.abstained else emotion.label,
        confidence=None if emotion.abstained else emotion.probabilities[emotion.label],
        claimed=tuple(
            (name, value.verdict)
            for name, value in result.descriptors.items()
            if value.said_by == "model" and value.level is not None
        ),
        model=f"{result.model.name} {result.model.fingerprint}",
    )


def write_corpus_page(entries: Sequence[Entry], refusals: Sequence[Refusal], path: Path) -> None:
    """Write the page in one step.

    Raises:
        StorageError: it cannot be written.
    """
    write_text(path, to_html(entries, refusals))


def to_html(entries: Sequence[Entry], refusals: Sequence[Refusal]) -> str:
    """The whole page; sections without content are left out."""
    title = f"{len(entries)} explained recordings"
    answered = [entry for entry in entries if entry.confidence is not None]
    silent = len(entries) - len(answered)
    lead = f"{len(answered)} answered, {silent} without an answer, {len(refusals)} refused."
    models = sorted({entry.model for entry in entries})
    body = [
        f'<header><h1>{title}</h1>\n<p class="lead">{lead}</p>',
        f'<p class="soft">{escape("Model: " + ", ".join(models))}</p></header>' if models else "</header>",
        "<main>",
        *_counts(entries, answered),
        *_verdicts(entries),
        *_recordings(entries),
        *_refused(refusals),
        "</main>",
        f'<footer><p class="soft">Written by Tonelens {escape(__version__)}. An emotion is what the voice '
        f"sounds like to the model, not what a person felt.</p></footer>",
    ]
    return document(title, "\n".join(body), SCRIPT)


def _counts(entries: Sequence[Entry], answered: Sequence[Entry]) -> Iterator[str]:
    if answered:
        found = Counter(entry.answer for entry in answered).most_common()
        rows = [Bar(label, n / len(answered), f"{n} ({percent(n / len(answered))})") for label, n in found]
        yield section(
            "emotions",
            "Emotions",
            bars(("Emotion", "Recordings"), rows, caption="Recordings of each emotion"),
        )
    reasons = Counter(entry.answer for entry in entries if entry.confidence is None).most_common()
    if reasons:
        cells = [(escape(reason.capitalize()), str(n)) for reason, n in reasons]
        content = table(("Reason", "Recordings"), cells, caption="Why no answer is given", kind="numbers")
        yield section("unanswered", "Without an answer", content)


def _verdicts(entries: Sequence[Entry]) -> Iterator[str]:
    counts = Counter(claimed for entry in entries for claimed in entry.claimed)
    names = dict.fromkeys(name for entry in entries for name, _ in entry.claimed)
    if not names:
        return
    rows = []
    for name in names:
        right, wrong, unknown = (counts[name, outcome] for outcome in OUTCOMES)
        agree = percent(right / (right + wrong)) if right + wrong else NOTHING
        rows.append((escape(name.replace("_", " ")), str(right), str(wrong), str(unknown), agree))
    head = ("Claim", *(outcome.capitalize() for outcome in OUTCOMES), "Supported, of those measurable")
    content = table(head, rows, caption="Verdicts on the claims of each descriptor", kind="numbers")
    yield section("verdicts", "Claims of the model", content)


def _recordings(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        return
    rows = []
    for entry in entries:
        outcomes = Counter(outcome for _, outcome in entry.claimed)
        rows.append(
            (
                f'<a href="{escape(quote(entry.page))}"><bdi>{escape(entry.source)}</bdi></a>',
                f"{entry.duration_s:.1f}",
                escape(entry.answer) if entry.confidence is not None else f"<i>{escape(entry.answer)}</i>",
                NOTHING if entry.confidence is None else percent(entry.confidence),
                *(str(outcomes[outcome]) for outcome in OUTCOMES),
            )
        )
    head = ("Recording", "Seconds", "Answer", "Confidence", *(word.capitalize() for word in OUTCOMES))
    content = table(head, rows, caption="Every explained recording", kind="numbers sortable")
    yield section("recordings", "Recordings", content)


def _refused(refusals: Sequence[Refusal]) -> Iterator[str]:
    if not refusals:
        return
    rows = [
        (f"<bdi>{escape(one.source)}</bdi>", escape(one.reason), escape(_detail(one))) for one in refusals
    ]
    content = table(
        ("Recording", "Reason", "In words"), rows, caption="Recordings that were refused", kind="stack"
    )
    yield section("refused", "Refused", content)


def _detail(refusal: Refusal) -> str:
    """The message without the name that the row begins with."""
    return refusal.message.removeprefix(f"{refusal.source}: ")
