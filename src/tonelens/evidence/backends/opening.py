"""A backend by its short form, as commands take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tonelens.errors import ModelError
from tonelens.evidence.backend import Backend, OwnBackend
from tonelens.evidence.backends.command import CommandBackend
from tonelens.evidence.backends.endpoint import SCHEMES, HttpBackend
from tonelens.evidence.backends.function import CallableBackend, function_named
from tonelens.explain import Explainer
from tonelens.model.find import find_model

FORMS = "hf:NAME, http://..., command:..., python:module:function"


def open_backend(spec: str) -> Backend:
    """The system that `spec` names.

    Args:
        spec: a Tonelens model (`tonelens-tiny`, a model or run folder); `hf:` and a folder or hub name of a
            transformers classifier; an address; `command:` and a command; `python:module:function`.

    Raises:
        ModelError: there is no such system, or it cannot be loaded.
    """
    kind, _, rest = spec.partition(":")
    if kind in SCHEMES:
        return HttpBackend(spec)
    if kind in _KINDS:
        if not rest.strip():
            raise ModelError(f"{spec}: nothing stands behind the colon. Write one of {FORMS}.")
        return _KINDS[kind](rest.strip())
    try:
        folder = find_model(spec)
    except ModelError as error:
        raise ModelError(f"{str(error).rstrip('.')}; other systems are {FORMS}.") from None
    if (folder / "config.json").is_file() and not (folder / "model.json").is_file():
        raise ModelError(f"{spec}: a transformers model (config.json), not one of Tonelens. Write hf:{spec}.")
    return OwnBackend(Explainer.from_pretrained(folder))


def _classifier(name: str) -> Backend:
    from tonelens.evidence.backends.classifier import TransformersBackend

    return TransformersBackend(name)


def _function(name: str) -> Backend:
    return CallableBackend(name, function_named(name))


_KINDS: Mapping[str, Callable[[str], Backend]] = {
    "hf": _classifier,
    "command": CommandBackend,
    "python": _function,
}
