"""Reads a source into columnar batches of text, with the rows that cannot be read kept apart.

CSV is read as text on purpose: a value that does not parse must become a reject with its line and reason, which a
typed reader would turn into a failure of the whole file.
"""

from __future__ import annotations

import glob
import importlib.util
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from data.spec import Dataset

BLOCK_BYTES = 4 << 20
"""Bytes of CSV per batch: large enough to be fast, small enough to keep memory flat."""


class DataError(ValueError):
    """The data or its description is wrong; the message says what was seen, what is allowed and what to do."""


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read at all. `line` counts from 1 and includes the header line."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Batch:
    """Rows of one file in file order.

    Attributes:
        file: where they come from.
        lines: int64 `[rows]`, the line on which each begins (CSV) or its row (Parquet), from 1.
        columns: the described columns, strings for CSV, as stored for Parquet.
        bad_rows: rows of this stretch that could not be read.
    """

    file: str
    lines: pa.Array
    columns: pa.Table
    bad_rows: tuple[BadRow, ...]


def resolve_source(source: str, what: str = "data.source") -> list[str]:
    """Files behind a path, folder, glob or `package:NAME/PATH`, sorted.

    Raises:
        DataError: when nothing is there, naming the key `what` of the configuration.
    """
    path = _package_path(source, what) if source.startswith("package:") else str(Path(source).expanduser())
    if Path(path).is_dir():
        files = sorted(str(p) for p in Path(path).iterdir() if p.is_file() and not p.name.startswith((".", "_")))
        if not files:
            raise DataError(f"{what}: the folder {path} holds no files")
        return files
    files = sorted(f for f in glob.glob(path, recursive=True) if Path(f).is_file())  # noqa: PTH207  absolute patterns
    if not files:
        kind = "the pattern matches no file" if glob.has_magic(path) else "no such file"
        raise DataError(f"{what}: {kind}: {path} (looked from {Path.cwd()})")
    return files


def _package_path(source: str, what: str) -> str:
    package, _, inner = source.removeprefix("package:").partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"{what}: {source}: no package named {package!r} is installed")
    return str(Path(spec.submodule_search_locations[0]) / inner)


def read(dataset: Dataset, file: str) -> Iterator[Batch]:
    """Batches of one file in order, holding the described columns only.

    Raises:
        DataError: the file is empty, lacks a described column, repeats one, or is not what `format` says.
    """
    if _format(dataset, file) == "parquet":
        yield from _read_parquet(dataset, file)
    else:
        yield from _read_csv(dataset, file)


def _format(dataset: Dataset, file: str) -> str:
    if dataset.format != "auto":
        return dataset.format
    return "parquet" if file.endswith((".parquet", ".pq")) else "csv"


def _read_csv(dataset: Dataset, file: str) -> Iterator[Batch]:
    if Path(file).stat().st_size == 0:
        raise DataError(f"{file} is empty: not even a header line")
    wanted = dataset.columns()
    ragged: deque[tuple[int, str, str]] = deque()

    def keep_apart(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((row.number, f"{row.actual_columns} fields, expected {row.expected_columns}", row.text))
        return "skip"

    # Threads would hide the numbers of ragged records.
    reading = pyarrow.csv.ReadOptions(
        use_threads=False,
        block_size=BLOCK_BYTES,
        column_names=list(dataset.header) if dataset.header else None,
    )
    parsing = pyarrow.csv.ParseOptions(
        delimiter=dataset.delimiter, newlines_in_values=True, invalid_row_handler=keep_apart
    )
    # Only what is wanted: the types of other columns would be guessed, and a wrong guess fails the whole file.
    converting = pyarrow.csv.ConvertOptions(
        check_utf8=False,
        include_columns=wanted,
        column_types={name: pa.binary() for name in wanted},
        strings_can_be_null=False,
    )
    try:
        _check_columns(_csv_names(file, dataset), wanted, file, dataset)
        with pyarrow.csv.open_csv(file, reading, parsing, converting) as stream, _text(file) as text:
            records = enumerate(_record_lines(text, dataset.delimiter), start=1)
            if not dataset.header:
                next(records, None)
            for block in stream:
                lines, bad = _place(records, block.num_rows, ragged, file)
                yield Batch(file, pa.array(lines, pa.int64()), pa.Table.from_batches([block]).select(wanted), bad)
            if ragged:
                _, bad = _place(records, 0, ragged, file)
                yield Batch(file, pa.array([], pa.int64()), _no_rows(wanted), bad)
    except pa.ArrowInvalid as error:
        raise DataError(_csv_trouble(file, dataset, error)) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: the header line is not UTF-8 ({error}); save the file as UTF-8") from error
    except (OSError, EOFError) as error:
        raise DataError(f"{file}: cannot be read to its end ({error}); is it truncated?") from error


def _csv_names(file: str, dataset: Dataset) -> list[str]:
    if dataset.header:
        return list(dataset.header)
    reading = pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES)
    parsing = pyarrow.csv.ParseOptions(
        delimiter=dataset.delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip"
    )
    with pyarrow.csv.open_csv(file, reading, parsing, pyarrow.csv.ConvertOptions(check_utf8=False)) as stream:
        return list(stream.schema.names)


def _text(file: str) -> io.TextIOWrapper:
    """The file's text, decompressed; Latin-1, which never fails and leaves quotes and line ends as they are."""
    return io.TextIOWrapper(pa.input_stream(file, compression="detect"), encoding="latin-1")


def _record_lines(text: Iterable[str], delimiter: str) -> Iterator[int]:
    """The line, from 1, on which each record begins; blank lines are no records, and quotes may hold line ends."""
    opening = re.compile(f'(?:^|{re.escape(delimiter)})"')
    closing = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')
    inside = False
    for number, line in enumerate(text, start=1):
        if not inside:
            if line == "\n":
                continue
            yield number
            if '"' not in line:
                continue
        place = 0
        while True:
            found = closing.match(line, place) if inside else opening.search(line, place)
            if not found:
                break
            inside, place = not inside, found.end()


def _place(
    records: Iterator[tuple[int, int]], rows: int, ragged: deque[tuple[int, str, str]], file: str
) -> tuple[list[int], tuple[BadRow, ...]]:
    """Lines of the next `rows` good rows, and the ragged ones among them (all that are left, for no rows).

    The reader may be a block ahead, so `ragged` may hold later ones too: they wait for their turn.
    """
    lines: list[int] = []
    bad: list[BadRow] = []
    record, line = 0, 0
    while len(lines) < rows or (not rows and ragged):
        # Should the parser see a record more than the lines hold, it is counted to the last line.
        record, line = next(records, (record + 1, line))
        if ragged and ragged[0][0] == record:
            _, reason, text = ragged.popleft()
            bad.append(BadRow(file, line, reason, text))
        else:
            lines.append(line)
    return lines, tuple(bad)


def _no_rows(names: list[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.binary()) for name in names})


def _read_parquet(dataset: Dataset, file: str) -> Iterator[Batch]:
    wanted = dataset.columns()
    try:
        stored = pyarrow.parquet.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise DataError(f"{file}: not a Parquet file ({error})") from error
    _check_columns(stored.schema_arrow.names, wanted, file, dataset)
    row = 1
    for block in stored.iter_batches(batch_size=65536, columns=wanted):
        lines = pa.array(range(row, row + block.num_rows), pa.int64())
        row += block.num_rows
        yield Batch(file, lines, pa.Table.from_batches([block]).select(wanted), ())


def _check_columns(present: list[str], wanted: list[str], file: str, dataset: Dataset) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        hint = ""
        if len(present) == 1 and any(mark in present[0] for mark in ";\t|,"):
            hint = f" The first line is one field, so data.delimiter {dataset.delimiter!r} may be wrong."
        raise DataError(
            f"{file} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} that the configuration "
            f"describes. It has: {', '.join(present)}.{hint}"
        )
    twice = sorted({name for name in wanted if present.count(name) > 1})
    if twice:
        raise DataError(f"{file} has more than one column named {', '.join(twice)}; rename one of them")


def _csv_trouble(file: str, dataset: Dataset, error: pa.ArrowInvalid) -> str:
    if "Empty CSV" in str(error):
        return f"{file} is empty: no row, or not even a header line"
    hint = " Is there a quote that is never closed?" if "straddl" in str(error) else ""
    return f"{file}: cannot be read as CSV with delimiter {dataset.delimiter!r}: {error}.{hint}"
