"""SavedModel to TensorFlow Lite bytes, builtin operators only."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf

SIGNATURE = "serving_default"


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
        return bytes(converter.convert())
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
