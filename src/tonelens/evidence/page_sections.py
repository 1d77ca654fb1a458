"""What a page says: one function a section, each gives HTML, or nothing where nothing was given.

Everything that comes from outside (names, words, labels, sentences) is escaped here.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from html import escape

from tonelens.audio import Audio
from tonelens.evidence.page_frame import Bar, bars, facts, percent, section, table
from tonelens.evidence.page_parts import Counterfactual, InterventionRow, PageParts, WordsOrVoice
from tonelens.evidence.page_picture import Mark
from tonelens.evidence.page_sound import player
from tonelens.results import MARKS, MEASURED, WORDS, Descriptor, Explanation, Transcript, counted_turns

SOURCES = {
    "model": "heard by the model",
    "given": "given by the user",
    "asr": "heard by a speech recogniser",
    "none": "none",
}
NO_ANSWER = {
    "no-speech": "no voice was found",
    "too-short": "too short",
    "too-noisy": "too noisy",
    "low-confidence": "not sure enough",
}
KINDS = {
    "supported": "good",
    "as expected": "good",
    "contradicted": "bad",
    "not as expected": "bad",
}
OF_THE_VOCODER = (
    "Before and after are claims about copies of the recording that went through the same vocoder, without "
    "the change and with it. A copy may be described otherwise than the recording is above."
)
LIMITS = (
    "This page shows what the model answered, how sure it was, and whether its words agree with what is "
    "measured in the recording. It cannot show what the speaker felt: do not decide about a person by it.",
    "“Supported” means that the description fits the sound, not that the sound led to the answer, and not "
    "that the emotion is right.",
    "“High” or “fast” compare with voices of the training: “group” is those of the same gender, as given or "
    "heard, “corpus” is all of them, “speaker” is the same voice.",
    "A calibrated confidence is the share of answers that were right on other recordings. On voices, "
    "languages or microphones unlike those, the model may be wrong more often than it says.",
)


def headline(result: Explanation, parts: PageParts) -> str:
    """The answer and its confidence, or that there is none, and why; then the sentence."""
    emotion = result.emotion
    if emotion.abstained:
        said = f"No answer: {NO_ANSWER[emotion.reason or 'low-confidence']}"
        return f'<h1>{escape(said)}</h1>\n<p class="lead">{escape(result.explanation)}</p>'
    share = percent(emotion.probabilities[emotion.label])
    fit = parts.calibration
    trust = f"Confidence {share}, not calibrated: it need not be the share of answers that are right."
    if fit is not None:
        trust = (
            f"Confidence {share}. Calibrated on {fit.n} recordings ({fit.fitted_on}): there, confidence and "
            f"share of right answers differed by {100 * fit.ece_after:.0f} percentage points on average."
        )
    return (
        f'<h1>{escape(emotion.label)} <span class="share">{share}</span></h1>\n'
        f'<p class="lead">{escape(result.explanation)}</p>\n<p class="soft">{escape(trust)}</p>'
    )


def emotions(result: Explanation) -> str:
    """Bars of all probabilities; nothing where the signal allowed no judgement, as they then mean nothing."""
    emotion = result.emotion
    if emotion.abstained and emotion.reason != "low-confidence":
        return ""
    ranked = sorted(emotion.probabilities.items(), key=lambda item: -item[1])
    rows = [
        Bar(label, share, percent(share), is_chosen=label == emotion.label and not emotion.abstained)
        for label, share in ranked
    ]
    chart = bars(("Emotion", "Probability"), rows, caption="Probability of every emotion")
    return section("emotions", "Emotions", chart)


def words(transcript: Transcript) -> str:
    """The words, who heard them, and why there are none or why they may be invented."""
    reason = "" if transcript.reason is None else WORDS[transcript.reason]
    if not transcript.text:
        why = reason or "the model hears no words"
        return section("words", "Words", f"<p>None. {escape(why.capitalize())}.</p>")
    quoted = f'<blockquote dir="auto" lang="">{escape(transcript.text)}</blockquote>'
    note = SOURCES[transcript.source] + (f"; {reason}" if reason else "")
    return section("words", "Words", f'{quoted}\n<p class="soft">{escape(note.capitalize())}.</p>')


def marks_of(result: Explanation, parts: PageParts) -> list[Mark]:
    """The spans to show: emphasised ones by number, cited ones by letter."""
    length_s = result.audio.duration_s
    emphasised = [
        Mark(str(number), "emphasised", span.start_s, min(span.end_s, length_s))
        for number, span in enumerate(result.emphasis, start=1)
    ]
    cited = [
        Mark(_letters(number), "cited", span.start_s, min(span.end_s, length_s))
        for number, span in enumerate(parts.cited)
    ]
    return emphasised + cited


def spans(result: Explanation, parts: PageParts, marks: Sequence[Mark]) -> Iterator[str]:
    """The marked spans as lists, each with a button that plays it."""
    said = [_emphasis_note(span.word, span.strength) for span in result.emphasis]
    emphasised = [mark for mark in marks if mark.kind == "emphasised"]
    if emphasised:
        yield section("emphasised", "Emphasised", _list(emphasised, said))
    cited = [mark for mark in marks if mark.kind == "cited"]
    if cited:
        note = "<p>The decision rests on these: without one, the emotion's probability changes as stated.</p>"
        drops = [_importance(span.importance) for span in parts.cited]
        yield section("cited", "Cited", note + _list(cited, drops))


def claims(result: Explanation) -> str:
    """Every claim about the voice beside its measurement."""
    rows = [_claim(name, value) for name, value in result.descriptors.items()]
    head = ("Claim", "Said", "Measured", "Level", "Verdict", "Reason")
    content = table(head, rows, caption="Claims about the voice and what was measured", kind="claims stack")
    return section("claims", "Claims and measurements", content)


def share_of_words(share: WordsOrVoice | None) -> str:
    """What is said against how it is said."""
    if share is None:
        return ""
    rows = [Bar("words", share.words, percent(share.words)), Bar("voice", share.voice, percent(share.voice))]
    chart = bars(("Carried by", "Share"), rows, caption="Share of the decision that words and voice carry")
    note = f'<p class="soft">{escape(share.note)}</p>' if share.note else ""
    return section("share", "Words or voice", chart + note)


def counterfactual(found: Counterfactual | None, clip: Audio, gain: float) -> str:
    """What would have changed the answer, to read and to hear."""
    if found is None:
        return ""
    labels = sorted(found.before, key=lambda label: -found.before[label])
    rows = [
        (escape(label), percent(found.before[label]), percent(found.after.get(label, 0.0)))
        for label in labels
    ]
    shares = table(
        ("Emotion", "As recorded", "Changed"), rows, caption="Probabilities before and after", kind="numbers"
    )
    heard = "".join(
        f"<div><p>{label}</p>{player(sound, name, f'Recording, {label.lower()}', gain)}</div>"
        for label, sound, name in (("As recorded", clip, "before"), ("Changed", found.changed, "after"))
    )
    lead = f'<p class="lead">{escape(found.sentence)}</p>'
    content = f'{lead}\n<div class="pair needs-sound">{heard}</div>\n{shares}'
    return section("counterfactual", "What would change the answer", content)


def interventions(rows: Sequence[InterventionRow]) -> str:
    """Changes of the recording, and whether the claims followed."""
    if not rows:
        return ""
    cells = [
        (
            escape(row.change),
            escape(row.before),
            escape(row.after),
            escape(row.expected),
            _verdict("✓" if row.verdict == "as expected" else "✗", row.verdict),
        )
        for row in rows
    ]
    head = ("Change", "Claim before", "Claim after", "Expected", "Verdict")
    content = table(head, cells, caption="Changed recordings and what was claimed of them", kind="stack")
    note = f'<p class="soft">{escape(OF_THE_VOCODER)}</p>'
    return section("interventions", "Do the claims follow the voice?", f"{content}\n{note}")


def limits() -> str:
    """What the page means and what it does not."""
    items = "".join(f"<li>{text}</li>" for text in LIMITS)
    return section("limits", "What this can and cannot show", f'<ul class="text">{items}</ul>')


def about(result: Explanation, version: str) -> str:
    """Which model, which recording, which program."""
    model, audio = result.model, result.audio
    rows = {
        "Model": escape(model.name),
        "Fingerprint": f"<code>{escape(model.fingerprint)}</code>",
        "Licence": escape(model.licence),
    }
    if model.adapted is not None:
        rows["Adapted to"] = f"{model.adapted.clips} recordings of {escape(model.adapted.source)}"
    if result.turns_before:
        rows["Read before"] = f"{counted_turns(result.turns_before)}, as given"
    rows |= {
        "Recording": f"<bdi>{escape(audio.source)}</bdi>, {audio.duration_s:.2f} s",
        "SHA-256": f"<code>{escape(audio.sha256)}</code>",
        "Written by": f"Tonelens {escape(version)}",
    }
    return section("about", "Model and recording", facts(rows))


def _claim(name: str, value: Descriptor) -> tuple[str, ...]:
    if value.level is not None and value.said_by == "measurement":
        verdict = _verdict(MEASURED, "measured")
    elif value.level is None and value.measured_level is not None:
        verdict = _verdict(MARKS["not measurable"], "nothing claimed")
    else:
        verdict = _verdict(MARKS[value.verdict], value.verdict)
    said = value.level if value.said_by == "model" else None
    place = f"{value.measured_level} for the {value.reference}" if value.measured_level else ""
    return (
        escape(name.replace("_", " ")),
        escape(said or "–"),
        escape(value.measured_in_words() or "–"),
        escape(place or "–"),
        verdict,
        escape(value.reason or ""),
    )


def _verdict(sign: str, word: str) -> str:
    kind = KINDS.get(word, "plain")
    return f'<span class="verdict {kind}"><span aria-hidden="true">{sign}</span> {escape(word)}</span>'


def _list(marks: Sequence[Mark], notes: Sequence[str]) -> str:
    items = "\n".join(
        f'<li><span class="badge">{escape(mark.label)}</span> <button type="button" class="needs-js" '
        f'data-start="{mark.start_s:.3f}" data-end="{mark.end_s:.3f}" '
        f'aria-label="Play {mark.kind} span {escape(mark.label)}, {mark.start_s:.2f} to {mark.end_s:.2f} s">'
        f"▶ Play</button> <span>{mark.start_s:.2f} to {mark.end_s:.2f} s{escape(note)}</span></li>"
        for mark, note in zip(marks, notes, strict=True)
    )
    return f'<ul class="spans">\n{items}\n</ul>'


def _emphasis_note(word: str | None, strength: float) -> str:
    return (f", “{word}”" if word else "") + f", strength {strength:.2f}"


def _importance(drop: float) -> str:
    return f": {'−' if drop >= 0 else '+'}{100 * abs(drop):.0f} percentage points without it"


def _letters(number: int) -> str:
    """a to z, then aa, ab ..."""
    first, last = divmod(number, 26)
    return (string.ascii_lowercase[first - 1] if first else "") + string.ascii_lowercase[last]
