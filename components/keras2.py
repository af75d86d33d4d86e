"""The one place that settles how Keras is used: as Keras 2, without AutoGraph rewriting it, and with one order of sums.

The optimization toolkit works on nothing newer than Keras 2. Import this before anything that imports TensorFlow.
"""

from __future__ import annotations

import os
import sys

from components import deferred as deferred  # what TensorFlow need not import

TRACED_AS_THEY_ARE = (
    "tf_keras",
    "tensorflow_model_optimization",
    "tensorflow_transform",
    "data",
    "transforms",
    "components.task",
    "components.trainer.context",
    "components.trainer.export",
    "components.trainer.layers",
    "components.trainer.network",
)
"""Whose functions are graph code already: no Python `if` or `for` in them depends on a tensor. In the epoch's loop of
`components.trainer.cycles` one does."""


def require_keras2() -> None:
    """Makes `tf.keras` mean Keras 2.

    Raises:
        RuntimeError: TensorFlow was imported before this could take effect.
    """
    if os.environ.get("TF_USE_LEGACY_KERAS") == "1":
        return
    if "tensorflow" in sys.modules:
        raise RuntimeError(
            "TensorFlow was imported before TF_USE_LEGACY_KERAS=1 was set, so tf.keras is Keras 3 here. "
            "Import components.keras2 first, or set the variable in the environment."
        )
    os.environ["TF_USE_LEGACY_KERAS"] = "1"


def run_each_operator_in_one_thread() -> None:
    """Makes sums come out the same on any number of cores: more threads add in another order.

    Operators that do not wait for each other still run side by side.
    """
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"


def spare_autograph() -> None:
    """Keeps AutoGraph from translating their source while a function is traced.

    TensorFlow exempts `keras` by name, but not the same code under the name `tf_keras`: rewriting it took 14 of the 35
    seconds that the default model trained; our own took 1.5 seconds of CPU.
    """
    from tensorflow.python.autograph.core import config

    exempt = tuple(config.DoNotConvert(name) for name in TRACED_AS_THEY_ARE)
    config.CONVERSION_RULES = exempt + config.CONVERSION_RULES


require_keras2()
run_each_operator_in_one_thread()
spare_autograph()
