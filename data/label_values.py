"""The label of each row: a number as it is, of anything else the place of its class."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.label import Expression, parsed
from data.spec import Dataset
from data.stored import Stored, text_of
from data.values import FLOAT32_MAX, NO_UTF8, FloatArray, Reasons, numbers, set_reason

_OPERATIONS: Mapping[str, np.ufunc] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def label_values(dataset: Dataset, columns: Mapping[str, Stored], reasons: Reasons) -> FloatArray:
    """float64 `[rows]`: the number, or the place in `data.label.classes`; NaN where the row is a reject."""
    label = dataset.label
    if not label.is_number:
        return _places(dataset, label_texts(dataset, columns, reasons), reasons)
    if label.expression is None:
        return numbers(columns[label.column], True, reasons, dataset.notation, truth=True)
    return _computed(dataset, parsed(label.expression), columns, reasons)


def label_texts(dataset: Dataset, columns: Mapping[str, Stored], reasons: Reasons) -> pa.ChunkedArray:
    """The class of each row as text, null where there is none; adds to `reasons`."""
    label = dataset.label
    if label.expression is not None:
        expression = parsed(label.expression)
        values = _computed(dataset, expression, columns, reasons)
        assert expression.comparison is not None
        yes = pa.array(np.asarray(expression.comparison(values, expression.limit)), mask=np.isnan(values))
        return pa.chunked_array([pc.if_else(yes, "true", "false")])
    column = columns[label.column]
    set_reason(reasons, column.broken, f"{label.column}: {NO_UTF8}")
    texts = text_of(column, dataset.notation)
    set_reason(reasons, np.asarray(texts.is_null()), f"{label.column}: missing")
    return texts


def _places(dataset: Dataset, texts: pa.ChunkedArray, reasons: Reasons) -> FloatArray:
    label = dataset.label
    classes = label.classes or ()
    found = pc.index_in(texts, value_set=pa.array(classes, pa.string()))
    values = np.array(found.cast(pa.float64()).to_numpy(), dtype=np.float64)
    unknown = np.isnan(values) & np.asarray(texts.is_valid())
    near = {one.casefold(): one for one in classes}
    for row in np.flatnonzero(unknown):
        text = texts[int(row)].as_py()
        hint = f"; did you mean {near[text.casefold()]!r}?" if text.casefold() in near else ""
        told = text if len(text) <= 40 else f"{text[:37]}..."
        reasons[row] = reasons[row] or f"{label.column}: {told!r} is none of the {len(classes)} classes{hint}"
    return values


def _computed(dataset: Dataset, expression: Expression, columns: Mapping[str, Stored], reasons: Reasons) -> FloatArray:
    """What the operation gives, before any comparison; NaN where it gives none."""
    read = [numbers(columns[name], True, reasons, dataset.notation, truth=True) for name in expression.columns]
    if not expression.operation:
        return read[0]
    left, right = read
    name = dataset.label.column
    if expression.operation == "/":
        set_reason(reasons, right == 0, f"{name}: {expression.text} divides by zero")
    with np.errstate(all="ignore"):
        values = np.asarray(_OPERATIONS[expression.operation](left, right))
    endless = ~np.isnan(left + right) & ~(np.abs(values) <= FLOAT32_MAX)
    set_reason(reasons, endless, f"{name}: {expression.text} is not a finite number")
    values[endless] = np.nan
    return values
