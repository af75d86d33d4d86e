"""Compression of the dense core while it trains: pruning, and quantization-aware training that keeps the zeros."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import numpy.typing as npt
import tensorflow_model_optimization as tfmot
import tf_keras

from components.settings import Pruning

FloatArray = npt.NDArray[np.float32]


def prune(core: tf_keras.Model, pruning: Pruning, steps: int) -> tf_keras.Model:
    """The core with its hidden kernels wrapped for pruning; train it with `UpdatePruningStep`.

    Args:
        core: a flat model of dense layers.
        pruning: the ramp.
        steps: number of steps that will be trained.
    """
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        pruning.initial_sparsity,
        pruning.final_sparsity,
        begin_step=0,
        end_step=max(1, int(steps * pruning.ramp)),
        frequency=min(pruning.frequency, max(1, steps // 10)),
    )

    def wrap(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        if not is_hidden(layer):
            return layer
        return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)

    return tf_keras.models.clone_model(core, clone_function=wrap)


def is_hidden(layer: tf_keras.layers.Layer) -> bool:
    """True for the hidden dense layers; the output layer is too small to gain from compression."""
    return isinstance(layer, tf_keras.layers.Dense) and layer.units > 1


def masks(core: tf_keras.Model) -> dict[str, npt.NDArray[np.bool_]]:
    """Where each hidden kernel is not zero, by layer name."""
    return {layer.name: layer.get_weights()[0] != 0 for layer in core.layers if is_hidden(layer)}


def quantize(core: tf_keras.Model, sample: FloatArray) -> tf_keras.Model:
    """The core with 8-bit fake quantization on its hidden layers; zeros stay zeros.

    The output layer stays float: an 8-bit output over 0 to 100 dollars would move in steps of 40 cents. The ranges of
    activations start at those seen on `sample`, because their moving averages start at -6 to 6 and take thousands of
    steps to leave it.

    Args:
        core: float weights, possibly with zeros.
        sample: float32 `[rows, width]`, inputs of the core from training rows.
    """

    def annotate(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        return tfmot.quantization.keras.quantize_annotate_layer(layer) if is_hidden(layer) else layer

    annotated = tf_keras.models.clone_model(core, clone_function=annotate)
    annotated.set_weights(core.get_weights())
    quantized = tfmot.quantization.keras.quantize_apply(
        annotated, tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
    )
    _set_ranges(quantized, core, sample)
    return quantized


def _set_ranges(quantized: tf_keras.Model, core: tf_keras.Model, sample: FloatArray) -> None:
    ranges = {"": (float(sample.min()), float(sample.max()))}
    x = sample
    for layer in core.layers:
        if is_hidden(layer):
            x = layer(x).numpy()
            ranges[layer.name] = (float(x.min()), float(x.max()))
    for layer in quantized.layers:
        own = layer.name.removeprefix("quant_")
        low, high = ranges.get(own, ranges[""])
        for variable in layer.weights:
            kind = variable.name.rsplit("/", 1)[-1].split(":")[0]
            if kind in ("quantize_layer_min", "post_activation_min", "output_min"):
                variable.assign(min(low, 0.0))
            elif kind in ("quantize_layer_max", "post_activation_max", "output_max"):
                variable.assign(max(high, 0.0))


def apply_masks(core: tf_keras.Model, kept: dict[str, npt.NDArray[np.bool_]]) -> None:
    """Sets what drifted from zero back to zero, in place."""
    for layer in core.layers:
        mask = kept.get(layer.name.removeprefix("quant_").removeprefix("prune_low_magnitude_"))
        if mask is None:
            continue
        for variable in layer.trainable_weights:
            if variable.shape == mask.shape:
                variable.assign(np.where(mask, variable.numpy(), 0))


def sparsity(core: tf_keras.Model) -> float:
    """Share of zeros in the hidden kernels."""
    kept = [layer.get_weights()[0] for layer in core.layers if is_hidden(layer)]
    return float(sum((k == 0).sum() for k in kept) / max(1, sum(k.size for k in kept)))
