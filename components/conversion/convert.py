"""SavedModel to TensorFlow Lite bytes, builtin operators only."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import lite, schema_py_generated
from tensorflow.lite.tools import flatbuffer_utils

from components import interface_file
from components.compression_settings import Conversion
from components.conversion import recipe
from components.conversion.packing import pack
from components.conversion.simplify import simplify
from components.conversion.splice import splice
from components.device.runtime import SIGNATURE

PLAIN = Conversion()


class ConversionError(ValueError):
    """The model cannot become a file with builtin operators only."""


def convert(saved_model_dir: str, conversion: Conversion = PLAIN) -> bytes:
    """The signature `serving_default` as a TensorFlow Lite file, every tensor of static shape `[1]`.

    Quantization-aware layers become int8. Any other quantization is of the dense core alone: front, core and head are
    converted each by itself and spliced, so the raw features' part stays float or int32.

    Args:
        saved_model_dir: a SavedModel whose signature takes `[batch]` tensors, with the signatures of its parts and a
            representative set where `conversion` quantizes.
        conversion: what is done to the core.

    Raises:
        ConversionError: an operator has no builtin counterpart, and it is named; or the core is not what was asked.
    """
    model = tf.saved_model.load(saved_model_dir)
    inputs = list(interface_file.columns(saved_model_dir))
    if not conversion.after_training:
        function = _one_row(model, SIGNATURE)
        return slim(of_function(function, model), inputs)
    missing = {recipe.FRONT, recipe.HIDDEN, recipe.HEAD, recipe.CORE, recipe.SUM} - set(model.signatures)
    if missing:
        raise ConversionError(
            f"conversion.quantization {conversion.quantization} works on the dense core alone, but the SavedModel has "
            f"no signature {', '.join(sorted(missing))}; train it again with this conversion"
        )
    whole = conversion.quantization == "int8_strict"
    middle, last = (recipe.CORE, recipe.SUM) if whole else (recipe.HIDDEN, recipe.HEAD)
    core = _quantized(model, middle, conversion, saved_model_dir)
    _check_core(core, conversion)
    ends = [of_function(_one_row(model, name), model) for name in (recipe.FRONT, last)]
    return slim(splice([ends[0], core, ends[1]]), inputs)


def _one_row(model: Any, signature: str) -> tf.types.experimental.ConcreteFunction:
    """A signature for one row, every input and output of static shape."""
    batched = model.signatures[signature]
    _, inputs = batched.structured_input_signature
    spec = {
        name: tf.TensorSpec([1, *value.shape[1:]], value.dtype, name=name) for name, value in sorted(inputs.items())
    }

    def one_row(**raw: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.ensure_shape(value, [1, *value.shape[1:]]) for name, value in batched(**raw).items()}

    return tf.function(one_row).get_concrete_function(**spec)


def of_function(function: tf.types.experimental.ConcreteFunction, holder: Any) -> bytes:
    """A function alone as a file, slimmed as files are; `holder` keeps its variables.

    Raises:
        ConversionError: an operator has no builtin counterpart.
    """
    with _converter(holder, function) as converter:
        return slim(_converted(converter, [tf.lite.OpsSet.TFLITE_BUILTINS]))


@contextmanager
def _converter(
    holder: Any, function: tf.types.experimental.ConcreteFunction
) -> Iterator[lite.TFLiteSavedModelConverterV2]:
    """What `tf.lite.TFLiteConverter.from_concrete_functions` makes, but without the places in the code where operators
    were made. To have them, it loads what it has just saved, which takes half of the time where columns are many."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(holder, folder, signatures={SIGNATURE: function})
        no_places = SimpleNamespace(graph_debug_info=None)
        converter = lite.TFLiteSavedModelConverterV2(folder, {tf.saved_model.SERVING}, [SIGNATURE], no_places)
        converter.optimizations = [tf.lite.Optimize.DEFAULT] if _is_fake_quantized(function) else []
        yield converter


def _converted(converter: lite.TFLiteSavedModelConverterV2, operators: list[tf.lite.OpsSet]) -> bytes:
    converter.target_spec.supported_ops = operators
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter raises its own, undocumented types
        raise ConversionError(
            f"the model does not convert to builtin operators: {str(error).splitlines()[0]}. "
            "A transform uses an operator that TensorFlow Lite lacks; docs/decisions lists what may be used."
        ) from error


def _quantized(model: Any, signature: str, conversion: Conversion, saved_model_dir: str) -> bytes:
    """The dense core alone, quantized by TensorFlow Lite's own converter."""
    kind = conversion.quantization
    with _converter(model, _one_row(model, signature)) as converter:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "dynamic":
            return _converted(converter, [tf.lite.OpsSet.TFLITE_BUILTINS])
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
            return _converted(converter, [tf.lite.OpsSet.TFLITE_BUILTINS])
        rows = recipe.representative(saved_model_dir)
        converter.representative_dataset = lambda: ([row[np.newaxis]] for row in rows)
        sixteen = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        return _converted(converter, [sixteen if kind == "int16x8" else tf.lite.OpsSet.TFLITE_BUILTINS_INT8])


def _check_core(core: bytes, conversion: Conversion) -> None:
    """The converter falls back to float without a word; this does not.

    Raises:
        ConversionError: what is in the core is not what was asked.
    """
    (graph,) = flatbuffer_utils.convert_bytearray_to_object(bytearray(core)).subgraphs
    names = {number: name for name, number in vars(schema_py_generated.TensorType).items() if name.isupper()}
    edges = {int(index) for index in [*graph.inputs, *graph.outputs]}
    kinds = Counter(names[tensor.type] for index, tensor in enumerate(graph.tensors) if index not in edges)
    kind = conversion.quantization
    wanted = {"dynamic": "INT8", "float16": "FLOAT16"}.get(kind, "INT16" if kind == "int16x8" else "INT8")
    if not kinds[wanted]:
        hint = " (the converter leaves kernels of less than 1,024 weights float)" if kind == "dynamic" else ""
        raise ConversionError(f"conversion.quantization {kind} left no {wanted} tensor in the dense core{hint}")
    if kind.startswith("int") and kinds["FLOAT32"]:
        raise ConversionError(
            f"conversion.quantization {kind} left {kinds['FLOAT32']} float tensors inside the dense core"
        )


def _is_fake_quantized(function: tf.types.experimental.ConcreteFunction) -> bool:
    """Without fake quantization the DEFAULT optimization would quantize weights on its own."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return any(node.op.startswith("FakeQuant") for node in nodes)


def slim(model: bytes, inputs: Sequence[str] = ()) -> bytes:
    """The same file without operators that change nothing and without what no runtime reads: long names of tensors,
    empty quantization records, conversion notes, and repeated constants, shapes and options.

    Inputs and outputs are called as in the signature, and all else by a number: converters to other formats tell
    tensors apart by name. Inputs stand in the order of `inputs`, or without it of their names, for runtimes that know
    positions only.
    """
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    simplify(tree)
    tree.description = tree.metadata = tree.metadataBuffer = None
    # Buffer 0 is empty by the format's rule; tensors without constants point to it.
    kept, places = [tree.buffers[0]], {b"": 0}
    for graph in tree.subgraphs:
        graph.name = None
        _name(tree, graph, inputs)
        for tensor in graph.tensors:
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
            buffer = tree.buffers[tensor.buffer]
            content = b"" if buffer.data is None else bytes(buffer.data)
            if content not in places:
                places[content] = len(kept)
                kept.append(buffer)
            tensor.buffer = places[content]
    tree.buffers = kept
    return pack(tree)


def _name(tree: Any, graph: Any, inputs: Sequence[str]) -> None:
    """Names the tensors of a graph and puts its inputs, and those of its signature, in order."""
    (signature,) = tree.signatureDefs
    called = {one.tensorIndex: _text(one.name) for one in (*signature.inputs, *signature.outputs)}
    numbers = (name for number in itertools.count() if (name := str(number)) not in called.values())
    for index, tensor in enumerate(graph.tensors):
        tensor.name = called.get(index) or next(numbers)
    places = {name: place for place, name in enumerate(inputs)}
    signature.inputs.sort(key=lambda one: (places.get(_text(one.name), len(places)), _text(one.name)))
    graph.inputs = [one.tensorIndex for one in signature.inputs]


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
