"""What is measured of one file, by the interpreter: errors, size, zeros, working memory and time of a call."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from components.conversion import inspection
from components.device import runtime
from components.study.statistics import paired_bootstrap
from components.task import task_of
from components.task.task import Task
from data.vocabulary import Interface, Output

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Raw rows of one split: inputs by name `[rows]`, and the label float32 `[rows]`."""

    columns: runtime.Columns
    label: FloatArray


@dataclass(frozen=True)
class Bench:
    """The rows that every file is measured on.

    Attributes:
        output: what the float model's interface says of it.
        validation: for the choice.
        test: for the report.
        resamples: of the paired bootstrap.
    """

    output: Output | None
    validation: Rows
    test: Rows
    resamples: int

    @property
    def task(self) -> Task:
        """Of the label."""
        return task_of(self.output.model_dump() if self.output else {})

    def figures(self, model: bytes, interface: Interface, reference: FloatArray | None) -> dict[str, Any]:
        """All but the time of a call.

        Args:
            model: the file's bytes.
            interface: the inputs and dense kernels to expect.
            reference: the float file's predictions on the test rows; None where this is the float file.

        Raises:
            ValueError: the file is not what the interface says, or gives no finite numbers.
        """
        anatomy = inspection.dissect(model, interface.dense_kernels)
        zeros = anatomy.dense_kernels["zeros"]
        if zeros < interface.zeros - 1e-4:
            raise ValueError(
                f"{zeros:.2%} of the file's dense weights are zero, of the trained ones {interface.zeros:.2%}"
            )
        on_validation, on_test = (
            runtime.predict(model, self.validation.columns),
            runtime.predict(model, self.test.columns),
        )
        if not (np.isfinite(on_validation).all() and np.isfinite(on_test).all()):
            raise ValueError("the file's predictions are not all finite numbers")
        base = on_test if reference is None else reference
        task = task_of(interface.output.model_dump())  # each file has a threshold of its own
        return {
            "validation": task.measure(on_validation, self.validation.label, task.shown),
            "test": task.measure(on_test, self.test.label, task.shown),
            **self._flipped(base, task.decisions(on_test)),
            "difference": paired_bootstrap(task, on_test, base, self.test.label, self.resamples),
            "bytes": len(model),
            "gzip_bytes": len(gzip.compress(model, 9, mtime=0)),
            "sparsity": zeros,
            "weights": anatomy.dense_kernels["weights"],
            "quantization": anatomy.quantization,
            "operators": anatomy.operators,
            "arena_bytes": anatomy.arena_bytes,
            "sha256": hashlib.sha256(model).hexdigest(),
        }

    def _flipped(self, reference: FloatArray, decided: npt.NDArray[Any] | None) -> dict[str, float]:
        """Share of the test rows that the file decides otherwise than the float file."""
        before = self.task.decisions(reference)
        return {} if before is None or decided is None else {"flipped": float(np.mean(before != decided))}

    def latencies(self, models: Mapping[str, bytes], rounds: int) -> dict[str, dict[str, float]]:
        """Time of one call by name, in microseconds, timed in turn so that a slow moment hits all files alike."""
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in models}
        for _ in range(rounds):
            for name, model in models.items():
                taken[name].append(runtime.latency_us(model, self.test.columns, calls=500, warm_up=100))
        return {
            name: {key: round(median(one[key] for one in found), 1) for key in ("p50", "p95")}
            for name, found in taken.items()
        }
