"""Packages that TFX, Beam and TensorFlow import for what a run never asks of them: a quarter of the time to start.

Each gets its place among the imported modules at once, and is run when something is first asked of it.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

DEFERRED = (
    "google.cloud.bigquery",  # Beam's sources and sinks there
    "google.cloud.bigquery_storage_v1",
    "google.cloud.pubsub",
    "googleapiclient.discovery",  # TensorFlow's search for a cluster of Google's
    "tfx.components",  # names all components; what is needed is imported by the module that it lies in
)


def defer(name: str) -> None:
    """Puts off what a module does when it is imported; does nothing where it is imported already, or not installed."""
    try:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the package above it
        spec = None
    if spec is None or spec.loader is None:
        return
    module, loader = importlib.util.module_from_spec(spec), spec.loader

    def run(attribute: str) -> Any:
        # Whoever walks over all modules asks for such names, and for nothing of the module.
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if module.__dict__.pop("__getattr__", None):
            loader.exec_module(module)
        return getattr(module, attribute)

    module.__getattr__ = run  # type: ignore[method-assign]
    sys.modules[name] = module
    package, _, below = name.rpartition(".")
    if package:
        setattr(sys.modules[package], below, module)


for name in DEFERRED:
    defer(name)
