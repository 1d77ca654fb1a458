"""Which folder a model's name means: one place, for every command that takes a model."""

from __future__ import annotations

from pathlib import Path

from tonelens.errors import ModelError

DEFAULT = "default"


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model: a model folder or a run folder, by path.

    Raises:
        ModelError: there is no such folder; the message names the way out.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if str(name_or_path) == DEFAULT:
        raise ModelError(
            "no default model ships with this version. Name a folder that `tonelens train` wrote "
            "(`make demo` trains a small one)."
        )
    raise ModelError(f"{path}: no such model. Give a folder that `tonelens train` wrote.")
