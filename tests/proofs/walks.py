"""How often whoever follows a run has to go back: the three walks of docs/architecture.md, counted on a lean run.

    PYTHONPATH=. python tests/proofs/walks.py                    one run with the calls of its steps noted
    PYTHONPATH=. python tests/proofs/walks.py configuration      that walk alone, in seconds

A walk is the order in which functions of this repository are entered for the first time. A stop is a change of file,
a return a stop in a file that was left before.

- configuration: before the first step, functions that are handed the configuration or a part of it;
- row: within the steps TripExampleGen and Transform;
- model: within the steps Trainer and TFLitePusher.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.settings import Settings
from pipeline.runners import local

ROOT = Path.cwd()
LEAN = runpy.run_path(str(ROOT / "tests" / "e2e" / "lean.py"))["LEAN"]
PACKAGES = ("data", "transforms", "components", "pipeline")
WALKS = {"TripExampleGen": "row", "Transform": "row", "Trainer": "model", "TFLitePusher": "model"}


class Walks:
    """Notes first entries, by walk, in order."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {"configuration": [], "row": [], "model": []}
        self._now = "configuration"
        self._seen: set[tuple[str, Any]] = set()

    @contextmanager
    def noting(self, walk: str) -> Iterator[None]:
        """Every call while the block runs, also those of threads that begin in it."""
        self._now = walk
        threading.settrace(self._note)
        sys.settrace(self._note)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]

    def _note(self, frame: Any, event: str, _: Any) -> None:
        """A trace function that gives back nothing: it is told of calls alone, not of lines."""
        code = frame.f_code
        if event == "call" and not code.co_name.startswith("<") and (self._now, code) not in self._seen:
            path = Path(code.co_filename)
            if self._now == "configuration" and not _handed_settings(frame):
                return
            self._seen.add((self._now, code))
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
                self.found[self._now].append(str(path.relative_to(ROOT)))


def _handed_settings(frame: Any) -> bool:
    """Whether a call is given a configuration, or a part of one; checks within the parts have it as themselves."""
    given = {name: value for name, value in frame.f_locals.items() if name != "self"}
    return any(
        isinstance(value, Settings) or isinstance(getattr(value, "config", None), Settings) for value in given.values()
    )


class GraphMade(Exception):
    """Ends the walk of the configuration."""


def counted(files: list[str]) -> list[int]:
    """Functions, stops, files and returns of one walk."""
    stops = [one for place, one in enumerate(files) if place == 0 or files[place - 1] != one]
    return [len(files), len(stops), len(set(stops)), len(stops) - len(set(stops))]


def main(alone: bool) -> None:
    """Prints Markdown on standard output."""
    from pipeline.cli import main as farelite

    walks = Walks()
    launch = local.launch

    def noted(compiled: Any, node: Any, *rest: Any, **more: Any) -> Any:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        if alone:
            raise GraphMade
        walk = WALKS.get(node.node_info.id)
        if walk is None:
            return launch(compiled, node, *rest, **more)
        with walks.noting(walk):
            return launch(compiled, node, *rest, **more)

    local.launch = noted
    with tempfile.TemporaryDirectory() as runs:
        sys.argv = ["farelite", "run", "--runs-dir", runs, *(word for one in LEAN for word in ("--set", one))]
        try:
            with walks.noting("configuration"):
                farelite()
        except (GraphMade, SystemExit) as ended:
            print(f"ended: {ended!r}", file=sys.stderr)
    print("| walk | functions | stops | files | returns |\n|---|---|---|---|---|")
    for name, files in walks.found.items():
        print(f"| {name} | {' | '.join(map(str, counted(files)))} |")


if __name__ == "__main__":
    main(sys.argv[1:] == ["configuration"])
