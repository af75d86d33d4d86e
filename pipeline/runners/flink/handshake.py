"""The first job: workers say which Python, which packages and which code they have, and that they see the artifacts."""

from __future__ import annotations

import json
import platform
import shutil
import time
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.environments import SDK_VERSION_CAPABILITY_PREFIX

from components.code_hash import code_hash
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.rest import Cluster
from pipeline.runners.flink.watch import explain
from pipeline.settings.beam import Flink

PACKAGES = (
    "apache-beam",
    "numpy",
    "pyarrow",
    "tensorflow",
    "tensorflow-data-validation",
    "tensorflow-model-analysis",
    "tensorflow-transform",
    "tfx",
    "tfx-bsl",
)
"""What the data steps compute with; a difference in one can change results or not load at all."""

CODE = ("components", "data", "pipeline.runners.flink", "transforms")
GREETINGS_A_SLOT = 16
POLL_S = 0.2
REMEDY = "install the wheel of this checkout and its locked packages there (docs/how-to/flink.md, `Workers`)"


@dataclass(frozen=True)
class Hello:
    """What one worker told; see `greeting.greet`."""

    host: str
    pid: int
    python: str
    executable: str
    versions: dict[str, str | None]
    code: str


def shake_hands(flink: Flink, parallelism: int, root: Path, job_name: str) -> list[Hello]:
    """Runs the job and compares what comes back with this side.

    Args:
        flink: the cluster.
        parallelism: slots to greet.
        root: folder that all artifacts go to; what is written there is removed again.
        job_name: of the job on the cluster.

    Raises:
        FlinkError: no answer in time, a worker that does not see the root, or one that has something else installed.
    """
    folder = root / f".handshake-{uuid.uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    try:
        token = uuid.uuid4().hex
        (folder / "token").write_text(token)
        _run(flink, flink.arguments(parallelism, job_name), _letters(folder, token, parallelism), job_name)
        heard = [Hello(**json.loads(path.read_text())) for path in sorted(folder.glob("hello-*.json"))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not heard:
        raise FlinkError(
            f"the workers' answers did not arrive in {root}: they write to a folder of the same name that is another "
            "one. Put --runs-dir on storage that is mounted at the same path here and on every worker (NFS, for one)"
        )
    differences = [line for one in heard for line in compare(one, here())]
    if differences:
        raise FlinkError("workers differ from this side: " + "; ".join(dict.fromkeys(differences)) + f". {REMEDY}")
    return heard


def here() -> Hello:
    """This side."""
    return Hello("", 0, platform.python_version(), "", {name: version(name) for name in PACKAGES}, code_hash(*CODE))


def compare(there: Hello, here: Hello) -> list[str]:
    """What a worker has otherwise, one line each; the last number of Python's version may differ."""
    who = f"{there.executable} on {there.host}"
    if _minor(there.python) != _minor(here.python):
        return [f"{who} is Python {there.python}, not {_minor(here.python)}"]
    lines = [
        f"{who} has {name} {found}, not {here.versions[name]}" if found else f"{who} lacks {name}"
        for name, found in there.versions.items()
        if found != here.versions[name]
    ]
    if there.code != here.code:
        lines.append(f"{who} has farelite's code {there.code}, not {here.code}")
    return lines


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _letters(folder: Path, token: str, parallelism: int) -> list[str]:
    """Expressions for `test`, a builtin: pickles of our own functions would not load where farelite or this Python
    version is missing, which is what shall be found out."""
    source = Path(__file__).with_name("greeting.py").read_text()
    call = f"greet({str(folder)!r}, {token!r}, {PACKAGES!r}, {CODE!r}, 'components.code_hash.code_hash')"
    text = f"(lambda scope: (exec({source!r}, scope), exec({call!r}, scope), [])[-1])({{}})"
    return [f"{text} #{number}" for number in range(GREETINGS_A_SLOT * parallelism)]


class _AnyVersion(beam.Pipeline):
    """One that says nothing of this side's versions: workers of another would refuse it, and Flink wait for ever."""

    def to_runner_api(self, *arguments: Any, **options: Any) -> Any:
        found = super().to_runner_api(*arguments, **options)
        for environment in (found[0] if isinstance(found, tuple) else found).components.environments.values():
            told = [one for one in environment.capabilities if not one.startswith(SDK_VERSION_CAPABILITY_PREFIX)]
            environment.capabilities[:] = told
        return found


def _run(flink: Flink, arguments: list[str], letters: list[str], job_name: str) -> None:
    pipeline = _AnyVersion(options=PipelineOptions(arguments))
    _ = pipeline | beam.Create(letters) | beam.Reshuffle() | beam.FlatMap(eval)
    deadline = time.monotonic() + flink.handshake_s
    try:
        result: Any = pipeline.run(test_runner_api=False)
        while not PipelineState.is_terminal(result.state):
            if time.monotonic() > deadline:
                _give_up(flink, job_name)
            time.sleep(POLL_S)
        result.wait_until_finish()
    except FlinkError:
        raise
    except Exception as error:
        raise FlinkError(explain("the handshake", str(error), flink)) from error


def _give_up(flink: Flink, job_name: str) -> None:
    cluster = Cluster(flink.cluster)
    for job in cluster.active(job_name):
        cluster.cancel(job)
    where = {
        "worker_pool": f"does a worker pool listen at beam.flink.worker_pool {flink.worker_pool} beside every "
        "TaskManager, and do the workers it starts come up (see its log)",
        "loopback": "do the TaskManagers reach this machine (`loopback` is for a cluster on the same one)",
        "container": f"does Docker on every TaskManager start {flink.image}",
    }
    raise FlinkError(
        f"the workers did not answer within beam.flink.handshake_s ({flink.handshake_s} s), and the job was cancelled: "
        f"{where[flink.workers]}?"
    )
