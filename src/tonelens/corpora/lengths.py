"""Clips against the lengths that a corpus's own tables give, from headers: nothing is decoded.

Units       seconds.
Parts       of a clip that is a part of its file counts what the file holds of that part.
Truncated   a clip shorter than its table says by more than SLACK_S: a copy or a conversion that broke off.
            Decoders read the rest of such a file without a word.
Unusable    too short or too long for Tonelens, and the table says so too: such clips are published that way,
            so they are listed, left out, and not missed in the count.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import soundfile

from tonelens.audio import MAX_DURATION_S, MIN_DURATION_S
from tonelens.corpora.clips import Clip, Found, Skipped

SLACK_S = 0.5
"""Files of MELD are up to 0.2 s shorter than its table says, those of IEMOCAP agree to the millisecond."""
NEARLY_S = 0.1
"""A clip that the table gives this much more than the least may still be published too short."""


def fitting(found: Found) -> Found:
    """Leave out clips that are truncated, and clips that are published too short or too long.

    Looks at clips with `length_s`; the last two kinds become `unusable`.
    """
    kept, listed = [], []
    unusable = {}
    files: dict[Path, float | None] = {}
    for clip in found.clips:
        if clip.length_s is not None and clip.path not in files:
            files[clip.path] = _file_s(clip.path)
        finding = _finding(clip, files.get(clip.path))
        if finding is None:
            kept.append(clip)
            continue
        listed.append(finding)
        if finding.reason != "truncated":
            unusable[clip.id] = clip.emotion
    return replace(found, clips=tuple(kept), skipped=(*found.skipped, *listed), unusable=unusable)


def _file_s(path: Path) -> float | None:
    """How long a file is; None where opening it will say why it cannot be."""
    try:
        return float(soundfile.info(str(path)).duration)
    except (soundfile.LibsndfileError, RuntimeError):
        return None


def _finding(clip: Clip, file_s: float | None) -> Skipped | None:
    """What is wrong with the length of a clip; None where nothing is, or nothing is known."""
    if clip.length_s is None or file_s is None:
        return None
    end_s = file_s if clip.end_s is None else min(clip.end_s, file_s)
    length_s = max(0.0, end_s - clip.start_s)
    if length_s < clip.length_s - SLACK_S:
        reason = "truncated"
        why = f"{length_s:.2f} s, but its table says {clip.length_s:.2f} s: it broke off. Copy it again."
    elif length_s < MIN_DURATION_S and clip.length_s < MIN_DURATION_S + NEARLY_S:
        reason = "too-short"
        why = f"{length_s:.2f} s, published under the {MIN_DURATION_S:.1f} s that measuring needs. Left out."
    elif length_s > MAX_DURATION_S and clip.length_s > MAX_DURATION_S:
        reason = "too-long"
        why = f"{length_s:.0f} s, published over the {MAX_DURATION_S:.0f} s explained at once. Left out."
    else:
        return None
    return Skipped(id=clip.id, path=str(clip.path), reason=reason, found=f"{clip.path}: {why}")
