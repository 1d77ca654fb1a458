"""Recipes from TOML: `extends`, `--set key=value`, every error reported at once.

    recipe = load_recipe("tiny", overrides=["data.fold=2"])
    recipe = load_recipe("ablations/table2_row5", base="shared")

A file may begin with `extends = "../tiny.toml"` (relative to itself) and then holds only the
difference; `base` lays that difference on another recipe. Values are checked against the field's
type; nothing in a recipe runs code.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from tonelens.errors import ConfigError
from tonelens.recipe import Recipe

Settings = typing.TypeVar("Settings")


def load_recipe(
    source: str | Path, overrides: Sequence[str] = (), *, base: str | Path | None = None
) -> Recipe:
    """Read a recipe by path, or by the name of a shipped one (`tiny`, `ablations/no_sed`).

    Args:
        source: a TOML file, or a shipped recipe's name without `.toml`.
        overrides: `key=value` strings, e.g. `data.fold=2`; values are TOML (bare words are strings).
        base: a recipe that stands in the place of the one that `source` extends in the end: the same
            difference, on another system.

    Raises:
        ConfigError: no such file, not TOML, or any number of wrong keys and values, all named at once.
    """
    values = _read(recipe_path(source), root=None if base is None else recipe_path(base))
    problems: list[str] = []
    for override in overrides:
        _apply(values, override, problems)
    recipe = _build(Recipe, values, "", problems)
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise ConfigError(f"{source}: {len(problems)} thing(s) to correct:{listed}")
    return typing.cast(Recipe, recipe)


def recipe_from_dict(values: dict[str, Any]) -> Recipe:
    """The inverse of `dataclasses.asdict(recipe)`.

    Raises:
        ConfigError: as `load_recipe`.
    """
    problems: list[str] = []
    recipe = _build(Recipe, values, "", problems)
    if problems:
        raise ConfigError("recipe: " + "; ".join(problems))
    return typing.cast(Recipe, recipe)


def recipe_differences(recipe: Recipe, other: Recipe) -> dict[str, Any]:
    """What `recipe` says otherwise than `other`: `objective.beta` -> its value in `recipe`."""
    values, others = _flat(dataclasses.asdict(recipe)), _flat(dataclasses.asdict(other))
    return {name: value for name, value in values.items() if value != others[name]}


def with_settings(kind: type[Settings], overrides: Sequence[str]) -> Settings:
    """A flat dataclass of settings: its defaults with `key=value` strings on top.

    Raises:
        ConfigError: as `load_recipe`.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for override in overrides:
        _apply(values, override, problems)
    settings = _build(kind, values, "", problems)
    if problems:
        raise ConfigError("--set: " + "; ".join(problems))
    return typing.cast(Settings, settings)


def shipped_recipes() -> dict[str, Path]:
    """Names and paths of the recipes that come with the package."""
    root = Path(str(resources.files("tonelens"))) / "recipes"
    return {str(path.relative_to(root).with_suffix("")): path for path in sorted(root.rglob("*.toml"))}


def recipe_path(source: str | Path) -> Path:
    """Where a recipe lies, given its path or its shipped name.

    Raises:
        ConfigError: there is no such recipe.
    """
    path = Path(source)
    if path.is_file():
        return path
    shipped = shipped_recipes()
    name = str(source).removesuffix(".toml").removeprefix("recipes/")
    if name in shipped:
        return shipped[name]
    raise ConfigError(
        f"{source}: no such recipe. Give a TOML file, or one of {', '.join(shipped) or 'none shipped'}."
    )


def _read(path: Path, seen: tuple[Path, ...] = (), *, root: Path | None = None) -> dict[str, Any]:
    """A file's values on those of what it extends; with `root`, which replaces the last one's, on them."""
    path = path.resolve()
    if path in seen:
        raise ConfigError(
            f"{path}: extends itself through {' -> '.join(p.name for p in seen)}. Break the circle."
        )
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). Check 'extends' and the path."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error}). Correct the file.") from None
    parent = values.pop("extends", None)
    if parent is None:
        return values if root is None else _read(root)
    return _merged(_read(path.parent / str(parent), (*seen, path), root=root), values)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _apply(values: dict[str, Any], override: str, problems: list[str]) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        problems.append(f"--set {override}: not of the form key=value, e.g. --set data.fold=2.")
        return
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, name = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            problems.append(f"--set {override}: {table} is not a table.")
            return
    values[name] = value


def _build(kind: type[Any], values: dict[str, Any], prefix: str, problems: list[str]) -> Any:
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind)}
    unknown = [key for key in values if key not in known]
    problems += [f"{prefix}{key}: unknown key.{_did_you_mean(key, known)}" for key in unknown]
    arguments: dict[str, Any] = {}
    before = len(problems)
    for name, field in known.items():
        if name in values:
            arguments[name] = _value(hints[name], values[name], prefix + name, problems)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(f"{prefix}{name}: missing; it has no default.")
    if len(problems) > before:
        return None
    try:
        return kind(**arguments)
    except ConfigError as error:
        problems.append(str(error))
        return None


def _value(hint: Any, value: Any, name: str, problems: list[str]) -> Any:
    if dataclasses.is_dataclass(hint):
        if isinstance(value, dict):
            return _build(typing.cast(type[Any], hint), value, name + ".", problems)
        problems.append(f"{name}: {value!r} is not a table.")
        return None
    if typing.get_origin(hint) is typing.Literal:
        options = typing.get_args(hint)
        if value not in options:
            problems.append(f"{name}: {value!r} is not one of {', '.join(map(repr, options))}.")
        return value
    if isinstance(hint, types.UnionType):
        raise TypeError(f"{name}: recipes hold no unions")
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        problems.append(f"{name}: {value!r} is {_kind(value)}, but {_KINDS[hint]} is needed.")
    return value


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a string"}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), type(value).__name__)


def _did_you_mean(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(known)}."
