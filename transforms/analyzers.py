"""Analyzers of tf.Transform: what the training rows teach, by Beam, as tensors of the graph and as one asset.

The asset is `learned.json`. `ptransform_analyzer` of tensorflow-transform 1.16 takes every output for an asset as soon
as one is, so an analyzer gives the path of the file as a tensor, and the graph keeps what lies there, see `keep`. An
analyzer for the asset alone would want what the others have found, and so a phase of tf.Transform's of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from transforms import known, learned, reducers, scaling
from transforms.features import LEARNED_FILE, Plan
from transforms.moments import MomentsFn, SampleFn, StatisticsFn
from transforms.quantiles import QuantilesFn
from transforms.reducers import nmf
from transforms.reducers.evidence import Evidence, Found
from transforms.scaling import ColumnStatistics, Scale
from transforms.settings import SAMPLED

Shapes = dict[str, list[int]]
Arrays = dict[str, npt.NDArray[np.float32]]


class Columns(NamedTuple):
    """What was learned of each of the block's n columns, see `transforms.known`.

    Attributes:
        scale: of the block.
        filling: float32 `[n]`.
        boundaries: float32 `[b]` by bucket.
        report: string `[]`: `learned.json` of the block without a reducer.
        path: string `[]`: of the file with it.
    """

    scale: Scale
    filling: tf.Tensor
    boundaries: dict[str, tf.Tensor]
    report: tf.Tensor
    path: tf.Tensor


class Rows(NamedTuple):
    """What the reducer sees of a batch: the scaled block `[batch, n]`, label and class of the label `[batch, 1]`."""

    block: tf.Tensor
    label: tf.Tensor
    label_class: tf.Tensor


TEXTS = ("report", "path")
"""What an analyzer gives beside its numbers: the contents of `learned.json`, and where it lies."""


def columns(plan: Plan, block: tf.Tensor) -> Columns:
    """What all training rows of the block, float32 `[batch, n]` with NaN where a number is missing, teach; one pass."""
    found = _analyzed([block], _Columns(plan, column_shapes(plan)))
    scale = Scale(found["centre"], found["spread"], scaling.tails(plan.scalings()))
    boundaries = {name: found[_edges(name)] for name in plan.features.buckets}
    return Columns(scale, found["filling"], boundaries, found["report"], found["path"])


def reduction(plan: Plan, rows: Rows, columns: Columns) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """What the reducer learned from all training rows, by the names of `tensor_shapes`; one pass over the data.

    And the path, string `[]`, of a `learned.json` that tells of it.
    """
    # What another analyzer found travels with the rows, once a batch, since that is the only way into an analyzer.
    report = tf.repeat(columns.report[tf.newaxis], tf.minimum(tf.shape(rows.block)[0], 1), axis=0)
    found = _analyzed([*rows, report], _Reduction(plan, tensor_shapes(plan)))
    return found, found["path"]


def label_classes(label: tf.Tensor, classes: int) -> tf.Tensor:
    """float32 `[batch, 1]`, whole numbers 0 to classes - 1: the quantile class of the label `[batch, 1]`."""
    (boundaries,) = tft.experimental.ptransform_analyzer([label], _Cuts(classes), [tf.float32], [[1, classes - 1]])
    return tf.reduce_sum(tf.cast(label >= boundaries, tf.float32), axis=1, keepdims=True)


def keep(path: tf.Tensor) -> None:
    """Makes the file an asset of the graph, in the tracings in which its path, string `[]`, is known."""
    if isinstance(path, tf.__internal__.EagerTensor):
        tft.make_and_track_object(lambda: tf.saved_model.Asset(path), name=LEARNED_FILE)


class _Analyzer(PTransformAnalyzer):
    """Batches to numbers float32 of the given shapes, by name, and `TEXTS`."""

    def __init__(self, plan: Plan, shapes: Shapes) -> None:
        super().__init__()
        self.plan, self.shapes = plan.model_dump_json(), shapes

    def told(self, found: Any) -> Any:
        """The outputs, of a collection of one element: the numbers, and the contents of `learned.json`."""
        path = Path(self.base_temp_dir) / LEARNED_FILE

        def tell(found: tuple[Arrays, Any]) -> Iterator[beam.pvalue.TaggedOutput]:
            numbers, contents = found
            report = json.dumps(contents).encode()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(report)
            texts = {"report": np.array(report), "path": np.array(str(path).encode())}
            for name, value in {**numbers, **texts}.items():
                yield beam.pvalue.TaggedOutput(name, value)

        names = [*self.shapes, *TEXTS]
        outputs = found | "Tell" >> beam.FlatMap(tell).with_outputs(*names)
        return tuple(outputs[name] for name in names)


def _analyzed(inputs: list[tf.Tensor], analyzer: _Analyzer) -> dict[str, tf.Tensor]:
    dtypes = [*[tf.float32] * len(analyzer.shapes), *[tf.string] * len(TEXTS)]
    shapes = [*analyzer.shapes.values(), *[[]] * len(TEXTS)]
    found = tft.experimental.ptransform_analyzer(inputs, analyzer, dtypes, shapes)
    return dict(zip([*analyzer.shapes, *TEXTS], found, strict=True))


class _Columns(_Analyzer):
    """Of batches of the block."""

    def expand(self, batches: Any) -> Any:
        plan = Plan.model_validate_json(self.plan)
        width = len(plan.block_names())
        combined = beam.combiners.TupleCombineFn(sum, StatisticsFn(width), QuantilesFn(width, known.parts(plan)))

        def learn(counted: tuple[int, npt.NDArray[np.float32], Mapping[int, Any]]) -> tuple[Arrays, Any]:
            rows, table, quantiles = counted
            found = known.settled(plan, rows, ColumnStatistics(*table), quantiles)
            numbers = {"centre": found.scale.centre, "spread": found.scale.spread, "filling": found.filling}
            edges = {_edges(name): values for name, values in found.boundaries.items()}
            return {**numbers, **edges}, learned.describe(plan, found)

        thrice = batches | "Thrice" >> beam.Map(lambda inputs: (len(inputs[0]), inputs[0], inputs[0]))
        return self.told(thrice | "Count" >> beam.CombineGlobally(combined) | "Settle" >> beam.Map(learn))


class _Reduction(_Analyzer):
    """Of batches of `Rows`, and with them the report on the columns."""

    def expand(self, batches: Any) -> Any:
        plan = Plan.model_validate_json(self.plan)

        def learn(evidence: Evidence, report: bytes) -> tuple[Arrays, Any]:
            found = reducers.learn(evidence, plan.features.reducer)
            contents = learned.with_reducer(plan, json.loads(report), evidence, found)
            return tensors(plan, found), contents

        reports = batches | "Reports" >> beam.FlatMap(lambda inputs: inputs[3].tolist())
        report = beam.pvalue.AsSingleton(reports | "The same in all" >> beam.CombineGlobally(max))
        return self.told(_evidence(batches, plan) | "Solve" >> beam.Map(learn, report=report))


class _Cuts(beam.PTransform):  # type: ignore[misc]
    """Batches of one column to its quantiles, float32 `[1, parts - 1]`."""

    def __init__(self, parts: int) -> None:
        super().__init__()
        self._parts = parts

    def expand(self, batches: Any) -> Any:
        parts = self._parts
        counted = batches | beam.Map(lambda inputs: inputs[0]) | beam.CombineGlobally(QuantilesFn(1, [parts]))
        return counted | "Cuts" >> beam.Map(lambda found: found[parts])


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


def _edges(bucket: str) -> str:
    return f"edges of {bucket}"


def column_shapes(plan: Plan) -> Shapes:
    """Names and shapes of what the columns leave in the graph, all float32."""
    width = [len(plan.block_names())]
    edges = {_edges(name): [bucket.size - 1] for name, bucket in plan.features.buckets.items()}
    return {"centre": width, "spread": width, "filling": width, **edges}


def tensor_shapes(plan: Plan) -> Shapes:
    """Names and shapes of what the reducer leaves in the graph, all float32."""
    n, width = len(plan.block_names()), plan.block_width()
    if plan.features.reducer.kind == "nmf":
        return {"start": [n, width], "pull": [n, width], "keep": [width, width], "size": [width]}
    return {"centre": [n], "matrix": [n, width]}


def tensors(plan: Plan, found: Found) -> Arrays:
    """The values of `tensor_shapes`."""
    reducer = plan.features.reducer
    if found.basis is not None:
        size = 1 / found.deviations if reducer.whiten else np.ones(len(found.basis))
        values = {**nmf.solver(found.basis)._asdict(), "size": size}
    else:
        centre = np.zeros(len(found.directions)) if found.centre is None else found.centre
        values = {"centre": centre, "matrix": found.matrix(plan.block_width(), reducer.whiten)}
    return {name: value.astype(np.float32) for name, value in values.items()}
