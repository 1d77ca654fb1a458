"""What a system's explanations are worth, over a corpus: `report.html` of `tonelens evidence`.

Rows of `examine` and their sums (`examined`) -> a page without a script, that fetches nothing. Clips are
linked where `explain --report` has written a page of them. See docs/report.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from tonelens import __version__
from tonelens.evidence import evidence_decisions as decisions
from tonelens.evidence import evidence_sums as sums
from tonelens.evidence.evidence_breakdown import differences, pairs, strays
from tonelens.evidence.evidence_slices import UNKNOWN, Slice, by_corpus, by_emotion, by_sex
from tonelens.evidence.evidence_worst import BadClip, least_following, most_contradicted
from tonelens.evidence.examine import Part, Row, trial_from
from tonelens.evidence.examined import Examined
from tonelens.evidence.page_frame import document, facts, percent, section, table
from tonelens.evidence.page_intervals import absent, note, shown_share
from tonelens.storage import write_text

REPORT = "report.html"
PAGES = "pages"
"""Folder beside the page in which pages of clips are looked for."""
WORST = 10
CHOICE = "the first by a hash of their ids: nothing is drawn"
SEEDS = "0, for random spans, batches, mixtures and intervals"
LIMITS = (
    "Claims that fit the signal need not be what led to the answer. Claims that follow the voice show that "
    "the system hears the property, on voices changed by a vocoder; real voices change many at once.",
    "Intervals of shares count clips and changes as independent, which those of one speaker are not. Those "
    "of means are drawn by speaker from five speakers on; of fewer they describe these speakers only.",
    "Emotions are those that the corpus labels, acted ones in most corpora. The page says how far this "
    "system's words can be believed on these clips, and nothing of what anybody felt.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was to be asked."""

    fingerprint: str | None
    """Of the model, where it is ours."""
    parts: Sequence[Part]
    planned: int
    """Clips; more than there are rows where the work was stopped."""
    no_streams: str = ""
    """Why words and voice cannot be told apart in the system; empty where they can."""


def write_evidence_page(found: Examined, rows: Sequence[Row], asked: Asked, folder: Path) -> Path:
    """Write `report.html` into the folder in one step; clips with a page in its folder PAGES are linked.

    Raises:
        StorageError: it cannot be written.
    """
    pages = {path.stem for path in (folder / PAGES).glob("*.html")}
    path = folder / REPORT
    write_text(path, to_html(found, rows, asked, pages))
    return path


def to_html(found: Examined, rows: Sequence[Row], asked: Asked, pages: Collection[str] = ()) -> str:
    """The whole page.

    Args:
        found: the sums of `rows`.
        rows: what there is, in any order.
        asked: what was to be asked.
        pages: stems of the pages of clips in the folder PAGES.
    """
    title = f"Are the explanations of {found.system} true?"
    trials = [
        trial_from(trial) for row in rows if "refused" not in row for trial in row.get("interventions", ())
    ]
    body = [
        f'<header><h1>{escape(title)}</h1>\n<p class="lead">{escape(_lead(found))}</p>',
        f"{_stopped(found, asked)}{_protocol(found, rows, asked)}</header>",
        "<main>",
        sums.agreement(found.agreement, _why_not(found, asked, "agreement")),
        sums.interventions(found.interventions, strays(trials), _why_not(found, asked, "interventions")),
        decisions.flips(
            found.counterfactuals, found.vocoder_flips, pairs(rows), _why_not(found, asked, "counterfactual")
        ),
        decisions.spans(found.spans, differences(rows), _why_not(found, asked, "spans")),
        decisions.streams(found.streams, _why_not(found, asked, "streams")),
        *_slices(rows),
        *_worst(found, rows, asked, pages),
        *_refused(rows),
        section("limits", "What this can and cannot show", _list(LIMITS)),
        "</main>",
        f'<footer><p class="soft">Written by Tonelens {escape(__version__)}; every answer is in clips.jsonl, '
        f"every sum in evidence.json.</p></footer>",
    ]
    return document(title, "\n".join(part for part in body if part))


def _lead(found: Examined) -> str:
    """The few numbers that say most; those that were not measured are left out."""
    said = []
    if found.agreement is not None and found.agreement.descriptors:
        claims = sum(one.claims for one in found.agreement.descriptors)
        right = sum(one.supported.count for one in found.agreement.descriptors)
        said.append(f"The signal supports {percent(right / claims)} of {claims} claims.")
    scores = found.interventions["all"] if found.interventions is not None else None
    if scores is not None and scores.moves is not None:
        said.append(f"The right claim moves with a changed voice in {percent(scores.moves.value)}")
        if scores.stays is not None:
            said[-1] += f", and the others stay in {percent(scores.stays.value)}"
        said[-1] += "."
    if found.spans is not None and found.spans.deletion is not None:
        beats = "carry" if found.spans.deletion.p < 0.01 else "are not shown to carry"
        said.append(f"Cited spans {beats} more of the decision than random ones.")
    return " ".join(said) or f"{found.clips - found.refused} clips were asked."


def _stopped(found: Examined, asked: Asked) -> str:
    if found.clips >= asked.planned:
        return ""
    return (
        f'<p class="lead"><b>Not finished:</b> {found.clips} of {asked.planned} clips are answered so far. '
        f"The same command goes on.</p>"
    )


def _protocol(found: Examined, rows: Sequence[Row], asked: Asked) -> str:
    corpora = Counter(str(row["corpus"]) for row in rows)
    speakers = {row["speaker"] for row in rows if row["speaker"] is not None}
    nameless = sum(row["speaker"] is None for row in rows)
    refused = f", {found.refused} of them refused" if found.refused else ""
    unknown = f", and {nameless} clips of nobody knows whom" if nameless else ""
    fingerprint = f" <code>{escape(asked.fingerprint)}</code>" if asked.fingerprint else ""
    lines = {
        "System": f"{escape(found.system)}{fingerprint}",
        "Corpora": escape(", ".join(f"{name} ({n})" for name, n in sorted(corpora.items())) or "none"),
        "Clips": f"{found.clips}{refused}; {CHOICE}",
        "Speakers": f"{len(speakers)}{unknown}",
        "Parts": ", ".join(asked.parts),
        "Seeds": SEEDS,
        "Protocol": escape(found.protocol),
    }
    return facts(lines)


def _why_not(found: Examined, asked: Asked, part: Part) -> str:
    if part not in asked.parts:
        return "this part was not asked for (--part)"
    if found.clips == found.refused:
        return "no clip could be asked" if found.clips else "no clip is answered so far"
    if part == "streams":
        unfinished = "it needs all clips, and the work is not finished"
        few = "it needs two clips or more"
        return asked.no_streams or (unfinished if found.clips < asked.planned else few)
    return "no clip has an answer"


def _slices(rows: Sequence[Row]) -> Iterator[str]:
    groups = (
        ("emotions", "By emotion", by_emotion(rows)),
        ("corpora", "By corpus", by_corpus(rows)),
        ("sexes", "By sex", by_sex(rows)),
    )
    for name, heading, found in groups:
        if len(found) > 1:
            cells = [_slice(one) for one in found]
            head = ("", "Clips", "Heard as labelled", "Claims supported", "Claims move", "Others stay")
            yield section(name, heading, table(head, cells, caption=heading, kind="sums stack slices"))
        elif found:
            only = "The corpus does not say." if found[0].name == UNKNOWN else f"All clips: {found[0].name}."
            yield section(name, heading, f"<p>{escape(only)}</p>")


def _slice(one: Slice) -> tuple[str, ...]:
    whys = {
        "right": (one.right, "the system does not know the label"),
        "supported": (one.supported, "nothing is claimed or asked"),
        "moves": (one.moves, "no change could be tested"),
        "stays": (one.stays, "no other claim to compare"),
    }
    shares = (shown_share(found, why) for found, why in whys.values())
    return (escape(one.name), str(one.clips), *shares)


def _worst(found: Examined, rows: Sequence[Row], asked: Asked, pages: Collection[str]) -> Iterator[str]:
    claims, scores = found.agreement, (found.interventions or {}).get("all")
    why = _why_not(found, asked, "agreement") if claims is None else ""
    if claims is not None and not claims.descriptors:
        why = "nothing is claimed"
    yield _worst_clips(
        "contradicted", "Largest contradictions", "Levels apart",
        why or most_contradicted(rows), pages,
    )  # fmt: skip
    why = _why_not(found, asked, "interventions") if scores is None else ""
    if scores is not None and scores.moves is None and scores.stays is None:
        why = "no claim was tested by a change"
    yield _worst_clips(
        "unfollowed", "Claims that do not follow", "Faulty changes",
        why or least_following(rows), pages,
    )  # fmt: skip


def _worst_clips(
    name: str, heading: str, size: str, clips: Sequence[BadClip] | str, pages: Collection[str]
) -> str:
    """The worst first; a text is why none is known."""
    if isinstance(clips, str):
        return absent(name, heading, clips)
    if not clips:
        return section(name, heading, "<p>None.</p>")
    rows = [
        (
            _link(clip, pages),
            escape(clip.labelled),
            escape(clip.heard),
            str(clip.size) if name == "contradicted" else f"{clip.size} of {clip.of}",
            _list(clip.faults),
        )
        for clip in clips[:WORST]
    ]
    head = ("Clip", "Labelled", "Heard", size, "What is wrong")
    shown = table(head, rows, caption=heading, kind="worst stack")
    more = f"The {WORST} worst of {len(clips)} such clips." if len(clips) > WORST else ""
    return section(name, heading, shown + (note(more) if more else ""))


def _link(clip: BadClip, pages: Collection[str]) -> str:
    named = f"<bdi>{escape(clip.id)}</bdi>"
    if clip.page is None or clip.page not in pages:
        return named
    return f'<a href="{escape(quote(f"{PAGES}/{clip.page}.html"))}">{named}</a>'


def _refused(rows: Sequence[Row]) -> Iterator[str]:
    refused = [row for row in rows if "refused" in row]
    if refused:
        cells = [(f"<bdi>{escape(row['id'])}</bdi>", escape(row["refused"])) for row in refused]
        shown = table(("Clip", "Why"), cells, caption="Clips that were refused", kind="stack")
        yield section("refused", "Refused", shown)


def _list(lines: Sequence[str]) -> str:
    return f'<ul class="text">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'
