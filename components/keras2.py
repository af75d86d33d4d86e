"""The one place that makes Keras 2 the Keras: the optimization toolkit works on nothing newer.

Import this before anything that imports TensorFlow.
"""

from __future__ import annotations

import os
import sys


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


require_keras2()
