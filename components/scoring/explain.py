"""What moved one prediction: each input alone takes the values that it has in other rows.

The change of an input is the prediction minus its mean over the other rows' values of that input, everything else as
it is in the row (M. Robnik-Sikonja, I. Kononenko, Explaining Classifications For Individual Instances, IEEE
Transactions on Knowledge and Data Engineering 20, 2008; with differences of the output itself). One input is looked at
at a time, so the changes do not add up to the prediction where inputs work together. The other rows are the test rows
among the version's test vectors: its folder is all that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.evaluation.importance import Part, parts_of
from components.registry import soundness
from components.registry.soundness import CorruptError, StoreError
from components.registry.store import Store
from components.scoring.predict import NO_NUMBER, Predictor
from data.batches import check_columns
from data.errors import DataError
from data.tables import Stretch, read_whole

Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Change:
    """What one input does to a prediction.

    Attributes:
        name: of the point, or of the source's column.
        given: what the row holds, as text by column.
        change: the prediction minus its mean with the other rows' values of this input; in output units.
        low, high: the lowest and the highest prediction with one of these values.
    """

    name: str
    given: dict[str, str]
    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Explanation:
    """One prediction, taken apart.

    Attributes:
        version: six digits.
        prediction: in output units.
        of: what it is, such as `predicted fare` or `probability that species is Adelie`.
        unit: of it; None for a probability, and where the configuration names none.
        usual: mean prediction of the other rows.
        rows: how many these are.
        changes: the input that moved it furthest first.
        flags: what the prediction rests on that training did not show, as `predict` flags it.
    """

    version: str
    prediction: float
    of: str
    unit: str | None
    usual: float
    rows: int
    changes: list[Change]
    flags: list[str]


def row_of(pairs: Mapping[str, str]) -> pa.Table:
    """A table of one row from texts by column, as they would stand in a CSV."""
    return pa.table({name: pa.array([text], pa.string()) for name, text in pairs.items()})


def row_in(layout: Any, source: str, number: int) -> Stretch:
    """The row of a table with this number, from 1, the header not counted.

    Raises:
        DataError: the table cannot be read, lacks a column, or has fewer rows.
    """
    before = 0
    for stretch in read_whole(layout, source):
        if number <= before + len(stretch.faults):
            place = number - before - 1
            return Stretch(stretch.table.slice(place, 1), stretch.faults[place : place + 1])
        before += len(stretch.faults)
    raise DataError(f"{source} has {before:,} rows, so there is no --row {number:,}; the first one is 1")


def explain(store: Store, version: str | None, row: pa.Table | tuple[str, int], of_class: str | None) -> Explanation:
    """Takes one prediction of a version apart.

    Args:
        store: where versions lie.
        version: which; None takes the live one.
        row: a table of one row, or a file and the number of a row in it.
        of_class: whose probability; None takes that of yes, or of the likeliest class. Of a number, it must be None.

    Raises:
        StoreError: there is no such version, or it keeps no test rows.
        CorruptError: its files are not what was pushed.
        DataError: the row cannot be read, lacks a column, or has no prediction; the label has no such class.
    """
    version = store.resolve(version)
    manifest = store.manifest(version)
    predictor = Predictor(store.model(version), manifest)
    stretch = _read(predictor, row)
    typed, (reason,), (flags,) = predictor.typed(stretch)
    if reason:
        raise DataError(f"the row has no prediction: {reason}")
    others = _others(store, version, predictor)
    name, told = _explained(predictor, manifest, typed, of_class)
    numbers = partial(_numbers, predictor, name)
    prediction = float(numbers(typed)[0])
    if not np.isfinite(prediction):
        raise DataError(f"the row has no prediction: {NO_NUMBER}")
    parts = parts_of(predictor.inputs, manifest["config"]["data"]["points"])
    changes = [_change(part, typed, others, numbers, prediction, stretch.table) for part in parts]
    return Explanation(
        version=version,
        prediction=prediction,
        of=told,
        unit=manifest["output"].get("unit"),
        usual=float(np.mean(numbers(others))),
        rows=len(next(iter(others.values()))),
        changes=sorted(changes, key=lambda one: -abs(one.change)),
        flags=flags,
    )


def _read(predictor: Predictor, row: pa.Table | tuple[str, int]) -> Stretch:
    if isinstance(row, tuple):
        return row_in(predictor.layout, *row)
    check_columns(row.column_names, predictor.layout.wanted, "the row", "the model takes", " A missing value: NAME=")
    return Stretch(row, [""])


def _others(store: Store, version: str, predictor: Predictor) -> Columns:
    """The test rows among the test vectors `[rows]`, checked against the manifest's sum."""
    if problems := store.problems(version, only={soundness.VECTORS}):
        raise CorruptError("; ".join(problems))
    vectors = soundness.read_json(store.folder(version) / soundness.VECTORS)["rows"]
    rows = [one["inputs"] for one in vectors if "what" not in one]
    if not rows:
        raise StoreError(f"version {version} keeps no test rows to compare with; publish a new one by `farelite run`")
    return {
        one.name: np.array([np.nan if row[one.name] is None else row[one.name] for row in rows], one.dtype)
        for one in predictor.inputs
    }


def _explained(
    predictor: Predictor, manifest: Mapping[str, Any], typed: Columns, of_class: str | None
) -> tuple[str, str]:
    """The class whose probability is explained, empty for a number, and what that is called."""
    task, output = predictor.task, manifest["output"]
    if of_class is not None and of_class not in task.classes:
        there = f"its classes: {', '.join(task.classes)}" if task.classes else "it is a number, without classes"
        raise DataError(f"--class {of_class}: the label has no such class; {there}")
    if not task.classes:
        return "", output["meaning"]
    column = manifest["config"]["data"]["label"]["column"]
    usual = task.classes[-1] if task.kind == "binary" else None
    decided = task.decided(predictor.engine.rows(typed)[0])
    assert decided is not None  # there are classes
    name = of_class or usual or decided[0]
    return name, f"probability that {column} is {name}"


def _numbers(predictor: Predictor, of_class: str, columns: Columns) -> npt.NDArray[np.float64]:
    return predictor.task.number_of(predictor.engine.rows(columns), of_class)


def _change(part: Part, row: Columns, others: Columns, numbers: Any, prediction: float, table: pa.Table) -> Change:
    count = len(next(iter(others.values())))
    columns = {name: np.repeat(values, count) for name, values in row.items()}
    found = numbers({**columns, **{one.name: others[one.name] for one in part.inputs}})
    given = {one.source_column: _text(table.column(one.source_column)[0].as_py()) for one in part.inputs}
    return Change(part.name, given, prediction - float(np.mean(found)), float(np.min(found)), float(np.max(found)))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value)
