"""What a table's columns hold, by a look at its first rows: numbers, truth values, times or texts, and how written."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.batches import Batch, Layout
from data.draft.notation import MOSTLY, say_notation
from data.draft.written import Written, how_written
from data.errors import DataError
from data.files import local, match
from data.notation import Notation
from data.reader import is_tfrecord
from data.span_choice import Spans
from data.spans import choose, find_spans, has_spans
from data.stored import Stored, stored, text_of
from data.tables import read_table
from data.tfrecord_reader import read_tfrecord
from data.values import FloatArray, numbers, reads_as_number

LOOK_ROWS = 100_000
"""So many rows from the beginning show what a column is."""
_CATEGORIES = 20
_WITH_UNIT = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s?([^\W\d_]\S{0,5}|°\S?)")

Kind = Literal["number", "truth", "moment", "text", "nothing", "unusable"]


@dataclass(frozen=True)
class Seen:
    """A column.

    Attributes:
        kind: what its values are; `nothing` where there is none, `unusable` for lists and the like.
        rows, missing: that were looked at, and of them those without a value.
        counts: rows of each text, the commonest first.
        numbers: float64 `[rows]`, NaN for missing and for what is none; empty for texts.
        odd: rows of each text that is no number in a column that is mostly numbers.
        why: of an unusable column.
    """

    name: str
    kind: Kind
    rows: int = 0
    missing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    numbers: FloatArray = field(default_factory=lambda: np.empty(0))
    odd: Counter[str] = field(default_factory=Counter)
    why: str = ""

    @property
    def known(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def values(self) -> FloatArray:
        """The numbers that are there, in the order of the rows."""
        return self.numbers[~np.isnan(self.numbers)]

    @property
    def whole(self) -> bool:
        """Whether all numbers are whole ones."""
        return bool(len(self.values)) and bool((np.floor(self.values) == self.values).all())


@dataclass(frozen=True)
class Table:
    """What was seen.

    Attributes:
        settings: of `data`, that reading needs: encoding, delimiter, header, decimal, missing.
        why: a reason for each.
        columns: in the order of the file.
        rows: that were looked at.
        all_rows: whether there are no more.
    """

    settings: Mapping[str, Any]
    why: Mapping[str, str]
    columns: Mapping[str, Seen]
    rows: int
    all_rows: bool

    @property
    def notation(self) -> Notation:
        """How its values are written."""
        return Notation.of(self.settings.get("missing"), self.settings.get("decimal", "."))


def look(source: str) -> Table:
    """Looks at the first rows of a source, named as `data.source` is, from the current folder.

    Raises:
        DataError: it is not there, is no table, or holds no row.
    """
    files = _files(source)
    written = Written() if is_tfrecord("auto", files[0]) else how_written(files[0])
    batches, rows, all_rows = _first_rows(files, Layout([], whole=True, **written.settings))
    names = batches[0].columns.column_names
    if not rows:
        bad = next((one for batch in batches for one in batch.bad_rows), None)
        told = f"no row can be read; the first: line {bad.line}: {bad.reason}" if bad else "it holds no rows"
        raise DataError(f"{files[0]}: {told}")
    raw: dict[str, Stored | str] = {}
    for place, name in enumerate(names):
        chunks = [chunk for batch in batches for chunk in batch.columns.column(place).chunks]
        raw[name] = "two columns have this name" if name in raw else _stored(name, chunks)
    texts = {name: text_of(one, Notation(), keep_point=True) for name, one in raw.items() if isinstance(one, Stored)}
    counts = {name: _counted(column) for name, column in texts.items() if pa.types.is_string(_type(raw[name]))}
    say_notation(written, counts)
    found = Notation.of(written.settings.get("missing"), written.settings.get("decimal", "."))
    columns = {name: _seen(name, one, found) for name, one in raw.items()}
    return Table(written.settings, written.why, columns, rows, all_rows)


def _files(source: str) -> list[str]:
    if has_spans(source):
        return [file for span in choose(find_spans(source), Spans(), source) for file in span.files]
    return match(source, "the table")


def _first_rows(files: Sequence[str], layout: Layout) -> tuple[list[Batch], int, bool]:
    batches: list[Batch] = []
    rows = 0
    for file in files:
        how = read_tfrecord if is_tfrecord("auto", file) else read_table
        with local(file) as path:
            for batch in how(layout, path, file):
                if batches and batch.columns.column_names != batches[0].columns.column_names:
                    raise DataError(f"{file} has other columns than {files[0]}; give files of one kind")
                batches.append(batch)
                rows += batch.columns.num_rows
                if rows >= LOOK_ROWS:
                    return batches, rows, False
    return batches, rows, True


def _stored(name: str, chunks: Sequence[pa.Array]) -> Stored | str:
    """The column, or why it is none."""
    try:
        types = {chunk.type for chunk in chunks}
        if len(types) > 1:
            return f"stored as {' and '.join(sorted(map(str, types)))} in different files"
        return stored(pa.chunked_array(chunks, next(iter(types))), name)
    except DataError as error:
        return str(error)


def _type(column: Stored | str) -> pa.DataType:
    return column.type if isinstance(column, Stored) else pa.null()


def _counted(texts: pa.ChunkedArray) -> Counter[str]:
    pairs = pc.value_counts(texts.drop_null()).to_pylist()
    return Counter(
        dict(sorted(((one["values"], one["counts"]) for one in pairs), key=lambda pair: (-pair[1], pair[0])))
    )


def _seen(name: str, column: Stored | str, notation: Notation) -> Seen:
    if isinstance(column, str):
        return Seen(name, "unusable", why=column)
    kind, rows = column.type, len(column.values)
    counts = _counted(text_of(column, notation))
    missing = rows - sum(counts.values())
    if not counts:
        return Seen(name, "nothing", rows, missing)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return Seen(name, "moment", rows, missing, counts)
    if pa.types.is_time(kind):
        return Seen(name, "text", rows, missing, counts)
    truth = pa.types.is_boolean(kind) or set(counts) <= {"true", "false"}
    odd = Counter({text: count for text, count in counts.items() if not reads_as_number(text, notation)})
    if not truth and odd.total() > (1 - MOSTLY) * counts.total():
        return Seen(name, "text", rows, missing, counts, why=_foreign(odd))
    values = numbers(column, False, np.full(rows, "", dtype=object), notation, truth=True)
    return Seen(name, "truth" if truth else "number", rows, missing, counts, values, Counter() if truth else odd)


def _foreign(texts: Counter[str]) -> str:
    """Why texts that look like numbers are none; empty for plain texts."""
    looks = (
        (r"[+-]?\d{1,3}([,.]\d{3})+([,.]\d+)?", "has separators between thousands"),
        (r"[$€£¥]\s?[\d.,]+|[\d.,]+\s?[$€£¥]", "has a sign of a currency"),
        (r"[+-]?[\d.,]+\s?%", "has a percent sign"),
        (r"[+-]?\d+,\d+", "has a decimal comma where other columns have points"),
    )
    for pattern, what in looks:
        hit = next((text for text in texts if re.fullmatch(pattern, text)), None)
        alike = sum(count for text, count in texts.items() if re.fullmatch(pattern, text))
        if hit is not None and alike >= texts.total() / 2:
            return f"{hit!r} {what}; write plain numbers to use it"
    return _with_unit(texts)


def _with_unit(texts: Counter[str]) -> str:
    """Likewise of numbers with one unit behind them, too many different ones for categories."""
    found = {text: hit[1] for text in texts if (hit := _WITH_UNIT.fullmatch(text))}
    units = Counter[str]()
    for text, unit in found.items():
        units[unit] += texts[text]
    (unit, rows), *_ = [*units.most_common(1), ("", 0)]
    alike = [text for text, one in found.items() if one == unit]
    if len(alike) <= _CATEGORIES or rows < texts.total() / 2:
        return ""
    return f"{alike[0]!r} is a number with a unit; write plain numbers to use it"
