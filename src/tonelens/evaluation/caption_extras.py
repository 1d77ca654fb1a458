"""METEOR and SPICE of captions, as the captioning field reports them: where Java and their package are there.

Package   pycocoevalcap, the extra `captions`; both run as Java programs, which it brings. SPICE also needs
          Stanford CoreNLP and its models beside them, some 400 MB, which nothing here downloads.
METEOR    version 1.5 with its English parameters, paraphrases included: what tables mean by METEOR. Others
          under this name (NLTK's, of 2005 parameters) give other values. 0..1.
SPICE     F-measure over the objects, attributes and relations that a parser finds. 0..1.
Missing   what cannot be run is skipped, and the report says in one line why; an evaluation never fails of it.
Source    Denkowski and Lavie 2014; Anderson et al. 2016, arXiv:1607.08822.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXTRA = "pip install 'tonelens[captions]'"
PACKAGE = "pycocoevalcap"
NEEDS_JAVA = "needs Java, and there is no `java` on the PATH"
METEOR_FILES = ("meteor/meteor-1.5.jar",)
SPICE_FILES = (
    "spice/spice-1.0.jar",
    "spice/lib/stanford-corenlp-3.6.0.jar",
    "spice/lib/stanford-corenlp-3.6.0-models.jar",
)


@dataclass(frozen=True, slots=True)
class ExtraScore:
    """A score of every clip, or the reason why there is none."""

    metric: str
    values: tuple[float, ...] | None
    """0..1, one a clip."""
    reason: str | None = None


def extra_scores(references: Sequence[str], captions: Sequence[str]) -> list[ExtraScore]:
    """METEOR and SPICE; an empty caption has 0.

    Args:
        references: one sentence a clip, normalised, none of them empty.
        captions: as many.
    """
    written = [number for number, caption in enumerate(captions) if caption]
    wanted = {number: [references[number]] for number in written}
    given = {number: [captions[number]] for number in written}
    return [
        _score(name, files, wanted, given, len(captions))
        for name, files in (("meteor", METEOR_FILES), ("spice", SPICE_FILES))
    ]


def _score(
    name: str,
    files: Sequence[str],
    wanted: Mapping[int, list[str]],
    given: Mapping[int, list[str]],
    clips: int,
) -> ExtraScore:
    reason = _hindrance(files)
    if reason is not None:
        return ExtraScore(name, None, reason)
    values = dict.fromkeys(range(clips), 0.0)
    try:
        if given:
            scorer: Any = getattr(importlib.import_module(f"{PACKAGE}.{name}.{name}"), name.title())()
            _, found = scorer.compute_score(wanted, given)
            values |= dict(zip(sorted(given), map(_number, found), strict=True))
    except Exception as error:  # a Java program behind pipes fails in any way at all
        said = " ".join(str(error).split())[:160]
        return ExtraScore(name, None, f"{PACKAGE} failed ({type(error).__name__}: {said})")
    return ExtraScore(name, tuple(values[number] for number in range(clips)))


def _hindrance(files: Sequence[str]) -> str | None:
    """Why a score cannot be computed here, in one line; None where it can."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return f"needs {EXTRA}, and Java"
    if shutil.which("java") is None:
        return NEEDS_JAVA
    folder = Path(next(iter(spec.submodule_search_locations)))
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        return (
            f"needs {', '.join(Path(name).name for name in missing)} in {PACKAGE}/{Path(missing[0]).parent}; "
            f"nothing is downloaded while evaluating (docs/reproducing.md)"
        )
    return None


def _number(score: object) -> float:
    """METEOR gives a number a clip, SPICE the scores of every kind of words; what it cannot parse has 0."""
    value = float(score["All"]["f"] if isinstance(score, Mapping) else score)  # type: ignore[arg-type]
    return value if math.isfinite(value) else 0.0
