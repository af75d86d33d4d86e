"""Running a model.tflite from Python; no TensorFlow needed where `ai_edge_litert` is installed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from data.vocabulary import Input

SIGNATURE = "serving_default"
OUTPUT = "prediction"
KERNELS = "XNNPACK, one thread"
"""What predictions are measured with; the reference kernels differ by cents."""

Columns = Mapping[str, npt.NDArray[Any]]


def interpreter(model: bytes, xnnpack: bool = True) -> Any:
    """An interpreter of LiteRT, the new home of TensorFlow Lite; one thread, so that timings compare.

    Args:
        model: the file's bytes.
        xnnpack: with the kernels that it takes unless told otherwise; else with its own, as older phones do.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kind = OpResolverType.AUTO if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=kind)


class Engine:
    """A loaded file that predicts one row a call, as a device does.

    Args:
        model: the file's bytes.
        xnnpack: as of `interpreter`.
    """

    def __init__(self, model: bytes, xnnpack: bool = True) -> None:
        self._engine = interpreter(model, xnnpack)
        self._engine.allocate_tensors()
        self._told = input_details(self._engine)
        self._inputs = {name: one["index"] for name, one in self._told.items()}
        (self._output,) = (one["index"] for one in self._engine.get_output_details())

    def strangeness(self, inputs: Iterable[Input]) -> str:
        """In what the file's inputs differ from the manifest's, by name and dtype; empty when they are the same."""
        mine = {name: np.dtype(one["dtype"]).name for name, one in self._told.items()}
        told: dict[str, str] = {one.name: one.dtype for one in inputs}
        if mine == told:
            return ""
        return f"the file takes {_listed(mine)}, the manifest says {_listed(told)}: it is of another schema"

    def __call__(self, row: Columns) -> Any:
        """The prediction for `[1]` arrays by input name: a number, or float32 `[classes]`."""
        for name, index in self._inputs.items():
            self._engine.set_tensor(index, row[name])
        self._engine.invoke()
        return self._engine.get_tensor(self._output)[0]

    def rows(self, columns: Columns) -> npt.NDArray[np.float32]:
        """As `predict`, but quick where neighbouring rows differ in few inputs: what stays is not set anew.

        An interpreter never overwrites its inputs.
        """
        count = len(next(iter(columns.values())))
        anew = np.ones((count, len(columns)), dtype=bool)
        for place, values in enumerate(columns.values()):
            bits = values.view(f"i{values.itemsize}")  # so that a NaN is the same as itself
            anew[1:, place] = bits[1:] != bits[:-1]
        row, which = np.nonzero(anew)
        begins, places = np.searchsorted(row, np.arange(count + 1)), which.tolist()
        given = [(self._inputs[name], values) for name, values in columns.items()]
        found = []
        for one in range(count):
            for place in places[begins[one] : begins[one + 1]]:
                index, values = given[place]
                self._engine.set_tensor(index, values[one : one + 1])
            self._engine.invoke()
            found.append(self._engine.get_tensor(self._output)[0])
        return np.array(found, dtype=np.float32)


def predict(model: bytes, columns: Columns, xnnpack: bool = True) -> npt.NDArray[np.float32]:
    """float32 `[rows]`, or `[rows, classes]`, for columns `[rows]` in the dtypes of the file's inputs."""
    engine = Engine(model, xnnpack)
    rows = len(next(iter(columns.values())))
    return np.array(
        [engine({name: values[row : row + 1] for name, values in columns.items()}) for row in range(rows)],
        dtype=np.float32,
    )


def differences(one: Any, other: Any) -> npt.NDArray[Any]:
    """How far predictions lie apart, `[rows]`, the largest of the classes'; NaN agrees with NaN alone, else is NaN."""
    apart = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    apart = np.where(np.isnan(one) & np.isnan(other), 0.0, apart)
    return apart if apart.ndim == 1 else np.asarray(apart.max(axis=1))


def latency_us(model: bytes, columns: Columns, calls: int = 2000, warm_up: int = 200) -> dict[str, float]:
    """Median and 95th percentile of one call on one row, in microseconds, inputs copied in and output out."""
    engine = Engine(model)
    rows = len(next(iter(columns.values())))
    taken = np.empty(warm_up + calls)
    for call in range(warm_up + calls):
        row = call % rows
        one = {name: values[row : row + 1] for name, values in columns.items()}
        start = time.perf_counter_ns()
        engine(one)
        taken[call] = time.perf_counter_ns() - start
    p50, p95 = np.percentile(taken[warm_up:] / 1000, [50, 95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}


def _listed(dtypes: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in sorted(dtypes.items()))


def input_details(engine: Any) -> dict[str, Any]:
    """What the interpreter tells of each input, by its name in the signature, in the order of the file."""
    places = [one["index"] for one in engine.get_input_details()]
    told = engine.get_signature_runner(SIGNATURE).get_input_details()
    return dict(sorted(told.items(), key=lambda one: places.index(one[1]["index"])))
