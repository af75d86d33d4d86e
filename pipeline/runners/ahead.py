"""The proof of the file is begun on another core while the Evaluator works, where another core there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import components.keras2  # noqa: F401  isort: skip  must come before TensorFlow
from ml_metadata.metadata_store.metadata_store import MetadataStore
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from components import beside
from components.pusher.proof import INPUTS, prove, subject
from pipeline.lineage.questions import Lineage


@dataclass(frozen=True)
class Ahead:
    """What is begun early in one run.

    Attributes:
        pipeline: with a pusher.
        store: of the run.
        run_id: names it there.
    """

    pipeline: tfx_pipeline.Pipeline
    store: MetadataStore
    run_id: str

    def of(self, step: str) -> Callable[[], None]:
        """To be called when the step begins to work."""
        return self._begin_proof if step == "Evaluator" else lambda: None

    def _begin_proof(self) -> None:
        if helper := beside.helper():
            (pusher,) = (one for one in self.pipeline.components if one.id == "TFLitePusher")
            made = Lineage(self.store).node_runs(self.run_id)
            sources = {
                name: (pusher.inputs[name].producer_component_id, pusher.inputs[name].output_key) for name in INPUTS
            }
            ids = {name: [one.id for one in made[step].outputs[key]] for name, (step, key) in sources.items()}
            helper.begin(prove, subject({name: self._artifacts(ids[name]) for name in INPUTS}, pusher.exec_properties))

    def _artifacts(self, ids: list[int]) -> list[Artifact]:
        """As TFX hands them to a step."""
        found = self.store.get_artifacts_by_id(ids)
        kinds = {one.id: one for one in self.store.get_artifact_types_by_id([one.type_id for one in found])}
        return [artifact_utils.deserialize_artifact(kinds[one.type_id], one) for one in found]
