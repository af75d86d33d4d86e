"""SavedModel to TensorFlow Lite bytes, builtin operators only."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils

from components.tflite_pusher.runtime import SIGNATURE


class ConversionError(ValueError):
    """The model cannot become a file with builtin operators only."""


def convert(saved_model_dir: str) -> bytes:
    """The signature `serving_default` as a TensorFlow Lite file, every tensor of static shape `[1]`.

    Quantization-aware layers become int8; everything else, among it the raw features' part, stays float or int32.

    Args:
        saved_model_dir: a SavedModel whose signature takes `[batch]` tensors.

    Raises:
        ConversionError: an operator has no builtin counterpart; names it.
    """
    model = tf.saved_model.load(saved_model_dir)
    batched = model.signatures[SIGNATURE]
    _, inputs = batched.structured_input_signature
    spec = {name: tf.TensorSpec([1], value.dtype, name=name) for name, value in sorted(inputs.items())}

    def one_row(**raw: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.ensure_shape(value, [1]) for name, value in batched(**raw).items()}

    function = tf.function(one_row).get_concrete_function(**spec)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if _is_fake_quantized(function) else []
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        return slim(bytes(converter.convert()))
    except Exception as error:  # the converter raises its own, undocumented types
        raise ConversionError(
            f"the model does not convert to builtin operators: {str(error).splitlines()[0]}. "
            "A transform uses an operator that TensorFlow Lite lacks; docs/decisions lists what may be used."
        ) from error


def _is_fake_quantized(function: tf.types.experimental.ConcreteFunction) -> bool:
    """Without fake quantization the DEFAULT optimization would quantize weights on its own."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return any(node.op.startswith("FakeQuant") for node in nodes)


def slim(model: bytes) -> bytes:
    """The same file without what no runtime reads, a quarter of it: names of inner tensors, empty quantization
    records, conversion notes, and repeated constants.

    Inputs and outputs keep their names, and so does the signature.
    """
    tree = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    tree.description = tree.metadata = tree.metadataBuffer = None
    # Buffer 0 is empty by the format's rule; tensors without constants point to it.
    kept, places = [tree.buffers[0]], {b"": 0}
    for graph in tree.subgraphs:
        edges = {int(index) for index in [*graph.inputs, *graph.outputs]}
        graph.name = None
        for index, tensor in enumerate(graph.tensors):
            if index not in edges:
                tensor.name = None
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
            buffer = tree.buffers[tensor.buffer]
            content = b"" if buffer.data is None else bytes(buffer.data)
            if content not in places:
                places[content] = len(kept)
                kept.append(buffer)
            tensor.buffer = places[content]
    tree.buffers = kept
    return bytes(flatbuffer_utils.convert_object_to_bytearray(tree))
