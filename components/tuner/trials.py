"""One trial: trains as the Trainer would, converts, and measures the file on rows that it has not learned from."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt

from components import interface_file
from components.compression_settings import Conversion
from components.conversion import inspection, recipe
from components.conversion.convert import convert
from components.device import runtime
from components.scoring.device_rows import on_device
from components.settings import Push, Training
from components.study.statistics import obstacles
from components.task import primary_of, task_of
from components.task.task import Task
from components.trainer.context import TrainingContext
from components.trainer.hyperparameters import tuned
from components.trainer.training import train
from data.tensor_names import tensor_name
from data.vocabulary import Interface

FloatArray = npt.NDArray[np.float32]
LATENCY_CALLS = 1000


class GivenUpError(Exception):
    """The trial is so much worse than the best one that the rest of it would be waste."""


class OutOfTimeError(Exception):
    """The minutes have ended in the middle of a trial."""


@dataclass(frozen=True)
class Trial:
    """What a trial came to.

    Attributes:
        changed: its choices where they differ from the configuration's, by key.
        status: `ok`, `given up` or `failed`.
        reason: of the latter two.
        seconds: that it took.
        figures: of the file: `metrics`, `bytes`, `gzip_bytes`, `sparsity`, `latency_us`, `obstacles`, `sha256` by part.
        cycles: by part, the loss on its validation rows after each cycle of the float phase.
        predicted: by the file, float32 `[rows]`, for the validation rows of all parts in turn.
    """

    changed: Mapping[str, Any]
    status: str
    reason: str
    seconds: float
    figures: Mapping[str, Any]
    cycles: Sequence[Sequence[float]]
    predicted: FloatArray

    @property
    def loss(self) -> float:
        """Of the primary metric; less is better."""
        metrics = self.figures["metrics"]
        return primary_of(metrics).loss(metrics[primary_of(metrics).name])

    @property
    def may_ship(self) -> bool:
        """Whether the file could be made and keeps the budgets of `push`."""
        return self.status == "ok" and not self.figures["obstacles"]


@dataclass(frozen=True)
class Judge:
    """Runs trials.

    Attributes:
        parts: each to be learned from and judged by its own validation rows.
        training, conversion: of the configuration.
        push: budgets of the file.
        stop_above: see `components.tuner.settings.Tuner`.
    """

    parts: Sequence[TrainingContext]
    training: Training
    conversion: Conversion
    push: Push
    stop_above: float

    @property
    def task(self) -> Task:
        """Of the label, as long as no threshold is chosen."""
        return task_of(self.parts[0].plan.dataset.label.model_dump())

    @property
    def label(self) -> FloatArray:
        """Of the validation rows of all parts in turn, float32 `[rows]`."""
        return np.concatenate([_label(part.plan, part.raw_validation) for part in self.parts])

    def fits(self, changed: Mapping[str, Any]) -> bool:
        """Whether the settings allow such choices, and the estimate of the file keeps `push.max_bytes`."""
        try:
            training = tuned(self.training, changed)
        except ValueError:  # two choices that do not go together, such as a pattern wider than a layer
            return False
        return bool(self.parts[0].design(training, self.conversion)[1]["estimated_bytes"] <= self.push.max_bytes)

    def figures(
        self, changed: Mapping[str, Any], best: Trial | None, over: Callable[[], bool], cycles: list[list[float]]
    ) -> tuple[dict[str, Any], FloatArray]:
        """Figures of the file, the worst of all parts, and what it predicts for their rows.

        Args:
            changed: choices.
            best: trial so far, which this one is given up against; None for the first.
            over: whether the time is up.
            cycles: is filled with `Trial.cycles`.

        Raises:
            GivenUpError: it is worse than the best.
            OutOfTimeError: the time is up.
            ValueError: the file's predictions are not all finite.
        """
        training = tuned(self.training, changed)
        files, predicted = [], []
        for number, part in enumerate(self.parts):
            cycles.append([])
            watch = _Watch(cycles[-1], self._rival(training, best, number), self.stop_above, over)
            model, interface = self._file(part, training, watch)
            columns = on_device(interface.inputs, part.raw_validation)
            predicted.append(runtime.predict(model, columns))
            if not np.isfinite(predicted[-1]).all():
                raise ValueError("the file's predictions are not all finite numbers")
            files.append(_measured(model, interface, columns))
            self._race(predicted, best)
        worst = {name: max(one[name] for one in files) for name in ("bytes", "gzip_bytes")}
        latency = {name: max(one["latency_us"][name] for one in files) for name in ("p50", "p95")}
        told = {**worst, "latency_us": latency, "sparsity": min(one["sparsity"] for one in files)}
        everything = np.concatenate(predicted)
        metrics = self.task.measure(everything, self.label, self.task.shown)
        hashes = [one["sha256"] for one in files]
        return {**told, "metrics": metrics, "obstacles": obstacles(told, self.push), "sha256": hashes}, everything

    def _file(self, part: TrainingContext, training: Training, watch: _Watch) -> tuple[bytes, Interface]:
        """As the Trainer's, to the byte."""
        design, _ = part.design(training, self.conversion)
        watch.ends = list(itertools.accumulate(design.training.epochs))
        trained = train(part, design, after_epoch=watch)
        with tempfile.TemporaryDirectory() as folder:
            saved = Path(folder) / "saved"
            part.export(design, trained.shipped, str(saved), recipe.Recipe(conversion=self.conversion))
            return convert(str(saved), self.conversion), interface_file.read(saved)

    def _rival(self, training: Training, best: Trial | None, number: int) -> Sequence[float]:
        """The best trial's losses after each cycle, where they compare with this one's; else none."""
        if best is None or len(best.cycles) <= number:
            return ()
        theirs = tuned(self.training, best.changed)
        alike = all(getattr(theirs, key) == getattr(training, key) for key in ("loss", "label_scale", "epochs"))
        return best.cycles[number] if alike else ()

    def _race(self, predicted: Sequence[FloatArray], best: Trial | None) -> None:
        """Between two parts: is it worth going on? (O. Maron, A. Moore, "Hoeffding Races", 1994.)"""
        done = np.concatenate(predicted)
        if best is None or len(done) == len(best.predicted):
            return
        metric, label = self.task.primary, self.label[: len(done)]
        same = best.predicted[: len(done)]
        mine, theirs = metric.of(done, label), metric.of(same, label)
        if metric.surpasses(same, done, label):
            raise GivenUpError(f"{metric.title} {mine:.4g} on {len(done):,} rows, of the best {theirs:.4g}")


@dataclass
class _Watch:
    """Looks on after each epoch of the float phase, as `components.trainer.cycles.Cycles.fit` tells it."""

    seen: list[float]
    rival: Sequence[float]
    stop_above: float
    over: Callable[[], bool]
    ends: Sequence[int] = ()

    def __call__(self, epoch: int, loss: float, validation_loss: float) -> None:
        if self.over():
            raise OutOfTimeError
        if epoch not in self.ends:
            return
        self.seen.append(validation_loss)
        if len(self.seen) <= len(self.rival):
            theirs = self.rival[len(self.seen) - 1]
            # The more cycles are behind, the less the rest can make up for.
            if not validation_loss <= theirs * self.stop_above ** (1 / len(self.seen)):
                raise GivenUpError(f"loss {validation_loss:.4g} after {epoch} epochs, of the best {theirs:.4g}")


def folds(context: TrainingContext, count: int, seed: int) -> list[TrainingContext]:
    """Rows of `train` and `validation` dealt out anew, so that each is once in a validation part; `test` is not known
    here. What the Transform step has learned stays."""
    joined = {
        name: np.concatenate([values, context.raw_validation[name]]) for name, values in context.raw_train.items()
    }
    rows = len(next(iter(joined.values())))
    dealt = np.random.default_rng(seed).permutation(rows) % count
    return [
        replace(
            context,
            raw_train={name: values[dealt != fold] for name, values in joined.items()},
            raw_validation={name: values[dealt == fold] for name, values in joined.items()},
        )
        for fold in range(count)
    ]


def fingerprint(context: TrainingContext) -> str:
    """Of the rows and of what was learned from them."""
    digest = hashlib.sha256(json.dumps(context.learned, sort_keys=True).encode())
    for raw in (context.raw_train, context.raw_validation):
        for name, values in sorted(raw.items()):
            digest.update(
                name.encode() + (values.tobytes() if values.dtype != object else repr(values.tolist()).encode())
            )
    return digest.hexdigest()


def _label(plan: Any, raw: Mapping[str, npt.NDArray[Any]]) -> FloatArray:
    return np.asarray(raw[tensor_name(plan.dataset.label.column)], np.float32)


def _measured(model: bytes, interface: Interface, columns: runtime.Columns) -> dict[str, Any]:
    return {
        "bytes": len(model),
        "gzip_bytes": len(gzip.compress(model, 9, mtime=0)),
        "sparsity": inspection.dissect(model, interface.dense_kernels).dense_kernels["zeros"],
        "latency_us": runtime.latency_us(model, columns, calls=LATENCY_CALLS, warm_up=100),
        "sha256": hashlib.sha256(model).hexdigest(),
    }
