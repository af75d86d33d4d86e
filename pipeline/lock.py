"""One run at a time in a pipeline's folder."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class LockedError(RuntimeError):
    """Another run holds the folder; says who and since when."""


@contextmanager
def run_lock(path: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the folder while the block runs; the kernel lets go of it when the process ends, however it ends.

    Raises:
        LockedError: it is still held.
    """
    deadline = time.monotonic() + wait_seconds
    with path.open("a+") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise LockedError(_holder(path)) from error
                time.sleep(0.2)
        stream.truncate(0)
        who = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now().isoformat(timespec="seconds")}
        stream.write(json.dumps(who))
        stream.flush()
        yield
        stream.truncate(0)


def is_held(path: Path) -> bool:
    """Whether a run is under way now."""
    if not path.exists():
        return False
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _holder(path: Path) -> str:
    try:
        who = json.loads(path.read_text())
        by = f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, KeyError):
        by = "another process"
    return f"{path.parent} is in use by {by}; wait for it (--wait SECONDS) or choose another --runs-dir"
