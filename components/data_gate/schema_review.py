"""The curated schema as text to review: proposed from data, compared with data, brought up to date with data.

A reviewed file keeps its comments and its order: what did not change stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_data_validation.statistics.stats_impl import generate_statistics_in_memory
from tensorflow_metadata.proto.v0 import schema_pb2

from components import column_names
from components.data_gate.checks import check_anomalies
from components.data_gate.distances import Statistics
from data.checks.findings import Findings
from data.errors import DataError
from data.loading import Loaded
from data.profile import ColumnProfile
from data.spec import Dataset
from data.splits import SPLITS
from data.tensor_names import columns_of, is_plain, tensor_name
from data.times import INT32_SECONDS
from data.values import limits_of

_BLOCK = re.compile(r"^(?:#[^\n]*\n)*(?:feature|string_domain) *:? *\{\n.*?^\}[ \t]*$\n?", re.MULTILINE | re.DOTALL)
"""A feature or a shared domain in lines of its own, with the comment above it."""


def statistics_by_split(loaded: Loaded) -> dict[str, Statistics]:
    """TFDV's statistics of each split that has rows."""
    parts = {name: loaded.part(name) for name in SPLITS}
    return {name: generate_statistics_in_memory(_as_lists(part)) for name, part in parts.items() if part.num_rows}


def _as_lists(table: pa.Table) -> pa.RecordBatch:
    """Columns of single values as the lists of one value that TFDV takes, by tensor name as in the pipeline."""
    joined = table.combine_chunks()
    arrays = [joined[name].chunk(0) for name in joined.column_names]
    offsets = pa.array(np.arange(joined.num_rows + 1, dtype=np.int32))
    return pa.RecordBatch.from_arrays(
        [pa.ListArray.from_arrays(offsets, array) for array in arrays],
        [tensor_name(name) for name in joined.column_names],
    )


def infer(dataset: Dataset, statistics: Statistics) -> schema_pb2.Schema:
    """A schema to start from: every column in every row, types and categories as seen, ranges as described."""
    schema = tfdv.infer_schema(statistics)
    columns = columns_of(dataset.columns())
    for feature in schema.feature:
        column = columns[feature.name]
        limits = limits_of(dataset, column)
        if dataset.time and column == dataset.time.column:
            feature.int_domain.min, feature.int_domain.max = 0, INT32_SECONDS
        elif limits and feature.type == schema_pb2.FLOAT:
            feature.float_domain.min = max(limit.low for limit in limits)
            feature.float_domain.max = min(limit.high for limit in limits)
    return schema


def written(schema: schema_pb2.Schema, columns: Mapping[str, ColumnProfile]) -> str:
    """The schema as text, with a comment on what was seen of each column."""
    lines = ["# What every row has to be. A value outside stops the run, so set ranges by what is possible.\n"]
    named = {tensor_name(name): column for name, column in columns.items()}
    order = list(named)
    for feature in sorted(schema.feature, key=lambda one: order.index(one.name)):
        lines += [_comment(named[feature.name]), _block("feature", feature)]
    rest = schema_pb2.Schema()
    rest.CopyFrom(schema)
    rest.ClearField("feature")
    return "".join(lines) + text_format.MessageToString(rest)


def _comment(column: ColumnProfile) -> str:
    told = f"# {column.role}" if is_plain(column.name) else f"# column {column.name!r}: {column.role}"
    if column.low is not None:
        told += f"; seen: {column.low:g} to {column.high:g}"
    if column.missing:
        told += f"; {column.missing:,} rows without a value"
    return f"{told}\n"


def _block(name: str, message: Any) -> str:
    inner = text_format.MessageToString(message, indent=2)
    return f"{name} {{\n{inner}}}\n"


def parse(text: str, path: str) -> schema_pb2.Schema:
    """The schema in a text.

    Raises:
        DataError: it is none.
    """
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        raise DataError(f"{path} is no schema: line {error.GetLine()}, column {error.GetColumn()}: {error}") from error


def diff(schema: schema_pb2.Schema, statistics: Mapping[str, Statistics], columns: Mapping[str, str]) -> Findings:
    """What the data gate would find in these data, with the source's columns by tensor name."""
    found = Findings()
    for split, one in statistics.items():
        seen = column_names.in_anomalies(tfdv.validate_statistics(one, schema), columns)
        found.add(check_anomalies(seen, split, inferred=False))
    return found


def accept(text: str, path: str, statistics: Mapping[str, Statistics]) -> str:
    """The text changed so that these data fit it; blocks that fit already are kept to the letter, comments too.

    Raises:
        DataError: the text is no schema.
    """
    before = parse(text, path)
    after = schema_pb2.Schema()
    after.CopyFrom(before)
    for one in statistics.values():
        after = tfdv.update_schema(after, one)
    old, new = _named(before), _named(after)
    pieces = _pieces(text)
    if sorted(name for name, _ in pieces if name) != sorted(old):
        return text_format.MessageToString(after)  # laid out in a way that cannot be changed piece by piece
    kept = [piece if not name or old[name] == new[name] else _changed(piece, name, new[name]) for name, piece in pieces]
    added = [_block(name[0], one) for name, one in new.items() if name not in old]
    return "".join(kept + added)


_Name = tuple[str, str]
"""Kind of a block, `feature` or `string_domain`, and its name."""


def _named(schema: schema_pb2.Schema) -> dict[_Name, Any]:
    return {(kind, one.name): one for kind in ("feature", "string_domain") for one in getattr(schema, kind)}


def _pieces(text: str) -> list[tuple[_Name | None, str]]:
    """The text cut into one piece a block, with its name, and what lies between."""
    found: list[tuple[_Name | None, str]] = []
    place = 0
    for block in _BLOCK.finditer(text):
        (name,) = _named(text_format.Parse(block[0], schema_pb2.Schema()))
        found += [(None, text[place : block.start()]), (name, block[0])]
        place = block.end()
    return [*found, (None, text[place:])]


def _changed(piece: str, name: _Name, message: Any) -> str:
    comments = re.match(r"(?:[ \t]*#[^\n]*\n)*", piece)
    return (comments[0] if comments else "") + _block(name[0], message)
