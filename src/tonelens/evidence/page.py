"""One explained recording as one HTML page: to read, to hear, to check, to print and to send on.

Nothing is fetched: sound, pictures, style and script stand in the file. See docs/report.md.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from tonelens import __version__
from tonelens.audio import Audio
from tonelens.descriptors.pitch import track_pitch
from tonelens.evidence import page_sections as say
from tonelens.evidence.page_frame import data_uri, document, percent, section
from tonelens.evidence.page_parts import NO_PARTS, PageParts
from tonelens.evidence.page_picture import picture
from tonelens.evidence.page_sound import common_gain, player, quieter_note
from tonelens.results import Explanation
from tonelens.storage import write_text

SCRIPT = "page.js"


def write_page(result: Explanation, clip: Audio, path: Path, parts: PageParts = NO_PARTS) -> None:
    """Write the page in one step.

    Args:
        result: what is said of `clip`.
        clip: the recording that was explained, or the part of it.
        path: where to; its stem names the JSON that the page offers.
        parts: what else is known.

    Raises:
        StorageError: it cannot be written.
    """
    write_text(path, to_html(result, clip, parts, name=path.stem))


def to_html(
    result: Explanation, clip: Audio, parts: PageParts = NO_PARTS, *, name: str = "explanation"
) -> str:
    """The whole page; `name` is that of the JSON file it offers."""
    found = parts.counterfactual
    gain = common_gain([clip] if found is None else [clip, found.changed])
    marks = say.marks_of(result, parts)
    file_name = result.audio.source.replace("\\", "/").rsplit("/", 1)[-1]
    note = quieter_note(gain)
    listen = (
        f"{player(clip, 'recording', 'Recording', gain)}\n"
        + (f'<p class="soft screen">{escape(note)}</p>\n' if note else "")
        + picture(clip, track_pitch(clip.samples), marks)
    )
    body = [
        f'<header><p class="soft"><bdi>{escape(file_name)}</bdi>, {clip.duration_s:.1f} s</p>',
        f"{say.headline(result, parts)}</header>",
        "<main>",
        f'<div class="columns">{say.emotions(result)}\n{say.words(result.transcript)}</div>',
        section("listen", "Listen and look", listen),
        f'<div class="columns">{"".join(say.spans(result, parts, marks))}</div>' if marks else "",
        say.claims(result),
        say.share_of_words(parts.share),
        say.counterfactual(found, clip, gain),
        say.interventions(parts.interventions),
        say.limits(),
        "</main>",
        f"<footer>{say.about(result, __version__)}\n{_as_json(result, name)}</footer>",
    ]
    return document(f"{file_name}: {_answer(result)}", "\n".join(part for part in body if part), SCRIPT)


def _answer(result: Explanation) -> str:
    emotion = result.emotion
    if emotion.abstained:
        return "no answer"
    return f"{emotion.label}, {percent(emotion.probabilities[emotion.label])}"


def _as_json(result: Explanation, name: str) -> str:
    text = json.dumps(result.to_dict(), ensure_ascii=False, indent=2) + "\n"
    link = data_uri("application/json", text.encode("utf-8", "backslashreplace"))
    return (
        f'<details class="screen"><summary>All of it as JSON</summary>\n'
        f'<p><a download="{escape(name)}.json" href="{link}">Download {escape(name)}.json</a></p>\n'
        f'<pre tabindex="0" aria-label="JSON">{escape(text)}</pre></details>'
    )
