"""What the backend's launcher does in a step's container: brings inputs, starts the command, takes outputs away.

For the source of the facts see `driver.py`.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from pipeline.machine import peak_bytes
from pipeline.runners.kubeflow.driver import LOGS, Json
from pipeline.runners.kubeflow.errors import StepFailedError
from pipeline.runners.kubeflow.places import artifacts, local_path

LAST_LINES = 15
FIRST_TRY = "0"
"""KFP_RETRY_INDEX of a step's first attempt."""


@dataclass(frozen=True)
class Usage:
    """What a command took: wall time, user and system time, largest resident set of it or a child of it."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Launcher:
    """Runs the command of one step.

    Args:
        root: folder that is `/` to the step.
        bucket: folder that stands for the object store.
        run_root: of the run in the store; nothing goes elsewhere.
        environment: of the command.
    """

    root: Path
    bucket: Path
    run_root: str
    environment: Mapping[str, str]

    def launch(self, name: str, container: Json, told: Json) -> Usage:
        """Executes a step: `executeV2` in component/launcher_v2.go. Outputs are as the step has told them, afterwards.

        Raises:
            StepFailedError: its command failed, or what it told is not what the backend takes.
        """
        shutil.rmtree(self.root, ignore_errors=True)
        (log,) = told["outputs"]["artifacts"][LOGS]["artifacts"]
        # `qualifyExecutorLogsURI`: one file for each attempt.
        log["uri"] += f"-{FIRST_TRY}"
        for one in artifacts(told["inputs"]):
            _copy(self._stored(one["uri"]), self._local(one["uri"]))
        # `prepareOutputFolders` makes the folders above, and `getLogWriter` the file for the logs.
        for one in artifacts(told["outputs"]):
            self._local(one["uri"]).parent.mkdir(parents=True, exist_ok=True)
        try:
            usage = self._execute(name, container, told, self._local(log["uri"]))
            self._merge(name, told)
        finally:
            self._upload(log["uri"])
        for one in artifacts(told["outputs"]):
            self._upload(one["uri"])
        return usage

    def _execute(self, name: str, container: Json, told: Json, log: Path) -> Usage:
        executor_input = json.dumps(told)
        json_format.Parse(executor_input, pipeline_spec_pb2.ExecutorInput())
        words = [word.replace("{{$}}", executor_input) for word in [*container["command"], *container["args"]]]
        told_by_pod = {one["name"]: one["value"] for one in container.get("env", [])}
        began = time.monotonic()
        with log.open("wb") as stream:
            child = subprocess.Popen(
                words,
                cwd=self.environment["HOME"],
                env={**told_by_pod, "KFP_RETRY_INDEX": FIRST_TRY, **self.environment},
                stdout=stream,
                stderr=stream,
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
            raise StepFailedError(
                f"{name} ended with exit code {child.returncode} (log: {self._stored_log(told)}):\n{last}"
            )
        return Usage(time.monotonic() - began, usage.ru_utime + usage.ru_stime, peak_bytes(usage))

    def _merge(self, name: str, told: Json) -> None:
        """`getExecutorOutputFile` and `mergeRuntimeArtifacts`; the logs stay the launcher's."""
        written = Path(told["outputs"]["outputFile"])
        said: Json = json.loads(written.read_text()) if written.exists() else {}
        json_format.ParseDict(said, pipeline_spec_pb2.ExecutorOutput())
        for key, listed in told["outputs"]["artifacts"].items():
            (one,) = listed["artifacts"]
            for other in said.get("artifacts", {}).get(key, {}).get("artifacts", [])[:1] if key != LOGS else []:
                one["uri"] = other.get("uri") or one["uri"]
                one["metadata"] = {**one.get("metadata", {}), **other.get("metadata", {})}
            if not one["uri"].startswith(f"{self.run_root}/"):
                # `KeyFromURI` in objectstore/config.go.
                raise StepFailedError(f"{name} names {one['uri']!r} as its {key}, which is not below {self.run_root}")

    def _upload(self, uri: str) -> None:
        _copy(self._local(uri), self._stored(uri))

    def _local(self, uri: str) -> Path:
        return Path(local_path(uri, str(self.root)))

    def _stored(self, uri: str) -> Path:
        return self.bucket / uri.replace("://", "/")

    def _stored_log(self, told: Json) -> Path:
        return self._stored(told["outputs"]["artifacts"][LOGS]["artifacts"][0]["uri"])


def _copy(source: Path, target: Path) -> None:
    """Files only: an object store knows no empty folder, and nothing at all is no error to the launcher."""
    pairs = [(path, target / path.relative_to(source)) for path in source.rglob("*")] if source.is_dir() else []
    for path, place in pairs or [(source, target)]:
        if path.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
