"""What benchmarks share: options, runs by the command line, measurements in other processes, and such as are kept."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FARELITE = Path(sys.executable).parent / "farelite"
_SHARED: dict[str, dict[str, Any]] = {
    "--config": {"type": Path},
    "--set": {"action": "append", "default": [], "help": "as for farelite run"},
    "--seeds": {"type": int, "default": 5, "help": "how many"},
    "--splits": {"type": int, "default": 5, "help": "how many hash splits"},
    "--first": {"type": int, "default": 0, "help": "the first of them"},
    "--rounds": {"type": int, "default": 3},
    "--json": {"type": Path, "help": "also write every figure there"},
}


def parser(text: str | None, *shared: str) -> argparse.ArgumentParser:
    """For a script whose docstring explains it, with options that several have."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in shared:
        made.add_argument(name, **_SHARED[name])
    return made


def chosen(config: Path | None, sets: Sequence[str]) -> list[str]:
    """The options of a command that say what is configured."""
    return [*(["--config", str(config)] if config else []), *(word for one in sets for word in ("--set", one))]


def run(
    runs_dir: object, config: Path | None, sets: Sequence[str], stderr: int | None = None
) -> subprocess.CompletedProcess[str]:
    """One `farelite run`, as a user would start it; its progress is seen unless `stderr` is subprocess.PIPE."""
    command = [str(FARELITE), "run", "--json", "--runs-dir", str(runs_dir), *chosen(config, sets)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)


def result(runs_dir: object, config: Path | None, sets: Sequence[str]) -> dict[str, Any]:
    """What such a run told; a refusal is a result too.

    Raises:
        SystemExit: there is no file to measure.
    """
    done = run(runs_dir, config, sets)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(done.args)} ended with {done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout)
    if "metrics" not in told["metrics"]:
        raise SystemExit(f"{told['verdict']}: {'; '.join(told['reasons'])}")
    return told


def in_a_process(*words: str) -> dict[str, Any]:
    """What this program prints last, as JSON, when it is called with such words besides its own."""
    done = subprocess.run(
        [sys.executable, *sys.argv, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def earlier(path: Path | None) -> list[dict[str, Any]]:
    """What stands there; nothing where there is no file."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def keep(path: Path | None, one: dict[str, Any]) -> None:
    """Adds one, where a file is wanted."""
    if path:
        with path.open("a") as stream:
            stream.write(json.dumps(one) + "\n")
