"""What every trial of a kit asks of this machine.

A trial raises `Absent` where a program or library is not here, and `RuntimeError` with the words of what did not end
well.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_13 = Path(os.environ.get("FARELITE_CURRENT") or ROOT / ".tools/debian13").absolute()
"""Of `tools/current.sh`, whether or not it was made."""


class Absent(RuntimeError):
    """A runtime cannot be tried here; the words say what is missing."""


@dataclass(frozen=True)
class Replayed:
    """What a runtime said of a version's test vectors.

    Attributes:
        largest: difference of any vector.
        version: of the runtime, where the trial alone knows it.
        memory: in words, where it was measured.
        call_us: microseconds a call, where they mean something.
    """

    largest: float
    version: str = ""
    memory: str = ""
    call_us: float | None = None


def need(*programs: str, package: str = "") -> None:
    """Raises `Absent` where a program is not on PATH; `package` of Debian has them."""
    if lacking := [one for one in programs if shutil.which(one) is None]:
        raise Absent(f"needs {', '.join(lacking)}{package and f' (apt-get install {package})'}")


def litert() -> Path:
    """The library that LiteRT's Python package ships.

    Raises:
        Absent: it is not here.
    """
    package = importlib.util.find_spec("ai_edge_litert")
    library = Path(str(package and package.origin)).parent / "libLiteRt.so"
    if not library.exists():
        raise Absent("needs libLiteRt.so of ai-edge-litert")
    return library


def run(command: Sequence[object], codes: Sequence[int] = (0,), timeout: float | None = None) -> str:
    """What a command printed.

    Raises:
        RuntimeError: it ended with none of these codes; what it said.
    """
    words = [str(one) for one in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=timeout)
    if done.returncode not in codes:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return done.stdout


def uv() -> str:
    """Path of uv."""
    return str(ROOT / run(["sh", "-c", 'cd "$1" && sh tools/uv.sh', "uv", ROOT]).strip())
