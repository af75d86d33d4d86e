"""The answer as OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json), for a catalogue."""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from typing import Any

from openlineage.client import event_v2 as event
from openlineage.client import facet_v2 as facets
from openlineage.client.serde import Serde

from pipeline.lineage.records import Answer, Artifact, Step

_NAMES = uuid.UUID("6f1c9a54-2b5e-4d0e-9d57-0c3a5f2f7d11")
"""Name space of our run ids: the same step of the same run has the same id in every export."""

_ENDS = {"ran": "COMPLETE", "cached": "COMPLETE", "failed": "FAIL", "canceled": "ABORT", "running": "RUNNING"}
_SOURCE, _PUSHER = "TripExampleGen", "TFLitePusher"


def event_lines(answer: Answer) -> Iterator[str]:
    """One JSON object a line: START and end of every step, in order of time."""
    producer = f"https://pypi.org/project/farelite/{version('farelite')}"
    for step in answer.chain.steps.values():
        inputs, outputs = _inputs(answer, step, producer), _outputs(answer, step, producer)
        run = event.Run(_run_id(step), _run_facets(answer, step, producer))
        job = event.Job("farelite", f"{answer.pipeline}.{step.name}", _job_facets(producer))
        for state, when in (("START", _time(answer, step, 0)), (_ENDS[step.state], _time(answer, step, step.seconds))):
            told = event.RunEvent(
                eventTime=when,
                producer=producer,
                run=run,
                job=job,
                eventType=event.RunState(state),
                inputs=inputs,
                outputs=outputs if state != "START" else [],
            )
            yield json.dumps(Serde.to_dict(told), sort_keys=True)


def _run_id(step: Step) -> str:
    return str(uuid.uuid5(_NAMES, f"{step.run}/{step.name}/{step.id}"))


def _time(answer: Answer, step: Step, seconds: float) -> str:
    """A manifest does not tell when every step began; then the first known time stands for it."""
    known = step.started or min((one.started for one in answer.chain.steps.values() if one.started), default="")
    began = datetime.fromisoformat(known) if known else datetime.fromtimestamp(0, timezone.utc)
    return (began + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def _run_facets(answer: Answer, step: Step, producer: str) -> dict[str, Any]:
    parent = facets.parent_run.ParentRunFacet(
        run=facets.parent_run.Run(str(uuid.uuid5(_NAMES, step.run))),
        job=facets.parent_run.Job("farelite", answer.pipeline),
        producer=producer,
    )
    told = {
        "run": step.run,
        "code_revision": answer.code_revision,
        "config_hash": answer.config_hash,
        "data_fingerprint": answer.fingerprint,
    }
    if step.name == _PUSHER:
        told |= {f"{model}.{name}": f"{value:.6g}" for model, name, value in _errors(answer.metrics)}
    tags = [facets.tags_run.TagsRunFacetFields(key, value, "farelite") for key, value in told.items() if value]
    engine = facets.processing_engine_run.ProcessingEngineRunFacet(
        version=version("tfx"), name="TFX", openlineageAdapterVersion=version("farelite"), producer=producer
    )
    return {
        "parent": parent,
        "tags": facets.tags_run.TagsRunFacet(tags=tags, producer=producer),
        "processing_engine": engine,
    }


def _errors(metrics: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for model, values in metrics.items():
        if isinstance(values, dict):
            yield from ((model, name, value) for name, value in values.items() if isinstance(value, int | float))


def _job_facets(producer: str) -> dict[str, Any]:
    kind = facets.job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="TFX", jobType="TASK", producer=producer
    )
    return {"jobType": kind}


def _inputs(answer: Answer, step: Step, producer: str) -> list[event.InputDataset]:
    read = [
        event.InputDataset(
            "file", one["path"], facets={"version": _version(one["sha256"] or answer.fingerprint, producer)}
        )
        for one in (answer.files if step.name == _SOURCE else [])
    ]
    return read + [
        event.InputDataset("file", _name(answer, one), facets={"version": _version(str(one.id), producer)})
        for one in _artifacts(answer, step.inputs.values())
    ]


def _outputs(answer: Answer, step: Step, producer: str) -> list[event.OutputDataset]:
    counted = facets.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    made = []
    for one in _artifacts(answer, step.outputs.values()):
        known: dict[str, Any] = {"version": _version(str(one.id), producer)}
        rows = one.properties.get("rows")
        sizes: dict[str, Any] = {"outputStatistics": counted(rowCount=rows, producer=producer)} if rows else {}
        made.append(event.OutputDataset("file", _name(answer, one), facets=known, outputFacets=sizes))
    if step.name == _PUSHER and answer.version:
        sizes = {"outputStatistics": counted(size=answer.bytes, fileCount=1, producer=producer)}
        name = f"{answer.pipeline}/models/{answer.version}/model.tflite"
        known = {"version": _version(answer.sha256, producer)}
        made.append(event.OutputDataset("farelite", name, facets=known, outputFacets=sizes))
    return made


def _artifacts(answer: Answer, groups: Iterable[list[int]]) -> list[Artifact]:
    return [answer.chain.artifacts[one] for group in groups for one in group]


def _name(answer: Answer, artifact: Artifact) -> str:
    return artifact.uri or f"{answer.pipeline}/{artifact.type}"


def _version(text: str, producer: str) -> Any:
    return facets.dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=text, producer=producer)
