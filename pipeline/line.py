"""What differs between the two lines of TFX that one code base serves; nothing else in farelite asks for a version.

Goes whole on the day that the old line goes: docs/decisions/0090-two-lines-of-tfx.md.
"""

import platform
import sys
from dataclasses import dataclass

NEW = sys.version_info >= (3, 11)
"""Python chooses the line in pyproject.toml, so it tells it here."""

NAME = "TFX 1.21" if NEW else "TFX 1.16"

# Beam's runner for Flink and its job server can be fetched whole for 2.62, the Beam of the old line; of later ones
# parts are missing.
FLINK_REMEDY = (
    "`make flink-up` does so in an environment of Python 3.10 alone, since the job server is published whole for the "
    "Beam of TFX 1.16; with this Beam take `in_process` or `multi_process`, or build one"
    if NEW
    else "`make flink-up` on this machine"
)

GLIBC_NEW = (2, 39)
"""ML Metadata and Data Validation of TFX 1.21 are built for it; its wheels install on nothing older."""


@dataclass(frozen=True)
class Machine:
    """Where an interpreter runs.

    Attributes:
        system: as `platform.system()` says it.
        processor: as `platform.machine()` says it.
        glibc: its version; None where there is none, as with musl.
        python: its version.
    """

    system: str
    processor: str
    glibc: tuple[int, ...] | None
    python: tuple[int, int]


def here() -> Machine:
    """This machine, and this interpreter."""
    name, release = platform.libc_ver()
    glibc = tuple(int(part) for part in release.split(".")) if name == "glibc" else None
    return Machine(platform.system(), platform.machine(), glibc, sys.version_info[:2])


def system_trouble(machine: Machine) -> str:
    """Why TFX has no wheels for this system and Python together, with the remedy; empty where it has."""
    if machine.system == "Darwin":
        if machine.processor != "arm64":
            return "TFX has wheels for macOS on arm64 alone: use the container"
        return "" if machine.python >= (3, 11) else "TFX 1.16 has no wheels for macOS: use Python 3.11, 3.12 or 3.13"
    if machine.system == "Windows":
        return "TFX has no wheels for Windows: work in WSL 2, which is Linux, or use the container"
    if (machine.system, machine.processor) != ("Linux", "x86_64"):
        return "TFX has wheels for Linux on x86-64 and macOS on arm64 alone: use the container"
    if machine.glibc is None:
        return "TFX has wheels for glibc alone, not for musl: use the container, or a distribution with glibc"
    if machine.python >= (3, 11) and machine.glibc < GLIBC_NEW:
        return "TFX 1.21 is built for glibc 2.39 or newer: use Python 3.10, a newer system, or the container"
    return ""


def python_trouble(python: tuple[int, int]) -> str:
    """Why no line takes this Python, with the remedy; empty where one does."""
    if (3, 10) <= python <= (3, 13):
        return ""
    return "TFX has wheels for Python 3.10 to 3.13: `make setup` finds or fetches one that fits this system"


def why(machine: Machine) -> str:
    """In one sentence: which line this Python takes, and whether this system could take the newer one."""
    if machine.python >= (3, 11):
        return "TFX 1.21, for Python is 3.11 or newer"
    if machine.system == "Linux" and machine.glibc is not None and machine.glibc >= GLIBC_NEW:
        return "TFX 1.16, for Python is 3.10; this system takes TFX 1.21 with Python 3.11 to 3.13 too"
    return "TFX 1.16, for Python is 3.10; TFX 1.21 wants glibc 2.39 or newer, or macOS on arm64"
