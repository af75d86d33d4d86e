"""Flink's settings on this machine: ports, memory pools, what it does about failures."""

import socket
from dataclasses import dataclass
from pathlib import Path

REST, RPC, BLOB = 18081, 16123, 16124
POOL_NAME = "farelite-pool"
HEAP_MB = 1024
"""Of each slot: with 512, a TaskManager that read 4 million rows alone had no room for what its worker sent."""
MANAGED_MB = 512
"""Of each slot, shared by its sorts: with 128, statistics of 16 million rows were too large for one sort's part."""
JAVA = [
    *(
        f"--add-opens=java.base/java.{package}=ALL-UNNAMED"
        for package in ("lang", "lang.invoke", "util", "util.concurrent", "io", "nio", "net", "time")
    ),
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
]


@dataclass(frozen=True)
class Shape:
    """What to start.

    Attributes:
        task_managers: how many.
        slots: of each.
        network_mb: buffers for exchanges, of each slot; tf.Transform has hundreds of exchanges.
        python: of the workers; None makes the environment that holds this checkout's wheel.
    """

    task_managers: int
    slots: int
    network_mb: int
    python: Path | None


def host_of(number: int) -> str:
    """Loopback address of a TaskManager and its worker pool."""
    return f"127.0.0.{10 + number}"


def job_manager(folder: Path) -> Path:
    """Writes its settings and returns their folder."""
    return _write(folder, "jobmanager", {"jobmanager.bind-host": "127.0.0.1", "rest.bind-address": "127.0.0.1"})


def task_manager(number: int, shape: Shape, folder: Path) -> tuple[list[str], Path]:
    """Writes its settings and its hosts file, by which it finds its own pool.

    Returns:
        Options of its JVM, and the folder of the settings.
    """
    host, name = host_of(number), f"taskmanager-{number}"
    hosts = folder / f"{name}.hosts"
    hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {socket.gethostname()}\n{host} {POOL_NAME}\n")
    network_mb = shape.network_mb * shape.slots
    settings = {
        "taskmanager.host": host,
        "taskmanager.bind-host": host,
        "taskmanager.resource-id": name,
        "taskmanager.numberOfTaskSlots": shape.slots,
        "taskmanager.cpu.cores": shape.slots,
        "taskmanager.memory.framework.heap.size": "128m",
        "taskmanager.memory.task.heap.size": f"{HEAP_MB * shape.slots}m",
        "taskmanager.memory.framework.off-heap.size": "128m",
        "taskmanager.memory.task.off-heap.size": "128m",
        "taskmanager.memory.network.min": f"{network_mb}m",
        "taskmanager.memory.network.max": f"{network_mb}m",
        "taskmanager.memory.managed.size": f"{MANAGED_MB * shape.slots}m",
        "taskmanager.memory.jvm-metaspace.size": "256m",
        "taskmanager.memory.jvm-overhead.min": "192m",
        "taskmanager.memory.jvm-overhead.max": "192m",
    }
    heap, direct = f"-Xmx{128 + HEAP_MB * shape.slots}m", f"-XX:MaxDirectMemorySize={network_mb + 256}m"
    # Else the job waits without end for what the thread that ran out of memory should have passed on.
    leave = "-XX:+ExitOnOutOfMemoryError"
    return [f"-Djdk.net.hosts.file={hosts}", heap, direct, leave], _write(folder, name, settings)


def _write(folder: Path, name: str, more: dict[str, object]) -> Path:
    """Writes Flink's configuration of one process and returns its folder."""
    common = {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": RPC,
        "jobmanager.memory.process.size": "1g",
        "rest.address": "127.0.0.1",
        "rest.port": REST,
        "blob.server.port": BLOB,
        "io.tmp.dirs": str(folder / "temp"),
        # It takes failures at one time for one; fixed-delay counts each stage that a dead TaskManager ran.
        "restart-strategy.type": "exponential-delay",
        # Longer than Beam keeps the workers of a failed attempt (ENVIRONMENT_CACHE_MS), or the next meets dead ones.
        "restart-strategy.exponential-delay.initial-backoff": "20 s",
        "restart-strategy.exponential-delay.max-backoff": "60 s",
        "restart-strategy.exponential-delay.attempts-before-reset-backoff": 3,
        # Beam keeps workers between stages only where its classes are the cluster's own, not those that came with the
        # job; else every stage imports TensorFlow again.
        "classloader.resolve-order": "parent-first",
        # A dead TaskManager is noticed, and a job that finds no slot fails, within this time.
        "heartbeat.interval": 2000,
        "heartbeat.timeout": 12000,
        "slot.request.timeout": 60000,
    }
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (folder / "temp").mkdir(exist_ok=True)
    (place / "config.yaml").write_text("".join(f"{key}: {value}\n" for key, value in {**common, **more}.items()))
    return place
