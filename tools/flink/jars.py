"""Fetches the jars that `pom.xml` names and compares every one with `jars.sha256` before anything runs them."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "jars.sha256"


class JarsError(RuntimeError):
    """The jars cannot be had as they are locked."""


def ensure(folder: Path) -> Path:
    """The folder `jars` below, with exactly the locked jars in it; fetched on first use.

    Raises:
        JarsError: the installed Beam is another, Maven is missing, a jar cannot be fetched, or is not the locked one.
    """
    _check_beam()
    jars = folder / "jars"
    if _differences(jars, locked()):
        print("fetching Flink and Beam's job server (152 MB, once)", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=_made(folder)) as aside:
            fetch(Path(aside) / "jars")
            wrong = _differences(Path(aside) / "jars", locked())
            if wrong:
                raise JarsError(f"fetched jars are not those of {LOCK}: {'; '.join(wrong[:5])}; nothing was installed")
            shutil.rmtree(jars, ignore_errors=True)
            (Path(aside) / "jars").replace(jars)
    return jars


def fetch(target: Path) -> None:
    """Lets Maven copy all runtime jars into a folder."""
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsError(
            "fetching the jars needs Maven (`mvn`) and Java 11 or 17; install them, e.g. `apt-get install maven`"
        )
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    ran = subprocess.run([maven, "-q", "-B", "-f", str(HERE / "pom.xml"), *goal], capture_output=True, text=True)
    if ran.returncode:
        raise JarsError(f"Maven ended with exit code {ran.returncode}:\n{(ran.stdout + ran.stderr)[-2000:]}")


def locked() -> dict[str, str]:
    """Checksum by file name."""
    return {name: digest for digest, name in (line.split() for line in LOCK.read_text().splitlines())}


def lock() -> None:
    """Writes the lock file anew from what Maven gives now."""
    with tempfile.TemporaryDirectory() as aside:
        fetch(Path(aside))
        lines = [f"{_digest(path)}  {path.name}\n" for path in sorted(Path(aside).glob("*.jar"))]
    LOCK.write_text("".join(lines))


def _check_beam() -> None:
    """Later versions of Beam have a runner for Flink too, but not all of its parts are published."""
    here = version("apache-beam")
    if f"beam-runners-flink-1.19-{here}.jar" not in locked():
        there = next(name for name in locked() if name.startswith("beam-runners-flink-"))
        raise JarsError(
            f"this environment has Beam {here}; the cluster is of {there}, the newest that is published whole; "
            "both must be the same: make the environment with Python 3.10 (`FARELITE_PYTHON=3.10 make setup`)"
        )


def _differences(jars: Path, wanted: dict[str, str]) -> list[str]:
    found = {path.name: _digest(path) for path in jars.glob("*.jar")}
    missing = [f"{name} is missing" for name in wanted if name not in found]
    changed = [f"{name} has checksum {found[name]}" for name in found if found[name] != wanted.get(name)]
    return missing + changed


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
