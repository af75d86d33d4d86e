"""A finished run as studies of features need it: its configuration, and where its artifacts lie."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.config import Config
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import Artifact, RunRecord
from pipeline.lock import is_held
from pipeline.paths import RunPaths

_NEEDED = {"examples": "TripExampleGen", "transform_graph": "Transform"}
"""Output keys, each with the step that makes it."""


@dataclass(frozen=True)
class Source:
    """A run with the artifacts that are needed.

    Attributes:
        record: of the run.
        newest: whether it is the newest of its pipeline.
        config: that it was made with.
        graph: folder of the Transform step's graph.
        examples: folder of the raw examples.
    """

    record: RunRecord
    newest: bool
    config: Config
    graph: Path
    examples: Path

    def pattern(self, split: str) -> str:
        """Files of one split."""
        return str(self.examples / f"Split-{split}" / "*")


def look(paths: RunPaths, run_id: str | None) -> Source:
    """The run with this id, or the newest for None.

    Raises:
        LineageError: there is no such run, it did not come as far as the Transform step, its artifacts are gone, or its
            configuration is of another version.
        MetadataError: the metadata store cannot be opened.
    """
    newest = journal.runs_of(paths, 1)
    if not newest:
        raise LineageError(f"{paths.root} holds no run yet; `farelite run` makes one")
    lineage = Lineage(open_metadata(recall(paths), paths))
    record = newest[0] if run_id in (None, newest[0].id) else journal.one_run(lineage, is_held(paths.lock), str(run_id))
    if record is None:
        raise LineageError(f"no run {run_id!r} in {paths.root}; `farelite runs` lists them")
    outputs = {key: group[0] for node in lineage.node_runs(record.id).values() for key, group in node.outputs.items()}
    found = {key: _folder(record, outputs.get(key), step) for key, step in _NEEDED.items()}
    try:
        config = Config.model_validate(record.config)
    except ValidationError as error:
        raise LineageError(
            f"run {record.id} was made with a configuration that this version does not read: {error}; make a new run"
        ) from error
    return Source(record, record.id == newest[0].id, config, found["transform_graph"], found["examples"])


def _folder(record: RunRecord, artifact: Artifact | None, step: str) -> Path:
    """Where an artifact of a run lies."""
    if artifact is None:
        at = f" in {record.last_step}" if record.last_step else ""
        raise LineageError(
            f"run {record.id} ({record.verdict}{at}) has nothing to look at, since {step} is not done; give --run of "
            "another one, which `farelite runs` lists"
        )
    if artifact.state() != "there":
        raise LineageError(
            f"what {step} made in run {record.id} is {artifact.state()} ({artifact.uri}); give --run of a newer run, "
            "or make one by `farelite run`"
        )
    return Path(artifact.uri)
