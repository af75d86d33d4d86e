"""What TFX's Trainer calls: phases of training in order, then the exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
import tensorflow as tf
import tensorflow_transform as tft
import tf_keras

from components.settings import Training
from components.trainer import compression, export, network
from components.trainer.baselines import fit_linear
from components.trainer.phases import Phases
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
    phases = Phases(training, widths, train, tune)
    trained = phases.fit_float()
    reference_net = phases.copy(trained)
    shipped_net = phases.compress(trained)
    history = {**phases.history, "kept_components": kept}
    Path(fn_args.model_run_dir).mkdir(parents=True, exist_ok=True)
    (Path(fn_args.model_run_dir) / export.HISTORY_FILE).write_text(json.dumps(history))

    layer = output.transform_features_layer()
    described = export.interface(plan.dataset, export.vocabularies(output, plan.dataset))
    described["dense_kernels"] = [list(kernel.shape) for kernel in compression.kernels(shipped_net.core).values()]
    shipped_model, float_model = shipped_net.joined, reference_net.joined
    shipped = export.RawModel(
        plan.dataset, layer, kept, {"serving_default": _as_function(shipped_model)}, [shipped_model]
    )
    export.save(shipped, fn_args.serving_model_dir, evaluate=True, interface=described)
    linear = fit_linear(train, {name: size for name, (size, _) in widths.ids.items()})
    mean = float(train.label.mean())
    references: dict[str, Callable[[export.Tensors], tf.Tensor]] = {
        "float": _as_function(float_model),
        "linear": linear,
        "mean": lambda inputs: tf.fill(tf.shape(inputs[BLOCK])[:1], mean),
    }
    reference = export.RawModel(plan.dataset, layer, kept, references, [float_model])
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


def _as_function(model: tf_keras.Model) -> Callable[[export.Tensors], tf.Tensor]:
    names = model.input_names

    def call(inputs: export.Tensors) -> tf.Tensor:
        return model([inputs[name] for name in names], training=False)[:, 0]

    return call
