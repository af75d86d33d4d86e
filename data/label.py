"""The label: a column or an expression of two, and whether it is a number, yes or no, or one of several classes."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, model_validator

from data.settings import Settings

MAX_CLASSES = 1_000
_NAME = r"`[^`]+`|[^\W\d]\w*"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_EXPRESSION = re.compile(
    rf"\s*(?P<left>{_NAME})\s*(?:(?P<operation>[-+*/])\s*(?P<right>{_NAME})\s*)?"
    rf"(?:(?P<comparison>[<>]=?|[=!]=)\s*(?P<limit>{_NUMBER})\s*)?"
)
Comparison = Callable[[Any, Any], Any]
_COMPARISONS: dict[str, Comparison] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_USUAL_NO_AND_YES = (("0", "1"), ("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"))
"""Two values that say themselves which of them is the yes, in any case of letters."""


class Range(Settings):
    """A closed interval `[low, high]`; a value outside it makes the row a reject."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.low > self.high:
            raise ValueError(f"low is {self.low} and high is {self.high}: low must not be above high")
        return self


@dataclass(frozen=True)
class Expression:
    """`left operation right comparison limit`, of which the last four may be missing two by two.

    Attributes:
        operation: `+`, `-`, `*` or `/`; empty for one column.
        comparison: gives truth values; None leaves numbers.
    """

    text: str
    columns: tuple[str, ...]
    operation: str
    comparison: Comparison | None
    limit: float


def parsed(text: str) -> Expression:
    """Reads such as `tips / fare > 0.2`; names that are no plain words stand in backticks.

    Raises:
        ValueError: it is none.
    """
    match = _EXPRESSION.fullmatch(text)
    if match is None or not (match["operation"] or match["comparison"]):
        raise ValueError(
            f"{text!r} is no expression; write two columns and what is done with them, such as `tips / fare > 0.2` or "
            "`arrived - left`: one of + - * /, then where yes or no is wanted one of > >= < <= == != and a number; "
            "names with spaces or signs stand in backticks"
        )
    columns = tuple(name.strip("`") for name in (match["left"], match["right"]) if name)
    comparison = _COMPARISONS[match["comparison"]] if match["comparison"] else None
    return Expression(text, columns, match["operation"] or "", comparison, float(match["limit"] or 0))


class Label(Settings):
    """What to predict.

    Attributes:
        column: its name in the source; beside an expression, a name for what it gives.
        expression: computes the label of columns that are known only afterwards, such as `tips / fare > 0.2`; these
            can be no inputs. A row that divides by zero is a reject.
        kind: `number`; `binary` for yes or no; `classes` for one of several. Null looks at the column, says what it
            takes it for, and asks where that is open.
        positive: of a binary label, the value that means yes; `1` of 0 and 1, `true` of true and false and `yes` of yes
            and no, in any case of letters, need not be named.
        classes: the values of a label that is no number, in the order of the outputs, of a binary one no and yes; at
            most 1,000. Null takes those of the training rows in the order of their numbers or else of their texts;
            other values are rejects.
        unit: what one stands for, such as `min`; repeated in the manifest and in reports. Null says "label units".
        range: numbers outside are rejects; null accepts every finite one.
    """

    column: str
    expression: str | None = None
    kind: Literal["number", "binary", "classes"] | None = None
    positive: str | None = None
    classes: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=MAX_CLASSES)
    unit: str | None = None
    range: Range | None = None

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        """An expression says its kind; and YAML reads 1 as a number and true as a truth value, which as classes are
        texts."""
        if not isinstance(given, dict):
            return given
        found = dict(given)
        if isinstance(found.get("expression"), str) and found.get("kind") is None:
            found["kind"] = "number" if parsed(found["expression"]).comparison is None else "binary"
        if isinstance(found.get("classes"), list | tuple):
            found["classes"] = tuple(map(_text, found["classes"]))
        return {**found, "positive": _text(found["positive"])} if found.get("positive") is not None else found

    @model_validator(mode="after")
    def _consistent(self) -> Label:
        compares = self.expression is not None and parsed(self.expression).comparison is not None
        if self.expression is not None and self.kind != ("binary" if compares else "number"):
            gives = "yes or no" if compares else "a number"
            raise ValueError(f"expression {self.expression!r} gives {gives}, but kind is {self.kind}")
        if self.is_number and (self.positive is not None or self.classes is not None) and self.kind is not None:
            raise ValueError("positive and classes are of a label that is no number; leave them out, or set kind")
        if not self.is_number and (self.range is not None or self.unit is not None):
            raise ValueError(f"range and unit are for numbers; leave them out, since kind is {self.kind}")
        self._check_classes()
        return self

    def _check_classes(self) -> None:
        if self.positive is not None and self.kind == "classes":
            raise ValueError("positive is for kind binary; kind is classes")
        if self.classes is None:
            return
        twice = sorted({one for one in self.classes if self.classes.count(one) > 1 or not one.strip()})
        if twice:
            raise ValueError(f"classes name {', '.join(map(repr, twice))} more than once or not at all")
        if self.kind == "binary" and len(self.classes) != 2:
            raise ValueError(f"classes of a binary label are two, no and yes; {len(self.classes)} are given")
        if self.positive is not None and self.positive != self.classes[-1]:
            raise ValueError(
                f"positive is {self.positive!r}, but the last of classes, the yes, is {self.classes[-1]!r}"
            )

    @property
    def is_number(self) -> bool:
        """Also where nobody has looked yet."""
        return self.kind in (None, "number")

    @property
    def is_unseen(self) -> bool:
        """Whether its classes are still to be looked for."""
        return not self.is_number and self.classes is None

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that it is read from."""
        return (self.column,) if self.expression is None else parsed(self.expression).columns

    @property
    def in_words(self) -> str:
        """The unit for people."""
        return self.unit or ("label units" if self.is_number else "probability")


def _text(value: Any) -> Any:
    """As `data.stored.text_of` writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if float(value).is_integer() else str(value)
    return value


def no_and_yes(values: set[str], positive: str | None) -> tuple[str, str] | None:
    """The two values of a binary label, the yes last; None where it does not show which that is."""
    by_lower = {value.lower(): value for value in values} if len(values) == 2 else {}
    for no, yes in _USUAL_NO_AND_YES:
        if positive is None and set(by_lower) == {no, yes}:
            return by_lower[no], by_lower[yes]
    if positive not in values or len(values) != 2:
        return None
    (no,) = values - {positive}
    return no, str(positive)
