"""Packages that TFX, Beam and TensorFlow import for what a run never asks of them: a third of the time to start.

Each gets its place among the imported modules at once, and is run when something is first asked of it.
"""

from __future__ import annotations

import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

DEFERRED = (
    "google.cloud.bigquery",  # Beam's sources and sinks there
    "google.cloud.bigquery_storage_v1",
    "google.cloud.pubsub",
    "googleapiclient.discovery",  # TensorFlow's search for a cluster of Google's
    "keras",  # Keras 3, in which the optimization toolkit looks for what only Keras 2 has
    "lightgbm",  # trees, of which a run that trains nothing has no need
    "scipy.stats",  # confidence intervals
    "tensorflow_model_analysis.metrics.bleu",  # translations of texts
    "tensorflow_model_analysis.metrics.rouge",
    "tfx.components",  # names all components; what is needed is imported by the module that it lies in
)
FUNCTIONS = ("tensorflow_data_validation.utils.display_util", "tensorflow_model_analysis.view.widget_view")
"""Of which others take functions by name: they get such as import it when they are called. For notebooks, too."""


class _Finder(MetaPathFinder):
    """Finds the modules above, and nothing else."""

    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in DEFERRED and fullname not in FUNCTIONS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Later(spec.loader, fullname in FUNCTIONS)
        return spec


class _Later(Loader):
    """Runs a module when it is first asked for a name, or, of functions alone, when one of them is called."""

    def __init__(self, loader: Any, functions: bool) -> None:
        self._loader, self._functions = loader, functions

    def __getattr__(self, name: str) -> Any:  # the source, for whoever shows it
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        lock = threading.RLock()
        begun: list[str] = []

        def ask(name: str) -> Any:
            with lock:  # a second thread waits until the first has run it
                if not begun:
                    begun.append(name)
                    self._loader.exec_module(module)
                    if module.__dict__.get("__getattr__") is later:
                        del module.__getattr__
                elif module.__dict__.get("__getattr__") is later and name not in module.__dict__:
                    raise AttributeError(name)  # it is being run, and asks for what it has not come to
            return getattr(module, name)

        def later(name: str) -> Any:
            # Whoever walks over all modules asks for such names, and for nothing of the module.
            if name.startswith("__") and name != "__version__":
                raise AttributeError(name)
            return (lambda *values, **named: ask(name)(*values, **named)) if self._functions else ask(name)

        module.__getattr__ = later  # type: ignore[method-assign]


sys.meta_path.insert(0, _Finder())
