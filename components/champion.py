"""Champion: hands the live model to the Evaluator. Takes the place of TFX's Resolver, which Kubeflow refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, channel_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import EXISTS, VERSION
from components.registry import remote
from components.registry.store import Store

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


class ChampionSpec(ComponentSpec):
    """Parameters and output."""

    PARAMETERS = {
        "models_dir": ExecutionParameter(type=str),
        "version": ExecutionParameter(type=str),
        "sha256": ExecutionParameter(type=str),
        "push_store": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str),
    }
    INPUTS: dict[str, Any] = {}
    OUTPUTS = {"model": ChannelParameter(type=standard_artifacts.Model)}


class Champion(base_component.BaseComponent):
    """The model that `current` points to.

    Args:
        models_dir: the store.
        version: live when the run starts; empty when there is none; `current` looks when the step runs.
        sha256: of its file, so that the cache notices another one.
        push_store: `push.store`, empty for none; pulled before the step looks for what is live.
        code: fingerprint of the modules that do the work.
    """

    SPEC_CLASS = ChampionSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, models_dir: str, version: str, sha256: str, push_store: str, code: str) -> None:
        super().__init__(
            ChampionSpec(
                models_dir=models_dir,
                version=version,
                sha256=sha256,
                push_store=push_store,
                code=code,
                model=channel_utils.as_channel([standard_artifacts.Model()]),
            )
        )
