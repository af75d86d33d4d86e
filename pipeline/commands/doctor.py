"""What this machine has and lacks, and what each command would need."""

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
        state: `ok`, `missing`, or `warning` for what works less well.
        needed_for: the commands that use it.
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
    checks: list[Callable[[], list[Finding]]] = [_python, _system, _packages, _resources, _programs]
    return [finding for check in checks for finding in check()]


def _finding(what: str, fine: bool, found: str, needed_for: str, remedy: str = "", required: bool = False) -> Finding:
    """What is fine needs no remedy; `run` does without what is not required."""
    bad: Literal["missing", "warning"] = "missing" if required else "warning"
    return Finding(what, "ok" if fine else bad, found, needed_for, "" if fine else remedy, required)


def _python() -> list[Finding]:
    trouble, seen = line.python_trouble(line.here().python), platform.python_version()
    told = seen if trouble else f"{seen}: {line.why(line.here())}"
    compiled = bool(list(Path(os.__file__).parent.glob("__pycache__/*.pyc"))) or not sys.dont_write_bytecode
    written, remedy = "compiled" if compiled else "not written here", "`make setup` compiles the environment on install"
    return [
        _finding("Python", not trouble, told, "everything", trouble, required=True),
        _finding("bytecode", compiled, written, "a quick start", remedy),
    ]


def _system() -> list[Finding]:
    trouble = line.system_trouble(line.here())
    libc = " ".join(platform.libc_ver()) if sys.platform == "linux" else platform.mac_ver()[0]
    found = f"{platform.system()} {platform.machine()}, {libc}"
    return [_finding("system", not trouble, found, "run", trouble, required=True)]


def _packages() -> list[Finding]:
    names = ("tfx", "tensorflow", "tf-keras", "tensorflow-model-optimization", "tensorflow-transform", "apache-beam")
    locked = "`make setup` installs the locked environment"
    extra = "install farelite with its extra: `uv tool install 'farelite[kubeflow]'`"
    return [
        *(_package(name, "run", locked) for name in (*names, "ml-metadata")),
        _package("kfp-pipeline-spec", "kubeflow compile, rehearse", extra, required=False),
        _package("ai-edge-litert", "run (proof), predict", "`make setup` installs it"),
    ]


def _package(name: str, needed_for: str, remedy: str, required: bool = True) -> Finding:
    try:
        return _finding(name, True, version(name), needed_for, required=required)
    except PackageNotFoundError:
        return _finding(name, False, "not installed", needed_for, remedy, required)


def _resources() -> list[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = shutil.disk_usage(Path.cwd()).free / 2**30
    room = f"a run takes about 2 GiB; {MIN_MEMORY_GB} GiB leave room"
    other = "free some, or choose --runs-dir on another disk"
    return [
        _finding("cores", True, str(machine.cores()), "run"),
        _finding("memory", memory >= MIN_MEMORY_GB, f"{memory:.1f} GiB", "run", room),
        _finding("disk here", disk >= MIN_DISK_GB, f"{disk:.0f} GiB free", "run", other),
    ]


def _programs() -> list[Finding]:
    git, npm = shutil.which("git"), shutil.which("npm")
    revision = "without it a hash of the source files is recorded"
    node = "install Node.js 18 or later; nothing else needs it"
    return [
        _finding("git", bool(git), git or "not found", "the code revision in lineage", revision),
        _finding("npm", bool(npm), npm or "not found", "make demo", node),
    ]
