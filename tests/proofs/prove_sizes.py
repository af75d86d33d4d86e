"""Estimated sizes beside those of files: untrained networks of many designs, converted.

    make prove-sizes                                   every table and design: half an hour
    make prove-sizes ARGS="--tables chicago digits"    two of them

A name is that of a configuration in pipeline/configs or of a table in benchmarks/tables. The features are learned from
the first rows of a table, and weights are random, which changes no size. Prints Markdown; ends with code 1 if a file is
larger than was estimated, or more than a twentieth smaller.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tf_keras

from components.compression_settings import Conversion
from components.conversion.convert import convert
from components.conversion.recipe import Recipe
from components.settings import Training
from components.trainer import compression
from components.trainer.context import TrainingContext
from components.trainer.phases import Net, Phases
from data.loading import load as load_rows
from data.tensor_names import tensor_name
from pipeline.config import load
from pipeline.settled import settled
from transforms import in_memory, learned

ROOT = Path(__file__).parents[2]
TABLES = (
    "chicago", "tips", "payment", "digits", "apartments", "bikeshare", "caravan", "college", "computers", "diamonds",
    "fifa", "flights", "german", "wage",
)  # fmt: skip
ROWS = 2_000
SMALLEST, LARGEST = 1.0, 1.05
"""What an estimate may be of the file."""


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES, metavar="NAME", help=", ".join(TABLES))
    parser.add_argument("--folder", type=Path, help="of the suite's tables as CSV; made unless given")
    told = parser.parse_args()
    off = 0
    print("| table | design | estimated | file | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for name in told.tables:
            context = context_of(name, told.folder or Path(made), Path(made) / name)
            for design, training, conversion in designs():
                estimated, size = both(context, training, conversion, Path(made) / f"{name}-{design}")
                ratio = estimated / size
                off += not SMALLEST <= ratio <= LARGEST
                print(f"| {name} | {design} | {estimated:,} | {size:,} | {ratio:.3f} |", flush=True)
    sys.exit(1 if off else 0)


def designs() -> Iterator[tuple[str, Training, Conversion]]:
    """Name, training and conversion of each."""

    def one(units: list[int], bins: int = 12, width: int = 3, **more: Any) -> Training:
        piecewise = {"piecewise": {"bins": bins, "width": width, "fine_bins": bins}}
        return Training.model_validate({"units": units, **piecewise, **more})

    yield "largest", one([96, 32], 48, 6), Conversion()
    yield "middle", one([48, 16], 24, 4), Conversion()
    yield "smallest", one([24, 8], 8, 2), Conversion()
    yield "one layer", one([32]), Conversion()
    yield "no bends", one([48, 16], piecewise=None), Conversion()
    fine = {"bins": 12, "width": 3, "fine_bins": 100}
    yield "fine bins", one([32, 16], piecewise=fine), Conversion()
    for kind in ("none", "dynamic", "float16", "int8", "int8_strict", "int16x8"):
        yield f"float, then {kind}", one([32, 16], quantization=None), Conversion.model_validate({"quantization": kind})


def context_of(name: str, tables: Path, folder: Path) -> TrainingContext:
    """Some rows of a table and what was learned from them, with all the room there is."""
    path = ROOT / f"pipeline/configs/{name}.yaml"
    sets = []
    if not path.exists():
        path = ROOT / f"benchmarks/tables/{name}.yaml"
        write = runpy.run_path(str(ROOT / "benchmarks/table_sources.py"))["write"]
        sets = [f"data.source={write(name, tables).resolve()}"]
    config = settled(load(path, sets))[0]
    loaded, columns = load_rows(config.data), config.data.columns()
    parts = [loaded.part(split).slice(0, ROWS) for split in ("train", "validation")]
    train, validation = ({tensor_name(one): np.asarray(part[one].to_numpy()) for one in columns} for part in parts)
    output = in_memory.learn(config.plan(), train, folder)
    known = learned.read(output.transform_savedmodel_dir)
    return TrainingContext(config.plan(), output, known, train, validation, 10**9)


def both(context: TrainingContext, training: Training, conversion: Conversion, folder: Path) -> tuple[int, int]:
    """Estimated and real bytes of a file."""
    tf_keras.backend.clear_session()
    design, chosen = context.design(training, conversion)
    net = Phases(design, context.train, context.validation).empty()
    random = np.random.default_rng(0)
    for model in (net.front, net.core):
        # Zeros would be stored once for all.
        model.set_weights([random.normal(0, 0.1, one.shape).astype(one.dtype) for one in model.get_weights()])
    if training.quantization is not None:
        inputs = {name: context.train.inputs[name] for name in net.front.input_names}
        sample, _ = net.front.predict(inputs, verbose=0)
        front = design.front(eight_bit=True)
        front.set_weights(net.front.get_weights())
        net = Net(front, compression.quantize(net.core, sample, preserve=(False, False)), True)
    context.export(design, net, str(folder), Recipe(conversion=conversion))
    return chosen["estimated_bytes"], len(convert(str(folder), conversion))


if __name__ == "__main__":
    main()
