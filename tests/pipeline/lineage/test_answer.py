"""From a file or a version back to its data, code, settings and measurements."""

import contextlib
import hashlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2

from components.registry.store import StoreError
from pipeline.lineage import connection
from pipeline.lineage.answer import ask
from pipeline.lineage.errors import LineageError, MetadataError
from pipeline.lineage.questions import Lineage
from pipeline.paths import RunPaths
from pipeline.settings.metadata import Metadata

STEPS = [
    "Champion",
    "Schema",
    "TripExampleGen",
    "RowsGate",
    "StatisticsGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Trainer",
    "Evaluator",
    "TFLitePusher",
]


def test_a_version_tells_its_run_data_code_settings_and_metrics(runs):
    answer = ask("000003", runs.paths.root.parent, None)
    assert (answer.asked, answer.verdict, answer.version) == ("metadata", "pushed", "000003")
    assert answer.sha256 == runs.pushed[2][1]
    assert answer.run == runs.runs[2]
    assert answer.code_revision == "0123456789ab"
    assert answer.fingerprint == f"{3:016x}"
    assert answer.files == [{"path": "/trips.csv", "bytes": 1_922_812, "sha256": f"{7:064x}"}]
    assert answer.config["training"]["units"]
    assert {"rows", "file", "float", "mean", "linear"} == set(answer.metrics)


def test_the_chain_goes_from_the_pusher_to_the_reading_of_the_source(runs):
    answer = ask("000001", runs.paths.root.parent, None)
    assert sorted(step.name for step in answer.chain.steps.values()) == sorted(STEPS)
    (pusher,) = [step for step in answer.chain.steps.values() if step.name == "TFLitePusher"]
    seen, waiting = {pusher.id}, [pusher]
    while waiting:
        makers = [answer.chain.steps[one] for one in answer.chain.before(waiting.pop())]
        waiting += [one for one in makers if one.id not in seen]
        seen |= {one.id for one in makers}
    reached = {answer.chain.steps[one].name for one in seen}
    # The statistics guard the data; with a schema from a file, the model does not rest on them.
    assert reached == set(STEPS) - {"RowsGate", "StatisticsGen", "ExampleValidator", "DataGate"}


def test_a_result_from_the_cache_is_told_with_the_run_that_made_it(runs):
    answers = [ask(version, runs.paths.root.parent, None) for version, _ in runs.pushed]
    steps = [step for answer in answers for step in answer.chain.steps.values() if step.run != answer.run]
    assert steps, "the seed draws runs whose data steps come from the cache"
    assert {step.state for step in steps} == {"ran"}
    assert {step.name for step in steps} <= {
        "Schema",
        "TripExampleGen",
        "StatisticsGen",
        "ExampleValidator",
        "Transform",
    }


def test_a_file_is_known_by_its_bytes_wherever_it_lies(runs, tmp_path, bare_version):
    model = b"the very bytes"
    digest = hashlib.sha256(model).hexdigest()
    _record_digest(runs.paths, runs.pushed[4][1], digest)
    elsewhere = tmp_path / "phone" / "fares.tflite"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(model)
    answer = ask(str(elsewhere), runs.paths.root.parent, None)
    assert (answer.version, answer.run) == ("000005", runs.runs[4])


def _record_digest(paths: RunPaths, before: str, after: str) -> None:
    with contextlib.closing(sqlite3.connect(paths.database)) as database, database:
        changed = database.execute(
            "update ArtifactProperty set string_value = ? where name = 'sha256' and string_value = ?", (after, before)
        )
        assert changed.rowcount == 1


def test_latest_is_the_live_version(runs, bare_version):
    version, digest = runs.pushed[1]
    bare_version(runs.paths, version, digest, b"", runs.runs[1])
    answer = ask("latest", runs.paths.root.parent, None)
    assert (answer.version, answer.live) == ("000002", True)
    assert ask(None, runs.paths.root.parent, None).run == answer.run


def test_a_version_that_was_discarded_is_still_known(runs):
    assert not (runs.paths.models / "000001").exists()
    answer = ask("000001", runs.paths.root.parent, None)
    assert (answer.live, answer.run) == (False, runs.runs[0])


def test_artifacts_that_are_gone_are_marked(runs):
    made = {one.type: one for one in ask("000009", runs.paths.root.parent, None).chain.artifacts.values()}
    Path(made["TransformGraph"].uri).mkdir(parents=True)
    store = connection.open_metadata(Metadata(), runs.paths)
    (freed,) = store.get_artifacts_by_id([made["ModelRun"].id])
    freed.state = metadata_store_pb2.Artifact.DELETED
    store.put_artifacts([freed])
    told = {one["type"]: one["state"] for one in ask("000009", runs.paths.root.parent, None).to_json()["artifacts"]}
    assert (told["TransformGraph"], told["ModelRun"], told["Schema"]) == ("there", "freed", "missing")


def test_a_file_from_elsewhere_is_refused_with_where_was_looked(runs, tmp_path):
    stranger = tmp_path / "stranger.tflite"
    stranger.write_bytes(b"from another city")
    digest = hashlib.sha256(b"from another city").hexdigest()[:12]
    with pytest.raises(LineageError, match=rf"sha256 {digest} is not known here \(asked: .*made-up\)"):
        ask(str(stranger), runs.paths.root.parent, None)


def test_a_version_that_never_was_is_refused(runs):
    with pytest.raises(LineageError, match="version 000099 is not known here"):
        ask("99", runs.paths.root.parent, None)


def test_what_is_neither_file_nor_version_is_refused(runs):
    with pytest.raises(
        LineageError, match=r"'two' is no file here and no version; give the path of a .tflite, a version such as 2"
    ):
        ask("two", runs.paths.root.parent, None)


def test_latest_before_the_first_push_is_refused(tmp_path):
    (tmp_path / "runs" / "new" / "models").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"no model was pushed to .* yet"):
        ask("latest", tmp_path / "runs", None)


def test_a_changed_file_beside_a_manifest_is_refused(runs, bare_version):
    folder = bare_version(runs.paths, "000007", "0" * 64, b"changed", runs.runs[6])
    with pytest.raises(LineageError, match=r"the model.json beside it tells of 000000000000: the file was changed"):
        ask(str(folder / "model.tflite"), runs.paths.root.parent, None)


def test_a_store_of_a_newer_schema_is_refused_and_left_as_it_is(runs):
    with contextlib.closing(sqlite3.connect(runs.paths.database)) as database, database:
        database.execute("update MLMDEnv set schema_version = 99")
    before = runs.paths.database.read_bytes()
    with pytest.raises(MetadataError, match=r"has schema 99, newer than the 10 that the installed ml-metadata knows"):
        ask("000001", runs.paths.root.parent, None)
    with pytest.raises(MetadataError, match="newer than the 10"):
        ask("000001", runs.paths.root.parent, None, upgrade=True)
    assert runs.paths.database.read_bytes() == before


def test_an_older_schema_is_brought_up_to_date_on_request_only(runs, made_up):
    _downgrade(runs.paths)
    with pytest.raises(MetadataError, match=r"older than the 10 .* let `farelite lineage --upgrade-store` bring it up"):
        ask("000001", runs.paths.root.parent, None)
    assert ask("000001", runs.paths.root.parent, None, upgrade=True).run == runs.runs[0]
    assert ask("000001", runs.paths.root.parent, None).run == runs.runs[0]


def _downgrade(paths: RunPaths) -> None:
    from ml_metadata.metadata_store import metadata_store

    metadata_store.downgrade_schema(connection.connection_config(Metadata(), paths), 9)


def test_a_broken_store_says_so(runs):
    runs.paths.database.write_bytes(b"no database" * 200)
    with pytest.raises(MetadataError, match=r"metadata.db cannot be opened: .*file is not a database"):
        ask("000001", runs.paths.root.parent, None)


def test_without_a_store_the_manifest_answers(runs, tmp_path, bare_version):
    model, more = b"sent away", {"config": {"name": "made-up"}, "code_revision": "abc", "bytes": 9}
    digest = hashlib.sha256(model).hexdigest()
    lineage = [
        {"step": "Trainer", "kind": "T", "code": "c1", "inputs": {"examples": "Transform.out"}, "outputs": {}},
        {"step": "TFLitePusher", "kind": "P", "code": "", "inputs": {"model": "Trainer.model"}, "outputs": {}},
    ]
    lineage[0]["outputs"] = {
        "model": [{"type": "Model", "mlmd_id": 9, "uri": "/gone", "created": "", "properties": {}}]
    }
    folder = bare_version(runs.paths, "000004", digest, model, runs.runs[3], lineage=lineage, **more)
    shutil.move(folder, tmp_path / "away")
    answer = ask(str(tmp_path / "away" / "model.tflite"), tmp_path / "no-runs-here", None)
    assert (answer.asked, answer.live, answer.version, answer.code_revision) == ("manifest", None, "000004", "abc")
    trainer, pusher = answer.chain.steps.values()
    assert answer.chain.before(pusher) == {trainer.id: "model"}
    assert trainer.settings == {"code": "c1"}
    assert answer.chain.artifacts[trainer.inputs["examples"][0]].state() == "unknown"
    assert answer.chain.artifacts[9].state() == "missing"


class Counting:
    """A store that counts how often it is asked."""

    def __init__(self, store: Any) -> None:
        self.asked, self._store = 0, store

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self._store, name)


def test_the_number_of_queries_does_not_grow_with_the_store(tmp_path, made_up):
    paths = RunPaths(tmp_path / "made-up")
    story = made_up.MadeUpRuns(paths, seed=3)
    counts = []
    for _ in range(3):
        story.add(15, "pushed")
        store = Counting(connection.open_metadata(Metadata(), paths))
        assert len(Lineage(store).chain(story.runs[0]).steps) == 11
        counts.append(store.asked)
    assert counts[0] == counts[1] == counts[2]
