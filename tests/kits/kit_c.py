"""The C package, compiled by gcc against the library that LiteRT's Python package ships: for here, and for arm64."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path

from kit_here import DEBIAN_13, Absent, Replayed, litert, need, run, uv

SOURCES = ("predictor_inputs.c", "predictor.c", "test_predictor.c")
LEAST_QEMU = 10
"""QEMU 7.2, which Debian 12 has, ends with a segmentation fault within LiteRT; 10.0 does not."""
MEASURED = """import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
print("", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, "kB")
sys.exit(ended)"""
"""A process that begins as the copy of a large one counts as that large, so a small one begins it."""
CROSS = "/usr/aarch64-linux-gnu"


def here(folder: Path) -> Replayed:
    """The test vectors of a version on this processor."""
    need("gcc")
    return _replay(folder, "gcc", litert(), [])


def arm64(folder: Path, cache: Path) -> Replayed:
    """The same on an emulated arm64, with the library of that processor's Python package."""
    compiler = "aarch64-linux-gnu-gcc"
    need(compiler, package="gcc-aarch64-linux-gnu")
    emulator = _emulator()
    library = cache / "ai_edge_litert/libLiteRt.so"
    if not library.exists():
        wanted = f"ai-edge-litert=={installed('ai-edge-litert')}"
        words = ["--no-deps", "--only-binary=:all:", "--python-platform=aarch64-manylinux_2_28", f"--target={cache}"]
        run([uv(), "pip", "install", "--quiet", *words, wanted])
    return _replay(folder, compiler, library, [emulator, "-L", CROSS])


def _emulator() -> str:
    """Of this machine, or of the Debian 13 of `tools/current.sh`: it is linked statically, so it runs from there."""
    names = ("qemu-aarch64", "qemu-aarch64-static")
    found = [*map(shutil.which, names), *(shutil.which(DEBIAN_13 / "usr/bin" / one) for one in names)]
    seen = []
    for one in filter(None, found):
        seen.append(run([one, "--version"]).split()[2])
        if int(seen[-1].split(".")[0]) >= LEAST_QEMU:
            return one
    has = f"; here is {', '.join(seen)}, which ends with a segmentation fault within LiteRT" if seen else ""
    raise Absent(f"needs `apt-get install qemu-user` of QEMU {LEAST_QEMU}, as Debian 13 has it{has}")


def _replay(folder: Path, compiler: str, library: Path, emulator: Sequence[str]) -> Replayed:
    sources = [folder / "kit/c" / name for name in SOURCES]
    with tempfile.TemporaryDirectory() as work:
        program = f"{work}/replay"
        linked = [library, f"-Wl,-rpath,{library.parent}", "-lm"]
        run([compiler, "-std=c99", "-O2", *sources, "-o", program, *linked])
        measured = [sys.executable, "-c", MEASURED, *emulator, program, folder / "model.tflite"]
        said = run(measured, codes=(0, 3))
    found = re.search(r"largest difference ([\d.e+-]+|inf), ([\d.]+) us.* (\d+) kB", said, re.DOTALL)
    if found is None:
        raise RuntimeError(f"the program of the C package said {said!r}")
    if emulator:  # whose memory and time these are
        return Replayed(float(found[1]))
    memory = f"{int(found[3]) / 1024:.0f} MB resident, the library included"
    return Replayed(float(found[1]), memory=memory, call_us=float(found[2]))
