"""A study that is killed keeps what it has finished, goes on with the rest, and ends as one that was left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tf_keras

from components import progress
from components.compression_settings import Pruning
from components.settings import Push, Training
from components.study.bench import Outcome, Runner
from components.study.measure import Bench, Rows
from components.study.settings import Selection, Study, Variant
from components.study.sources import Sources
from components.trainer.context import TrainingContext
from components.trainer.phases import Phases
from data.spec import Dataset
from tests.components.trainer.designs import settled
from transforms import in_memory, learned
from transforms.features import Features, Plan

ROOT = Path(__file__).parents[3]
NAMES = ["lat", "lon", "riders"]
PLAN = Plan(
    dataset=Dataset.model_validate({"source": "-", "label": {"column": "fare"}, "numeric": NAMES}),
    features=Features.model_validate({"reducer": {"kind": "none"}}),
)
TRAINING = settled(units=(8, 8))
GRID = {
    "float": Variant(),
    "pruned": Variant(pruning=Pruning(final_sparsity=0.5, epochs=1)),
}
STUDY = Study(grid=GRID, select=Selection(within=9.0), resamples=100, latency_rounds=1)


def columns(rows: int, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    found = {name: chance.normal(size=rows).astype(np.float32) for name in NAMES}
    return {**found, "fare": (10 + 3 * found["lat"] - found["lon"] * found["riders"]).astype(np.float32)}


def context(folder: Path) -> TrainingContext:
    """Rows and shapes under the graph that lies in the folder."""
    output = in_memory.tft.TFTransformOutput(str(folder / "graph"))
    known = learned.read(output.transform_savedmodel_dir)
    return TrainingContext(PLAN, output, known, columns(256, 0), columns(64, 1), budget=32_000)


def study(folder: str, work: str) -> Outcome:
    """The study on what lies in the folder; says on standard output what it is about to make."""
    rows = (Rows({name: values for name, values in one.items() if name != "fare"}, one["fare"]) for one in SPLITS)
    sources = Sources(context(Path(folder)), TRAINING, Path(folder) / "reference", Path(work), "code")
    runner = Runner(STUDY, GRID, sources, Bench({}, *rows, resamples=100), Push(min_sparsity=0.0))
    with progress.reporting(lambda name, *_: print(f"making {name}", flush=True)):
        return runner.run()


SPLITS = columns(64, 1), columns(200, 2)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Transform step and the Trainer leave."""
    folder = tmp_path_factory.mktemp("trained")
    in_memory.learn(PLAN, columns(256, 0), folder)
    made = context(folder)
    design, _ = made.design(TRAINING)
    tf_keras.utils.set_random_seed(0)
    net = Phases(design, made.train, made.validation).fit_float()
    made.export_reference(design, net, str(folder / "reference"), made.rival(TRAINING))
    return folder


def table(outcome: Outcome) -> list[dict[str, Any]]:
    """Every variant without its times, which no two studies share."""
    timed = ("seconds", "latency_us", "pareto")
    return [{key: one[key] for key in one if key not in timed} for one in outcome.results["variants"]]


def killed_while_making(variant: str, trained: Path, work: Path) -> None:
    """A study in a process of its own, which gets no chance to tidy up."""
    code = f"from tests.components.study.test_bench import study; study({str(trained)!r}, {str(work)!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if not any(line == f"making {variant}\n" for line in process.stdout):
            pytest.fail(process.stderr.read())
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


def test_a_killed_study_keeps_what_is_finished_and_ends_with_the_same_table(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    killed_while_making("pruned", trained, work)
    kept = {place: place.stat().st_mtime_ns for place in work.iterdir() if not place.name.startswith(".")}
    assert len(kept) == 1
    # What another kill has left half-written does no harm.
    (work / ".0123456789abcdef.1").mkdir()

    made: list[Training] = []
    compress = Phases.compress

    def counted(self: Phases, net: Any) -> Any:
        made.append(self.training)
        return compress(self, net)

    monkeypatch.setattr(Phases, "compress", counted)
    resumed = study(str(trained), str(work))
    assert [one.pruning for one in made] == [GRID["pruned"].pruning]
    assert {place: place.stat().st_mtime_ns for place in work.iterdir() if place in kept} == kept
    assert len(list(work.iterdir())) == 2

    undisturbed = study(str(trained), str(tmp_path / "other work"))
    assert len(made) == 1 + 2
    assert [one["status"] for one in resumed.results["variants"]] == ["ok"] * 2
    assert table(resumed) == table(undisturbed)
    assert (resumed.selected, resumed.how) == (undisturbed.selected, undisturbed.how)
