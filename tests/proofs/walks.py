"""How often whoever follows a run has to go back: the three walks of docs/architecture.md, counted on a real run.

    PYTHONPATH=. python tests/proofs/walks.py          one default run with every call noted: some minutes

A walk is the order in which functions of this repository are entered for the first time. A stop is a change of file,
a return a stop in a file that was left before.

- configuration: from the command line until the graph is made;
- row: within the steps TripExampleGen and Transform;
- model: within the steps Trainer and TFLitePusher.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path.cwd()
PACKAGES = ("data", "transforms", "components", "pipeline")
WALKS = {"trip_example_gen": "row", "transform/executor": "row", "trainer/executor": "model", "pusher": "model"}
"""Walks by what the path of an executor holds; all before the graph is made is the configuration's."""


class Walks:
    """Notes first entries, by walk, in order."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {"configuration": [], "row": [], "model": []}
        self._now: str | None = "configuration"
        self._seen: set[tuple[str, Any]] = set()

    def __call__(self, frame: Any, event: str, _: Any) -> None:
        code = frame.f_code
        if code.co_name == "Do" and event in ("call", "return"):
            path = code.co_filename
            walk = next((walk for part, walk in WALKS.items() if part in path and "infra" not in path), None)
            self._now = walk if event == "call" else None
        if event == "return" and code.co_name == "create_pipeline":
            self._now = None
        if event == "call" and self._now and not code.co_name.startswith("<") and (self._now, code) not in self._seen:
            path = Path(code.co_filename)
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
                self._seen.add((self._now, code))
                self.found[self._now].append(str(path.relative_to(ROOT)))


def counted(files: list[str]) -> dict[str, int]:
    """Stops, files and returns of one walk."""
    stops = [one for place, one in enumerate(files) if place == 0 or files[place - 1] != one]
    return {
        "functions": len(files),
        "stops": len(stops),
        "files": len(set(stops)),
        "returns": len(stops) - len(set(stops)),
    }


def main() -> None:
    """Prints Markdown on standard output."""
    from pipeline.cli import main as farelite

    walks = Walks()
    threading.setprofile(walks)
    with tempfile.TemporaryDirectory() as runs:
        sys.argv = ["farelite", "run", "--runs-dir", runs]
        sys.setprofile(walks)
        try:
            farelite()
        except SystemExit as ended:
            print(f"ended with {ended.code}", file=sys.stderr)
        finally:
            sys.setprofile(None)
    print("| walk | functions | stops | files | returns |\n|---|---|---|---|---|")
    for name, files in walks.found.items():
        print(f"| {name} | {' | '.join(f'{one}' for one in counted(files).values())} |")


if __name__ == "__main__":
    main()
