"""Which folder a model's name means: one place, for every command that takes a model."""

from __future__ import annotations

from pathlib import Path

from tonelens.errors import ModelError

DEFAULT = "tonelens-tiny"
"""The model that ships with the package; `default` means it too."""
SHIPPED = Path(__file__).resolve().parents[1] / "models"


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model: a shipped model by name, or a model or run folder by path.

    Raises:
        ModelError: there is no such folder; the message names the way out.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    shipped = SHIPPED / (DEFAULT if str(name_or_path) == "default" else name_or_path)
    if (shipped / "model.json").is_file():
        return shipped
    raise ModelError(
        f"{path}: no such model. Give a folder that `tonelens train` wrote, or leave it out for the "
        f"default, {DEFAULT}."
    )
