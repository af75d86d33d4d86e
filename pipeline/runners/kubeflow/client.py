"""Uploads, runs and schedules on the cluster, by the kfp client, which lives in an environment of its own."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from data.errors import DataError
from data.writing import write_text
from pipeline.config import Config
from pipeline.runners.kubeflow.cron import six_fields, unkept
from pipeline.runners.kubeflow.errors import KubeflowError

CHECKOUT = Path(__file__).resolve().parents[3]
PROJECT = CHECKOUT / "kubeflow" / "client"
HOME = CHECKOUT / ".tools" / "kfp"
"""The client's environment."""

OLDEST, KNOWS_NON_ROOT = (2, 5), (2, 16)
"""Versions of the backend: that every specification needs, and the first whose `KubernetesExecutorConfig` has a
`securityContext` (KFP's commit 64ad98e7a9)."""

POLL_S = 5.0
"""Between two looks at a run."""

Action = Literal["submit", "schedule"]


@dataclass(frozen=True)
class Thing:
    """One thing on the cluster.

    Attributes:
        what: `pipeline`, `version`, `experiment`, `run` or `recurring run`.
        id: the cluster's; empty where a dry run found none.
        did: what became of it: `found`, `created`, `would create`, ...
    """

    what: str
    name: str
    id: str
    did: str


@dataclass(frozen=True)
class Wish:
    """What to ask for.

    Attributes:
        parameters: of the run, in place of the defaults.
        run_name: of the run to submit.
        wait_s: for its end; 0 for not at all.
        times: of the recurring run, as `times` gives them.
    """

    action: Action
    parameters: dict[str, str]
    dry_run: bool
    run_name: str = ""
    wait_s: float = 0
    times: dict[str, Any] = field(default_factory=dict)


def ask(
    config: Config,
    documents: list[dict[str, Any]],
    wish: Wish,
    say: Callable[[str], None],
    done: Callable[[Thing], None],
) -> list[Thing]:
    """Brings the cluster to what is wished, nothing twice; `done` is told of each thing, also of those before an error.

    Raises:
        KubeflowError: no client here, no such parameter, or what the cluster answered.
    """
    _check(wish.parameters, documents[0])
    python = environment(say)
    with tempfile.TemporaryDirectory() as aside:
        spec = Path(aside) / "pipeline.yaml"
        write(documents, spec)
        answer = _call(python, _request(config, wish, spec))
    things = [Thing(**one) for one in answer["things"]]
    for thing in things:
        done(thing)
    if answer["error"]:
        raise KubeflowError(answer["error"])
    return things


def _request(config: Config, wish: Wish, spec: Path) -> dict[str, Any]:
    """What the client is asked; see `kubeflow/client/ask.py`."""
    block = config.kubeflow
    return {
        "action": wish.action,
        "endpoint": block.endpoint,
        "namespace": block.namespace,
        "token_file": block.token_file,
        "timeout_s": block.timeout_s,
        "name": config.name,
        "version": f"{config.name}-{hashlib.sha256(spec.read_bytes()).hexdigest()[:12]}",
        "spec": str(spec),
        "experiment": block.experiment,
        "parameters": wish.parameters,
        "service_account": block.service_account,
        "pipeline_root": block.pipeline_root,
        "claims": [one.claim for one in (block.models, block.data) if one],
        "oldest": KNOWS_NON_ROOT if block.run_as_non_root else OLDEST,
        "run_name": wish.run_name,
        "wait_s": wish.wait_s,
        "poll_s": POLL_S,
        "dry_run": wish.dry_run,
        **wish.times,
    }


def environment(say: Callable[[str], None] = lambda line: None) -> Path:
    """The client's Python; its environment is made, or brought up to date, from the lock file.

    Raises:
        KubeflowError: this is no checkout, or the packages cannot be had.
    """
    lock, python, mark = PROJECT / "uv.lock", HOME / "bin" / "python", HOME / ".made-from"
    if not lock.is_file():
        raise KubeflowError(f"no {lock}: the kfp client comes with a checkout of farelite, not with the package")
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == wanted and python.exists():
        return python
    say(f"installing the kfp client into {HOME} (55 MB, once)")
    found = subprocess.run(["sh", "tools/uv.sh"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        raise KubeflowError("the kfp client needs uv to be installed; its own message is above")
    uv = str(CHECKOUT / found.stdout.strip())
    sync = [uv, "sync", "--frozen", "--quiet", "--project", str(PROJECT), "--python", sys.executable]
    made = subprocess.run(
        sync, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(HOME)}, stderr=subprocess.PIPE, text=True, check=False
    )
    if made.returncode:
        raise KubeflowError(f"the kfp client cannot be installed into {HOME}: {made.stderr.strip()}")
    mark.write_text(wanted)
    return python


def words(python: Path) -> list[str]:
    """The command that answers requests; see `kubeflow/client/ask.py`."""
    return [str(python), "-E", "-s", str(PROJECT / "ask.py")]


def _call(python: Path, request: dict[str, Any]) -> dict[str, Any]:
    child = subprocess.run(words(python), input=json.dumps(request), capture_output=True, text=True, check=False)
    if child.returncode:
        raise KubeflowError(f"the kfp client broke; this is a defect:\n{child.stderr.strip()}")
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer


def times(config: Config, say: Callable[[str], None]) -> dict[str, Any]:
    """The cluster's words for the configuration's `schedule:` block: `cron` and `no_catchup`.

    Raises:
        KubeflowError: there is none, or the cluster cannot keep it.
    """
    schedule, zone = config.schedule, config.kubeflow.cluster_time_zone
    if schedule is None:
        raise KubeflowError(
            'the configuration has no schedule; add for example\nschedule: {cron: "0 * * * *", time_zone: UTC}'
        )
    if schedule.time_zone != zone:
        raise KubeflowError(
            f"schedule.time_zone is {schedule.time_zone}, but the cluster keeps its schedules in {zone} "
            "(kubeflow.cluster_time_zone, its CRON_SCHEDULE_TIMEZONE): write the cron line in that zone, or set both "
            "to what the cluster has"
        )
    if schedule.catch_up == "skip":
        raise KubeflowError(
            "schedule.catch_up is skip, which Kubeflow cannot: it runs the latest due time that was missed, or all; "
            "set schedule.catch_up to latest or all"
        )
    left = unkept(schedule)
    if left:
        say(f"not kept on Kubeflow, where the cluster decides: {', '.join(left)}")
    return {"cron": six_fields(schedule.cron), "no_catchup": schedule.catch_up == "latest"}


def _check(parameters: dict[str, str], spec: dict[str, Any]) -> None:
    known = spec["root"]["inputDefinitions"]["parameters"]
    for name in parameters:
        if name not in known:
            raise KubeflowError(f"--param {name}: no such parameter; there are {', '.join(sorted(known))}")


def write(documents: list[dict[str, Any]], path: Path) -> None:
    """Writes YAML as the kfp client reads it: one document for the specification, one for the platform."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {path.parent}: {error.strerror}; give another --output") from error
    write_text(path, yaml.safe_dump_all(documents, sort_keys=True, width=120))
