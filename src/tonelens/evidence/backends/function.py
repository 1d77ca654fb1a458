"""A Python function as a backend.

Function  (samples, sample_rate) -> probabilities; samples are float32 (N,), mono, 16 kHz. It returns a
          mapping label -> probability, or an object with `probabilities` and, if it likes, `text`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tonelens.audio import SAMPLE_RATE, Audio, Samples
from tonelens.errors import ModelError
from tonelens.evidence.backend import Heard
from tonelens.evidence.backends.answers import AnswerCheck, first_line

Function: TypeAlias = Callable[[Samples, int], Any]


class CallableBackend:
    """Asks a function, one clip at a time; it gets a copy of the samples."""

    def __init__(self, name: str, function: Function) -> None:
        self._name = name
        self._function = function
        self._check = AnswerCheck(name)

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    def hear(self, clips: Sequence[Audio]) -> list[Heard]:
        """What the function says of each.

        Raises:
            ModelError: it raised an error, or its answer breaks a rule.
        """
        return [self._hear(clip) for clip in clips]

    def _hear(self, clip: Audio) -> Heard:
        try:
            answer = self._function(clip.samples.copy(), SAMPLE_RATE)
        except Exception as error:  # whatever somebody else's code raises
            raise ModelError(
                f"{self.name}: {clip.source}: the function raised {type(error).__name__} "
                f"({first_line(error)}), but it has to answer every clip. Call it on this clip to see why."
            ) from error
        if isinstance(answer, Mapping):
            return self._check.heard(clip.source, answer)
        if not hasattr(answer, "probabilities"):
            rule = "a function returns a mapping, or an object with `probabilities`"
            raise self._check.refusal(clip.source, f"a {type(answer).__name__}", rule)
        return self._check.heard(clip.source, answer.probabilities, getattr(answer, "text", None) or "")


def function_named(name: str) -> Function:
    """The function `module:function`; modules beside the working folder are found.

    Raises:
        ModelError: there is no such module or function.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise ModelError(
            f"python:{name}: a function is named by module and name. Write python:module:function."
        )
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever somebody else's module raises
        raise ModelError(
            f"python:{name}: {module_name} cannot be imported ({type(error).__name__}: {first_line(error)}). "
            f"Call tonelens from the folder of the module, or install it."
        ) from error
    finally:
        sys.path.remove(here)
    function = getattr(module, function_name, None)
    if not callable(function):
        found = "has no such name" if function is None else f"holds a {type(function).__name__} there"
        raise ModelError(f"python:{name}: {module_name} {found}, but a function is needed. Correct the name.")
    return function  # type: ignore[no-any-return]
