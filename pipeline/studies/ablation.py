"""What each group of features is worth: one training a rung and seed, kept on disk, so that a stop loses one."""

import hashlib
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.code_hash import code_hash
from components.registry.durable import replace_text
from data.errors import DataError
from data.files import fingerprint
from data.loading import load
from data.sources import locate
from data.splits import SPLITS
from data.tensor_names import tensor_name
from pipeline.config import Config
from pipeline.studies.stage_fit import Columns, StageData, measure, prepare
from pipeline.studies.stages import EMBEDDINGS, Stage, stages

Vary = Literal["training", "split"]
RESULT_FILE = "ablation.json"
"""In the pipeline's folder: the table of the last complete ablation."""


@dataclass(frozen=True)
class Ablation:
    """A grid of rungs and seeds.

    Attributes:
        config: what is taken apart.
        seeds: one training each.
        vary: what a seed changes: `training` (weights, order) or `split` (which rows are held out).
        linear_only: measure a linear model in place of the network.
        folder: of the pipeline, where results are kept.
        ladder: the rungs; by default raw columns, then one group of features after another. A linear model has one
            number an id whatever the embedding, so that rung is left out for it.
    """

    config: Config
    seeds: Sequence[int]
    vary: Vary
    linear_only: bool
    folder: Path
    ladder: Sequence[Stage] = ()

    def rungs(self) -> Sequence[Stage]:
        """What is trained for each seed, in order."""
        return self.ladder or [one for one in stages(self.config) if not (self.linear_only and one.name == EMBEDDINGS)]

    def cells(self) -> list[tuple[Stage, int]]:
        """All trainings; those on the same rows and features follow each other, since they share what was learned."""
        if self.vary == "training":
            return [(stage, seed) for stage in self.rungs() for seed in self.seeds]
        return [(stage, seed) for seed in self.seeds for stage in self.rungs()]

    def seeded(self, stage: Stage, seed: int) -> Config:
        """The configuration of one training."""
        whole = stage.config(self.config)
        if self.vary == "training":
            return whole.model_copy(update={"training": whole.training.model_copy(update={"seed": seed})})
        split = whole.data.split.model_copy(update={"seed": seed})
        return whole.model_copy(update={"data": whole.data.model_copy(update={"split": split})})

    def run(self, done: Callable[[Stage, int, bool], None]) -> dict[str, Any]:
        """Trains what is not there yet and writes the table; `done` gets rung, seed, and whether it was there."""
        data = fingerprint(locate(self.config.data).all_files())
        found: dict[str, list[dict[str, Any]]] = {}
        with tempfile.TemporaryDirectory() as folder:
            grounds = _Grounds(Path(folder) / "features")
            for stage, seed in self.cells():
                config = self.seeded(stage, seed)
                path = self.folder / "ablation" / f"{self._key(config, data)}.json"
                kept = path.exists()
                if not kept:
                    with tempfile.TemporaryDirectory(dir=folder) as own:
                        measured = measure(config, grounds.of(config), Path(own), self.linear_only)
                    _write(path, {"stage": stage.name, "seed": seed, **measured.plain()})
                found.setdefault(stage.name, []).append(json.loads(path.read_text()))
                done(stage, seed, kept)
        table = {
            "pipeline": self.config.name,
            "seeds": list(self.seeds),
            "vary": self.vary,
            "unit": self.config.data.label.in_words,
            "label": self.config.data.label.model_dump(mode="json"),
            "stages": [_summary(stage, found[stage.name]) for stage in self.rungs()],
        }
        _write(self.folder / RESULT_FILE, table)
        return table

    def _key(self, config: Config, data: str) -> str:
        """A name for everything that decides a result."""
        told = {
            "plan": config.plan().model_dump(mode="json"),
            "training": config.training.model_dump(mode="json"),
            "conversion": config.conversion.model_dump(mode="json"),
            "linear_only": self.linear_only,
            "data": [data, config.data.split.model_dump(mode="json")],
            "code": code_hash("components", "transforms", "data"),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


class _Rows:
    """Raw rows by split; those of the last configuration are kept, since rungs of one seed share them."""

    def __init__(self) -> None:
        self._key = ""
        self._splits: dict[str, Columns] = {}

    def of(self, config: Config) -> dict[str, Columns]:
        key = config.data.model_dump_json()
        if key != self._key:
            loaded = load(config.data)
            parts = {name: loaded.part(name) for name in SPLITS}
            empty = [name for name, part in parts.items() if not part.num_rows]
            if empty:
                raise DataError(f"no rows for {', '.join(empty)}; check data.split and data.filters")
            self._key = key
            self._splits = {
                name: {tensor_name(column): np.asarray(part[column].to_numpy()) for column in config.data.columns()}
                for name, part in parts.items()
            }
        return self._splits


class _Grounds:
    """Learned features; those of the last configuration are kept, since trainings that differ by seed share them."""

    def __init__(self, folder: Path) -> None:
        self._rows = _Rows()
        self._folder = folder
        self._last: tuple[str, StageData] | None = None

    def of(self, config: Config) -> StageData:
        key = config.plan().model_dump_json()
        if self._last is None or key != self._last[0]:
            self._last = None
            if self._folder.exists():
                shutil.rmtree(self._folder)
            self._folder.mkdir()
            self._last = key, prepare(config.plan(), self._rows.of(config), self._folder, config.push.max_bytes)
        return self._last[1]


def _summary(stage: Stage, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and spread over seeds, by figure, such as `file.bytes`."""
    flat = [dict(_flatten(one)) for one in results]
    figures = {}
    for name in flat[0]:
        values = [one[name] for one in flat]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        figures[name] = {"mean": statistics.mean(values), "spread": spread, "values": values}
    return {"name": stage.name, "adds": stage.adds, **figures}


def _flatten(result: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in result.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", one) for inner, one in value.items())
        elif isinstance(value, int) and name != "seed":
            yield name, value


def _write(path: Path, contents: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(contents, indent=1))
