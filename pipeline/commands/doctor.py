"""What this machine has and lacks, and what each command would need."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pipeline import line, machine

MIN_MEMORY_GB = 4
MIN_DISK_GB = 1


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: its name.
        state: `ok`, `missing`, or `warning` for what works less well.
        found: what was seen.
        needed_for: the commands that use it.
        remedy: what to do when it is not ok.
        required: `run` does not work without it.
    """

    what: str
    state: Literal["ok", "missing", "warning"]
    found: str
    needed_for: str
    remedy: str = ""
    required: bool = False


def examine() -> list[Finding]:
    """Looks at everything; reads only, imports nothing heavy."""
    checks: list[Callable[[], list[Finding]]] = [_python, _system, _packages, _runtimes, _resources, _programs]
    return [finding for check in checks for finding in check()]


def _python() -> list[Finding]:
    trouble = line.python_trouble(line.here().python)
    compiled = bool(list(Path(os.__file__).parent.glob("__pycache__/*.pyc"))) or not sys.dont_write_bytecode
    return [
        Finding(
            "Python",
            "missing" if trouble else "ok",
            platform.python_version() if trouble else f"{platform.python_version()}: {line.why(line.here())}",
            "everything",
            trouble,
            required=True,
        ),
        Finding(
            "bytecode",
            "ok" if compiled else "warning",
            "compiled" if compiled else "not written here",
            "a quick start",
            "" if compiled else "`make setup` compiles the environment on install",
        ),
    ]


def _system() -> list[Finding]:
    trouble = line.system_trouble(line.here())
    libc = " ".join(platform.libc_ver()) if sys.platform == "linux" else platform.mac_ver()[0]
    return [
        Finding(
            "system",
            "missing" if trouble else "ok",
            f"{platform.system()} {platform.machine()}, {libc}",
            "run",
            trouble,
            required=True,
        )
    ]


def _packages() -> list[Finding]:
    names = ["tfx", "tensorflow", "tf-keras", "tensorflow-model-optimization", "tensorflow-transform", "apache-beam"]
    found = [_package(name, "run", "`make setup` installs the locked environment") for name in [*names, "ml-metadata"]]
    extra = "install farelite with its extra: `uv tool install 'farelite[kubeflow]'`"
    return [*found, _package("kfp-pipeline-spec", "kubeflow compile, rehearse", extra, required=False)]


def _package(name: str, needed_for: str, remedy: str, required: bool = True) -> Finding:
    try:
        return Finding(name, "ok", version(name), needed_for, required=required)
    except PackageNotFoundError:
        return Finding(name, "missing" if required else "warning", "not installed", needed_for, remedy, required)


def _runtimes() -> list[Finding]:
    light = importlib.util.find_spec("ai_edge_litert") is not None
    return [
        Finding(
            "ai-edge-litert",
            "ok" if light else "missing",
            version("ai-edge-litert") if light else "not installed",
            "run (proof), predict",
            "" if light else "`make setup` installs it",
            required=True,
        )
    ]


def _resources() -> list[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = shutil.disk_usage(Path.cwd()).free / 2**30
    return [
        Finding("cores", "ok", str(machine.cores()), "run", ""),
        Finding(
            "memory",
            "ok" if memory >= MIN_MEMORY_GB else "warning",
            f"{memory:.1f} GiB",
            "run",
            "" if memory >= MIN_MEMORY_GB else f"a run takes about 2 GiB; {MIN_MEMORY_GB} GiB leave room",
        ),
        Finding(
            "disk here",
            "ok" if disk >= MIN_DISK_GB else "warning",
            f"{disk:.0f} GiB free",
            "run",
            "" if disk >= MIN_DISK_GB else "free some, or choose --runs-dir on another disk",
        ),
    ]


def _programs() -> list[Finding]:
    git, npm = shutil.which("git"), shutil.which("npm")
    return [
        Finding(
            "git",
            "ok" if git else "warning",
            git or "not found",
            "the code revision in lineage",
            "" if git else "without it a hash of the source files is recorded",
        ),
        Finding(
            "npm",
            "ok" if npm else "warning",
            npm or "not found",
            "make demo",
            "" if npm else "install Node.js 18 or later; nothing else needs it",
        ),
    ]
