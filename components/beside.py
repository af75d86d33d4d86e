"""Work of a later step that another core does early, in a copy of this process made before TensorFlow has threads.

Whoever starts a run knows whether a copy can be made; a step asks for its work by `done` and gets it in either case.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")
_SECONDS_TO_END = 2.0


class Beside:
    """A copy of this process that waits for one piece of work. Only for a process whose libraries run no threads."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._asked, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._asked), daemon=True)
        self._process.start()
        there.close()
        self._begun: tuple[Any, Any] | None = None

    def begin(self, work: Callable[[Given], Found], given: Given) -> None:
        """Has `work`, a function of a module, done on `given`, a value that can be pickled; the caller goes on."""
        try:
            self._asked.send((work, given))
            self._begun = work, given
        except OSError:  # it is gone, as `take` would find: whoever needs the work does it
            logging.warning("the process beside this one has ended before it was asked: %s", self._process.exitcode)

    def has(self, work: Callable[[Given], Found], given: Given) -> bool:
        """Whether that was begun, and on equal values."""
        return self._begun == (work, given)

    def take(self, work: Callable[[Given], Found], given: Given) -> Found:
        """What came of it, once.

        Raises:
            Exception: what the work has raised, with its traceback there as the cause.
        """
        try:
            found, error, told = self._asked.recv()
        except EOFError:  # killed from outside, for want of memory most likely, of which one process needs less
            self.stop()
            logging.warning("the process beside this one ended with %s; its work begins anew", self._process.exitcode)
            return work(given)
        self._begun = None
        self.stop()  # so that its time counts from now on
        if error is not None:
            raise error from RuntimeError(f"in the process beside:\n{told}")
        logging.info("%s was done in the process beside this one", work.__qualname__)
        return found  # type: ignore[no-any-return]

    def stop(self) -> None:
        """Ends the copy, whatever it does."""
        self._asked.close()
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


_helper: ContextVar[Beside | None] = ContextVar("helper", default=None)


@contextmanager
def helped(possible: bool) -> Iterator[None]:
    """Within, there is a copy to give work to, where that is possible; only on Linux it ever is."""
    # macOS' own libraries do not work in a copy.
    helper = Beside() if possible and sys.platform == "linux" else None
    token = _helper.set(helper)
    try:
        yield
    finally:
        _helper.reset(token)
        if helper:
            helper.stop()


def helper() -> Beside | None:
    """Who may be given work, where there is one."""
    return _helper.get()


def done(work: Callable[[Given], Found], given: Given) -> Found:
    """What comes of `work` on `given`: taken from the copy where that has begun it, done here where not."""
    other = _helper.get()
    return other.take(work, given) if other and other.has(work, given) else work(given)


def _serve(asked: Connection, other_end: Connection) -> None:
    """In the copy: does one piece of work, and ends when the first process lets go of the connection or is no more."""
    other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the first one decides
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that temporary folders are cleared away
    try:
        work, given = asked.recv()
        threading.Thread(target=_end_with, args=(asked,), daemon=True).start()
        asked.send(_tried(work, given))
    except (EOFError, ConnectionError):
        return


def _end_with(asked: Connection) -> None:
    wait([asked])  # nothing more is sent, so that only its end is read
    os.kill(os.getpid(), signal.SIGTERM)


def _tried(work: Callable[[Any], Any], given: Any) -> tuple[Any, Exception | None, str]:
    try:
        return work(given), None, ""
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error of another library, whose making takes more than it tells
            return None, RuntimeError(f"{type(error).__name__}: {error}"), traceback.format_exc()
        return None, error, traceback.format_exc()
