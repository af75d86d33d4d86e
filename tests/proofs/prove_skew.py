"""Random splits of one table must pass, and real differences must be found: counted over seeds.

    make prove-skew [ARGS="--splits 1000"]
    make prove-skew ARGS="--suite --splits 58"     a thousand splits over the tables of `make bench-tables`

A seed parts a table at random into two and compares them as the data gate does, by statistics as the pipeline makes
them. Tables: the packaged Chicago trips, and made-up columns that are hard to compare. Prints, as Markdown, how many
splits were warned of or would have stopped the run, and how many changes are found: in every hundredth split, each
column in turn is changed in one of the parts. Ends with code 1 if more than one split in a thousand stops, more than
one in a hundred warns, or one change is missed. The suite's tables are dealt out as a run would, and
`validation` and `test` are compared with `train`; only stops are judged. A table of more than 20,000 rows, a split of
which takes seconds, has a fifth of the splits.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import pyarrow as pa
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics.stats_impl import generate_statistics_in_memory
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.checks import Findings, check_distances
from components.data_gate.distances import QUANTILES, Statistics
from components.data_gate.settings import Distances
from data.loading import load
from pipeline import config
from pipeline.settled import settled

LARGE = 20_000
"""Rows of a table above which it has fewer splits."""
_OPTIONS = tfdv.StatsOptions(num_quantiles_histogram_buckets=QUANTILES)
_TOLD = ("one half differs from the other", "data_gate.skew")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=1000, help="random splits of each table")
    parser.add_argument("--skip-trips", action="store_true", help="only the made-up columns")
    parser.add_argument("--suite", action="store_true", help="the tables of benchmarks/tables instead")
    options = parser.parse_args()
    if options.suite:
        sys.exit(suite(options.splits))
    tables = {f"made up, {rows:,} rows": made_up(rows) for rows in (1200, 20_000)}
    if not options.skip_trips:
        tables["Chicago trips"] = load(config.load().data).table
    print("| table | columns | splits | that warn | that stop | changes | found |\n|---|---|---|---|---|---|---|")
    failed = False
    for name, table in tables.items():
        warn, stop, changes, found = count(table, options.splits)
        print(
            f"| {name} | {table.num_columns} | {options.splits:,} | {warn} | {stop} | {changes:,} | {found:,} |",
            flush=True,
        )
        failed |= stop > options.splits / 1000 or warn > options.splits / 100 or found < changes
    sys.exit(1 if failed else 0)


def suite(splits: int) -> int:
    """Prints how many splits of each table would have stopped the run; gives back 1 where it is more than one in a
    thousand of all."""
    benchmarks = Path(__file__).parents[2] / "benchmarks"
    write = runpy.run_path(str(benchmarks / "table_sources.py"))["write"]
    total = stops = 0
    print("| table | rows | columns | splits | that warn | that stop |\n|---|---|---|---|---|---|")
    for path in sorted((benchmarks / "tables").glob("*.yaml")):
        with tempfile.TemporaryDirectory() as folder:
            source = write(Path(str(config.load(path).data.source)).stem, Path(folder))
            data = settled(config.load(path, [f"data.source={source}"]))[0].data
            table = load(data).table
        warn = stop = 0
        own = splits // 5 if table.num_rows > LARGE else splits
        for seed in range(own):
            validation, test, train = dealt(table, data.split.expected_shares(), seed)
            control = statistics_of(train)
            found = [compared(part, control) for part in (validation, test)]
            warn, stop = warn + any(one.warnings for one in found), stop + any(one.reasons for one in found)
        total, stops = total + own, stops + stop
        print(f"| {path.stem} | {table.num_rows:,} | {table.num_columns} | {own} | {warn} | {stop} |", flush=True)
    print(f"\n{stops} of {total:,} splits would have stopped a run.")
    return int(stops > max(1, total / 1000))


def dealt(table: pa.Table, shares: Mapping[str, float], seed: int) -> list[pa.Table]:
    """The rows dealt out at random to parts of about these shares, and the rest."""
    edges = np.cumsum(list(shares.values()))
    place = np.searchsorted(edges, np.random.default_rng(seed).random(table.num_rows), side="right")
    return [table.filter(pa.array(place == one)) for one in range(len(edges) + 1)]


def count(table: pa.Table, splits: int) -> tuple[int, int, int, int]:
    """Random splits that warn and that stop, changes that were made to a part, and those of them that were found."""
    warn = stop = made = seen = 0
    for seed in range(splits):
        chance = np.random.default_rng(seed)
        inside = chance.random(table.num_rows) < 0.5
        part, control = table.filter(pa.array(inside)), statistics_of(table.filter(pa.array(~inside)))
        found = compared(part, control)
        warn, stop = warn + bool(found.warnings), stop + bool(found.reasons)
        if seed % 100 == 0:
            for changed in changes(part, chance):
                found = compared(changed, control)
                made, seen = made + 1, seen + bool(found.warnings or found.reasons)
    return warn, stop, made, seen


def compared(current: pa.Table, control: Statistics) -> Findings:
    """What the data gate finds by its default limits."""
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name=name) for name in current.column_names])
    return check_distances(statistics_of(current), control, schema, Distances(), _TOLD)


def statistics_of(table: pa.Table) -> Statistics:
    """TFDV's, with the quantiles that the pipeline asks for; a missing value is an empty list."""
    columns = []
    for name in table.column_names:
        column = table[name].combine_chunks()
        offsets = np.concatenate([[0], np.cumsum(column.is_valid().to_numpy(zero_copy_only=False))]).astype(np.int32)
        columns.append(pa.ListArray.from_arrays(pa.array(offsets), column.drop_null()))
    return generate_statistics_in_memory(pa.RecordBatch.from_arrays(columns, table.column_names), _OPTIONS)


def made_up(rows: int) -> pa.Table:
    """Columns that are hard to compare, from a fixed seed."""
    chance = np.random.default_rng(1)
    outlier = chance.normal(10, 3, rows)
    outlier[7] = 1e9
    half = chance.lognormal(1, 1, rows)
    columns = {
        "cauchy": chance.standard_cauchy(rows),
        "pareto": chance.pareto(0.5, rows),
        "one outlier": outlier,
        "constant": np.full(rows, 5.0),
        "two values": chance.choice([0.0, 1.0], rows),
        "few values": chance.choice([1.0, 2.0, 3.0, 4.0, 6.0], rows, p=[0.7, 0.15, 0.05, 0.05, 0.05]),
        "mostly zero": np.where(chance.random(rows) < 0.95, 0.0, chance.lognormal(1, 2, rows)),
        "whole numbers": chance.poisson(8, rows).astype(float),
    }
    arrays = {name: pa.array(values.astype(np.float32)) for name, values in columns.items()}
    arrays["half missing"] = pa.array(half.astype(np.float32), mask=chance.random(rows) < 0.5)
    arrays["all missing"] = pa.nulls(rows, pa.float32())
    arrays["category"] = pa.array(chance.choice(["a", "b", "c", "d"], rows, p=[0.5, 0.3, 0.15, 0.05]))
    arrays["many categories"] = pa.array([f"id {one}" for one in chance.zipf(1.3, rows) % 5000])
    return pa.table(arrays)


def changes(table: pa.Table, chance: np.random.Generator) -> Iterator[pa.Table]:
    """Each column changed in four rows of five, once by kind of change, as a table of its own."""
    here = pa.array(chance.random(table.num_rows) < 0.8)
    kinds: tuple[Callable[[pa.Array], pa.Array], ...] = (_gone, _moved)
    for name in table.column_names:
        column = table[name].combine_chunks()
        for kind in kinds:
            if column.null_count < len(column):
                yield pa.table({name: pa.compute.if_else(here, kind(column), column)})


def _gone(column: pa.Array) -> pa.Array:
    return pa.nulls(len(column), column.type)


def _moved(column: pa.Array) -> pa.Array:
    """A text that nobody else has, a number beyond all others, a missing value as it is."""
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        other: object = "elsewhere" if pa.types.is_string(column.type) else b"elsewhere"
    else:
        other = pa.compute.max(column).as_py() + 1
    return pa.compute.if_else(column.is_valid(), pa.scalar(other, column.type), column)


if __name__ == "__main__":
    main()
