"""The workers' Python: an environment of its own that holds farelite's wheel, on the locked packages of `.venv`."""

import os
import subprocess
import tempfile
from pathlib import Path


class WorkersError(RuntimeError):
    """The environment cannot be made."""


def make(root: Path, folder: Path) -> Path:
    """Builds the wheel through `setup.py`, installs it, and returns the Python that has it.

    The packages are read from `.venv`, so that nothing is installed twice; farelite itself is not: its editable
    install there is known by a `.pth` file, and those of a folder that a `.pth` file names are not read.
    """
    source = root / ".venv" / "bin" / "python"
    python = folder / "bin" / "python"
    if not python.exists():
        _run(root, str(source), "-m", "venv", "--without-pip", "--clear", str(folder))
    (packages,) = folder.glob("lib/python*/site-packages")
    (locked,) = (root / ".venv").glob("lib/python*/site-packages")
    (packages / "locked.pth").write_text(f"{locked.resolve()}\n")
    with tempfile.TemporaryDirectory(prefix="farelite-wheel-") as place:
        steps = ["egg_info", "--egg-base", place, "build", "--build-base", f"{place}/build", "bdist_wheel"]
        _run(root, str(source), "setup.py", "-q", *steps, "--dist-dir", place)
        (wheel,) = Path(place).glob("farelite-*.whl")
        uv = _run(root, "sh", "tools/uv.sh").strip()
        install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--reinstall", "--python", str(python)]
        _run(root, uv, *install, str(wheel))
    return python


def _run(root: Path, *command: str) -> str:
    # A wheel made while `.venv` is the active environment of the caller would still go where `--python` says.
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, env={**os.environ, "VIRTUAL_ENV": ""})
    if ran.returncode:
        raise WorkersError(f"{' '.join(command[:4])} ended with exit code {ran.returncode}:\n{ran.stderr[-2000:]}")
    return ran.stdout
