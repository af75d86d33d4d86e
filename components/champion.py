"""Champion: hands the live model to the Evaluator. Takes the place of TFX's Resolver, which Kubeflow refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts

from components.artifacts import EXISTS, VERSION
from components.registry import remote
from components.registry.store import Store
from components.step import Step, spec

LIVE = "current"
"""In place of a version: whatever is live when the step runs. For runners that cannot look beforehand."""


class Executor(base_executor.BaseExecutor):
    """Copies the live version's evaluated SavedModel."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        """Emits the model; where none is live, an empty one marked `exists` 0, since an output must be something.

        Raises:
            StoreError: `push.store` cannot be read.
        """
        model = artifact_utils.get_single_instance(output_dict["model"])
        version = exec_properties["version"]
        if version == LIVE:
            store = Store(Path(exec_properties["models_dir"]))
            if exec_properties["push_store"]:
                remote.pull(exec_properties["push_store"], store.root)
            version = store.current() or ""
        model.set_int_custom_property(EXISTS, int(bool(version)))
        model.set_string_custom_property(VERSION, version)
        if version:
            source = Path(exec_properties["models_dir"]) / version / "source"
            shutil.copytree(source, model.uri, dirs_exist_ok=True)


class Champion(Step, base_component.BaseComponent):
    """The model that `current` points to.

    Args:
        models_dir: the store.
        version: live when the run starts; empty when there is none; `current` looks when the step runs.
        sha256: of its file, so that the cache notices another one.
        push_store: `push.store`, empty for none; pulled before the step looks for what is live.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = spec(
        dict.fromkeys(("models_dir", "version", "sha256", "push_store", "code"), str),
        outputs={"model": standard_artifacts.Model},
    )
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
