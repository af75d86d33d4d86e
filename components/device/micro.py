"""The file on TensorFlow Lite for Microcontrollers, as the package `tflite-micro` runs it on this machine."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ROOM = 1 << 20
"""Bytes of the arena that the trial gets; what it takes of them is measured."""
MISSING = (
    "the package tflite-micro is not installed, so nothing was run; on Linux (x86-64) `pip install 'farelite[micro]'`"
)


class MicroError(RuntimeError):
    """The runtime cannot run the file; its own words."""


@dataclass(frozen=True)
class MicroRun:
    """What a trial showed.

    Attributes:
        predictions: float32 `[rows]`, or `[rows, classes]`.
        arena_bytes: what the interpreter took of its arena, on a machine with addresses of 64 bits; with 32 it is less.
    """

    predictions: npt.NDArray[np.float32]
    arena_bytes: int


def is_here() -> bool:
    """Whether the runtime is installed."""
    return importlib.util.find_spec("tflite_micro") is not None


def run(model: bytes, inputs: Iterable[str], columns: Mapping[str, npt.NDArray[Any]]) -> MicroRun:
    """Predicts rows one by one.

    Args:
        model: the file's bytes.
        inputs: names in the order of the file, since this runtime knows positions only.
        columns: `[rows]` each, in the dtypes of the file.

    Raises:
        MicroError: an operator or type is missing, or the arena does not suffice.
    """
    from tflite_micro import runtime

    names, rows = list(inputs), len(next(iter(columns.values())))
    found: list[npt.NDArray[np.float32]] = []
    with _said() as words:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                engine = runtime.Interpreter.from_bytes(model, arena_size=ROOM)
            for row in range(rows):
                for place, name in enumerate(names):
                    engine.set_input(columns[name][row : row + 1], place)
                engine.invoke()
                found.append(np.array(engine.get_output(0)[0]))  # a copy: the next call writes there again
            engine.print_allocations()
        except Exception as error:  # the binding raises RuntimeError and worse, and tells why on standard error
            raise MicroError(_last_words(words.text()) or f"{type(error).__name__}: {error}") from error
        arena = re.search(r"Arena allocation total (\d+) bytes", words.text())
    if arena is None:
        raise MicroError(f"the runtime does not tell its arena; it said {words.text()[:200]!r}")
    return MicroRun(np.stack(found), int(arena[1]))


class _Words:
    """What the runtime, which is C++, writes to standard error; kept in a file, since it knows no Python."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def text(self) -> str:
        self._file.seek(0)
        return str(self._file.read().decode(errors="replace"))


@contextlib.contextmanager
def _said() -> Iterator[_Words]:
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield _Words(file)
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _last_words(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())[:400]
