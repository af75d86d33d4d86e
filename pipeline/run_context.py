"""What the graph is told beside the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from ml_metadata.proto.metadata_store_pb2 import ConnectionConfig
from tfx.orchestration.data_types import RuntimeParameter


@dataclass(frozen=True)
class RunContext:
    """What a run finds outside its configuration; the runner knows it.

    Attributes:
        root: folder of artifacts.
        metadata: connection to ML Metadata.
        models_dir: the store.
        fingerprint: of the source's files.
        located: files and spans to read, `data.sources.PLAIN`; empty where the runner cannot look.
        schema_path: the reviewed schema; None infers one.
        schema_fingerprint: of its contents; empty where the runner cannot look.
        baseline: file of the statistics of the last data that passed the data gate; empty where there are none.
        champion_version, champion_sha256: the live model; empty when there is none.
        store_state: fingerprint of what is live and withdrawn.
        provenance: JSON for the manifest.
        beam: what Beam is told; it is in no cache key.
        force: push withdrawn bytes too.
        work_dir: where a study keeps what it has done until it ends; empty takes a folder beside the artifacts.
        data_root, until, gate: of TripExampleGen and Evaluator, where the runner has parameters that are set at run
            time; None for gate takes the configuration's.
    """

    root: str
    metadata: ConnectionConfig
    models_dir: str
    fingerprint: str
    located: str
    schema_path: str | None
    baseline: str
    champion_version: str
    champion_sha256: str
    store_state: str
    provenance: str
    beam: tuple[str, ...]
    force: bool = False
    work_dir: str = ""
    schema_fingerprint: str = ""
    data_root: str | RuntimeParameter = ""
    until: str | RuntimeParameter = ""
    gate: RuntimeParameter | None = None
