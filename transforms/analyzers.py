"""Analyzers of tf.Transform: what the training rows teach, by Beam, as tensors of the graph and as one asset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from transforms import learned, reducers
from transforms.features import LEARNED_FILE, Plan
from transforms.moments import MomentsFn, SampleFn, StatisticsFn
from transforms.quantiles import QuantilesFn
from transforms.reducers import nmf
from transforms.reducers.evidence import Evidence, Found
from transforms.settings import SAMPLED


class ColumnStatistics(NamedTuple):
    """float32 `[n]` each, over the rows where a column is not NaN; a column without any is all zeros."""

    mean: tf.Tensor
    std: tf.Tensor
    minimum: tf.Tensor
    maximum: tf.Tensor
    known: tf.Tensor


class Known(NamedTuple):
    """What was learned of each of the block's n columns.

    Attributes:
        statistics: of the columns.
        quantiles: float32 `[n, piecewise.PARTS - 1]`.
        centre, spread: float32 `[n]` each.
    """

    statistics: ColumnStatistics
    quantiles: tf.Tensor
    centre: tf.Tensor
    spread: tf.Tensor


class _Combined(beam.PTransform):  # type: ignore[misc]
    """The only input of an analyzer, batch by batch, through a combiner."""

    def __init__(self, combiner: beam.CombineFn) -> None:
        super().__init__()
        self._combiner = combiner

    def expand(self, batches: Any) -> Any:
        return batches | beam.Map(lambda inputs: inputs[0]) | beam.CombineGlobally(self._combiner)


def column_statistics(x: tf.Tensor) -> ColumnStatistics:
    """Statistics of the columns of float32 `[batch, n]` over all training rows; one pass."""
    width = int(x.shape[1])
    (table,) = tft.experimental.ptransform_analyzer([x], _Combined(StatisticsFn(width)), [tf.float32], [[5, width]])
    return ColumnStatistics(*tf.unstack(table, num=5))


def quantiles(x: tf.Tensor, parts: int) -> tf.Tensor:
    """float32 `[n, parts - 1]`: boundaries between parts of equal count, of each column; NaN counts for nothing."""
    width = int(x.shape[1])
    combined = _Combined(QuantilesFn(width, parts))
    (found,) = tft.experimental.ptransform_analyzer([x], combined, [tf.float32], [[width, parts - 1]])
    return found


def label_classes(label: tf.Tensor, classes: int) -> tf.Tensor:
    """float32 `[batch, 1]`, whole numbers 0 to classes - 1: the quantile class of the label `[batch, 1]`."""
    boundaries = quantiles(label, classes)
    return tf.reduce_sum(tf.cast(label >= boundaries, tf.float32), axis=1, keepdims=True)


class Rows(NamedTuple):
    """What the reducer sees of a batch: the scaled block `[batch, n]`, label and class of the label `[batch, 1]`."""

    block: tf.Tensor
    label: tf.Tensor
    label_class: tf.Tensor


class _Solve(beam.PTransform):  # type: ignore[misc]
    """Batches to the tensors that `reduction` returns."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan.model_dump_json()

    def expand(self, batches: Any) -> Any:
        plan = Plan.model_validate_json(self._plan)
        names = tensor_shapes(plan)

        def solve(evidence: Evidence) -> Any:
            found = reducers.learn(evidence, plan.features.reducer)
            for name, value in tensors(plan, found).items():
                yield beam.pvalue.TaggedOutput(name, value)

        outputs = _evidence(batches, plan) | beam.FlatMap(solve).with_outputs(*names)
        return tuple(outputs[name] for name in names)


class _Report(PTransformAnalyzer):
    """Batches to the path of `learned.json`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan.model_dump_json()

    def expand(self, batches: Any) -> Any:
        plan = Plan.model_validate_json(self._plan)
        path = Path(self.base_temp_dir) / LEARNED_FILE

        def write(evidence: Evidence | int, constants: list[Any]) -> npt.NDArray[Any]:
            statistics, scale, quantiles, *edges = (np.asarray(value[0], np.float64) for value in constants)
            scalers = learned.Scalers(statistics, scale[0], scale[1], quantiles)
            boundaries = dict(zip(plan.features.buckets, edges, strict=True))
            if isinstance(evidence, int):
                contents = learned.describe(plan, scalers, boundaries, evidence, None)
            else:
                found = reducers.learn(evidence, plan.features.reducer)
                contents = learned.describe(plan, scalers, boundaries, evidence.moments.rows, (evidence, found))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(contents))
            return np.array(str(path).encode())

        # The same in every batch that has rows.
        constants = batches | beam.Map(lambda inputs: list(inputs[3:])) | beam.CombineGlobally(_any)
        counted = plan.features.reducer.kind == "none"
        evidence = _rows(batches) if counted else _evidence(batches, plan)
        return evidence | "Write" >> beam.Map(write, constants=beam.pvalue.AsSingleton(constants))


def _any(found: Any) -> list[Any]:
    """One of the batches' constants; none in a batch without rows."""
    return next((one for one in found if one and len(one[0])), [])


def _rows(batches: Any) -> Any:
    return batches | "Rows" >> beam.Map(lambda inputs: len(inputs[1])) | beam.CombineGlobally(sum)


def _evidence(batches: Any, plan: Plan) -> Any:
    width, reducer = len(plan.block_names()), plan.features.reducer
    classes = reducer.classes if reducer.kind == "lda" else 0
    moments = batches | "Moments" >> beam.CombineGlobally(MomentsFn(width, classes))
    if reducer.kind not in SAMPLED:
        return moments | beam.Map(lambda one: Evidence(one, np.empty((0, width)), np.empty(0)))
    sample = batches | "Sample" >> beam.CombineGlobally(SampleFn(reducer.sample_rows, width + 1, reducer.seed))
    return moments | beam.Map(
        lambda one, drawn: Evidence(one, drawn[:, :-1], drawn[:, -1]), drawn=beam.pvalue.AsSingleton(sample)
    )


def tensor_shapes(plan: Plan) -> dict[str, list[int]]:
    """Names and shapes of what the reducer leaves in the graph, all float32."""
    n, width = len(plan.block_names()), plan.block_width()
    if plan.features.reducer.kind == "nmf":
        return {"start": [n, width], "pull": [n, width], "keep": [width, width], "size": [width]}
    return {"centre": [n], "matrix": [n, width]}


def tensors(plan: Plan, found: Found) -> dict[str, npt.NDArray[np.float32]]:
    """The values of `tensor_shapes`."""
    reducer = plan.features.reducer
    if found.basis is not None:
        size = 1 / found.deviations if reducer.whiten else np.ones(len(found.basis))
        values = {**nmf.solver(found.basis)._asdict(), "size": size}
    else:
        centre = np.zeros(len(found.directions)) if found.centre is None else found.centre
        values = {"centre": centre, "matrix": found.matrix(plan.block_width(), reducer.whiten)}
    return {name: value.astype(np.float32) for name, value in values.items()}


def reduction(plan: Plan, rows: Rows) -> dict[str, tf.Tensor]:
    """What the reducer learned from all training rows, by the names of `tensor_shapes`; one pass over the data."""
    shapes = tensor_shapes(plan)
    found = tft.experimental.ptransform_analyzer(
        list(rows), _Solve(plan), [tf.float32] * len(shapes), list(shapes.values())
    )
    return dict(zip(shapes, found, strict=True))


def report(plan: Plan, rows: Rows, known: Known, boundaries: Mapping[str, tf.Tensor]) -> None:
    """Writes `learned.json` as an asset of the graph, in the same pass as `reduction`.

    An analyzer of its own, since one cannot give tensors and an asset at once (`ptransform_analyzer` of
    tensorflow-transform 1.16 takes every output for an asset as soon as one is). What other analyzers found travels
    with the rows, once a batch, since that is the only way into an analyzer.
    """
    constants = [
        tf.stack(known.statistics),
        tf.stack([known.centre, known.spread]),
        known.quantiles,
        *(boundaries[name] for name in plan.features.buckets),
    ]
    once = tf.minimum(tf.shape(rows.block)[0], 1)
    inputs = [tf.repeat(value[tf.newaxis], once, axis=0) for value in constants]
    tft.experimental.ptransform_analyzer(
        [*rows, *inputs], _Report(plan), [tf.string], [[]], output_asset_default_values=[b"{}"]
    )
