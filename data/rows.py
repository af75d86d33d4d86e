"""Turns batches into typed, filtered, split rows; every row is accepted or has one reason why not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.batches import Batch
from data.checks.oddities import EXAMPLES, REASONS, Oddities
from data.columns import ARROW, described
from data.label_values import label_texts, label_values
from data.spec import Dataset
from data.splits import parts, places
from data.stored import Stored, python_values, stored, text_of
from data.times import seconds_of
from data.values import (
    NO_NUMBER,
    NO_UTF8,
    FloatArray,
    Reasons,
    check_origin,
    check_range,
    check_swapped,
    limits_of,
    numbers,
    set_reason,
)

_LONGEST = 60
"""Letters of a rejected value that are shown."""
_FLOAT64_INTEGERS = 2.0**53
"""From here on a float64 has lost digits too."""


@dataclass(frozen=True)
class Rejects:
    """Rejected rows of one batch: parallel lists, one entry a row.

    Values are written as `NAME=VALUE`; of what is no row, the text as it stands.
    """

    lines: list[int]
    reasons: list[str]
    values: list[str]


@dataclass(frozen=True)
class Rows:
    """Accepted rows of one batch.

    Attributes:
        columns: by column name, in the stored dtype of its role (`data.vocabulary.ROLES`): time in seconds of local
            wall-clock time since 1970, texts as `data.stored.text_of` gives them; a label whose classes nobody has
            looked for is its texts.
        split: int8 `[rows]`, an index into `data.splits.SPLITS`.
        hashes: uint64 `[rows]`, of seed and all columns of a role.
    """

    columns: dict[str, pa.Array]
    split: npt.NDArray[np.int8]
    hashes: npt.NDArray[np.uint64]
    rejects: Rejects
    oddities: Oddities

    def __len__(self) -> int:
        return len(self.split)


def to_rows(dataset: Dataset, batch: Batch, only: str | None = None, cut: int | None = None) -> Rows:
    """Types, checks and splits one batch; `only` and `cut` are as `data.splits.parts` takes them.

    Raises:
        DataError: a column is stored in a type that its role cannot be read from.
    """
    columns = {name: stored(batch.columns[name], name) for name in dataset.read_columns()}
    reasons = np.full(batch.columns.num_rows, "", dtype=object)
    exact = _numbers(dataset, columns, reasons)
    typed: dict[str, npt.NDArray[Any]] = {name: values.astype(np.float32) for name, values in exact.items()}
    if dataset.time:
        time = dataset.time.column
        typed[time] = seconds_of(columns[time], dataset.time, reasons, dataset.notation)
    texts = {name: text_of(columns[name], dataset.notation) for name in columns if _is_text(dataset, name)}
    for name in texts:
        set_reason(reasons, columns[name].broken, f"{name}: {NO_UTF8}")
    label = dataset.label
    if label.is_unseen:
        texts[label.column] = label_texts(dataset, columns, reasons)
    accepted = reasons == ""
    good = pa.array(accepted)
    types = {one.name: ARROW[one.stored_dtype] for one in described(dataset)}
    found = {name: pa.array(values[accepted], types[name]) for name, values in typed.items()}
    as_texts = (*dataset.categorical, *((label.column,) if label.is_unseen else ()))
    found |= {name: _bytes(texts[name].fill_null("").filter(good)) for name in as_texts}
    hashes, hashed = _hashes(dataset, columns, texts, good)
    seconds = np.asarray(found[dataset.time.column]) if dataset.time else None
    return Rows(
        found,
        parts(hashed, dataset.split, only, seconds, cut),
        hashes,
        _rejects(batch, reasons, accepted),
        _oddities(dataset, batch, columns, exact, reasons),
    )


def _oddities(
    dataset: Dataset, batch: Batch, columns: dict[str, Stored], exact: dict[str, FloatArray], reasons: Reasons
) -> Oddities:
    numbers_of = [name for name in (*dataset.numeric, dataset.label.column) if name in exact]
    return Oddities(
        _coarse({name: exact[name][reasons == ""] for name in numbers_of}),
        *_odd_texts(batch, {name: columns[name] for name in exact if name in columns}, reasons),
        _examples(batch, columns, reasons),
    )


def _examples(batch: Batch, columns: dict[str, Stored], reasons: Reasons) -> dict[str, list[list[str]]]:
    """By reason, what a few rejected rows hold where the reason says it, and where they are."""
    file = batch.file.rsplit("/", 1)[-1]
    found: dict[str, list[list[str]]] = {}

    def wanted(reason: str) -> bool:
        return len(found[reason]) < EXAMPLES if reason in found else len(found) < REASONS

    for bad in batch.bad_rows:
        if wanted(bad.reason):
            found.setdefault(bad.reason, []).append([_short(bad.text), f"{file}:{bad.line}"])
    for row in np.flatnonzero(reasons != ""):
        if wanted(reason := str(reasons[row])):
            name = max((name for name in columns if reason.startswith(f"{name}: ")), key=len, default="")
            value = _short(_show(*python_values(columns[name].values.take(pa.array([row]))))) if name else ""
            found.setdefault(reason, []).append([value, f"{file}:{batch.lines[int(row)]}"])
    return found


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _is_text(dataset: Dataset, name: str) -> bool:
    return name in dataset.categorical or name in dataset.split.key


def _hashes(
    dataset: Dataset, columns: dict[str, Stored], texts: dict[str, pa.ChunkedArray], good: pa.Array
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Of all columns of a role, and of the key."""
    key, seed = dataset.split.key, dataset.split.seed
    label = dataset.label
    measured = {*dataset.coordinates(), *dataset.numeric}
    if label.is_number or label.expression:
        measured |= set(label.sources)
    # Numbers as tables of text have them, 8.0 for a whole float: another form would move rows between the splits.
    shown = {
        name: texts[name]
        if name in dataset.categorical
        else text_of(columns[name], dataset.notation, keep_point=name in measured)
        for name in (*dataset.inputs(), *label.sources)
    }
    hashes = places([_bytes(column.filter(good)) for column in shown.values()], seed)
    return hashes, places([_bytes(texts[name].filter(good)) for name in key], seed) if key else hashes


def _numbers(dataset: Dataset, columns: dict[str, Stored], reasons: npt.NDArray[Any]) -> dict[str, FloatArray]:
    """Coordinates, numeric columns and the label, float64 `[rows]`; adds to `reasons`."""
    axes = dataset.coordinates()
    limits = {name: limits_of(dataset, name) for name in dataset.columns()}
    exact = {}
    for name in [*axes, *dataset.numeric]:
        exact[name] = numbers(columns[name], name in axes, reasons, dataset.notation, truth=name not in axes)
        if name not in axes:
            check_range(exact[name], name, limits[name], reasons)
    if not dataset.label.is_unseen:
        label = dataset.label.column
        exact[label] = label_values(dataset, columns, reasons)
        check_range(exact[label], label, limits[label], reasons)
    # What is known to be no place is not called a place out of range.
    check_origin(dataset.points, exact, reasons)
    check_swapped(dataset.points, exact, limits, reasons)
    for name in axes:
        check_range(exact[name], name, limits[name], reasons)
    return exact


def _coarse(exact: dict[str, FloatArray]) -> dict[str, float]:
    """By column, the largest integer that float32 does not tell from its neighbours."""
    found = {}
    for name, values in exact.items():
        whole = np.abs(values[np.floor(values) == values])
        lost = whole[(whole.astype(np.float32) != whole) | (whole >= _FLOAT64_INTEGERS)]
        if len(lost):
            found[name] = float(lost.max())
    return found


Texts = dict[str, list[str]]


def _odd_texts(batch: Batch, columns: dict[str, Stored], reasons: npt.NDArray[Any]) -> tuple[Texts, Texts]:
    """By column, some texts that are no number, with file and line; and some accepted ones of the same columns."""
    found, good = {}, {}
    for name, column in columns.items():
        rows = np.flatnonzero(reasons == f"{name}: {NO_NUMBER}")[:EXAMPLES]
        if len(rows):
            file, values = batch.file.rsplit("/", 1)[-1], column.values.take(pa.array(rows)).to_pylist()
            found[name] = [f"{value!r} ({file}:{batch.lines[row]})" for value, row in zip(values, rows, strict=True)]
            known = column.values.filter(pa.array(reasons == "")).drop_null().unique()[:EXAMPLES]
            good[name] = [_show(one) for one in known.to_pylist() if one]
    return found, good


def _bytes(column: pa.ChunkedArray) -> pa.Array:
    joined = column.cast(pa.binary()).combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.array([], pa.binary())


def _rejects(batch: Batch, reasons: npt.NDArray[Any], accepted: npt.NDArray[np.bool_]) -> Rejects:
    bad = pa.array(np.flatnonzero(~accepted))
    values = _named_values(batch.columns.take(bad)) if len(bad) else []
    return Rejects(
        batch.lines.take(bad).to_pylist() + [row.line for row in batch.bad_rows],
        reasons[~accepted].tolist() + [row.reason for row in batch.bad_rows],
        values + [row.text for row in batch.bad_rows],
    )


def _named_values(table: pa.Table) -> list[str]:
    """Each row as `a=1, b=2`."""
    named = [
        pc.binary_join_element_wise(f"{name}=", _texts(column), "")
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return list(pc.binary_join_element_wise(*named, ", ").to_pylist())


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        try:  # as bytes first: Parquet's strings are not looked at before
            return pc.fill_null(column.cast(pa.binary()).cast(pa.string()), "")
        except pa.ArrowInvalid:  # no UTF-8
            pass
    return pa.chunked_array([pa.array(map(_show, python_values(column)), pa.string())])


def _show(value: Any) -> str:
    return (
        value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else "" if value is None else str(value)
    )
