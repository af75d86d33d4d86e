"""A real Flink cluster on this machine: one JobManager, TaskManagers with a worker pool each, Beam's job server.

    cluster.py up [--task-managers 2] [--slots 1] [--network-mb 512]
    cluster.py heal      starts TaskManagers and pools that have died again, as a supervisor would
    cluster.py down
    cluster.py jars      fetches Flink and Beam's job server, as `up` does on first use
    cluster.py lock      writes jars.sha256 anew after a change of pom.xml

Everything listens on loopback. Each TaskManager has a loopback address of its own (127.0.0.11, .12, ...), where its
worker pool listens; its JVM reads the pool's name from a hosts file of its own, so that one job finds two pools.
"""

import argparse
import dataclasses
import json
import socket
import sys
import time
import urllib.request
from pathlib import Path

import configuration
import jars
import processes
import workers
from configuration import BLOB, JAVA, POOL_NAME, REST, RPC, Shape, host_of

ROOT = Path(__file__).resolve().parents[2]
POOL_PROGRAM = ROOT / "pipeline" / "runners" / "flink" / "worker_pool.py"
HOME = ROOT / ".tools" / "flink"
JOB_SERVER, ARTIFACTS, POOL = 18099, 18098, 18050
PATIENCE_S = 60


class ClusterError(RuntimeError):
    """The cluster did not come up."""


def up(shape: Shape, folder: Path) -> None:
    """Starts everything and waits until all slots are offered; on a failure ends what it has started.

    Raises:
        ClusterError: something is up already, or did not come up; the message has the end of its log.
    """
    if any(processes.alive(one) for one in processes.noted(folder)):
        raise ClusterError("the cluster is up already; `make flink-down` ends it")
    down(folder)
    for port in (REST, RPC, BLOB, JOB_SERVER, ARTIFACTS):
        _check_free("127.0.0.1", port)
    classpath = str(jars.ensure(HOME) / "*")
    python = shape.python or workers.make(ROOT, HOME / "workers")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _start_all(dataclasses.replace(shape, python=python), folder, ["java", *JAVA, "-cp", classpath])
    except BaseException:
        down(folder)
        raise


def _start_all(shape: Shape, folder: Path, java: list[str]) -> None:
    entry = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
    config = configuration.job_manager(folder)
    master = processes.start("jobmanager", [*java, "-Xmx512m", entry, "--configDir", str(config)], folder)
    _await("the JobManager", master, folder, lambda: _overview() is not None)
    for number in range(1, shape.task_managers + 1):
        _start_pool(number, shape, folder)
        _start_task_manager(number, shape, folder, java)
    driver = str(Path(__file__).with_name("JobServer.java"))
    options = [f"--flink-master=127.0.0.1:{REST}", "--job-host=127.0.0.1", f"--job-port={JOB_SERVER}"]
    options += [f"--artifact-port={ARTIFACTS}", "--expansion-port=0", f"--artifacts-dir={folder / 'staged'}"]
    options += [f"--flink-conf-dir={config}", "--clean-artifacts-per-job"]
    server = processes.start("jobserver", [*java, "-Xmx1g", driver, *options], folder)
    _await("the job server", server, folder, lambda: _answers("127.0.0.1", JOB_SERVER))
    _await_slots(shape, folder)
    told = {**dataclasses.asdict(shape), "python": str(shape.python)}
    (folder / "shape.json").write_text(json.dumps({"shape": told, "java": java}))


def heal(folder: Path) -> None:
    """Starts what has died of TaskManagers and pools again and waits for the slots.

    Raises:
        ClusterError: the cluster is not up, or does not come up.
    """
    running = {one.name: one for one in processes.noted(folder)}
    if "jobmanager" not in running or not processes.alive(running["jobmanager"]):
        raise ClusterError("no cluster is up; `make flink-up` starts one")
    told = json.loads((folder / "shape.json").read_text())
    shape = Shape(**{**told["shape"], "python": Path(told["shape"]["python"])})
    for name, one in running.items():
        if processes.alive(one) or "-" not in name:
            continue
        processes.stop(one, folder)
        kind, number = name.split("-")
        if kind == "pool":
            _start_pool(int(number), shape, folder)
        else:
            _start_task_manager(int(number), shape, folder, told["java"])
    _await_slots(shape, folder)


def _await_slots(shape: Shape, folder: Path) -> None:
    (master,) = [one for one in processes.noted(folder) if one.name == "jobmanager"]
    slots = shape.task_managers * shape.slots
    _await("the slots", master, folder, lambda: (_overview() or {}).get("slots-total") == slots)


def _start_pool(number: int, shape: Shape, folder: Path) -> None:
    host = host_of(number)
    pool = [str(shape.python), str(POOL_PROGRAM), f"{host}:{POOL}"]
    started = processes.start(f"pool-{number}", pool, folder, {"PYTHONPATH": "", "TF_USE_LEGACY_KERAS": "1"})
    _await(f"worker pool {number}", started, folder, lambda: _answers(host, POOL))


def _start_task_manager(number: int, shape: Shape, folder: Path, java: list[str]) -> None:
    limits, config = configuration.task_manager(number, shape, folder)
    entry = ["org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "--configDir", str(config)]
    processes.start(f"taskmanager-{number}", [*java[:-2], *limits, *java[-2:], *entry], folder)


def down(folder: Path) -> None:
    """Ends what was started and is noted down, in reverse order; a process that has ended is no matter."""
    for one in reversed(processes.noted(folder)):
        processes.stop(one, folder)


def _await(what: str, process: processes.Started, folder: Path, ready: object) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():  # type: ignore[operator]
        dead = not processes.alive(process)
        if dead or time.monotonic() > deadline:
            log = folder / "log" / f"{process.name}.log"
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            how = "ended" if dead else f"did not come up within {PATIENCE_S} s"
            raise ClusterError(f"{what} {how} (log: {log}):\n{last}")
        time.sleep(0.1)


def _overview() -> dict[str, int] | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{REST}/overview", timeout=5) as answer:
            return dict(json.load(answer))
    except (OSError, ValueError):
        return None


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def _check_free(host: str, port: int) -> None:
    if _answers(host, port):
        raise ClusterError(
            f"port {port} of {host} is taken by another program; end it, or the cluster of another checkout"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["up", "heal", "down", "jars", "lock"])
    parser.add_argument("--task-managers", type=int, default=2)
    parser.add_argument("--slots", type=int, default=1, help="of each TaskManager")
    parser.add_argument("--network-mb", type=int, default=512, help="of each slot")
    parser.add_argument(
        "--python", type=Path, help="of the worker pools; without it, one that holds this checkout's wheel"
    )
    told = parser.parse_args()
    folder = HOME / "cluster"
    try:
        if told.verb == "lock":
            jars.lock()
        elif told.verb == "jars":
            jars.ensure(HOME)
        elif told.verb == "down":
            down(folder)
        elif told.verb == "heal":
            heal(folder)
        else:
            python = told.python.absolute() if told.python else None
            up(Shape(told.task_managers, told.slots, told.network_mb, python), folder)
            print(f"up: Flink at http://127.0.0.1:{REST}, job server 127.0.0.1:{JOB_SERVER}, pools {POOL_NAME}:{POOL}")
    except (ClusterError, jars.JarsError, workers.WorkersError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
