"""Predicts the rows of a table with a published version; needs its folder and LiteRT, no TensorFlow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.device.runtime import Engine
from components.progress import report
from components.registry.soundness import CorruptError, interface_of
from components.registry.store import Store
from components.scoring.table_writer import writing
from components.task import task_of
from data.batches import Layout
from data.categories import category_id
from data.errors import DataError
from data.notation import Notation
from data.spec import Point, Time, wall_clock
from data.stored import Stored, stored, text_of
from data.tables import Stretch, read_whole
from data.times import seconds_of
from data.values import LIMITS, NO_UTF8, check_origin, check_range, numbers, set_reason
from data.vocabulary import TIME_KEYS, Input

PREDICTION, CLASS, FLAGS, SEPARATOR = "prediction", "class", "flags", ";"
NO_NUMBER = "the model gives no finite number"
Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Predictions:
    """Predictions of consecutive rows.

    Attributes:
        prediction: float32 `[rows]`, in label units, or the probability of yes, or that of the likeliest class; NaN
            where a row has none.
        classes: that are decided for, empty where a row has no prediction; None for a label that is a number.
        flags: one entry a row, empty if there is nothing to say: why it has no prediction, or else what its
            prediction rests on that training did not show: a value outside the training range, a category unknown.
    """

    prediction: npt.NDArray[np.float32]
    flags: list[str]
    classes: list[str] | None = None


@dataclass
class Counts:
    """Rows in all, without a prediction, and with one that is flagged."""

    rows: int = 0
    without_prediction: int = 0
    flagged: int = 0

    def add(self, predictions: Predictions) -> None:
        """Counts a stretch."""
        without_prediction = np.isnan(predictions.prediction)
        self.rows += len(without_prediction)
        self.without_prediction += int(without_prediction.sum())
        self.flagged += sum(bool(flag) for flag in predictions.flags) - int(without_prediction.sum())


class Predictor:
    """A published version, ready to predict.

    Args:
        model: bytes of its file.
        manifest: its `model.json`.

    Raises:
        StoreError: the manifest is of another age.
        CorruptError: it is of another file.
    """

    def __init__(self, model: bytes, manifest: Mapping[str, Any]) -> None:
        known = interface_of(manifest)
        self.inputs, self.task = known.inputs, task_of(known.output.model_dump())
        described = manifest["config"]["data"]
        self.layout = Layout(
            [one.source_column for one in self.inputs],
            whole=True,
            whose="the model takes",
            header=described["header"],
            delimiter=described["delimiter"],
            encoding=described.get("encoding", "utf-8"),
            described=False,
        )
        self._described = {*self.layout.wanted, described["label"]["column"]}
        # A version from before these settings was trained on every text as it stood.
        self._notation = Notation.of(described.get("missing", ()), described.get("decimal", "."))
        self._known = {one.name: self._numbers(one.vocabulary) for one in self.inputs if one.vocabulary}
        self._points = {name: Point(**point) for name, point in described["points"].items()}
        self.engine = Engine(model)
        if strange := self.engine.strangeness(self.inputs):
            raise CorruptError(strange)

    def added(self, present: Collection[str]) -> list[str]:
        """Names of the columns that predictions, classes where there are some, and flags go to in a table with these.

        `model_prediction` and `model_flags` where the data description has a column of the usual name.

        Raises:
            DataError: the table has other columns of these names.
        """
        wanted = (PREDICTION, *((CLASS,) if self.task.classes else ()), FLAGS)
        names = [f"model_{name}" if name in self._described else name for name in wanted]
        if taken := sorted(set(names) & set(present)):
            raise DataError(f"a column named {', '.join(taken)} is there already; rename it, the output adds its own")
        return names

    def __call__(self, stretch: Stretch) -> Predictions:
        """Predicts rows, each for itself.

        Raises:
            DataError: a column is of a type that holds no such values.
        """
        tensors, reasons, notes = self.typed(stretch)
        prediction = np.full(len(reasons), np.nan, dtype=np.float32)
        classes = [""] * len(reasons) if self.task.classes else None
        for row in np.flatnonzero(reasons == ""):
            found = self.engine({name: values[row : row + 1] for name, values in tensors.items()})
            decided = self.task.decided(found) if np.isfinite(found).all() else None
            prediction[row] = np.max(found)
            if classes and decided:
                classes[row] = decided[0]
        prediction[np.isinf(prediction)] = np.nan
        set_reason(reasons, np.isnan(prediction), NO_NUMBER)
        flags = [reason or SEPARATOR.join(note) for reason, note in zip(reasons, notes, strict=True)]
        return Predictions(prediction, flags, classes)

    def typed(self, stretch: Stretch) -> tuple[dict[str, Values], Values, list[list[str]]]:
        """The file's inputs `[rows]` by name; why a row has none, empty where it has; and notes on each row.

        Raises:
            DataError: a column is of a type that holds no such values.
        """
        reasons = np.array(stretch.faults, dtype=object)
        notes: list[list[str]] = [[] for _ in stretch.faults]
        typed = {one.source_column: self._typed(one, stretch.table, reasons, notes) for one in self.inputs}
        check_origin(self._points, typed, reasons)
        return {one.name: typed[one.source_column] for one in self.inputs}, reasons, notes

    def _typed(self, one: Input, table: pa.Table, reasons: Values, notes: list[list[str]]) -> Values:
        """One input `[rows]` in the dtype of the file; adds to `reasons` and `notes`."""
        name = one.source_column
        column = stored(table.column(name), name)
        if one.role == "categorical":
            return self._ids(one, column, reasons, notes)
        time = _time(one)
        if time:
            values: Values = seconds_of(column, time, reasons, self._notation)
        else:
            limit = LIMITS.get(one.role)
            values = numbers(column, limit is not None, reasons, self._notation, truth=limit is None)
            check_range(values, name, [limit] if limit else [], reasons)
            _note(notes, np.isnan(values), f"{name}: missing")
        values = values.astype(one.dtype)
        if one.training_range is not None:
            low, high = one.training_range
            shown = f"{low:g} to {high:g}"
            if time:
                shown = f"{_moment(low)} to {_moment(high)} on the {wall_clock(time.time_zone)}"
            _note(notes, (values < low) | (values > high), f"{name}: outside the training range {shown}")
        return values

    def _ids(self, one: Input, column: Stored, reasons: Values, notes: list[list[str]]) -> npt.NDArray[np.int32]:
        """1 + place in the vocabulary; missing and unknown texts are noted."""
        name, known = one.source_column, self._known.get(one.name, {})
        set_reason(reasons, column.broken, f"{name}: {NO_UTF8}")
        texts = _texts(column, self._notation)
        missing = np.array([text == b"" for text in texts], dtype=bool)
        unknown = np.array([text not in known for text in texts], dtype=bool)
        _note(notes, missing, f"{name}: missing")
        _note(notes, unknown & ~missing, f"{name}: unknown category")
        return np.array([category_id(text, known, one.oov_buckets) for text in texts], dtype=np.int32)

    def _numbers(self, vocabulary: Sequence[str]) -> dict[bytes, int]:
        known: dict[bytes, int] = {}
        written = stored(pa.chunked_array([vocabulary], pa.string()), "vocabulary")
        for number, text in enumerate(_texts(written, self._notation), start=1):
            known.setdefault(text, number)  # an old vocabulary may have both 1 and 1.0
        return known


def _time(one: Input) -> Time | None:
    if one.role != "time":
        return None
    return Time.model_validate({"column": one.source_column, **one.model_dump(include=TIME_KEYS)})


def _texts(column: Stored, notation: Notation) -> list[bytes]:
    return list(text_of(column, notation).fill_null("").cast(pa.binary()).to_pylist())


def _note(notes: list[list[str]], where: npt.NDArray[np.bool_], text: str) -> None:
    for row in np.flatnonzero(where):
        notes[row].append(text)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M")


def predict_file(store: Store, version: str | None, source: str, output: Path | None) -> Counts:
    """Writes a table with `prediction`, `class` where the label is no number, and `flags` added.

    Every row and every column stays, in the same order.

    Args:
        store: where versions lie.
        version: which; None takes the live one.
        source: CSV or Parquet, plain or packed.
        output: see `table_writer.writing`; None writes CSV to standard output.

    Raises:
        StoreError: there is no such version.
        CorruptError: its files are not what was pushed.
        DataError: the table cannot be read, lacks a column or has the added ones, or `output` cannot be written.
    """
    version = store.resolve(version)
    predictor = Predictor(store.model(version), store.manifest(version))
    counts = Counts()
    stretches = read_whole(predictor.layout, source)
    first = next(stretches)  # before the output is touched: most faults of a table show here
    try:
        names = predictor.added(first.table.column_names)
    except DataError as error:
        raise DataError(f"{source}: {error}") from error
    with writing(output, first.delimiter or predictor.layout.delimiter) as write:
        for stretch in chain([first], stretches):
            counts.add(predictions := predictor(stretch))
            report(f"{counts.rows:,} rows", counts.rows, 0)
            write(_joined(stretch.table, predictions, names))
    return counts


def _joined(table: pa.Table, predictions: Predictions, names: Sequence[str]) -> pa.Table:
    prediction = pa.array(predictions.prediction, pa.float32(), from_pandas=True)  # NaN becomes null
    texts = [*([predictions.classes] if predictions.classes is not None else []), predictions.flags]
    for name, column in zip(names, [prediction, *(pa.array(one, pa.string()) for one in texts)], strict=True):
        table = table.append_column(name, column)
    return table
