"""Prints docs/reference/configuration.md: every key of the configuration, from the settings classes themselves.

A key's meaning is its entry under `Attributes:` in the docstring of its class. A key without one takes the entry that
names it, else the first line of the docstring.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from components.task import all_tasks
from components.task.task import Task
from pipeline.config import Config

INTRODUCTION = """\
# Configuration

<!-- Written by `make reference`; do not edit by hand. -->

One YAML file holds every choice of a pipeline; `pipeline/configs/chicago.yaml` is a complete example. A dot in a key
stands for a level of the file: `training.seed` is the key `seed` below `training`. `NAME` stands for a name of your
choice. `farelite run --set training.seed=3` changes one value for one run. An unknown key is an error. Relative paths
count from the folder of the file.
"""

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", datetime: "date and time"}
_ENTRY = re.compile(r"^    (?P<names>\w+(?:, \w+)*): (?P<text>.*)$")


@dataclass(frozen=True)
class Row:
    """One line of the table: dotted key, type, default and meaning, as markdown."""

    key: str
    type: str
    default: str
    meaning: str


def reference() -> str:
    """The whole page."""
    rows = list(walk(Config, "", None))
    sections = [INTRODUCTION, _table("The whole pipeline", [row for row in rows if "." not in row.key])]
    for name in dict.fromkeys(row.key.split(".")[0] for row in rows if "." in row.key):
        sections.append(_table(f"`{name}`", [row for row in rows if row.key.startswith(f"{name}.")]))
    return "\n".join([*sections, *map(_metrics, all_tasks())])


def _metrics(task: Task) -> str:
    """Names that limits and choices go by, where the label is of one kind."""
    limits = {"lower": "at most", "higher": "at least"}
    lines = [
        f"| `{one.name}` | {one.meaning} | {'label units' if one.in_label_units else ''} "
        f"| {limits.get(one.better) or f'at most so far from {one.ideal:g}'} |"
        for one in task.metrics.values()
    ]
    head = [
        f"## Metrics of a label of kind {task.kind}",
        "",
        f"`{task.primary.name}` is the primary one.",
        "",
        "| Name | Meaning | Unit | Limit |",
        "|---|---|---|---|",
    ]
    compared = ", ".join(f"`{name}`" for name in task.brief)
    usual = ", ".join(f"{value:g} of `{name}`" for name, value in task.increases.items())
    below = (
        f"`push.max_increase` and `study.select.metric` take {compared}; unless configured the first is {usual}, the "
        f"second `{task.selects}`."
    )
    return "\n".join([*head, *lines, "", below, ""])


def walk(model: type[BaseModel], prefix: str, defaults: BaseModel | None) -> Iterator[Row]:
    """Rows of a settings class and of those below it.

    Args:
        model: the class.
        prefix: what stands before its keys, with a dot at the end.
        defaults: the value its parent takes when the file leaves it out; None where there is no such value.
    """
    meanings = attribute_texts(model)
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        default = getattr(defaults, name) if defaults is not None else field.get_default(call_default_factory=True)
        yield Row(key, type_words(field), default_words(default), meaning(model, name, meanings))
        below, named = settings_below(field.annotation)
        if below is not None:
            inner = default if isinstance(default, BaseModel) else None
            yield from walk(below, f"{key}.NAME." if named else f"{key}.", inner)


def attribute_texts(model: type[BaseModel]) -> dict[str, str]:
    """Entries under `Attributes:` by name; an entry for several names counts for each."""
    found: dict[str, str] = {}
    names: list[str] = []
    lines = inspect.cleandoc(model.__doc__ or "").split("\n")
    start = lines.index("Attributes:") + 1 if "Attributes:" in lines else len(lines)
    for line in lines[start:]:
        entry = _ENTRY.match(line)
        if entry:
            names = entry["names"].split(", ")
            found.update(dict.fromkeys(names, entry["text"]))
        elif line.startswith("     "):
            found.update({name: f"{found[name]} {line.strip()}" for name in names})
        else:
            break
    return found


def meaning(model: type[BaseModel], name: str, texts: dict[str, str]) -> str:
    """What a key stands for.

    Raises:
        ValueError: its class says nothing.
    """
    naming = [text for text in texts.values() if f"`{name}`" in text]
    first = inspect.cleandoc(model.__doc__ or "").split("\n")[0]
    for text in [texts.get(name), *naming, first]:
        if text:
            # The file is YAML, where Python's None is written null.
            text = re.sub(r"\bNone\b", "null", text).replace("|", "\\|")
            return f"{text[0].upper()}{text[1:]}"
    raise ValueError(f"{model.__name__}.{name} has no description: add it under Attributes: in the class's docstring")


def settings_below(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The settings class that a type holds, and whether it stands below a name of the user's choice."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for inner in get_args(annotation):
        found, _ = settings_below(inner)
        if found is not None:
            return found, get_origin(annotation) is dict
    return None, False


def type_words(field: FieldInfo) -> str:
    """The type of a field and its bounds."""
    return ", ".join([_words(field.annotation), *_bounds(field.metadata)])


def _words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return ", ".join([_words(inner[0]), *_bounds(inner[1:])])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(["null" if one is NoneType else _words(one) for one in inner])
    if origin is tuple:
        listed = _words(inner[0])
        return f"list of: {listed}" if get_origin(inner[0]) is Literal else f"list of {_plural(listed)}"
    if origin is dict:
        return f"{_plural(_words(inner[1]))} by name"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "group"
    return _WORDS[kind]


def _plural(words: str) -> str:
    if words == "true or false":
        return words
    null = " or null" if words.endswith(" or null") else ""
    return f"{words.removesuffix(null)}s{null}"


def _bounds(metadata: Any) -> Iterator[str]:
    """Bounds as pydantic keeps them: objects with one of these attributes."""
    shown = {"gt": "above {}", "ge": "at least {}", "lt": "below {}", "le": "at most {}", "pattern": "matching `{}`"}
    for one in metadata:
        for name, text in shown.items():
            value = getattr(one, name, None)
            if value is not None:
                yield text.format(value)
        shortest, longest = getattr(one, "min_length", None), getattr(one, "max_length", None)
        if shortest is not None:
            yield f"length {shortest}" if shortest == longest else f"length at least {shortest}"
        if longest is not None and shortest != longest:
            yield f"length at most {longest}"


def default_words(value: Any) -> str:
    """A default as it would stand in the file."""
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, dict) and any(isinstance(one, BaseModel) for one in value.values()):
        return ", ".join(f"`{name}`" for name in value)
    if isinstance(value, float):
        return f"`{value:.6g}`"
    return f"`{json.dumps(value)}`"


def _table(title: str, rows: list[Row]) -> str:
    lines = [f"## {title}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{row.key}` | {row.type} | {row.default} | {row.meaning} |" for row in rows]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
