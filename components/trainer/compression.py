"""Compression of the core while it trains: pruning, clustering, and quantization-aware training that keeps both."""

from __future__ import annotations

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow_model_optimization as tfmot
import tf_keras
from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster as sparse_cluster
from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.cluster_preserve import cluster_utils

from components.compression_settings import OUTPUT_LAYER, TWO_OF_FOUR, Clustering, Pruning

FloatArray = npt.NDArray[np.float32]
Masks = dict[str, npt.NDArray[np.bool_]]
_WRAPPERS = ("quant_", "prune_low_magnitude_", "cluster_")


def is_hidden(layer: tf_keras.layers.Layer) -> bool:
    """True for the hidden dense layers; the output layer is too small to gain from compression."""
    return isinstance(layer, tf_keras.layers.Dense) and layer.name != OUTPUT_LAYER


def hidden_names(core: tf_keras.Model) -> list[str]:
    """Names of the hidden dense layers, in order."""
    return [layer.name for layer in core.layers if is_hidden(layer)]


def prune(core: tf_keras.Model, pruning: Pruning, steps: int) -> tf_keras.Model:
    """The core with kernels wrapped for pruning; train it with `UpdatePruningStep`.

    Args:
        core: a flat model of dense layers.
        pruning: schedule, pattern and layers.
        steps: number of steps that will be trained.
    """
    shares = pruning.shares(hidden_names(core))

    def wrap(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        if layer.name not in shares:
            return layer
        return tfmot.sparsity.keras.prune_low_magnitude(
            layer,
            pruning_schedule=_schedule(pruning, shares[layer.name], steps),
            block_size=pruning.block,
            sparsity_m_by_n=(2, 4) if pruning.pattern == TWO_OF_FOUR else None,
        )

    return tf_keras.models.clone_model(core, clone_function=wrap)


def _schedule(pruning: Pruning, final: float, steps: int) -> tfmot.sparsity.keras.PruningSchedule:
    begin = int(steps * pruning.begin)
    end = max(begin + 1, int(steps * pruning.end))
    frequency = min(pruning.frequency, max(1, steps // 10))
    if pruning.schedule == "constant":
        return tfmot.sparsity.keras.ConstantSparsity(final, begin, end, frequency)
    return tfmot.sparsity.keras.PolynomialDecay(
        min(pruning.initial_sparsity, final), final, begin, end, pruning.power, frequency
    )


def cluster(core: tf_keras.Model, clustering: Clustering, keep_zeros: bool) -> tf_keras.Model:
    """The core with kernels wrapped for clustering; strip it after training with `strip_clustering`.

    Args:
        core: float weights, possibly with zeros.
        clustering: number of values and layers.
        keep_zeros: zero stays a value of its own, and weights at zero stay there.
    """
    names = clustering.layers if clustering.layers is not None else hidden_names(core)
    start = tfmot.clustering.keras.CentroidInitialization.KMEANS_PLUS_PLUS

    def wrap(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        if layer.name not in names:
            return layer
        return sparse_cluster.cluster_weights(layer, clustering.clusters, start, preserve_sparsity=keep_zeros)

    return tf_keras.models.clone_model(core, clone_function=wrap)


def strip_clustering(core: tf_keras.Model) -> tf_keras.Model:
    """The plain core with clustered kernels."""
    return tfmot.clustering.keras.strip_clustering(core)


def masks(core: tf_keras.Model) -> Masks:
    """Where each dense kernel is not zero, by layer name."""
    return {
        layer.name: layer.get_weights()[0] != 0 for layer in core.layers if isinstance(layer, tf_keras.layers.Dense)
    }


def quantize(
    core: tf_keras.Model,
    sample: FloatArray,
    names: Collection[str] | None = None,
    preserve: tuple[bool, bool] = (True, False),
) -> tf_keras.Model:
    """The core with 8-bit fake quantization on its hidden layers, or on the named ones.

    The output layer stays float unless named: an 8-bit output over 0 to 100 would move in steps of 0.4.
    The ranges of activations start at those seen on `sample`, because their moving averages start at -6 to 6 and take
    thousands of steps to leave it.

    Args:
        core: float weights, possibly with zeros or clustered.
        sample: float32 `[rows, width]`, inputs of the core from training rows.
        names: of dense layers; None takes the hidden ones.
        preserve: whether zeros, and whether clusters, stay.
    """
    wanted = set(hidden_names(core) if names is None else names)

    def annotate(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        return tfmot.quantization.keras.quantize_annotate_layer(layer) if layer.name in wanted else layer

    annotated = tf_keras.models.clone_model(core, clone_function=annotate)
    annotated.set_weights(core.get_weights())
    quantized = tfmot.quantization.keras.quantize_apply(annotated, _scheme(*preserve))
    _set_ranges(quantized, core, sample)
    return quantized


def _scheme(zeros: bool, clusters: bool) -> tfmot.quantization.keras.QuantizeScheme:
    if clusters:
        return tfmot.experimental.combine.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=zeros)
    if zeros:
        return tfmot.experimental.combine.Default8BitPrunePreserveQuantizeScheme()
    return tfmot.quantization.keras.default_8bit.Default8BitQuantizeScheme()


def strip_cluster_variables(core: tf_keras.Model) -> tf_keras.Model:
    """A quantization-aware core without what only the preserving of clusters needs."""
    return cluster_utils.strip_clustering_cqat(core)


def _set_ranges(quantized: tf_keras.Model, core: tf_keras.Model, sample: FloatArray) -> None:
    ranges = {"": (float(sample.min()), float(sample.max()))}
    x = sample
    for layer in core.layers:
        if isinstance(layer, tf_keras.layers.Dense):
            x = layer(x).numpy()
            ranges[layer.name] = (float(x.min()), float(x.max()))
    for layer in quantized.layers:
        low, high = ranges.get(plain_name(layer), ranges[""])
        for variable in layer.weights:
            kind = variable.name.rsplit("/", 1)[-1].split(":")[0]
            if kind in ("quantize_layer_min", "post_activation_min", "output_min"):
                variable.assign(min(low, 0.0))
            elif kind in ("quantize_layer_max", "post_activation_max", "output_max"):
                variable.assign(max(high, 0.0))


def apply_masks(core: tf_keras.Model, kept: Mapping[str, npt.NDArray[np.bool_]]) -> None:
    """Sets what drifted from zero back to zero, in place."""
    for layer in core.layers:
        mask = kept.get(plain_name(layer))
        if mask is None:
            continue
        for variable in layer.trainable_weights:
            if variable.shape == mask.shape:
                variable.assign(np.where(mask, variable.numpy(), 0))


def kernels(core: tf_keras.Model) -> dict[str, FloatArray]:
    """Hidden kernels float32 `[inputs, outputs]` by layer name, whatever wraps the layers."""
    found = {}
    for layer in core.layers:
        inner = getattr(layer, "layer", layer)
        if is_hidden(inner):
            (found[plain_name(layer)],) = (
                weight.numpy() for weight in layer.weights if _is_kernel(weight) and len(weight.shape) == 2
            )
    return found


def _is_kernel(weight: Any) -> bool:
    return bool(weight.name.split(":")[0].endswith("kernel"))


def plain_name(layer: tf_keras.layers.Layer) -> str:
    """The layer's name without those of its wrappers."""
    name = str(layer.name)
    for prefix in _WRAPPERS:
        name = name.removeprefix(prefix)
    return name


def sparsity(core: tf_keras.Model) -> float:
    """Share of zeros in the hidden kernels."""
    found = kernels(core).values()
    return float(sum((one == 0).sum() for one in found) / max(1, sum(one.size for one in found)))
