"""Mistakes in a configuration in the words of its file: the key, what was given, what is allowed."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pipeline.settings.renamed import removed, renamed


def explain(path: Path, model: type[BaseModel], tree: Mapping[str, Any], error: ValidationError) -> str:
    """All mistakes of a configuration file, a line each."""
    told: dict[str, list[Any]] = {}
    for one in error.errors():
        told.setdefault(_key(tree, one), []).append(one)
    lines = [f"{path}: {len(told)} mistake{'s' if len(told) > 1 else ''} in the configuration"]
    return "\n".join([*lines, *(f"  {key or 'file'}: {_said(model, key, ways)}" for key, ways in told.items())])


def _key(tree: Mapping[str, Any], error: Any) -> str:
    """The key as the file has it: pydantic puts the kinds that a value may be of in between, and marks keys of maps."""
    found, value = [], tree
    *parts, last = error["loc"] or [""]
    for part in parts:
        known = isinstance(value, Mapping) and part in value
        if known or (isinstance(value, list) and isinstance(part, int)):
            found.append(str(part))
            value = value[part]
    if error["type"] == "missing" or (isinstance(value, Mapping) and last in value):
        found.append(str(last))
    return ".".join(found)


def _said(model: type[BaseModel], key: str, ways: Sequence[Any]) -> str:
    """What is wrong with a key; one that may be of several kinds is no good in several ways."""
    if new := renamed(key):
        return f"is called {new} now"
    if instead := removed(key):
        return f"is no more; {instead}"
    one = ways[0]
    if one["type"] == "extra_forbidden":
        return f"no such key. {_allowed_keys(model, one['loc'])}"
    if one["type"] == "missing":
        return "missing"
    # A list whose items were refused is called too short.
    told = [way["msg"].removeprefix("Value error, ") for way in ways if way["type"] != "too_short" or not way["input"]]
    told = [text.replace("a valid tuple", "a list") for text in told]
    allowed = " or ".join([told[0], *(text.removeprefix("Input should be ") for text in told[1:])])
    given = ways[-1]["input"]
    seen = "" if isinstance(given, Mapping | BaseModel) else f" (got {given!r})"
    if one["type"] == "string_type" and isinstance(given, int | float | date):
        seen += "; YAML reads it as something else than a text, so write it in quotes"
    return f"{allowed}{seen}"


def _allowed_keys(model: Any, location: tuple[int | str, ...]) -> str:
    for part in location[:-1]:
        model = _below(model, str(part))
        if model is None:
            return ""
    names = sorted(field.alias or name for name, field in model.model_fields.items())
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}Allowed: {', '.join(names)}"


def _below(model: Any, part: str) -> Any:
    """The settings class under a key, through optional and dict types; None where there is none."""
    if model is None or part not in model.model_fields:
        return model
    kinds = [model.model_fields[part].annotation]
    while kinds:
        kind = kinds.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
        kinds += get_args(kind)
    return None
