"""Mutated tables through ingestion and `predict`: is every line in exactly one row, accepted or rejected?

Quotes, delimiters, line ends, zero bytes, byte order marks and random bytes are put in, taken out or changed; some
files are packed, some of those cut. What comes out is held against the lines of the file, which are counted without a
parser: a row holds its first line and one more for each line end in its values.

    make prove-rows                          10,000 files
    make prove-rows ARGS="--files 200 --seed 7"
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import gzip
import io
import lzma
import random
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from components.registry.store import Store
from components.scoring.predict import predict_file
from data.batches import Layout
from data.errors import DataError
from data.reader import read
from data.rows import to_rows
from data.spec import Dataset
from data.tables import read_table
from data.vocabulary import Input, Output

HEADER = b"id,km,company,note,fare"
NOTES = (b"", b"fine", b'"a, b"', b'"two\nlines"', b'"say ""hi"""', b"5 in", "Café".encode(), b'"\r\n\r\nfar"')
ODD = (b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff", b"\xe9", b',"', b'",', b'\n"')
LINE_END = re.compile(rb"\r\n|\n|\r")
PACKERS: tuple[Callable[[bytes], bytes], ...] = (gzip.compress, bz2.compress, lzma.compress)


def main(arguments: list[str] | None = None) -> int:
    """Prints a summary; 1 where anything was lost, doubled or crashed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        store = publish(Path(folder))
        for number in range(options.files):
            total += examine(random.Random(f"{options.seed} {number}"), Path(folder), store, number)
    print(f"{options.files:,} files, {total['stopped']:,} of them stopped with file and reason")
    print(
        f"{total['lines']:,} lines that are not blank = {total['accepted']:,} accepted + "
        f"{total['rejected']:,} rejected + {total['inside']:,} inside of quoted values + {total['lost']:,} lost"
    )
    print(f"ingestion and predict disagree on {total['disagreed']:,} files")
    print(f"lost {total['lost']} / doubled {total['doubled']} / crashed {total['crashed']}")
    return int(any(total[name] for name in ("lost", "doubled", "crashed", "disagreed")))


def make(chance: random.Random) -> tuple[bytes, bytes, bool]:
    """A mutated text, the same as a file holds it, and whether it must not be read to its end."""
    rows = [
        b"%d,%.1f,%b,%b,%.2f" % (n, chance.random() * 9, chance.choice((b"Blue", b"Red")), chance.choice(NOTES), n / 3)
        for n in range(chance.randrange(1, 40))
    ]
    text = chance.choice((b"\n", b"\r\n", b"\n\n", b"\r")).join([HEADER, *rows]) + chance.choice((b"", b"\n"))
    # Most files keep their header, since without it they only stop.
    first = 0 if chance.random() < 0.1 else len(HEADER) + 1
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        place = chance.randrange(first, len(text) + 1)
        taken = chance.choice((0, 0, 1, 1, chance.randrange(20)))
        put = chance.choice((*ODD, b"", chance.randbytes(chance.randrange(9))))
        text = text[:place] + put + text[place + taken :]
    text = chance.choice((b"", b"", b"", b"sep=,\r\n", b"\xef\xbb\xbf")) + text
    if chance.random() < 0.8:
        return text, text, False
    packed = chance.choice(PACKERS)(text)
    cut = chance.random() < 0.5
    return text, packed[: chance.randrange(10, len(packed))] if cut else packed, cut


def examine(chance: random.Random, folder: Path, store: Store, number: int) -> Counter[str]:
    """What became of the lines of one file."""
    text, content, cut = make(chance)
    path, output = folder / "trips", folder / "priced.csv"
    path.write_bytes(content)
    dataset = described(chance.choice(("utf-8", "latin-1", "cp1252")))
    found: Counter[str] = Counter()
    try:
        whole, taken = extents(dataset, path)
        ingested, counts = ingest(dataset, path)
        rows = predict_file(store, None, str(path), output).rows
    except DataError as error:
        found["stopped" if str(path) in str(error) else "crashed"] += 1
        return found
    except Exception:
        traceback.print_exc()
        print(f"file {number}: {content!r}", file=sys.stderr)
        return Counter(crashed=1)
    lines = text.removeprefix(b"\xef\xbb\xbf").splitlines()
    wanted = {place for place, line in enumerate(lines, start=1) if line}
    seen = Counter(whole[0])
    header = min(wanted - ({1} if lines[0].startswith(b"sep=") else set()))
    wanted -= (
        {1, *range(header, header + taken)} if lines[0].startswith(b"sep=") else set(range(header, header + taken))
    )
    found.update(counts, lines=len(wanted), inside=len(wanted & set(whole[0])) - sum(counts.values()))
    found["lost"] += len(wanted - set(seen)) + bool(cut)
    found["doubled"] += sum(times - 1 for times in seen.values()) + len(set(seen) - wanted - blank(lines))
    found["disagreed"] += rows != sum(counts.values()) or ingested != whole[1]
    if found["lost"] or found["doubled"] or found["disagreed"]:
        print(f"file {number}: {dict(found)} {content!r}", file=sys.stderr)
    return found


def blank(lines: list[bytes]) -> set[int]:
    """Numbers of the lines that hold nothing, which a quoted value may span."""
    return {place for place, line in enumerate(lines, start=1) if not line}


def extents(dataset: Dataset, path: Path) -> tuple[tuple[list[int], list[int]], int]:
    """Lines that rows hold, the first lines of rows, and how many lines the header has, by values alone."""
    layout = Layout(dataset.read_columns(), whole=True, encoding=dataset.encoding)
    held, starts, taken = [], [], 1
    for batch in read_table(layout, str(path), str(path)):
        taken = 1 + sum(len(LINE_END.findall(name.encode())) for name in batch.columns.column_names)
        rows = zip(*(column.to_pylist() for column in batch.columns.columns), strict=True)
        found = [*zip(batch.lines.to_pylist(), rows, strict=True), *((row.line, row.fields) for row in batch.bad_rows)]
        for line, values in found:
            held += range(line, line + 1 + sum(len(LINE_END.findall(value)) for value in values))
            starts.append(line)
    return (held, sorted(starts)), taken


def ingest(dataset: Dataset, path: Path) -> tuple[list[int], dict[str, int]]:
    """First lines of all rows, and the numbers of those accepted and rejected."""
    starts, counts = [], {"accepted": 0, "rejected": 0}
    for batch in read(dataset, str(path)):
        rows = to_rows(dataset, batch)
        counts["accepted"] += len(rows)
        counts["rejected"] += len(rows.rejects.lines)
        starts += batch.lines.to_pylist() + [row.line for row in batch.bad_rows]
    return sorted(starts), counts


def described(encoding: str) -> Dataset:
    """The columns that have a role."""
    return Dataset.model_validate(
        {
            "source": "-",
            "label": {"column": "fare"},
            "numeric": ["km"],
            "categorical": ["company"],
            "encoding": encoding,
        }
    )


def publish(folder: Path) -> Store:
    """A store with a model of two inputs: a number and a category."""
    import tensorflow as tf

    from components.conversion.convert import convert

    spec = {"km": tf.TensorSpec([None], tf.float32, name="km"), "company": tf.TensorSpec([None], tf.int32, "company")}

    def formula(km: Any, company: Any) -> dict[str, Any]:
        return {"prediction": 2.5 * km + tf.cast(company, tf.float32)}

    saved = folder / "saved"
    function = tf.function(formula).get_concrete_function(**spec)
    tf.saved_model.save(tf.Module(), str(saved), signatures={"serving_default": function})
    km = Input(name="km", role="numeric", dtype="float32", meaning="", source_column="km")
    of_company = {"name": "company", "dtype": "int32", "meaning": "", "source_column": "company"}
    company = Input.model_validate({**of_company, "role": "categorical", "vocabulary": ["Blue"]})
    manifest = {
        "manifest_version": 1,
        "inputs": [km.model_dump(), company.model_dump()],
        "output": Output(name="prediction", dtype="float32", meaning="").model_dump(),
        "config": {"data": {"delimiter": ",", "header": None, "points": {}, "label": {"column": "fare"}}},
    }
    store = Store(folder / "models")
    with contextlib.redirect_stderr(io.StringIO()):
        store.publish(convert(str(saved)), manifest, [], saved)
    return store


if __name__ == "__main__":
    sys.exit(main())
