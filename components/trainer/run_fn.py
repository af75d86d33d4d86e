"""What TFX's Trainer calls: phases of training in order, then the exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tensorflow_transform as tft
import tf_keras

from components.settings import Training
from components.trainer import compression, export, fitting, network
from components.trainer.baselines import fit_linear
from components.trainer.tables import Table, load
from transforms.features import BLOCK, LEARNED_FILE, Plan, embedding_width, id_key
from transforms.preprocessing import vocabulary_file


def run_fn(fn_args: Any) -> None:
    """Trains and exports.

    Args:
        fn_args: TFX's; `custom_config` holds `plan` and `training`, JSON of `Plan` and `Training`.
    """
    plan = Plan.model_validate_json(fn_args.custom_config["plan"])
    training = Training.model_validate_json(fn_args.custom_config["training"])
    output = tft.TFTransformOutput(fn_args.transform_output)
    spec = output.transformed_feature_spec()
    kept = kept_components(output, plan)
    train, tune = load(fn_args.train_files, spec, kept), load(fn_args.eval_files, spec, kept)
    widths = input_widths(plan, output, train)
    tf_keras.utils.set_random_seed(training.seed)
    models, history = train_phases(training, widths, train, tune)
    history["kept_components"] = kept
    Path(fn_args.model_run_dir).mkdir(parents=True, exist_ok=True)
    (Path(fn_args.model_run_dir) / export.HISTORY_FILE).write_text(json.dumps(history))

    layer = output.transform_features_layer()
    described = export.interface(plan.dataset, export.vocabularies(output, plan.dataset))
    described["dense_kernels"] = [list(layer.shape) for layer in _hidden_kernels(models["shipped"])]
    shipped = export.RawModel(
        plan.dataset, layer, kept, {"serving_default": _as_function(models["shipped"])}, [models["shipped"]]
    )
    export.save(shipped, fn_args.serving_model_dir, evaluate=True, interface=described)
    linear = fit_linear(train, {name: size for name, (size, _) in widths.ids.items()})
    mean = float(train.label.mean())
    references: dict[str, Callable[[export.Tensors], tf.Tensor]] = {
        "float": _as_function(models["float"]),
        "linear": linear,
        "mean": lambda inputs: tf.fill(tf.shape(inputs[BLOCK])[:1], mean),
    }
    reference = export.RawModel(plan.dataset, layer, kept, references, [models["float"]])
    export.save(reference, str(Path(fn_args.serving_model_dir).parent / export.REFERENCE_DIR), evaluate=False)


def kept_components(output: tft.TFTransformOutput, plan: Plan) -> int:
    """Columns of the block that are not zero by construction."""
    if plan.features.reducer.kind == "none":
        return len(plan.block_names())
    path = Path(output.transform_savedmodel_dir) / "assets" / LEARNED_FILE
    return int(json.loads(path.read_text())["kept"])


def input_widths(plan: Plan, output: tft.TFTransformOutput, table: Table) -> network.Widths:
    """Shapes of the network's inputs; those without an id in the plan are dense."""
    ids = {
        id_key(name): (plan.cross_size(name), embedding_width(plan.cross_size(name), cross.embedding))
        for name, cross in plan.features.crosses.items()
    }
    for name in plan.dataset.categorical:
        size = output.vocabulary_size_by_name(vocabulary_file(name)) + 1
        ids[id_key(name)] = (size, embedding_width(size, plan.features.categories.embedding))
    dense = {name: int(column.shape[1]) for name, column in table.inputs.items() if name not in ids}
    return network.Widths(dense, ids)


def train_phases(
    training: Training, widths: network.Widths, train: Table, tune: Table
) -> tuple[dict[str, tf_keras.Model], dict[str, Any]]:
    """The float model and the one to ship, and how each phase went.

    Float training comes first. Pruning goes on from its weights, quantization-aware training from the pruned ones, so
    that each phase only repairs what the one step has broken.
    """
    scale = network.span_scale(train.inputs[BLOCK])
    front = network.build_front(widths, scale)
    core = network.build_core(widths.total, training, float(np.median(train.label)))
    model = network.join(front, core)
    history: dict[str, Any] = {
        "float": fitting.fit(model, train, tune, training, training.epochs, training.learning_rate, training.patience)
    }
    float_front = network.build_front(widths, scale)
    float_front.set_weights(front.get_weights())
    float_model = network.join(float_front, network.without_dropout(core, training))
    rate = training.learning_rate * training.finetune_rate
    core = network.without_dropout(core, training)
    if training.pruning:
        epochs = training.pruning.epochs
        steps = epochs * fitting.steps_per_epoch(len(train), training)
        wrapped = compression.prune(core, training.pruning, steps)
        updates = [tfmot.sparsity.keras.UpdatePruningStep()]
        history["pruning"] = fitting.fit(
            network.join(front, wrapped), train, tune, training, epochs, rate, callbacks=updates
        )
        core = tfmot.sparsity.keras.strip_pruning(wrapped)
    if training.quantization:
        kept = compression.masks(core)
        sample, _ = front.predict(train.inputs, batch_size=fitting.PREDICT_BATCH, verbose=0)
        core = compression.quantize(core, sample)
        history["quantization"] = fitting.fit(
            network.join(front, core), train, tune, training, training.quantization.epochs, rate / 4
        )
        compression.apply_masks(core, kept)
    return {"float": float_model, "shipped": network.join(front, core)}, history


def _hidden_kernels(model: tf_keras.Model) -> list[Any]:
    """Kernels of the hidden layers, whatever wraps them."""
    (core,) = (layer for layer in model.layers if isinstance(layer, tf_keras.Model))
    return [
        variable
        for layer in core.layers
        for variable in layer.trainable_weights
        if len(variable.shape) == 2 and variable.shape[1] > 1
    ]


def _as_function(model: tf_keras.Model) -> Callable[[export.Tensors], tf.Tensor]:
    names = model.input_names

    def call(inputs: export.Tensors) -> tf.Tensor:
        return model([inputs[name] for name in names], training=False)[:, 0]

    return call
