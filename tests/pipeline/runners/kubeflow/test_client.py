"""Submit and schedule by the real kfp client, against a server that holds every request to KFP's published API."""

from __future__ import annotations

import json
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.cli import main
from pipeline.config import Config, load
from pipeline.runners.kubeflow import client
from pipeline.runners.kubeflow.client import HOME, KubeflowError, Thing, Wish, ask, environment, times

Documents = list[dict[str, Any]]
pytestmark = pytest.mark.skipif(
    not (HOME / ".made-from").exists(), reason="no kfp client here; `make kubeflow-client` installs it"
)
IMAGE = "registry.example/farelite@sha256:" + "ab" * 32
HOURLY = ["schedule={cron: '15 * * * 1-7', catch_up: latest}"]


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[str]]:
    """One client for many requests: each start takes half a second."""
    with subprocess.Popen(
        client.words(HOME / "bin" / "python"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child


class Outside:
    """One who gives the commands.

    Attributes:
        done: what the last command did.
        said: its remarks.
    """

    def __init__(self, kfp: Any, documents: Documents) -> None:
        self._kfp, self._documents = kfp, documents
        self.done: list[Thing] = []
        self.said: list[str] = []

    def _config(self, overrides: list[str]) -> Config:
        return load(None, [f"kubeflow.endpoint={self._kfp.address}", "kubeflow.timeout_s=5", *overrides])

    def _ask(self, wish: Wish, overrides: list[str]) -> list[str]:
        self.done, self.said = [], []
        ask(self._config(overrides), self._documents, wish, self.said.append, self.done.append)
        return [f"{one.what} {one.did}" for one in self.done]

    def submit(
        self, *overrides: str, name: str = "first", dry_run: bool = False, wait_s: float = 0, **parameters: str
    ) -> list[str]:
        return self._ask(Wish("submit", parameters, dry_run, name, wait_s), list(overrides))

    def schedule(self, *overrides: str, dry_run: bool = False, **parameters: str) -> list[str]:
        given = [*HOURLY, *overrides]
        said: list[str] = []
        wish = Wish("schedule", parameters, dry_run, times=times(self._config(given), said.append))
        told = self._ask(wish, given)
        self.said = said
        return told


# What the client and the server look at; the whole one takes them half a second longer.
SMALL: Documents = [
    {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "chicago"},
        "root": {"inputDefinitions": {"parameters": {name: {} for name in ("data_root", "gate", "until")}}},
    }
]


@pytest.fixture
def outside(kfp: Any, process: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> Outside:
    assert process.stdin is not None
    assert process.stdout is not None
    to_child, from_child = process.stdin, process.stdout

    def call(python: Path, wanted: dict[str, Any]) -> dict[str, Any]:
        to_child.write(json.dumps(wanted) + "\n")
        to_child.flush()
        told: dict[str, Any] = json.loads(from_child.readline())
        return told

    monkeypatch.setattr(client, "_call", call)
    return Outside(kfp, SMALL)


def counts(kfp: Any) -> dict[str, int]:
    return {kind: len(rows) for kind, rows in kfp.rows.items()}


def test_a_first_submit_makes_all_and_a_second_one_only_a_run(kfp: Any, outside: Outside) -> None:
    assert outside.submit(until="2016-01-31") == [
        "pipeline created",
        "version created",
        "experiment created",
        "run started",
    ]
    assert outside.submit(name="second")[:3] == ["pipeline found", "version found", "experiment found"]
    assert counts(kfp) == {
        "pipelines": 1, "pipeline_versions": 1, "experiments": 1, "runs": 2, "recurring_runs": 0
    }  # fmt: skip
    run, version = kfp["runs"][0], kfp["pipeline_versions"][0]
    assert run["runtime_config"]["parameters"] == {"until": "2016-01-31"}
    assert run["pipeline_version_reference"]["pipeline_version_id"] == version["pipeline_version_id"]
    assert version["name"].startswith("chicago-")


def test_the_commands_report_what_they_did_and_end_with_code_2_when_the_cluster_does_not_help(
    kfp: Any, compiled: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    def farelite(command: str, *more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ending:
            main(["kubeflow", command, "--image", IMAGE, "--set", f"kubeflow.endpoint={kfp.address}", *more])
        return int(ending.value.code or 0), *capsys.readouterr()

    code, out, said = farelite("submit", "--run-name", "first", "--param", "until=2016-01-31", "--json")
    assert (code, [one["what"] for one in json.loads(out)]) == (0, ["pipeline", "version", "experiment", "run"])
    assert "run            first  started\n" in said
    code, _, said = farelite("schedule", "--set", HOURLY[0], "--dry-run")
    assert (code, "recurring run  chicago  would create\n" in said) == (0, True)
    kfp.fail("GET", "healthz", 401)
    code, _, said = farelite("submit")
    assert (code, "\nerror: could not ask how it is: " in said) == (2, True)


def test_what_is_uploaded_is_the_specification_with_the_platforms_document(kfp: Any, compiled: Documents) -> None:
    Outside(kfp, compiled).submit()
    assert [list(yaml.safe_load_all(file)) for file in kfp.uploaded] == [compiled]


def test_a_run_and_a_schedule_take_their_artifacts_where_the_configuration_says(kfp: Any, outside: Outside) -> None:
    root = "s3://elsewhere/farelite?region=eu-west-1"
    outside.submit()
    assert "pipeline_root" not in kfp["runs"][0]["runtime_config"]  # the cluster's own
    outside.submit(f"kubeflow.pipeline_root={root}", name="second")
    assert kfp["runs"][1]["runtime_config"]["pipeline_root"] == root
    outside.schedule()
    assert outside.schedule(f"kubeflow.pipeline_root={root}")[-3:] == [
        f"recurring run changed: pipeline root the cluster's to {root}",
        "recurring run old one removed",
        "recurring run switched on",
    ]
    (row,) = kfp["recurring_runs"]
    assert row["runtime_config"]["pipeline_root"] == root
    assert outside.schedule(f"kubeflow.pipeline_root={root}")[-1] == "recurring run found"


@pytest.mark.parametrize(
    ("tag", "overrides", "said"),
    [
        ("2.4.1", [], r"is Kubeflow Pipelines 2.4.1, but this needs 2.5 or later: upgrade the cluster's backend"),
        ("2.0.0-rc.2", ["kubeflow.run_as_non_root=false"], r"Pipelines 2.0.0-rc.2, but this needs 2.5 or later"),
        ("2.15.0", [], r"Pipelines 2.15.0, but kubeflow.run_as_non_root needs 2.16 or later: set it to false"),
    ],
)
def test_a_backend_that_is_too_old_is_named_with_its_version_and_changed_in_nothing(
    kfp: Any, outside: Outside, tag: str, overrides: list[str], said: str
) -> None:
    kfp.tag = tag
    with pytest.raises(KubeflowError, match=said):
        outside.submit(*overrides)
    assert kfp.requests == ["GET /apis/v2beta1/healthz"]


@pytest.mark.parametrize(
    ("tag", "overrides"),
    [("2.5.0", ["kubeflow.run_as_non_root=false"]), ("v2.16.1", []), ("10.0.0", []), ("unknown", []), ("", [])],
)
def test_a_backend_that_is_new_enough_or_tells_no_version_is_taken(
    kfp: Any, outside: Outside, tag: str, overrides: list[str]
) -> None:
    kfp.tag = tag
    assert outside.submit(*overrides)[-1] == "run started"


def test_a_second_run_is_told_of_those_that_push_to_the_same_store(kfp: Any, outside: Outside) -> None:
    outside.submit()
    did = outside.submit(name="second")
    assert did[-2:] == [
        "run under way too: the one that ends last goes live, judged by what was live when it began",
        "run started",
    ]
    kfp["runs"][0]["state"] = "SUCCEEDED"
    kfp["runs"][1]["pipeline_version_reference"]["pipeline_id"] = "of another pipeline"
    assert outside.submit(name="third")[-2:] == ["experiment found", "run started"]


def _becomes(kfp: Any, monkeypatch: pytest.MonkeyPatch, state: str, **tasks: str) -> None:
    """What the server shows of the next run."""
    monkeypatch.setattr(client, "POLL_S", 0.02)
    add = kfp._add

    def added(kind: str, row: dict[str, Any], *unique: str) -> Any:
        details = {
            "task_details": [{"display_name": name.replace("_", "-"), "state": of} for name, of in tasks.items()]
        }
        return add(kind, {**row, "state": state, "run_details": details} if kind == "runs" else row, *unique)

    kfp._add = added


def test_a_run_that_is_waited_for_ends_with_its_success(
    kfp: Any, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    _becomes(kfp, monkeypatch, "SUCCEEDED")
    kfp.fail("GET", "/runs/", "drop")  # one look without an answer is none
    assert outside.submit(wait_s=30)[-2:] == ["run started", "run succeeded"]
    assert outside.submit(wait_s=30)[-2:] == ["run found, succeeded", "run succeeded"]


def test_a_cluster_without_the_claims_is_known_by_steps_that_wait_for_a_pod(
    kfp: Any, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    _becomes(kfp, monkeypatch, "RUNNING", root="RUNNING", executor="PENDING")
    with pytest.raises(
        KubeflowError,
        match=r"the run first has not ended within 0.1 s; it goes on, and executor wait for a pod. `kubectl describe "
        r"pod -n kubeflow` says for what; `kubectl get pvc -n kubeflow` must show farelite-models and farelite-data",
    ):
        outside.submit(wait_s=0.1)
    with pytest.raises(KubeflowError, match="`kubectl get pvc -n kubeflow` must show claim-1, which"):
        outside.submit("kubeflow.models.claim=claim-1", "kubeflow.data=null", wait_s=0.1)
    kfp["runs"][0]["run_details"]["task_details"].pop()
    with pytest.raises(KubeflowError, match="it goes on, with root; `--name` finds it again"):
        outside.submit(wait_s=0.1)


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        (
            {"root": "FAILED", "root_driver": "FAILED"},
            "ended as FAILED, with root, root-driver: the backend's driver failed before a step.* the cluster has no "
            "credentials for gs://elsewhere/x: the ConfigMap kfp-launcher in kubeflow names their secret",
        ),
        (
            {"root": "FAILED", "Champion": "FAILED", "executor": "FAILED"},
            "with root, Champion, executor. `kubectl logs -n kubeflow POD -c main` and the output executor-logs have "
            "the cause; if the log ends with `failed to open bucket`.*no credentials for gs://elsewhere/x",
        ),
        ({}, "ended as FAILED, with no step begun: the backend's driver failed"),
    ],
)
def test_a_root_without_credentials_ends_a_run_with_words_on_where_they_are_named(
    kfp: Any, outside: Outside, monkeypatch: pytest.MonkeyPatch, tasks: dict[str, str], said: str
) -> None:
    _becomes(kfp, monkeypatch, "FAILED", **tasks)
    with pytest.raises(KubeflowError, match=said):
        outside.submit("kubeflow.pipeline_root=gs://elsewhere/x", wait_s=30)
    assert outside.done[-1].did == "started"


def test_a_changed_specification_becomes_a_further_version(kfp: Any, outside: Outside) -> None:
    outside.submit()
    other = [{**SMALL[0], "defaultPipelineRoot": "s3://elsewhere/x"}]
    assert Outside(kfp, other).submit(name="second")[:2] == ["pipeline found", "version created"]
    assert len({row["name"] for row in kfp["pipeline_versions"]}) == 2


def test_a_run_of_the_same_name_is_not_started_twice(kfp: Any, outside: Outside) -> None:
    outside.submit()
    assert outside.submit()[-1] == "run found, pending"
    assert len(kfp["runs"]) == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(kfp: Any, outside: Outside) -> None:
    would = ["pipeline would create", "version would create", "experiment would create"]
    assert outside.submit(dry_run=True) == [*would, "run would create"]
    assert outside.schedule(dry_run=True) == [*would, "recurring run would create"]
    outside.schedule()
    assert outside.schedule("schedule.cron=0 6 * * 7", dry_run=True)[-1] == (
        "recurring run would change: cron 0 15 * * * 0,1,2,3,4,5,6 to 0 0 6 * * 0"
    )
    kfp["recurring_runs"][0].update(mode="DISABLE", status="DISABLED")
    assert outside.schedule(dry_run=True)[-1] == "recurring run found; would switch it on"
    assert {line.split()[0] for line in kfp.requests} == {"GET", "POST"}
    assert counts(kfp) == {
        "pipelines": 1, "pipeline_versions": 1, "experiments": 1, "runs": 0, "recurring_runs": 1
    }  # fmt: skip


def test_a_schedule_is_created_once_and_then_left_alone(kfp: Any, outside: Outside) -> None:
    assert outside.schedule(until="2016-01-31")[-1] == "recurring run created"
    (row,) = kfp["recurring_runs"]
    assert row["trigger"]["cron_schedule"]["cron"] == "0 15 * * * 0,1,2,3,4,5,6"
    assert (row["no_catchup"], row["max_concurrency"], row["mode"]) == (True, "1", "ENABLE")
    assert outside.schedule(until="2016-01-31")[-1] == "recurring run found"
    assert kfp["recurring_runs"] == [row]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("schedule.cron=0 6 * * 7", "changed: cron 0 15 * * * 0,1,2,3,4,5,6 to 0 0 6 * * 0"),
        ("schedule.catch_up=all", "changed: catching up False to True"),
        ("kubeflow.service_account=robot", "changed: service account pipeline-runner to robot"),
    ],
)
def test_a_changed_schedule_takes_the_place_of_the_old_one(
    kfp: Any, outside: Outside, override: str, told: str
) -> None:
    outside.schedule()
    (old,) = kfp["recurring_runs"]
    assert outside.schedule(override)[-3:] == [
        f"recurring run {told}",
        "recurring run old one removed",
        "recurring run switched on",
    ]
    (new,) = kfp["recurring_runs"]
    assert new["recurring_run_id"] != old["recurring_run_id"]
    assert new["status"] == "ENABLED"


def test_among_many_schedules_only_those_of_its_name_are_touched(kfp: Any, outside: Outside) -> None:
    outside.schedule()
    (mine,) = kfp["recurring_runs"]
    for number in range(5):
        kfp["recurring_runs"].insert(0, {**mine, "recurring_run_id": f"id-{number}", "display_name": f"other-{number}"})
        kfp["recurring_runs"].append({**mine, "recurring_run_id": f"twin-{number}"})
    outside.schedule()
    assert Counter(row["display_name"] for row in kfp["recurring_runs"]) == {
        "chicago": 1, **{f"other-{number}": 1 for number in range(5)}
    }  # fmt: skip


def test_a_run_that_is_refused_leaves_a_version_that_the_next_command_finds(kfp: Any, outside: Outside) -> None:
    kfp.fail("POST", "/runs$", 500)
    with pytest.raises(KubeflowError, match=r"could not start the run first: .* answered 500, an error of its own"):
        outside.submit()
    assert [one.did for one in outside.done] == ["created", "created", "created"]
    assert outside.submit() == ["pipeline found", "version found", "experiment found", "run started"]
    assert counts(kfp) == {
        "pipelines": 1, "pipeline_versions": 1, "experiments": 1, "runs": 1, "recurring_runs": 0
    }  # fmt: skip


@pytest.mark.parametrize("how", ["silent", "drop"])
def test_a_start_without_an_answer_names_the_run_so_that_it_is_not_started_twice(
    kfp: Any, outside: Outside, how: str
) -> None:
    kfp.fail("POST", "/runs$", how)
    with pytest.raises(KubeflowError, match=r"gave no answer .* It may have begun: `--name first` finds it then"):
        outside.submit("kubeflow.timeout_s=1")
    assert outside.submit()[-1] == ("run found, pending" if how == "drop" else "run started")
    assert len(kfp["runs"]) == 1


@pytest.mark.parametrize("request_", ["DELETE /recurringruns/", "POST /recurringruns$", "POST :enable"])
@pytest.mark.parametrize("how", [500, "drop"])
def test_a_change_that_is_cut_off_anywhere_ends_with_one_schedule_on(
    kfp: Any, outside: Outside, request_: str, how: int | str
) -> None:
    outside.schedule()
    kfp.fail(*request_.split(), how)
    with pytest.raises(KubeflowError, match="could not"):
        outside.schedule("schedule.cron=0 6 * * *")
    on = [row["trigger"]["cron_schedule"]["cron"] for row in kfp["recurring_runs"] if row["status"] == "ENABLED"]
    assert len(on) <= 1
    outside.schedule("schedule.cron=0 6 * * *")
    (row,) = kfp["recurring_runs"]
    assert (row["trigger"]["cron_schedule"]["cron"], row["status"]) == ("0 0 6 * * *", "ENABLED")


def test_what_is_in_force_is_said_when_a_change_is_cut_off(kfp: Any, outside: Outside) -> None:
    outside.schedule()
    kfp.fail("DELETE", "/recurringruns/", 500)
    with pytest.raises(KubeflowError, match="the old one goes on as before and the new one is switched off"):
        outside.schedule("schedule.cron=0 6 * * *")
    kfp.fail("POST", ":enable", 403)
    with pytest.raises(KubeflowError, match="Nothing is scheduled until then; the same command goes on"):
        outside.schedule("schedule.cron=0 6 * * *")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (401, "answered 401: it wants a login. Set kubeflow.token_file to a file with a bearer token"),
        (302, "answered 302: it wants a login"),
        (403, "answered 403: this login may not do that"),
        (404, "is not the API of Kubeflow Pipelines 2 .it answered 404 for http://127.0.0.1:.*/apis/v2beta1/healthz"),
        (500, "answered 500, an error of its own: as the test wants. Give the command again later; `kubectl logs"),
        (503, "answered 503, an error of its own"),
        ("<html>Log in</html>", "is not the API of Kubeflow Pipelines 2 .its answer is not theirs.; kubeflow.endpoint"),
        ("silent", "could not ask how it is: .* gave no answer within 1 s .kubeflow.timeout_s."),
        ("drop", "could not ask how it is: .* gave no answer but an end"),
    ],
)
def test_a_server_that_does_not_help_is_asked_once_and_named_with_a_remedy(
    kfp: Any, outside: Outside, how: int | str, said: str
) -> None:
    kfp.fail("GET", "healthz", how)
    with pytest.raises(KubeflowError, match=said):
        outside.submit("kubeflow.timeout_s=1")
    assert kfp.requests == ["GET /apis/v2beta1/healthz"]
    assert sum(counts(kfp).values()) == 0


@pytest.mark.parametrize(
    ("method", "path", "how", "said"),
    [
        ("POST", "/pipelines$", 409, "could not create the pipeline chicago: .* someone else made one of that name"),
        ("POST", "/upload_version", 404, "could not upload the version chicago-.* it is gone, removed by someone else"),
        ("POST", "/upload_version", 400, "could not upload the version chicago-.* answered 400: as the test wants"),
        ("GET", "/experiments", 401, "could not look for the experiment: .* it wants a login"),
        ("GET", "/recurringruns", 500, "could not look for the recurring run: .* an error of its own"),
    ],
)
def test_a_refusal_in_between_says_at_which_step_and_the_next_command_goes_on(
    kfp: Any, outside: Outside, method: str, path: str, how: int, said: str
) -> None:
    kfp.fail(method, path, how)
    with pytest.raises(KubeflowError, match=said):
        outside.schedule()
    assert outside.schedule()[-1] == "recurring run created"
    assert set(counts(kfp).values()) == {0, 1}


def test_a_port_where_nothing_listens_is_named_with_the_way_in(kfp: Any, outside: Outside) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(KubeflowError, match=r"cannot be reached .*refused.*kubectl port-forward -n kubeflow"):
            outside.submit(f"kubeflow.endpoint={address}")
    with pytest.raises(KubeflowError, match=r"http://nowhere.invalid cannot be reached"):
        outside.submit("kubeflow.endpoint=http://nowhere.invalid")


def test_a_token_is_sent_and_a_wrong_or_missing_one_is_answered_with_a_remedy(
    kfp: Any, outside: Outside, tmp_path: Path
) -> None:
    kfp.token = "s3cret"
    token = tmp_path / "token"
    given = f"kubeflow.token_file={token}"
    with pytest.raises(KubeflowError, match=f"token_file {token} cannot be read"):
        outside.submit(given)
    token.write_text(" \n")
    with pytest.raises(KubeflowError, match=f"token_file {token} holds no token"):
        outside.submit(given)
    token.write_text("old")
    with pytest.raises(KubeflowError, match=r"it wants a login.*there is no user identity header") as error:
        outside.submit(given)
    assert "old" not in str(error.value)
    token.write_text("s3cret\n")
    assert outside.submit(given)[-1] == "run started"


def test_a_cluster_for_several_users_wants_a_namespace_and_gets_it(kfp: Any, outside: Outside) -> None:
    kfp.several = True
    with pytest.raises(KubeflowError, match=r"is for several users: set kubeflow.namespace"):
        outside.submit()
    assert outside.submit("kubeflow.namespace=team")[-1] == "run started"
    assert [row["namespace"] for row in (*kfp["pipelines"], *kfp["experiments"])] == ["team", "team"]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["schedule="], "the configuration has no schedule; add for example"),
        (["schedule.time_zone=America/Chicago"], "but the cluster keeps its schedules in UTC"),
        (["schedule.catch_up=skip"], "schedule.catch_up is skip, which Kubeflow cannot"),
        (["schedule.cron=0 6 L * *"], "uses L, W or #, which Kubeflow does not know"),
        (["schedule.cron=0 6 * * 5#2"], "uses L, W or #, which Kubeflow does not know"),
    ],
)
def test_a_schedule_that_the_cluster_cannot_keep_is_refused_before_it_is_asked(
    kfp: Any, outside: Outside, overrides: list[str], said: str
) -> None:
    with pytest.raises(KubeflowError, match=said):
        outside.schedule(*overrides)
    assert kfp.requests == []


def test_settings_that_only_the_own_service_keeps_are_said(kfp: Any, outside: Outside) -> None:
    outside.schedule("schedule.jitter_s=30", "schedule.on_result=[./tell.sh]")
    assert outside.said == [
        "not kept on Kubeflow, where the cluster decides: schedule.jitter_s, schedule.on_result"
    ]  # fmt: skip


def test_a_parameter_that_the_pipeline_does_not_have_is_refused_before_the_cluster_is_asked(
    kfp: Any, outside: Outside
) -> None:
    with pytest.raises(KubeflowError, match="--param untill: no such parameter; there are data_root, gate, until"):
        outside.submit(untill="2016-01-31")
    assert kfp.requests == []


def test_the_clients_environment_is_made_once_from_the_lock() -> None:
    said: list[str] = []
    assert environment(said.append) == HOME / "bin" / "python"
    assert said == []
