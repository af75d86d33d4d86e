"""SavedModels from raw features to predictions: the Transform step's own graph joined with a network."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf
import tensorflow_transform as tft

from components import interface_file
from components.conversion import recipe
from components.task import task_of
from components.task.encoding import Encoding
from components.trainer.block import no_numbers
from data.columns import inputs
from data.spec import Dataset
from data.tensor_names import columns_of, tensor_name
from data.vocabulary import Column, Input, Interface, Output
from transforms import buckets, categories
from transforms.categories import vocabulary_file
from transforms.features import BLOCK, Plan, id_key, is_id
from transforms.in_memory import raw_spec

OUTPUT = "prediction"
Tensors = dict[str, tf.Tensor]


def device_signature(
    dataset: Dataset, batch: int | None = None, absent: Sequence[str] = ()
) -> dict[str, tf.TensorSpec]:
    """Raw inputs as a device gives them, `[batch]` each, without those that are `absent`."""
    given = [one for one in inputs(dataset) if one.name not in absent]
    return {one.tensor: tf.TensorSpec([batch], one.device_dtype, name=one.tensor) for one in given}


@dataclass(frozen=True)
class Parts:
    """A network in pieces; it predicts `decode(output(hidden(x)) + skip)` with `x, skip = front(inputs)`.

    Attributes:
        front: transformed inputs to float32 `[batch, width]` and the skip `[batch, outputs]`.
        hidden: `[batch, width]` to `[batch, hidden_width]`.
        output: `[batch, hidden_width]` to `[batch, outputs]`.
        decode: `[batch, outputs]` to predictions.
    """

    front: Callable[[Tensors], tuple[tf.Tensor, tf.Tensor]]
    hidden: Callable[[tf.Tensor], tf.Tensor]
    output: Callable[[tf.Tensor], tf.Tensor]
    decode: Callable[[tf.Tensor], tf.Tensor]
    width: int
    hidden_width: int
    outputs: int


class RawModel(tf.Module):
    """Raw features in, predictions out.

    Args:
        dataset: roles of the raw columns.
        transform: layer of the Transform step's graph.
        kept: columns of the block in use.
        networks: by name of signature; each takes the transformed inputs and gives float32 `[batch]`.
        trackables: whatever holds the networks' variables.
        parts: front and core, where the converter is to work on the core alone.
        unknown_spreads: the networks themselves give NaN where a coordinate is.
        absent: numeric columns that nothing is made of; a device does not give them.
    """

    def __init__(
        self,
        dataset: Dataset,
        transform: Callable[[Tensors], Tensors],
        kept: Sequence[int],
        networks: dict[str, Callable[[Tensors], tf.Tensor]],
        trackables: list[Any],
        parts: Parts | None = None,
        unknown_spreads: bool = False,
        absent: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._absent = list(absent)
        self._unknown_spreads = unknown_spreads
        self._dataset = dataset
        self._transform = transform
        self._kept = list(kept)
        self._networks = networks
        self._parts = parts
        self.trackables = [transform, *trackables]

    def _features(self, raw: Tensors) -> Tensors:
        features = dict(self._transform({name: tf.expand_dims(value, 1) for name, value in raw.items()}))
        features[BLOCK] = buckets.columns(features[BLOCK], self._kept)
        return {name: tf.cast(value, tf.int32) if is_id(name) else value for name, value in features.items()}

    def device_features(self, raw: Tensors) -> Tensors:
        """Categories arrive as ids, so the part of the graph that looks up texts is not reached."""
        texts = columns_of(self._dataset.categorical)
        numbers = {key: value for key, value in raw.items() if key not in texts}
        if self._absent:  # whatever stands there; another number costs no operator
            given = next(raw[tensor_name(one)] for one in self._dataset.numeric if one not in self._absent)
            numbers |= {tensor_name(name): given for name in self._absent}
        if self._dataset.time:
            time = tensor_name(self._dataset.time.column)
            numbers[time] = tf.cast(numbers[time], tf.int64)
        features = self._features(numbers) if numbers else no_numbers(raw)
        features.update({id_key(column): tf.expand_dims(raw[key], 1) for key, column in texts.items()})
        return features

    def _device(self, name: str, raw: Tensors) -> Tensors:
        return {OUTPUT: self.or_unknown(raw, self._networks[name](self.device_features(raw)))}

    def or_unknown(self, raw: Tensors, value: tf.Tensor) -> tf.Tensor:
        """The value, or NaN where a coordinate is: 8-bit kernels carry no NaN, and none beats a made-up one."""
        coordinates = [raw[tensor_name(name)] for name in self._dataset.coordinates()]
        if self._unknown_spreads or not coordinates:
            return value
        unknown = 0.0 * functools.reduce(operator.add, coordinates)  # graphics cards have no ADD_N
        return value + (unknown if value.shape.rank == 1 else unknown[:, tf.newaxis])

    def _examples(self, name: str, raw: Tensors) -> Tensors:
        squeezed = {key: tf.squeeze(value, axis=1) for key, value in raw.items()}
        return {OUTPUT: self._networks[name](self._features(squeezed))}

    def signatures(self, evaluate: bool) -> dict[str, Any]:
        """One device signature a network; `evaluate`, in the dtypes of tf.Example, of the first one."""
        spec = device_signature(self._dataset, absent=self._absent)
        found = {
            name: tf.function(lambda name=name, **raw: self._device(name, raw)).get_concrete_function(**spec)
            for name in self._networks
        }
        if evaluate:
            first = next(iter(self._networks))
            found["evaluate"] = tf.function(lambda **raw: self._examples(first, raw)).get_concrete_function(
                **_example_signature(self._dataset)
            )
        if self._parts is not None:
            found.update(self._part_signatures(self._parts, spec))
        return found

    def _part_signatures(self, parts: Parts, device_spec: dict[str, tf.TensorSpec]) -> dict[str, Any]:
        """Front, hidden layers, head; and core and sum, for who splits behind the output layer."""

        def front(**raw: tf.Tensor) -> Tensors:
            core_input, skip = parts.front(self.device_features(raw))
            return {"core_input": core_input, "rest": self.or_unknown(raw, skip)}

        def spec(**widths: int) -> dict[str, tf.TensorSpec]:
            return {name: tf.TensorSpec([None, width], tf.float32, name=name) for name, width in widths.items()}

        functions: dict[str, tuple[Callable[..., Tensors], dict[str, tf.TensorSpec]]] = {
            recipe.FRONT: (front, device_spec),
            recipe.HIDDEN: (lambda core_input: {"hidden": parts.hidden(core_input)}, spec(core_input=parts.width)),
            recipe.HEAD: (
                lambda hidden, rest: {OUTPUT: parts.decode(parts.output(hidden) + rest)},
                spec(hidden=parts.hidden_width, rest=parts.outputs),
            ),
            recipe.CORE: (
                lambda core_input: {"core_output": parts.output(parts.hidden(core_input))},
                spec(core_input=parts.width),
            ),
            recipe.SUM: (
                lambda core_output, rest: {OUTPUT: parts.decode(core_output + rest)},
                spec(core_output=parts.outputs, rest=parts.outputs),
            ),
        }
        return {
            name: tf.function(function).get_concrete_function(**inputs)
            for name, (function, inputs) in functions.items()
        }


def _example_signature(dataset: Dataset) -> dict[str, tf.TensorSpec]:
    spec = raw_spec(dataset)
    names = map(tensor_name, dataset.inputs())
    return {name: tf.TensorSpec([None, 1], spec[name].dtype, name=name) for name in names}


def save(model: RawModel, path: str, evaluate: bool, interface: Interface | None = None) -> None:
    """Writes a SavedModel, and beside it what its inputs mean."""
    tf.saved_model.save(model, path, signatures=model.signatures(evaluate))
    if interface is not None:
        interface_file.write(path, interface)


def interface(
    plan: Plan,
    vocabularies: dict[str, list[str]],
    dense_kernels: Sequence[list[int]] = (),
    zeros: float = 0.0,
    encoding: Encoding | None = None,
    absent: Sequence[str] = (),
) -> Interface:
    """Inputs and output of the model file, for the manifest.

    Args:
        plan: of the features.
        vocabularies: of the categorical columns.
        dense_kernels, zeros: see `Interface`.
        encoding: of the label; None before anything was trained.
        absent: columns that are no inputs.
    """
    label = plan.dataset.label
    told = encoding.of_output() if encoding else {}
    task = task_of({**label.model_dump(), "decision": told.get("decision")})
    given = [one for one in inputs(plan.dataset) if one.name not in absent]
    output = {"name": OUTPUT, "source_column": label.column, **task.output(label.column, label.unit)}
    return Interface(
        inputs=[_input(plan, index, one, vocabularies.get(one.name)) for index, one in enumerate(given)],
        output=Output.model_validate({**output, "temperature_scaling": told.get("temperature_scaling")}),
        dense_kernels=list(dense_kernels),
        zeros=zeros,
        label=encoding.described() if encoding else None,
    )


def _input(plan: Plan, index: int, column: Column, vocabulary: list[str] | None) -> Input:
    told: dict[str, Any] = {"unit": column.unit, "meaning": column.meaning}
    if column.role == "time":
        told |= plan.dataset.time.model_dump(exclude={"column"}) if plan.dataset.time else {}
    buckets = categories.buckets(plan.features.categories, len(vocabulary or ()))
    if column.role == "categorical" and buckets:
        unknown = "behind the vocabulary, 1 + its size + a hash of its text"
        told["meaning"] = f"1 + place in the vocabulary; 0 for missing; an unknown one lies {unknown}"
        told["oov_buckets"] = buckets
    return Input(
        index=index,
        name=column.tensor,
        role=column.role,
        dtype=column.device_dtype,
        vocabulary=vocabulary,
        source_column=column.name,
        **told,
    )


def vocabularies(output: tft.TFTransformOutput, dataset: Dataset) -> dict[str, list[str]]:
    """Values of each categorical column in the order of their ids, from 1 on."""
    return {
        name: [value.decode() for value in output.vocabulary_by_name(vocabulary_file(name))]
        for name in dataset.categorical
    }
