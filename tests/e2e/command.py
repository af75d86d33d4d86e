"""Commands in processes that begin as copies of one with its imports done: six seconds of processor time less a run.

For tests of what a command does. Those of how a process starts, is interrupted or killed start one in the usual way.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from components import code_hash

FARELITE = str(Path(sys.executable).parent / "farelite")
ROOT = Path(__file__).parents[2]
# What a run imports. None of them starts a thread of TensorFlow's or Beam's, which a copy would be without.
MODULES = (
    "components.trainer.run_fn",
    "pipeline.commands.console",
    "pipeline.graph",
    "pipeline.report.page",
    "pipeline.runners.local",
    "tfx.components.trainer.executor",
    "tfx.components.transform.executor",
)


def farelite(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of the command with its output captured, and this process's environment."""
    return _done([FARELITE, *words], cwd)


def script(path: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The same of `python -W ignore PATH`."""
    return _done([str(path), *words], cwd)


def _done(command: list[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    if sys.platform != "linux":  # where a copy of a process cannot use what the system's libraries have begun
        whole = command if command[0] == FARELITE else [sys.executable, "-W", "ignore", *command]
        return subprocess.run(whole, cwd=cwd, capture_output=True, text=True, check=False)
    told = {"command": command, "cwd": str(cwd or Path.cwd()), "environment": dict(os.environ)}
    server, asked = _server()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        try:
            socket.send_fds(asked, [json.dumps(told).encode()], [out.fileno(), err.fileno()])
            code = int(asked.recv(100))
        except BaseException:  # this test's time is over, or all tests'; the next one finds no command under way
            _end(server, asked)
            _server.cache_clear()
            raise
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


@cache
def _server() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The process that is copied, one for all tests of this one, and the way to ask it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    command = [sys.executable, "-m", "tests.e2e.command", str(there.fileno())]
    with there:
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[there.fileno()], start_new_session=True)
    atexit.register(_end, server, here)
    return server, here


def _end(server: subprocess.Popen[bytes], asked: socket.socket) -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    asked.close()


def _serve(requests: socket.socket) -> None:
    """Answers each command with its exit code, one after the other; returns in a copy, which is to run the command."""
    for module in MODULES:
        importlib.import_module(module)
    code_hash.import_closure("pipeline.cli")  # so that no copy reads the sources for its cache keys
    gc.collect()
    gc.freeze()  # a copy's collections would touch, and so copy, every page
    while True:
        message, streams, _, _ = socket.recv_fds(requests, 1 << 20, 2)
        if not message:
            sys.exit()
        if not (copy := os.fork()):
            requests.close()
            return become(**json.loads(message), out=streams[0], err=streams[1])
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(copy, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _work() -> None:
    if sys.argv[0] == FARELITE:
        from pipeline.cli import main

        main()
    else:
        warnings.simplefilter("ignore")
        sys.path.insert(0, str(Path(sys.argv[0]).parent))
        runpy.run_path(sys.argv[0], run_name="__main__")


def leave(code: int) -> None:
    """Ends this process as the interpreter would, but that memory is left to the system: half a second otherwise."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def become(command: list[str], cwd: str, environment: Mapping[str, str], out: int, err: int) -> None:
    """Makes of this process what a shell would have started; there is nothing to read, and `out` and `err` are its."""
    for stream, place in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        _work()
    except SystemExit as ended:
        if not isinstance(ended.code, str):  # which the interpreter would print
            leave(ended.code or 0)
        raise
