"""Keeps the terminal for our own lines: everything the libraries print goes to a log file."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def libraries_to(log: Path) -> Iterator[TextIO]:
    """Sends file descriptors 1 and 2, logging and warnings to `log`; yields the terminal's own standard error.

    The descriptors themselves are moved, since TensorFlow's C++ parts and child processes write to those.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept_out, kept_err = os.dup(1), os.dup(2)
    with log.open("a") as stream, os.fdopen(os.dup(kept_err), "w", buffering=1) as terminal:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
        root = logging.getLogger()
        before, level = root.handlers[:], root.level
        root.handlers[:] = [handler]
        root.setLevel(logging.INFO)
        logging.captureWarnings(True)
        warnings.simplefilter("ignore")
        try:
            yield terminal
        finally:
            # A log on a full disk takes no more; why the run ended is told by the run's own error.
            with suppress(OSError):
                sys.stdout.flush()
            with suppress(OSError):
                sys.stderr.flush()
            logging.captureWarnings(False)
            root.handlers[:], root.level = before, level
            os.dup2(kept_out, 1)
            os.dup2(kept_err, 2)
            os.close(kept_out)
            os.close(kept_err)


@contextmanager
def without_native_notes() -> Iterator[None]:
    """Drops what C++ writes to standard error, such as which delegate was created; Python's errors come after it."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
