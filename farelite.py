"""farelite from Python: `propose` describes a table, `run` makes a proven file of it, `load` and `predict` use it.

    from farelite import load, propose, run

    result = run(propose("houses.csv", label="price"))
    model = load(result)
    model.predict({"size": 120, "town": "Bern"}).prediction

What stands here stays as it is: the packages below it may change, see docs/decisions/0100.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from components.registry.soundness import MANIFEST
from components.scoring.predict import Predictions as Predictions
from components.scoring.predict import Predictor
from data.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from components.registry.store import Store
    from pipeline.config import Config
    from pipeline.runners.events import Result

__all__ = ["Model", "Predictions", "Run", "load", "predict", "propose", "run"]

Rows: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any"
"""One row or columns by name, a list of rows, a pandas DataFrame or an Arrow table."""
RUNS_DIR = "runs"


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run came to.

    Attributes:
        verdict: `pushed`, `unchanged` (the live version has the same bytes), `refused` by a gate or a proof, or
            `stopped` by the data.
        version: pushed, or live and unchanged; empty otherwise.
        reasons: why it was refused or stopped.
        warnings: what the gates found odd and let pass.
        metrics: of the file, on test rows, by name; empty where no file was made.
        figures: everything that was measured, as `farelite run --json` has it.
        model_dir: folder of the version, or of the file that was refused; None where none was made.
        report: the page on the run; None where it could not be made.
        log: what the libraries printed.
        run_id: in ML Metadata.
        seconds: from the call to the report.
    """

    verdict: Literal["pushed", "unchanged", "refused", "stopped"]
    version: str
    reasons: list[str]
    warnings: list[str]
    metrics: dict[str, float | None]
    figures: dict[str, Any]
    model_dir: Path | None
    report: Path | None
    log: Path
    run_id: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether a version is live that this run stands for."""
        return self.verdict in ("pushed", "unchanged")


class Model:
    """A published version, ready to predict; needs its folder and LiteRT, no TensorFlow.

    Args:
        store: where it lies.
        version: which; None takes the live one.

    Attributes:
        version: six digits.
        folder: with `model.tflite`, `model.json` and the rest.
        manifest: the contents of `model.json`.
        inputs: columns that a row must have.
    """

    def __init__(self, store: Store, version: str | None) -> None:
        self.version = store.resolve(version)
        self.folder = store.folder(self.version)
        self.manifest = store.manifest(self.version)
        self._predictor = Predictor(store.model(self.version), self.manifest)
        self.inputs = list(self._predictor.layout.wanted)

    def predict(self, rows: Rows) -> Predictions:
        """Predictions of rows, in their order; further columns do no harm.

        A row that cannot be predicted has NaN, and its flag says why; nothing is ever left out.

        Args:
            rows: one row as a mapping of single values, columns as a mapping of sequences, a list of rows, a pandas
                DataFrame or an Arrow table.

        Raises:
            DataError: a column that the model takes is missing, or its type holds no such values.
        """
        from data.batches import check_columns
        from data.tables import Stretch

        table = _table(rows)
        check_columns(table.column_names, self.inputs, "the rows", "the model takes")
        return self._predictor(Stretch(table, [""] * table.num_rows))

    def __repr__(self) -> str:
        return f"<farelite.Model {self.version} of {self.folder}: {', '.join(self.inputs)}>"


def propose(table: str | Path, label: str | None = None) -> dict[str, Any]:
    """The configuration that `farelite init` proposes for a table, to be changed or run as it is.

    Args:
        table: a file, folder or pattern, as `data.source` takes it.
        label: column to predict; None takes the likeliest.

    Raises:
        DataError: it is no table, or holds nothing to predict or to predict from.
    """
    from data.draft.propose import propose as proposed

    proposal, *_ = proposed(str(table), label)
    return {"name": proposal.name, "data": proposal.data()}


def run(
    config: str | Path | Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | Sequence[str] = (),
    runs_dir: str | Path = RUNS_DIR,
    force: bool = False,
    wait: float = 0,
    quiet: bool = False,
) -> Run:
    """Runs a pipeline as `farelite run` does: raw rows to a proven file. What is unchanged comes from the cache.

    Args:
        config: a YAML file, or what would stand in it; paths in a mapping count from the current folder.
        overrides: single values such as `{"training.seed": 3}`, or `["training.seed=3"]`.
        runs_dir: folder of all pipelines' runs and models.
        force, wait, quiet: as the command's options; unless quiet, progress and card go to standard error.

    Raises:
        ConfigError, DataError: configuration or source cannot be read; what a gate stops is a verdict instead.
        RunsFolderError, LockedError: the folder cannot be used, or another run holds it.
    """
    since = time.monotonic()
    from pipeline.commands.console import run_with_progress
    from pipeline.paths import RunPaths

    chosen = _config(config, overrides)
    result = run_with_progress(chosen, Path(runs_dir), force, wait, since, quiet)
    return _told(result, RunPaths(Path(runs_dir) / chosen.name).logs)


def load(
    what: Run | str | int | Path | None = None, *, runs_dir: str | Path = RUNS_DIR, pipeline: str | None = None
) -> Model:
    """A published version.

    Args:
        what: a run; a version such as 2; the folder of a version, wherever it lies; None takes the live version.
        runs_dir: where versions are looked for.
        pipeline: needed where the runs folder holds several.

    Raises:
        StoreError: there is no such version, or the run has published none.
        RunsFolderError: there is no such pipeline.
        CorruptError: its files are not what was pushed.
    """
    from components.registry.store import Store, StoreError
    from pipeline.paths import pipeline_folder

    if isinstance(what, Run):
        if not what.ok or what.model_dir is None:
            raise StoreError(f"the run has published no version: {what.verdict} ({'; '.join(what.reasons)})")
        what = what.model_dir
    if isinstance(what, Path) or (isinstance(what, str) and not what.isdigit() and what != "latest"):
        folder = Path(what).resolve()
        if not (folder / MANIFEST).is_file():
            raise StoreError(f"{what} holds no {MANIFEST}; give the folder of a version, or its number")
        return Model(Store(folder.parent), folder.name)
    return Model(Store(pipeline_folder(Path(runs_dir), pipeline).models), None if what is None else str(what))


def predict(rows: Rows, version: str | int | None = None, *, runs_dir: str | Path = RUNS_DIR) -> Predictions:
    """Predictions of rows by a published version of the only pipeline; `load` once for many calls."""
    return load(version, runs_dir=runs_dir).predict(rows)


def _told(result: Result, logs: Path) -> Run:
    return Run(
        verdict=result.verdict,  # type: ignore[arg-type]
        version=result.version,
        reasons=result.reasons,
        warnings=result.warnings,
        metrics=dict(result.metrics.get("metrics", {}).get("file", {})),
        figures=result.metrics,
        model_dir=Path(result.model_dir) if result.model_dir else None,
        report=Path(result.report) if result.report else None,
        log=logs / f"{result.run_id}.log",
        run_id=result.run_id,
        seconds=result.seconds,
    )


def _config(config: str | Path | Mapping[str, Any], overrides: Mapping[str, Any] | Sequence[str]) -> Config:
    import json

    from pipeline.config import from_tree, load

    if isinstance(overrides, Mapping):
        overrides = [f"{key}={json.dumps(one)}" for key, one in overrides.items()]
    return from_tree(config, overrides) if isinstance(config, Mapping) else load(Path(config), overrides)


def _table(rows: Rows) -> pa.Table:
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, Mapping):
        one = all(isinstance(value, str) or not hasattr(value, "__len__") for value in rows.values())
        return pa.table({name: [value] if one else list(value) for name, value in rows.items()})
    if hasattr(rows, "columns") and hasattr(rows, "dtypes"):
        return pa.Table.from_pandas(rows, preserve_index=False)
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(
            f"rows are {type(rows).__name__}; give a mapping, a list of mappings, a DataFrame or an Arrow table"
        )
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})
