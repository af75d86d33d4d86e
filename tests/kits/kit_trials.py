"""Runs a version's kit on the runtimes that can be had here, and prints a table of them.

Called with the folder of a version, and `--markdown` to put the table into docs/reference/devices.md as well. Where the
run has kept its test rows, they are replayed too. Exit code 3 where a runtime that was tried is beyond the tolerance.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import kit_browser
import kit_c
import kit_kotlin
import kit_micro
import kit_node
import kit_onnx
import kit_rows
import kit_swift
from kit_here import ROOT, Absent, Replayed, run

LITERT = installed("ai-edge-litert")
TOOLS = ROOT / ".tools"
ROWS = 4000
"""Test rows beside the vectors, at most."""
DOCUMENT = ROOT / "docs/reference/devices.md"
BEGIN, END = "<!-- written by make test-kit ARGS='FOLDER --markdown' -->\n", "<!-- until here -->"


@dataclass(frozen=True)
class Trial:
    """One line of the table; None where nothing was measured.

    Attributes:
        runtime: and its version.
        seen: on the test vectors.
        rows: largest difference on the test rows.
    """

    runtime: str
    seen: Replayed | None
    rows: float | None = None


def python(folder: Path) -> Trial:
    """The Python example, as it lies in the kit."""
    found = re.search(r"largest difference ([\d.e+-]+)", run([sys.executable, folder / "kit/predict.py"], codes=(0, 3)))
    if found is None:
        raise RuntimeError("the Python example names no largest difference")
    call_us = json.loads((folder / "model.json").read_text())["latency_us"]["p50"]
    return Trial(f"LiteRT {LITERT}, Python", Replayed(float(found[1]), call_us=call_us))


def c(folder: Path) -> Trial:
    """The C package on this processor."""
    return Trial(f"LiteRT {LITERT}, C and C++", kit_c.here(folder))


def arm64(folder: Path) -> Trial:
    """The C package on an emulated arm64."""
    return Trial(f"LiteRT {LITERT}, C, arm64, QEMU", kit_c.arm64(folder, TOOLS / "arm64"))


def kernels(folder: Path) -> Trial:
    """What the pusher measured without XNNPACK."""
    told = _target(folder, "litert")
    seen = Replayed(told["max_difference_vectors"])
    return Trial(f"{told['version']}, own kernels", seen, told["max_difference_rows"])


def micro(folder: Path) -> Trial:
    """What the pusher measured on microcontrollers' kernels."""
    told = _target(folder, "micro")
    if not told["runs"]:
        raise Absent(told["why"])
    memory = f"{told['arena_bytes']:,} bytes of arena, {told['flash_bytes']:,} of flash for the file"
    return Trial(told["version"], Replayed(told["max_difference_vectors"], memory=memory), told["max_difference_rows"])


def _target(folder: Path, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "model.json").read_text())["targets"][name]
    return told


def _on(board: kit_micro.Board) -> Callable[[Path], Trial]:
    name = f"TensorFlow Lite for Microcontrollers, its source, {board.name}"

    def replayed(folder: Path) -> Trial:
        """The package for microcontrollers on a processor that QEMU stands in for, or on this one."""
        if not (folder / "kit/tflm").exists():
            raise Absent(_target(folder, "micro")["why"])
        return Trial(name, kit_micro.replay(folder, board, TOOLS / "tflm"))

    replayed.__name__ = name
    return replayed


def kotlin(folder: Path) -> Trial:
    """The Kotlin package on this machine's JVM, on the library of the C package."""
    name = f"LiteRT {LITERT}, Kotlin {kit_kotlin.KOTLIN} on a desktop JVM"
    return Trial(name, kit_kotlin.replay(folder, TOOLS / "kotlin"))


def swift(folder: Path) -> Trial:
    """The Swift package and its own test on Linux, on the library of the C package."""
    seen = kit_swift.replay(folder)
    return Trial(f"LiteRT {LITERT}, Swift {seen.version} on Linux", seen)


def node(folder: Path) -> Trial:
    """The JavaScript module in Node.js, whose kernels lack relaxed SIMD."""
    seen = kit_node.replay(folder)
    return Trial(f"LiteRT.js {kit_browser.version()}, Node.js {seen.version}", seen)


def browser(folder: Path) -> Trial:
    """The JavaScript module in this machine's Chromium."""
    return Trial(f"LiteRT.js {kit_browser.version()}, Chromium", kit_browser.replay(folder))


def onnx(folder: Path) -> Trial:
    """The file converted to ONNX."""
    seen = kit_onnx.replay(folder)
    return Trial(f"onnxruntime {seen.version}, by tf2onnx", seen)


BOARDS = tuple(map(_on, (kit_micro.HERE, kit_micro.CORTEX, kit_micro.ARM64)))
TRIALS: tuple[Callable[[Path], Trial], ...] = (
    *(python, c, arm64, kotlin, swift, kernels, micro),
    *BOARDS,
    *(node, browser, onnx),
)


def row(trial: Trial, verdict: str) -> str:
    """A line of the table in Markdown."""
    seen = trial.seen
    figures = ("" if one is None else f"{one:.2g}" for one in (seen and seen.largest, trial.rows))
    taken = f"{seen.call_us:.0f} us" if seen and seen.call_us is not None else ""
    cells = [trial.runtime, verdict, *figures, seen.memory if seen else "", taken]
    return f"| {' | '.join(' '.join(one.split()).replace('|', '/') for one in cells)} |"


def tried(trial: Callable[[Path], Trial], folder: Path, rows: Path | None, tolerance: float) -> tuple[Trial, str]:
    """One line, and in the words of the table whether it runs: `yes`, `not tried` or `NO`.

    Args:
        trial: of a runtime.
        folder: of the version.
        rows: the same with test rows for vectors.
        tolerance: of both.
    """
    try:
        done = trial(folder)
        again = trial(rows).seen if rows and done.rows is None else None
    except Absent as reason:
        return Trial(trial.__name__, None), f"not tried: {reason}"
    except (RuntimeError, subprocess.SubprocessError) as error:
        return Trial(trial.__name__, None), f"NO: {error}"
    if again:
        done = replace(done, rows=again.largest)
    figures = [done.seen.largest if done.seen else None, done.rows]
    fine = figures[0] is not None and all(one is None or one <= tolerance for one in figures)
    return done, "yes" if fine else "NO"


def main(folder: Path, markdown: bool = False) -> int:
    """Prints the table; 3 where a runtime is beyond the tolerance or failed."""
    vectors = json.loads((folder / "test_vectors.json").read_text())
    tolerance, verdicts, count, rows = float(vectors["tolerance"]), [], 0, None
    with tempfile.TemporaryDirectory() as work:
        try:
            count, rows = kit_rows.as_vectors(folder, ROWS, Path(work)), Path(work)
        except Absent as reason:
            print(f"test vectors alone: {reason}")
        lines = [f"| runtime | runs | {len(vectors['rows'])} vectors | {count:,} test rows | memory | a call |"]
        lines.append("|---|---|---|---|---|---|")
        print("\n".join(lines))
        for trial in TRIALS:
            done, verdict = tried(trial, folder, rows, tolerance)
            verdicts.append(verdict.split(":")[0])
            lines.append(row(done, verdict))
            print(lines[-1], flush=True)
    failed = verdicts.count("NO")
    print(f"{verdicts.count('yes')} passed, {failed} failed, {verdicts.count('not tried')} skipped")
    if markdown:
        _put(folder, tolerance, lines)
    return 3 if failed else 0


def _put(folder: Path, tolerance: float, lines: list[str]) -> None:
    """The table and what it was measured on into the document."""
    told = json.loads((folder / "model.json").read_text())
    unit = told["output"].get("unit") or ""
    about = (
        f"A file of {told['bytes']:,} bytes that predicts {told['output']['source_column']}: largest difference on its "
        f"test vectors and on test rows, tolerance {tolerance:.2g} {unit}, on two cores of a shared x86-64 machine."
    )
    text = DOCUMENT.read_text()
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    DOCUMENT.write_text("".join([before, BEGIN, "\n".join([*textwrap.wrap(about, 118), "", *lines, ""]), after]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--markdown" in sys.argv))
